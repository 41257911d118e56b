"""How fast and how large the inventory is: `python benchmarks/inventory.py [--rows N] [--json FILE]`.

Every figure is taken in a process of its own where memory or cold start matters, and printed beside its target. Reads are SQL as a user
writes it, through `Session.execute`, in a session that is open; times are medians of eleven after one warm-up, parsing and planning
included. "The store alone" is what of that the inventory took. The machine's other work is in all times, in CPU times less so.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.model import Condition, Partition, Request, ScanRecord
from cirql.session import Session
from cirql.settings import Settings
from cirql.types import ColumnType

TABLE = "aws.ec2_instance"
PLACE = Partition(TABLE, "111122223333", "us-east-1")
COLUMNS = frozenset(["instance_id", "instance_type", "launch_time", "ami_launch_index", "placement"])
START = datetime(2026, 1, 1, tzinfo=UTC)
KEY_4242 = f"arn:aws:ec2:us-east-1:111122223333:instance/i-{(4242 * 2654435761) % 2**32:017x}"
SELECT = f"SELECT instance_id FROM {TABLE}"
RARE = f"{SELECT} WHERE placement -> 'State' ->> 'Name' = 'impaired'"
POINT = f"SELECT instance_id, instance_type, ami_launch_index, placement FROM {TABLE} WHERE _key = '{KEY_4242}'"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its target, which is empty, `<= n` or `< n`."""

    what: str
    value: float
    unit: str
    target: str = ""

    @property
    def limit(self) -> float | None:
        return float(self.target.split()[-1]) if self.target else None


def document(rng: random.Random, n: int, version: int) -> str:
    state = "impaired" if n % 10_000 == 7 else rng.choice(("running", "stopped", "pending"))
    address = f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
    return (
        f'{{"State": {{"Name": "{state}", "Code": {version}}}, "SubnetId": "subnet-{rng.getrandbits(48):012x}",'
        f' "VpcId": "vpc-{n % 50:08x}",'
        f' "PrivateIp": "{address}", "Ebs": {"true" if n % 2 else "false"}, "Monitoring": {{"State": "disabled"}}, "Tenancy": "default"}}'
    )


def batch(numbers: range, version: Callable[[int], int]) -> pa.RecordBatch:
    documents = [document(random.Random(n * 31 + version(n)), n, version(n)) for n in numbers]
    json_type = pa.json_(pa.string())
    return pa.record_batch(
        {
            "_key": [f"arn:aws:ec2:us-east-1:111122223333:instance/i-{(n * 2654435761) % 2**32:017x}" for n in numbers],
            "instance_id": [f"i-{(n * 2654435761) % 2**32:017x}" for n in numbers],
            "instance_type": [("t3.micro", "m5.large", "c6g.xlarge", "r5.2xlarge")[n % 4] for n in numbers],
            "launch_time": pa.array([1_700_000_000_000_000 + n * 1_000_000 for n in numbers], pa.timestamp("us")),
            "ami_launch_index": pa.array([n % 96 for n in numbers], pa.int64()),
            "placement": pa.ExtensionArray.from_storage(json_type, pa.array(documents, pa.string())),
        }
    )


def make(path: Path, rows: int, version: Callable[[int], int]) -> None:
    with pa.OSFile(str(path), "wb") as sink:
        writer = None
        for start in range(0, rows, 20_000):
            made = batch(range(start, min(start + 20_000, rows)), version)
            writer = writer or pa.ipc.new_stream(sink, made.schema)
            writer.write_batch(made)
        if writer is not None:
            writer.close()


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path), "rb") as source:
        yield from pa.ipc.open_stream(source)


def scan(minute: int, *, complete: bool = True) -> ScanRecord:
    at = START + timedelta(minutes=minute)
    return ScanRecord(PLACE, at, at, "bench", complete, COLUMNS, "" if complete else "a part")


def sync(store_path: Path, data: Path, minute: int) -> dict[str, Any]:
    """In a process of its own: one sync, its time and peak memory."""
    with DuckDBStore(store_path) as store:
        began, cpu = time.perf_counter(), time.process_time()
        summary = store.write(scan(minute), batches(data))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak, "created": summary.created, "changed": summary.changed}


def child(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def cold(store_path: Path, folder: Path) -> tuple[float, float]:
    """Wall and CPU milliseconds of `cirql query` from a fresh inventory: a process of its own, without credentials."""
    unset = ("AWS_", "CIRQL_", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(unset)} | {"HOME": str(folder)}
    command = [sys.executable, "-m", "cirql", "query", "--store", str(store_path), "--max-age", "unlimited", "--output", "csv", RARE]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=folder)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(done.stdout.splitlines()) > 1, done.stderr
    return seconds * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def size_of(path: Path) -> int:
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file())


