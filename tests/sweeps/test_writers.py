"""Eight processes write to one table for two minutes, over an object store that is busy, slow, or cuts its answers short now and then."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from cirql.inventory.model import Request
from cirql.inventory.store import open_store
from cirql.types import ColumnType
from tests.inventory.faulty_objects import Objects, objects
from tests.inventory.test_processes import PRELUDE, TABLE

WRITERS, ROWS = 8, 20
SECONDS = float(os.environ.get("CIRQL_SWEEP_SECONDS", "120"))

WRITER = (
    PRELUDE
    + """
from cirql.errors import StoreBusy, StoreUnwritable

place, me, seconds, count = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
kept, failed, turn = [], 0, 0
with open_store(place) as store:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        turn += 1
        try:
            scan(store, f"region-{me}", pa.table({"_key": [f"{me}-{n}" for n in range(count)], "size": [turn] * count}))
            kept.append(turn)
            sizes = {row["size"] for row in read(store, regions=(f"region-{me}",))}
            assert sizes == {turn}, (sizes, turn)
        except (StoreBusy, StoreUnwritable):
            failed += 1
print(json.dumps({"kept": kept, "failed": failed}))
"""
)


def disturb(behind: Objects, until: float) -> None:
    """A fault every few seconds: each commit is dozens of requests, and each process of eight waits for its turn."""
    dice = random.Random(7)
    while time.monotonic() < until:
        behind.plan.append(dice.choice(["busy", "slow", "cut"]))
        time.sleep(3)


def test_eight_writers_lose_no_scan_and_end_no_row_that_is_there(tmp_path: Path) -> None:
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with objects("lake") as behind:
        options = f"warehouse=s3://lake/inventory&s3.endpoint={behind.endpoint}&s3.region=us-east-1"
        place = f"iceberg:{tmp_path / 'store'}?{options}"
        os.environ.update({k: environment[k] for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")})
        try:
            words = [sys.executable, "-c", WRITER, place]
            writers = [
                subprocess.Popen([*words, str(n), str(SECONDS), str(ROWS)], stdout=subprocess.PIPE, text=True, env=environment)
                for n in range(WRITERS)
            ]
            disturb(behind, time.monotonic() + SECONDS)
            said = [writer.communicate(timeout=SECONDS + 300)[0] for writer in writers]
            assert [writer.returncode for writer in writers] == [0] * WRITERS
            behind.plan.clear()
            told = [json.loads(text) for text in said]
            with open_store(place) as store:
                assert store.verify() == []
                scans = Counter(scan.partition.region for scan in store.scans() if scan.complete)
                wanted = {"region": ColumnType.VARCHAR, "size": ColumnType.BIGINT}
                rows = store.read(Request(TABLE, wanted)).read_all().to_pylist()
                gone = [version for version in store.history(TABLE) if version.deleted]
        finally:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                os.environ.pop(name, None)
    print(f"kept {[len(t['kept']) for t in told]}, refused {[t['failed'] for t in told]}")  # noqa: T201 (a sweep's figures)
    assert gone == []
    for n, writer in enumerate(told):
        here = [row["size"] for row in rows if row["region"] == f"region-{n}"]
        assert len(here) == ROWS
        assert min(here) == max(here) >= writer["kept"][-1]
        assert scans[f"region-{n}"] >= len(writer["kept"])
