"""A store used step by step, by a process that is killed before one of the steps; and what must be so afterwards.

A step is a call that leaves the interpreter for the file system, a lock or SQLite. The process is forked, so DuckDB must not have run
before: its threads do not survive that.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa

from cirql.inventory.model import Observation, Partition, Request, ScanRecord
from cirql.inventory.store import Store
from cirql.types import ColumnType
from tests.inventory.conformance.kinds import KINDS

TABLE = "aws.ec2_instance"
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
EFFECTS = {
    *("rename", "replace", "unlink", "mkdir", "rmdir", "chmod", "fchmod", "fsync", "open", "close", "flock", "lockf", "write", "send"),
    *("execute", "executemany", "executescript", "commit"),
}
Rows = dict[str, dict[str, int]]


def seen(at: int, region: str, sizes: Iterable[int], token: str | None = None) -> Observation:
    """A complete scan of one region, with rows k0, k1, … of these sizes."""
    values = list(sizes)
    rows = pa.table({"_key": pa.array([f"k{n}" for n in range(len(values))], pa.string()), "size": pa.array(values, pa.int64())})
    started = BEGINNING + timedelta(minutes=at)
    partition = Partition(TABLE, "111122223333", region)
    return Observation(ScanRecord(partition, started, started, "test", True, frozenset(["size"]), rows=len(values)), rows, token=token)


TOGETHER = (seen(1, "b", [1, 2], "first"), seen(1, "c", [3], "second"))
LATE = (*TOGETHER, seen(6, "e", [7, 8, 9], "third"))


DEEDS: Sequence[Callable[[Store], Any]] = (
    lambda store: store.write_all([seen(0, "a", [1, 2, 3])]),
    lambda store: store.write_all(TOGETHER),
    lambda store: store.write_all([seen(2, "a", [1, 5])]),
    lambda store: store.write_all([seen(3, "d", range(2_500))]),
    lambda store: store.swap_note("run", None, "begun"),
    lambda store: store.write_all([seen(4, "d", [*range(2_000), 0, 0, 0])]),
    lambda store: store.compact(),
    lambda store: store.write_all([seen(5, "a", [1, 5])]),
    lambda store: store.write_all(LATE),
    lambda store: store.expire(BEGINNING + timedelta(minutes=3)),
    lambda store: store.swap_note("run", "begun", None),
)


def rows_of(store: Store) -> Rows:
    """The rows now there, by region."""
    request = Request(TABLE, {"_key": ColumnType.VARCHAR, "region": ColumnType.VARCHAR, "size": ColumnType.BIGINT})
    found: Rows = {}
    for row in store.read(request).read_all().to_pylist():
        found.setdefault(row["region"], {})[row["_key"]] = row["size"]
    return found


def run(kind: str, place: Path, say: Callable[[int], None], before: int | None = None) -> int:
    """Do all the deeds, or die before a step; gives how many steps there were. `say` hears of each deed that was done."""
    steps = 0

    def step(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal steps
        if event == "c_call" and argument.__name__ in EFFECTS and "importlib" not in frame.f_code.co_filename:
            steps += 1
            if steps == before:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
    with KINDS[kind](place) as store:
        for number, deed in enumerate(DEEDS):
            deed(store)
            sys.setprofile(None)
            say(number + 1)
            sys.setprofile(step)
    sys.setprofile(None)
    return steps


LEAST = 3


def kill_all(kind: str, folder: Path, most: int, seconds: float) -> dict[str, Any]:
    """Fork a process for each of `most` steps (0: all of them), kill it there, and write down how far it had come.

    After so many seconds no more are begun, once there are LEAST; the steps are in random order.
    """
    with suppress(ImportError):  # what is slow to load, and may be before a fork
        import pyiceberg.catalog.sql
        import pyiceberg.io.pyarrow  # noqa: F401
    assert "duckdb" not in sys.modules
    total = _forked(kind, folder / "whole", None)[1]
    chosen = random.SystemRandom().sample(range(1, total + 1), total if most == 0 else min(most, total))
    killed: dict[int, int] = {}
    deadline = time.monotonic() + seconds
    for step in chosen:
        if len(killed) >= LEAST and time.monotonic() > deadline:
            break
        killed[step] = _forked(kind, folder / str(step), step)[0]
    return {"steps": total, "killed": killed}


def _forked(kind: str, place: Path, step: int | None) -> tuple[int, int]:
    """How many deeds were done, and how many steps that took where nothing was killed."""
    heard, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            steps = run(kind, place, lambda done: _say(tell, f"done {done}"), step)
            _say(tell, f"steps {steps}")
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(heard) as said:
        words = [line.split() for line in said]
    os.waitpid(pid, 0)
    found = {what: int(number) for what, number in words}
    return found.get("done", 0), found.get("steps", 0)


def _say(tell: int, words: str) -> None:
    os.write(tell, f"{words}\n".encode())


def check(kind: str, folder: Path, killed: dict[str, int]) -> Iterator[str]:
    """What is wrong with the stores that were killed: anything lost, doubled or half."""
    states = list(_states(kind, folder / "expected"))
    for step, done in killed.items():
        with KINDS[kind](folder / step) as store:
            where = f"killed before step {step}, after {done} deeds"
            if problems := store.verify():
                yield f"{where}: {problems}"
            found, allowed = rows_of(store), [states[done], states[min(done + 1, len(DEEDS))]]
            for region in {r for state in allowed for r in state} | found.keys():
                if found.get(region) not in [state.get(region) for state in allowed]:
                    yield f"{where}: {region} has {str(found.get(region))[:100]}"
            yield from (f"{where}: {what}" for what in _goes_on(store))
        shutil.rmtree(folder / step)


def _goes_on(store: Store) -> Iterator[str]:
    """Whether a store that was killed takes what is given again, once."""
    store.write_all(LATE)
    store.write_all(LATE)
    now = BEGINNING + timedelta(days=1)
    for observation in LATE:
        region = observation.scan.partition.region
        again = [s for s in store.scans(TABLE) if s.partition.region == region]
        if len(again) != 1:
            yield f"{region} was kept {len(again)} times"
        if not store.fresh([observation.scan.partition], ["size"], None, now):
            yield f"{region} was kept and is not answered for"
    late = seen(20, "a", [1])
    late = replace(late, scan=replace(late.scan, started=now, finished=now))
    store.write_all([late])
    if rows_of(store).get("a") != {"k0": 1}:
        yield "what is written afterwards is not there"
    if problems := store.verify():
        yield str(problems)


def _states(kind: str, place: Path) -> Iterator[Rows]:
    with KINDS[kind](place) as store:
        yield rows_of(store)
        for deed in DEEDS:
            deed(store)
            yield rows_of(store)


def main(task: str, kind: str, folder: str, *rest: str) -> None:
    """Kill, or check what `killed.json` says was killed."""
    notes = Path(folder) / "killed.json"
    if task == "kill":
        notes.write_text(json.dumps(kill_all(kind, Path(folder), int(rest[0]), float(rest[1]))))
        return
    said = json.loads(notes.read_text())
    wrong = list(check(kind, Path(folder), said["killed"]))
    print(json.dumps({"steps": said["steps"], "killed": len(said["killed"]), "wrong": wrong}))  # noqa: T201 (the parent reads it)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(*sys.argv[1:])
