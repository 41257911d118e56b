"""What a crawl takes for each place, by number of accounts: `python -m benchmarks.crawl [--accounts N]…`.

Real syncs of two tables (SageMaker's images, EC2's instances) in three regions of so many accounts, from the canned AWS, into a new
inventory; the second reads the same again. Each turn is a process of its own, and its start is in the figures. CPU time is of all
processes of the crawl, the canned AWS left out; `of it here` is what the process took that holds the inventory. `lost` and `doubled`
are places that the log of scans lacks, or has twice.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cirql.filling.crawl import Unwatched
from cirql.filling.shards import Shard

TABLES = ("aws.sagemaker_image", "aws.ec2_instance")
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
CANNED = ("--images", "0", "--rows", "3", "--latency", "0.02")


@contextmanager
def canned_aws() -> Iterator[str]:
    """A canned AWS; its address."""
    command = [sys.executable, str(Path(__file__).with_name("canned_aws.py")), *CANNED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


class Killer(Unwatched):
    """Kills the worker that was heard of last, every so many seconds."""

    def __init__(self, every: float) -> None:
        self.every, self.killed = every, 0
        self._pid: int | None = None
        self._next = time.monotonic() + every

    def reading(self, worker: int, pid: int, shard: Shard, again: bool) -> None:
        if self.every and time.monotonic() >= self._next:
            self._next = time.monotonic() + self.every
            threading.Timer(0.3, self._kill, [pid]).start()

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed += 1


def crawled(endpoint: str, place: str, accounts: int, workers: int, on: str | None, kill_every: float) -> dict[str, Any]:
    """One sync, in this process and its workers. Ray's processes are not this one's: their processor time and memory are not counted."""
    from cirql.filling.crawl import crawl
    from cirql.filling.sync import begin, sync
    from cirql.runtime import Runtime
    from cirql.settings import Credential, Settings

    ids = [f"{n + 1:012d}" for n in range(accounts)]
    credentials = tuple(Credential(i, i, "benchmark", account=i) for i in ids)
    scope: dict[str, Any] = {"credentials": credentials, "regions": REGIONS, "endpoint_url": endpoint, "store": place, "profiles": ()}
    killer = Killer(kill_every)
    wall, cpu, own = time.perf_counter(), _cpu(), time.process_time()
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        summary = crawl(session, scope, run, workers, killer, on=on) if workers > 1 or on else sync(session, run)
        took, used, own = time.perf_counter() - wall, _cpu() - cpu, time.process_time() - own
        scans = [s for s in session.memory.store(session.settings).scans() if s.by == f"sync {run.id}"]
    places = accounts * len(REGIONS) * len(TABLES)
    found = Counter((s.partition.table, *s.partition.place) for s in scans if s.complete)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "accounts": accounts,
        "places": places,
        "wall": round(took, 2),
        "CPU ms a place": round(1000 * used / places, 2),
        "of it here": round(1000 * own / places, 2),
        "calls a place": round(sum(t.calls for t in summary.tables) / places, 2),
        "lost": places - len(found),
        "doubled": sum(n > 1 for n in found.values()),
        "failed": len(summary.failed),
        "killed": killer.killed,
        "peak MB": round(peak / 1024),
    }


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def size_of(place: str) -> int:
    root = Path(place.removeprefix("iceberg:").partition("?")[0])
    return sum(p.stat().st_size for p in root.rglob("*") if p.is_file())


def measure(accounts: int, workers: int, on: str | None, kill_every: float, iceberg: str | None) -> Iterator[dict[str, Any]]:
    """The first crawl and the second, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="cirql-crawl-") as folder, canned_aws() as endpoint:
        place = f"{folder}/store" if iceberg is None else f"iceberg:{folder}/store?{iceberg}"
        for turn in ("first", "second"):
            command = [sys.executable, "-m", "benchmarks.crawl", "--job", json.dumps([endpoint, place, accounts, workers, on, kill_every])]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            yield {"turn": turn, "workers": workers, "on": on or "here"} | json.loads(done.stdout) | {"MB": round(size_of(place) / 1e6, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, action="append")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--on")
    parser.add_argument("--kill-every", type=float, default=0.0, metavar="SECONDS", help="kill a worker so often")
    parser.add_argument("--iceberg", nargs="?", const="", metavar="OPTIONS", help="with the store's options, as after its ?")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.job:
        print(json.dumps(crawled(*json.loads(told.job))))
        return
    found = []
    for accounts in told.accounts or (10, 100):
        for row in measure(accounts, told.workers, told.on, told.kill_every, told.iceberg):
            print("   ".join(f"{name} {value}" for name, value in row.items()), flush=True)
            found.append(row)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
