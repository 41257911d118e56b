"""`make truth`: every dataset read in a world that answers by the models' shapes, and compared with what the calls would give.

python -m tests.truth [SERVICE ...] [--details] [--json FILE] [--jobs N]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.truth.measure import measured, services
from tests.truth.readings import Verdict


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="make truth")
    parser.add_argument("services", nargs="*", help="prefixes of tables (ec2, sagemaker_image); all, if none is given")
    parser.add_argument("--details", action="store_true", help="print every miss")
    parser.add_argument("--json", type=Path, help="write every verdict there")
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    started = time.monotonic()
    groups = services(tuple(wanted.services))
    verdicts: list[Verdict] = []
    with ProcessPoolExecutor(wanted.jobs) as pool:
        for done, found in enumerate(pool.map(measured, groups), 1):
            verdicts += found
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{done}/{len(groups)} services, {len(verdicts)} tables ")
    _print(verdicts, wanted.details, time.monotonic() - started)
    if wanted.json:
        wanted.json.write_text(json.dumps([v.plain() for v in verdicts], indent=1))


def _print(verdicts: list[Verdict], details: bool, seconds: float) -> None:
    right = sum(not v.misses for v in verdicts)
    columns, right_columns = sum(v.columns for v in verdicts), sum(v.right for v in verdicts)
    out = sys.stdout.write
    out(f"tables right   {right:6} of {len(verdicts):6}  {right / max(1, len(verdicts)):7.2%}\n")
    out(f"columns right  {right_columns:6} of {columns:6}  {right_columns / max(1, columns):7.2%}\n")
    misses, tables = Counter[str](), Counter[str]()
    for verdict in verdicts:
        misses.update(verdict.misses)
        tables.update(verdict.misses.keys())
    for kind, count in tables.most_common():
        out(f"  {kind:45} {count:5} tables {misses[kind]:6} misses\n")
    _print_reasons(verdicts)
    out(f"{seconds:.0f} s\n")
    for verdict in verdicts if details else ():
        for detail in verdict.details:
            out(f"{verdict.table}: {detail}\n")


def _print_reasons(verdicts: list[Verdict]) -> None:
    """Every table that is not right with the reason that is known for it, and those for which none is known."""
    wrong = {v.table.removeprefix("aws."): v for v in verdicts if v.misses}
    known = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text())["reason"]
    for reason in known:
        if here := [t for t in reason["tables"] if t in wrong]:
            whose = "ours" if reason.get("ours") else "the world's"
            sys.stdout.write(f"  {len(here)} tables, {whose}: {reason['why']}\n    {', '.join(here)}\n")
    told = {t for reason in known for t in reason["tables"]}
    for table, verdict in wrong.items():
        if table not in told:
            sys.stdout.write(f"  no reason known: {table}: {verdict.details[0]:.160}\n")
    is_whole = len(verdicts) > len(told) * 10
    for table in sorted(told - wrong.keys()) if is_whole else ():
        sys.stdout.write(f"  right, though a reason is given: {table}\n")


if __name__ == "__main__":
    main()
