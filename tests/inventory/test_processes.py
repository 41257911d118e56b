"""Several real processes on one store at once, and processes that die in the middle of a write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cirql
from cirql.errors import StoreBusy
from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.lock import exclusive
from cirql.inventory.model import Request
from cirql.inventory.store import open_store
from cirql.types import ColumnType

TABLE = "aws.ec2_instance"
SWEEP = bool(os.environ.get("CIRQL_SWEEP"))
"""Where each write is a commit of a lake, fewer processes and kills are enough from day to day."""

PRELUDE = """
import json, os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
import pyarrow as pa
from cirql.inventory.model import Partition, Request, ScanRecord
from cirql.inventory.store import open_store
from cirql.types import ColumnType

def scan(store, region, rows, complete=True):
    start = datetime.now(UTC)
    columns = frozenset(rows.column_names) - {"_key"}
    record = ScanRecord(Partition("aws.ec2_instance", "111122223333", region), start, datetime.now(UTC), "test", complete, columns,
                        "" if complete else "cut short", rows=rows.num_rows)
    return store.write(record, rows)

def read(store, **wanted):
    request = Request("aws.ec2_instance", {"_key": ColumnType.VARCHAR, "size": ColumnType.BIGINT}, **wanted)
    return store.read(request).read_all().to_pylist()
"""

WORKER = """
place, me, turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open_store(place) as store:
    for turn in range(turns):
        sizes = [turn if n == 3 else 0 for n in range(20)]
        scan(store, f"region-{me}", pa.table({"_key": [f"{me}-{n}" for n in range(20)], "size": sizes}))
        scan(store, "shared", pa.table({"_key": ["one", "two"], "size": [me, turn]}))
        mine = read(store, regions=(f"region-{me}",))
        assert len(mine) == 20 and sum(r["size"] for r in mine) == turn, mine
        assert len(read(store, regions=("shared",))) == 2
print(json.dumps({"done": me}))
"""

BUSY = 30  # A read takes milliseconds; a writer that it waited for would hold it until the test ends.
READER = """
with open_store(sys.argv[1]) as store:
    read(store)
    began = time.perf_counter()
    rows = read(store)
    print(json.dumps({"rows": len(rows), "seconds": time.perf_counter() - began}))
"""

ZONED = """
with open_store(sys.argv[1]) as store:
    noon = pa.array([datetime(2026, 7, 1, 12, tzinfo=UTC)], pa.timestamp("us", "America/New_York"))
    scan(store, "one", pa.table({"_key": ["a"], "seen": noon}))
    request = Request("aws.ec2_instance", {"seen": ColumnType.TIMESTAMP})
    print(json.dumps({"seen": store.read(request).read_all()["seen"][0].as_py().isoformat()}))
"""

KILLED = """
place, kills = sys.argv[1], int(sys.argv[2])

def work(seed, ready):
    rng = random.Random(seed)
    with open_store(place) as store:
        store.places("aws.ec2_instance")
        while True:
            count = rng.choice((3, 40, 2500))
            rows = pa.table({"_key": [f"k{n}" for n in range(count)], "size": [rng.randrange(3) for _ in range(count)]})
            scan(store, "partial", rows, complete=False)
            os.write(ready, b"x")
            scan(store, "whole", pa.table({"_key": ["a", "b", "c"], "size": [rng.randrange(3) for _ in range(3)]}))
            if rng.random() < 0.1:
                store.compact()

def begin(seed):
    heard, ready = os.pipe()
    pid = os.fork()  # before DuckDB is imported: its threads do not survive a fork
    if pid == 0:
        try:
            work(seed, ready)
        except BaseException as error:
            sys.stderr.write(f"writer {seed}: {error!r}")
        finally:
            os._exit(1)
    os.close(ready)
    return pid, heard

assert "duckdb" not in sys.modules
waits, killed, deadline = random.Random(), 0, time.monotonic() + 25
for start in range(0, kills, 4):
    if killed > 5 and time.monotonic() > deadline:  # a hundred, or as many as a busy machine can do in 25 s
        break
    living = [begin(n) for n in range(start, min(start + 4, kills))]
    for n, (pid, heard) in enumerate(living):
        if n:  # one in four dies while it starts, the others somewhere in their later writes, while the rest go on
            os.read(heard, 1)
        time.sleep(waits.uniform(0, 0.1))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"the writer ended by itself: {status}"
        os.close(heard)
        killed += 1
print(json.dumps({"killed": killed}))
"""


def start(code: str, *arguments: object, zone: str = "UTC") -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", PRELUDE + code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(cirql.__file__).parents[1]), "TZ": zone}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    try:
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.mark.parametrize("prefix", ["", "iceberg:"])
def test_eight_processes_read_and_write_at_once(tmp_path: Path, prefix: str) -> None:
    place = f"{prefix}{tmp_path / 'store'}"
    count, turns = (8, 6) if not prefix or SWEEP else (3, 2)
    workers = [start(WORKER, place, n, turns) for n in range(count)]
    assert [finish(w)["done"] for w in workers] == list(range(count))
    with open_store(place) as store:
        assert store.verify() == []
        rows = store.read(Request(TABLE, {"_key": ColumnType.VARCHAR})).read_all().num_rows
        assert rows == count * 20 + 2
        assert len(list(store.scans())) == count * turns * 2
        assert not [v for v in store.history(TABLE) if v.deleted]


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    with DuckDBStore(tmp_path / "store"), exclusive(tmp_path / "store" / "write.lock", 1):
        answer = finish(start(READER, tmp_path / "store"))
    assert answer["rows"] == 0
    assert answer["seconds"] < BUSY


def test_timestamps_are_utc_wherever_the_machine_is(tmp_path: Path) -> None:
    assert finish(start(ZONED, tmp_path / "store", zone="Asia/Tokyo")) == {"seen": "2026-07-01T12:00:00"}


@pytest.mark.parametrize("open_shelf", ["embedded"], indirect=True)
def test_a_writer_gives_up_after_its_patience_and_says_so(shelf: Any) -> None:
    impatient = DuckDBStore(Path(shelf.store.place), patience=timedelta(milliseconds=50))
    with exclusive(Path(shelf.store.place) / "write.lock", 1), pytest.raises(StoreBusy, match="another process"):
        impatient.compact()
    impatient.close()


@pytest.mark.parametrize("prefix", ["", "iceberg:"])
def test_a_hundred_kills_at_random_leave_a_sound_store(tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "store"
    kills = 100 if not prefix or SWEEP else 12
    assert finish(start(KILLED, f"{prefix}{path}", kills))["killed"] > 5
    with open_store(f"{prefix}{path}") as store:
        assert store.verify() == []
        assert len(list(store.scans(TABLE))) > (10 if kills == 100 else 3)
        assert not [v for v in store.history(TABLE) if v.deleted]
        assert {v.key for v in store.history(TABLE) if v.region == "whole"} == {"a", "b", "c"}
        store.compact()
        assert store.verify() == []
    workspaces = [p for p in (path / "tmp").iterdir() if p.is_dir()]
    assert workspaces == [], "what dead processes left is swept"


def test_asking_for_freshness_loads_neither_duckdb_nor_arrow_nor_botocore(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from cirql.inventory.store import open_store; from cirql.inventory.model import Partition;"
        "store = open_store(Path(sys.argv[1]));"
        "assert store.fresh([Partition('t', '1', 'r')], ['a'], None, datetime.now(UTC)) == {}; store.close();"
        "assert not {'duckdb', 'pyarrow', 'botocore', 'sqlglot'} & sys.modules.keys()"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cirql.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "store")], check=True, env=environment)
