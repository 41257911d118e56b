"""What an inventory of Iceberg tables costs, beside the embedded one: `python -m benchmarks.lake [--rows N] [--json FILE]`.

CPU times are those of this process, all threads; elapsed ones are medians of five after one warm-up, and the machine's other work is in
them. `--rows` is how many rows the tables of the large part have together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from cirql.inventory.model import Observation, Partition, Request, ScanRecord
from cirql.inventory.store import Store, open_store
from cirql.types import ColumnType

START = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = frozenset(["size", "state", "document"])
SMALL, BLOCK = 2_000, 200
TABLES = 5
CHANGED = 100
Figures = dict[str, tuple[float, str]]


def seen(table: str, account: int, rows: int, at: int, changed: int = 0) -> Observation:
    """A complete scan of one account; the first `changed` rows are not as they were."""
    sizes = [-n - at if n < changed else n for n in range(rows)]
    data = pa.table(
        {
            "_key": [f"i-{n:017x}" for n in range(rows)],
            "size": pa.array(sizes, pa.int64()),
            "state": ["running"] * rows,
            "document": [f'{{"Placement": {{"Tenancy": "default"}}, "VpcId": "vpc-{n % 50}", "Index": {n}}}' for n in range(rows)],
        }
    )
    started = START + timedelta(minutes=at)
    partition = Partition(table, f"{account:012d}", "us-east-1")
    return Observation(ScanRecord(partition, started, started, "sync", True, COLUMNS, calls=1, rows=rows), data)


@contextmanager
def cpu(figures: Figures, name: str, unit: str, of: Callable[[float], float]) -> Iterator[None]:
    began = time.process_time()
    yield
    figures[name] = (round(of(time.process_time() - began), 2), unit)


def small_partitions(store: Store, figures: Figures) -> None:
    """Many accounts of three rows each, in blocks, as a sync of many places would give them."""
    store.write_all([seen("aws.warm", 1, 1, 0)])
    for name, at in (("new", 0), ("as it was", 5)):
        blocks = [[seen("aws.small", n, 3, at) for n in range(first, first + BLOCK)] for first in range(0, SMALL, BLOCK)]
        with cpu(figures, f"a partition of 3 rows, {name}", "ms", lambda s: 1000 * s / SMALL):
            for block in blocks:
                store.write_all(block)
    changed = [seen("aws.small", n, 3, 10, changed=1) for n in range(20)]
    with cpu(figures, "a partition that changed, alone", "ms", lambda s: 1000 * s / len(changed)):
        for observation in changed:
            store.write_all([observation])


def large_tables(store: Store, root: Path, rows: int, figures: Figures) -> None:
    """Several tables of two accounts each, read anew with a hundredth of the rows changed."""
    each = rows // TABLES // 2
    pairs = [(f"aws.large{t}", a) for t in range(TABLES) for a in range(2)]
    before = size_of(root)
    with cpu(figures, "rows written", "rows/CPU-s", lambda s: rows / s):
        keep(store, pairs, each, 0)
    first = size_of(root) - before
    figures["a row"] = (round(first / rows, 1), "B")
    with cpu(figures, "rows read anew, 1 % changed", "rows/CPU-s", lambda s: rows / s):
        keep(store, pairs, each, 20, each // CHANGED)
    figures["bytes of the second crawl"] = (round(100 * (size_of(root) - before - first) / first, 2), "% of the first's")


def keep(store: Store, pairs: Sequence[tuple[str, int]], rows: int, at: int, changed: int = 0) -> None:
    for table, account in pairs:
        store.write_all([seen(table, account, rows, at, changed)])


def reads(store: Store, rows: int, figures: Figures) -> None:
    key = f"i-{77:017x}"
    asked: dict[str, dict[str, Any]] = {
        "one row": {"accounts": ("000000000001",), "keys": (key,)},
        "one account's rows": {"accounts": ("000000000001",)},
        "all rows of a table": {},
        "all rows as of a moment": {"as_of": START + timedelta(minutes=10)},
    }
    for name, where in asked.items():
        request = Request("aws.large0", {"_key": ColumnType.VARCHAR, "size": ColumnType.BIGINT}, **where)
        times = []
        for _ in range(6):
            began = time.perf_counter()
            found = store.read(request).read_all().num_rows
            times.append(time.perf_counter() - began)
        figures[f"{name} ({found:,} of {rows // TABLES:,})"] = (round(1000 * statistics.median(times[1:]), 1), "ms elapsed")


def size_of(root: Path) -> int:
    return sum(p.stat().st_size for p in root.rglob("*") if p.is_file())


def measure(prefix: str, rows: int) -> Figures:
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="cirql-lake-") as folder, open_store(f"{prefix}{folder}/store") as store:
        small_partitions(store, figures)
        large_tables(store, Path(folder), rows, figures)
        reads(store, rows, figures)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    found = {name: measure(prefix, told.rows) for name, prefix in (("iceberg", "iceberg:"), ("embedded", ""))}
    for name, (value, unit) in found["iceberg"].items():
        print(f"{name:45} {value:>12,} {found['embedded'][name][0]:>12,} {unit}")
    if told.json:
        told.json.write_text(json.dumps({k: {n: v for n, (v, _) in f.items()} for k, f in found.items()}, indent=1))


if __name__ == "__main__":
    main()
