"""How fast and how large the inventory store is: `python benchmarks/inventory.py [--rows N] [--json FILE]`.

Every figure is taken in a process of its own where memory or cold start matters, and printed beside its target. Times of reads are
medians of eleven after one warm-up; the machine's other work is in them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from cirql.inventory.duckdb_store import DuckDBStore
from cirql.inventory.model import Partition, PathFilter, Request, ScanRecord
from cirql.types import ColumnType

TABLE = "aws.ec2_instance"
PLACE = Partition(TABLE, "111122223333", "us-east-1")
COLUMNS = frozenset(["instance_id", "instance_type", "launch_time", "ami_launch_index", "placement"])
START = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = {"_key": ColumnType.VARCHAR, "instance_type": ColumnType.VARCHAR, "ami_launch_index": ColumnType.BIGINT, "placement": ColumnType.JSON}


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
        began = time.perf_counter()
        summary = store.write(scan(minute), batches(data))
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak, "created": summary.created, "changed": summary.changed, "unchanged": summary.unchanged}


def cold(store_path: Path) -> dict[str, Any]:
    """In a process of its own: is it fresh, and what is in it; with no part of AWS imported."""
    with DuckDBStore(store_path) as store:
        fresh = store.fresh(PLACE, ["ami_launch_index"], None, START)
        hint = PathFilter("placement", ("State", "Name"), ("impaired",))
        rows = store.read(Request(TABLE, {"_key": ColumnType.VARCHAR}, paths=(hint,))).read_all().num_rows
    return {"fresh": fresh is not None, "rows": rows, "aws": "botocore" in sys.modules}


def child(*arguments: str) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - began


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


def reader(store: DuckDBStore, **request: Any) -> Callable[[], int]:
    columns = request.pop("columns", {"_key": ColumnType.VARCHAR})
    return lambda: int(store.read(Request(TABLE, columns, **request)).read_all().num_rows)


def measure(folder: Path, rows: int) -> list[tuple[str, float, str, str]]:
    """Each figure as (what, value, unit, target)."""
    figures: list[tuple[str, float, str, str]] = []
    store_path, first, second = folder / "store", folder / "first.arrow", folder / "second.arrow"
    make(first, rows, lambda n: 0)
    make(second, rows, lambda n: int(n % 100 == 3))
    done, _ = child("--step", "sync", str(store_path), str(first), "0")
    before = size_of(store_path)
    figures += [(f"ingest {rows:,} rows", done["seconds"], "s", "<= 10"), ("peak memory of it", done["peak_mb"], "MB", "<= 1024")]
    figures.append(("store after it", before / 1e6, "MB", ""))
    done, _ = child("--step", "sync", str(store_path), str(second), "1")
    figures.append((f"second sync, {done['changed']:,} rows changed", done["seconds"], "s", "<= 4"))
    figures.append(("peak memory of it", done["peak_mb"], "MB", "<= 1024"))
    figures.append(("bytes it added, of the first's", (size_of(store_path) - before) / before * 100, "%", "< 3"))
    rare, common = PathFilter("placement", ("State", "Name"), ("impaired",)), PathFilter("placement", ("VpcId",), ("vpc-00000001",))
    with DuckDBStore(store_path) as store:
        figures.append(("JSON property filter, 0.01 % of rows", median_ms(reader(store, paths=(rare,))), "ms", "<= 30"))
        figures.append(("JSON property filter, 2 % of rows", median_ms(reader(store, paths=(common,))), "ms", "<= 30"))
        document_too = {"_key": ColumnType.VARCHAR, "placement": ColumnType.JSON}
        figures.append(("the same, with the documents", median_ms(reader(store, paths=(rare,), columns=document_too)), "ms", ""))
        key = f"arn:aws:ec2:us-east-1:111122223333:instance/i-{(4242 * 2654435761) % 2**32:017x}"
        figures.append(("point lookup by _key", median_ms(reader(store, keys=(key,), columns=TYPES)), "ms", "<= 10"))
        for n in range(2, 12):
            changed = (batch(range(s, min(s + 5_000, rows)), lambda _, n=n: n) for s in range((n * 7_919) % 95_000, rows, 100_000))
            store.write(scan(n, complete=False), changed)
        current, past = reader(store, paths=(rare,)), reader(store, paths=(rare,), as_of=START + timedelta(minutes=6))
        now_ms, past_ms = median_ms(current), median_ms(past)
        figures += [("10 versions of 5 %: current state", now_ms, "ms", ""), ("10 versions of 5 %: AS OF", past_ms, "ms", "")]
        figures.append(("AS OF, times the current state", past_ms / now_ms, "x", "<= 3"))
        figures.append(("point lookup by _key then", median_ms(reader(store, keys=(key,), columns=TYPES)), "ms", "<= 10"))
        began = time.perf_counter()
        store.compact()
        figures.append(("compaction", time.perf_counter() - began, "s", ""))
        now_ms, past_ms = median_ms(current), median_ms(past)
        figures.append(("AS OF after compaction, times the current state", past_ms / now_ms, "x", "<= 3"))
        assert store.verify() == []
    runs = [child("--step", "cold", str(store_path)) for _ in range(5)]
    assert all(answer["fresh"] and answer["rows"] and not answer["aws"] for answer, _ in runs)
    figures.append(("cold process, answered from the store", statistics.median(t for _, t in runs) * 1000, "ms", "<= 300"))
    return figures


def report(figures: list[tuple[str, float, str, str]]) -> None:
    print(f"{'inventory store':52} {'measured':>12}  target")
    for what, value, unit, target in figures:
        limit = float(target.split()[-1]) if target else None
        mark = "" if limit is None else ("ok" if value <= limit else "MISSED")
        print(f"{what:52} {value:9.1f} {unit:>2}  {target:8} {mark}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, store_path, *rest = options.step
        print(json.dumps(cold(Path(store_path)) if step == "cold" else sync(Path(store_path), Path(rest[0]), int(rest[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="cirql-bench-") as folder:
        figures = measure(Path(folder), options.rows)
    report(figures)
    if options.json:
        document = [{"what": w, "value": v, "unit": u, "target": t} for w, v, u, t in figures]
        options.json.write_text(json.dumps({"cpus": os.cpu_count(), "figures": document}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
