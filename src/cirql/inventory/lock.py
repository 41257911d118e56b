"""The advisory lock that lets one process at a time write to a store, and says which working directories are alive.

`flock` locks die with their process, however it ends, so nothing here needs clearing up after a crash.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cirql.errors import StoreBusy

FIRST_PAUSE = 0.001
LONGEST_PAUSE = 0.05


@contextmanager
def exclusive(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock file, waiting with growing, jittered pauses. Raises StoreBusy after `patience` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(descriptor, path, patience)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, path: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    pause = FIRST_PAUSE
    while not _taken(descriptor):
        if time.monotonic() >= deadline:
            raise StoreBusy(
                f"another process has been writing to the inventory at {path.parent} for over {patience:g} s",
                hint="try again, or look for a `cirql sync` that hangs",
            )
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 2, LONGEST_PAUSE)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_abandoned(path: Path) -> bool:
    """Whether no living process holds the lock file (one that is missing is abandoned too)."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        return _taken(descriptor)
    finally:
        os.close(descriptor)
