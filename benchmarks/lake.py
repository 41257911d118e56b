"""What an inventory of Iceberg tables costs, beside the embedded one: `python -m benchmarks.lake [--rows N] [--json FILE]`.

CPU times are those of this process, all threads; elapsed ones are medians of five after one warm-up, and the machine's other work is in
them. `--rows` is how many rows the tables of the large part have together.
"""

from __future__ import annotations

import argparse
import json
import random
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
ROWS_A_TABLE, ACCOUNTS = 16_667, 10
CHANGED = 100
Figures = dict[str, tuple[float, str]]


def seen(table: str, account: int, rows: int, at: int, changed: int = 0) -> Observation:
    """A complete scan of one account; the first `changed` rows are not as they were. Ids are as AWS gives them: random."""
    dice = random.Random(f"{table} {account}").randbytes(17 * rows).hex()
    ids = [dice[34 * n : 34 * n + 34] for n in range(rows)]
    sizes = [-n - at if n < changed else n for n in range(rows)]
    data = pa.table(
        {
            "_key": [f"i-{i[:17]}" for i in ids],
            "size": pa.array(sizes, pa.int64()),
            "state": ["running"] * rows,
            "document": [
                f'{{"Placement": {{"Tenancy": "default", "AvailabilityZone": "us-east-1{"abc"[n % 3]}"}}, "VpcId": "vpc-{n % 50}",'
                f' "NetworkInterfaces": [{{"NetworkInterfaceId": "eni-{i[17:]}", "Status": "in-use", "SourceDestCheck": true}}],'
                f' "MetadataOptions": {{"HttpTokens": "required", "HttpPutResponseHopLimit": 2}}, "Index": {n}}}'
                for n, i in enumerate(ids)
            ],
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


def large_tables(place: str, root: Path, rows: int, figures: Figures) -> None:
    """Tables of ten accounts each, as a sync gives them, and the same again with a hundredth of the rows changed.

    The store is closed after either, as where each is a process: what SQLite has not put in its place yet counts for neither.
    """
    tables = [f"aws.large{t}" for t in range(max(1, rows // ROWS_A_TABLE))]
    count = len(tables) * (ROWS_A_TABLE // ACCOUNTS * ACCOUNTS)
    with open_store(place) as store:
        used = keep(store, tables, 0)
    first = size_of(root)
    figures["rows written"] = (round(count / used), "rows/CPU-s")
    figures["a row"] = (round(first / count, 1), "B")
    with open_store(place) as store:
        used = keep(store, tables, 20, ROWS_A_TABLE // ACCOUNTS // CHANGED)
    figures["rows read anew, 1 % changed"] = (round(count / used), "rows/CPU-s")
    figures["bytes of the second crawl"] = (round(100 * (size_of(root) - first) / first, 2), "% of the first's")


def keep(store: Store, tables: Sequence[str], at: int, changed: int = 0) -> float:
    """Write the tables; the CPU time of that alone."""
    used = 0.0
    for table in tables:
        observations = [seen(table, account, ROWS_A_TABLE // ACCOUNTS, at, changed) for account in range(ACCOUNTS)]
        began = time.process_time()
        store.write_all(observations)
        used += time.process_time() - began
    return used


def reads(store: Store, figures: Figures) -> None:
    key = seen("aws.large0", 1, ROWS_A_TABLE // ACCOUNTS, 0).rows["_key"][77].as_py()  # type: ignore[index]
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
        figures[f"{name} ({found:,} of {ROWS_A_TABLE:,})"] = (round(1000 * statistics.median(times[1:]), 1), "ms elapsed")


def size_of(root: Path) -> int:
    return sum(p.stat().st_size for p in root.rglob("*") if p.is_file())


def measure(prefix: str, rows: int) -> Figures:
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="cirql-lake-") as folder:
        with open_store(f"{prefix}{folder}/small") as store:
            small_partitions(store, figures)
        large_tables(f"{prefix}{folder}/large", Path(folder) / "large", rows, figures)
        with open_store(f"{prefix}{folder}/large") as store:
            reads(store, figures)
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
