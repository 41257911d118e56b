"""`make bench`: what the compiled catalog costs: its build, its file, and the lookup of one table in a process that has just started.

`python benchmarks/catalog.py [--json FILE] [--only WORD]`. Every figure is of a process of its own, so that nothing is warm but
the operating system's file cache. Targets are printed beside the figures and never fail the run: a shared machine's other work is in
every time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TABLES = ("aws.sagemaker_image_version", "aws.sagemaker.image_version", "aws.ec2_instance", "aws.s3.bucket")
RUNS = 15

# What each process does: `clock()` is in ms, `used()` in MB; `table` is the table to find. Prints one figure for each name.
_START = """
import json, sys, time
def used():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS')) / 1024
def clock():
    return time.perf_counter() * 1000
table = sys.argv[1]
"""
_LOOKUP = (
    _START
    + """
before, held = clock(), used()
from cirql.catalog.lookup import Catalog
imported, loaded = clock(), used()
catalog = Catalog.open()
columns = len(catalog.find(table).table.columns)
done = clock()
assert columns
print(json.dumps({'with_import': done - before, 'lookup': done - imported, 'memory': used() - loaded, 'memory_with_import': used() - held}))
"""
)
_SWEEP = """
import json, resource, sys
import cirql
def cpu():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime
with cirql.connect(regions=('us-east-1',)) as session:
    session.execute('SELECT 1').fetchall()
    before = cpu()
    rows = session.execute(sys.argv[1]).to_arrow().num_rows
    print(json.dumps({'cpu': cpu() - before, 'rows': rows}))
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    target: str = ""
    note: str = ""


def clean() -> dict[str, str]:
    """The environment without any AWS configuration of this machine, and with bytecode."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CIRQL_")) and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def run(code: str, argument: str) -> dict[str, float]:
    """What a process says of itself."""
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, env=clean(), check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def building() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.sqlite"
        started, before = time.perf_counter(), os.times()
        subprocess.run([sys.executable, "-m", "cirql.compiler.build", str(path)], check=True, capture_output=True, env=clean())
        used = os.times()
        yield Figure("whole build", time.perf_counter() - started, "s", "< 30")
        cpu = used.children_user + used.children_system - before.children_user - before.children_system
        yield Figure("its processor time", cpu, "s CPU")
        yield Figure("compiled file", path.stat().st_size / 1e6, "MB", "< 15")


def lookups() -> Iterator[Figure]:
    run(_LOOKUP, TABLES[0])  # writes bytecode, where there was none
    found = [run(_LOOKUP, TABLES[n % len(TABLES)]) for n in range(RUNS)]
    middle: dict[str, float] = {name: statistics.median(f[name] for f in found) for name in found[0]}
    yield Figure("cold lookup of one table", middle["lookup"], "ms", "< 10", f"median of {RUNS} processes")
    yield Figure("the same with its imports", middle["with_import"], "ms", "", "from a bare interpreter")
    yield Figure("memory of one table's catalog", middle["memory"], "MB", "< 10")
    yield Figure("the same with its imports", middle["memory_with_import"], "MB")


def sweeps() -> Iterator[Figure]:
    for sql, target in (
        ("SELECT * FROM cirql.columns", "<= 1.5"),
        ("SELECT * FROM information_schema.columns", "<= 1.5"),
        ("SELECT * FROM information_schema.columns WHERE table_name LIKE 'image%'", ""),
    ):
        found = min((run(_SWEEP, sql) for _ in range(3)), key=lambda f: f["cpu"])
        yield Figure(sql.removeprefix("SELECT * FROM "), found["cpu"], "s CPU", target, f"{found['rows']:,} rows")


STEPS: dict[str, Callable[[], Iterator[Figure]]] = {"build": building, "lookup": lookups, "sweep": sweeps}


def show(figure: Figure) -> None:
    print(f"{figure.name:<68}  {figure.value:>8.2f} {figure.unit:<6}  {figure.target:<7}  {figure.note}".rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--only", default="", help="only the steps whose name has this in it: build, lookup, sweep")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, step in STEPS.items():
        for figure in step() if options.only in name else ():
            rows.append(asdict(figure))
            show(figure)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