def median_ms(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(11):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def asking(session: Session, sql: str) -> Callable[[], int]:
    """A statement, with its rows; none at all would be a mistake of the benchmark's."""

    def ask() -> int:
        rows: int = session.execute(sql).to_arrow().num_rows
        assert rows, sql
        return rows

    return ask


def alone(store: DuckDBStore, **request: Any) -> Callable[[], int]:
    def read() -> int:
        rows: int = store.read(Request(TABLE, {"instance_id": ColumnType.VARCHAR}, **request)).read_all().num_rows
        return rows

    return read


def write(folder: Path, rows: int) -> Iterator[Figure]:
    """The first sync and the second."""
    store_path, first, second = folder / "store", folder / "first.arrow", folder / "second.arrow"
    make(first, rows, lambda n: 0)
    make(second, rows, lambda n: int(n % 100 == 3))
    done = child("--step", "sync", str(store_path), str(first), "0")
    before = size_of(store_path)
    yield Figure(f"ingest {rows:,} rows with 200 B of JSON", done["seconds"], "s", "<= 10")
    yield Figure("CPU time of it", done["cpu"], "s")
    yield Figure("peak memory of it", done["peak_mb"], "MB", "<= 1024")
    yield Figure("store after it", before / 1e6, "MB")
    done = child("--step", "sync", str(store_path), str(second), "1")
    yield Figure(f"second sync, {done['changed']:,} rows changed", done["seconds"], "s", "<= 4")
    yield Figure("CPU time of it", done["cpu"], "s")
    yield Figure("peak memory of it", done["peak_mb"], "MB", "<= 1024")
    yield Figure("bytes it added, of the first's", (size_of(store_path) - before) / before * 100, "%", "< 3")


def read(session: Session, store: DuckDBStore, folder: Path) -> Iterator[Figure]:
    """What a query costs."""
    rare = Condition("placement", ColumnType.JSON, ("impaired",), ("State", "Name"))
    yield Figure("JSON property filter, 0.01 % of rows", median_ms(asking(session, RARE)), "ms", "<= 30")
    yield Figure("the store alone", median_ms(alone(store, where=((rare,),))), "ms")
    yield Figure(
        "JSON property filter, 2 % of rows",
        median_ms(asking(session, f"{SELECT} WHERE placement ->> 'VpcId' = 'vpc-00000001'")),
        "ms",
        "<= 30",
    )
    yield Figure(
        "count by JSON property, all rows",
        median_ms(asking(session, f"SELECT placement ->> 'VpcId', count(*) FROM {TABLE} GROUP BY 1")),
        "ms",
    )
    yield Figure("count by column, all rows", median_ms(asking(session, f"SELECT instance_type, count(*) FROM {TABLE} GROUP BY 1")), "ms")
    yield Figure("filter, with the documents", median_ms(asking(session, RARE.replace("instance_id", "instance_id, placement"))), "ms")
    yield Figure("point lookup by _key", median_ms(asking(session, POINT)), "ms", "<= 10")
    yield Figure("the store alone", median_ms(alone(store, keys=(KEY_4242,))), "ms")
    colds = [cold(folder / "store", folder) for _ in range(6)][1:]
    yield Figure("cirql query in a cold process, answered from the store", statistics.median(wall for wall, _ in colds), "ms", "<= 300")
    yield Figure("CPU time of it", statistics.median(cpu for _, cpu in colds), "ms")


def as_version(n: int) -> Callable[[int], int]:
    return lambda row: n


def travel(session: Session, store: DuckDBStore, rows: int) -> Iterator[Figure]:
    """Ten versions of 5 % of the rows, before and after compaction."""
    for n in range(2, 12):
        starts = range((n * 7_919) % 95_000, rows, 100_000)
        store.write(scan(n, complete=False), (batch(range(s, min(s + 5_000, rows)), as_version(n)) for s in starts))
    past = RARE.replace(TABLE, f"{TABLE} AS OF TIMESTAMP '{START + timedelta(minutes=6)}'")
    for state in ("10 versions of 5 %", "the same, compacted"):
        now_ms, past_ms = median_ms(asking(session, RARE)), median_ms(asking(session, past))
        yield Figure(f"{state}: filter now", now_ms, "ms")
        yield Figure(f"{state}: filter AS OF", past_ms, "ms")
        yield Figure(f"{state}: AS OF, times the current state", past_ms / now_ms, "x", "<= 3")
        yield Figure(f"{state}: point lookup by _key", median_ms(asking(session, POINT)), "ms", "<= 10")
        if state.endswith("%"):
            began = time.perf_counter()
            store.compact()
            yield Figure("compaction", time.perf_counter() - began, "s")


def small_writes(folder: Path, count: int = 300) -> Figure:
    """Partitions of ten rows each, as `cirql sync all` has them by the thousand: how many a second are kept."""
    rows = batch(range(10), lambda n: 0)
    with DuckDBStore(folder / "small") as store:
        began = time.perf_counter()
        for n in range(count):
            place = Partition(f"aws.table_{n}", "111122223333", "us-east-1")
            store.write(ScanRecord(place, START, START, "bench", True, COLUMNS), iter([rows]))
        return Figure("partitions of 10 rows kept, one at a time", count / (time.perf_counter() - began), "/s")


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """Everything, in the order in which it is told."""
    yield from write(folder, rows)
    store_path = folder / "store"
    with Session(Settings(store=str(store_path), max_age=math.inf)) as session, DuckDBStore(store_path) as store:
        yield from read(session, store, folder)
        yield from travel(session, store, rows)
        assert store.verify() == []
    yield small_writes(folder)


def tell(figure: Figure) -> None:
    mark = "" if figure.limit is None else ("ok" if figure.value <= figure.limit else "MISSED")
    print(f"{figure.what:58} {figure.value:9.1f} {figure.unit:>2}  {figure.target:8} {mark}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        _, store_path, data, minute = options.step
        print(json.dumps(sync(Path(store_path), Path(data), int(minute))))
        return
    with tempfile.TemporaryDirectory(prefix="cirql-bench-") as folder:
        print(f"{'inventory':58} {'measured':>12}  target")
        figures = []
        for figure in measure(Path(folder), options.rows):
            tell(figure)
            figures.append(figure)
    if options.json:
        document = [asdict(f) for f in figures]
        options.json.write_text(json.dumps({"cpus": os.cpu_count(), "figures": document}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
