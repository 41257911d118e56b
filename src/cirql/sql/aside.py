"""A thread that computes for one statement, so that whoever waits for the statement need not wait for what nothing can end.

DuckDB looks whether it was interrupted between two batches of rows. One call of one of its functions over one value of many megabytes, or
over a list of millions, takes as long as it takes. Who waits is let go then; the thread ends with its call, and frees what it used.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, TypeVar
from weakref import WeakSet

from cirql.errors import Cancelled

T = TypeVar("T")
_LEFT: WeakSet[threading.Thread] = WeakSet()
_PATIENCE = 5.0
"""Seconds that each thread which was left has when the process ends: taking the interpreter apart under DuckDB is noisy."""
_GRACE = 0.4
"""Seconds that an interrupted computation has to come to its end by itself."""
_PAUSE = 0.1


class _Job:
    """Something to compute, and what came of it."""

    def __init__(self, work: Callable[[], Any], context: Context) -> None:
        self.over = threading.Event()
        self._work = work
        self._context = context
        self._outcome: tuple[Any, BaseException | None] | None = None

    def run(self) -> None:
        try:
            self._outcome = (self._context.run(self._work), None)
        except BaseException as error:  # noqa: BLE001 (it is whose who waits)
            self._outcome = (None, error)

    def result(self) -> Any:
        """What came of it. Raises what was raised, Cancelled where nobody waits for it any more."""
        if self._outcome is None:
            raise Cancelled("the statement was ended while it computed a value")
        found, error = self._outcome
        if error is not None:
            raise error
        return found


class Aside:
    """The thread, begun when first needed. `interrupted` and `close` may be called from any thread, and never wait."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        """`interrupt` ends what is computed, where that can be ended: it is done again and again once nobody waits."""
        self._interrupt = interrupt
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._job: _Job | None = None
        self._since: float | None = None
        self._free: Callable[[], None] | None = None

    def do(self, work: Callable[[], T]) -> T:
        """Compute that, and wait for it. Raises what it raises, Cancelled where it was given up."""
        job = _Job(work, copy_context())
        with self._lock:
            if self._free is not None:
                raise Cancelled("the statement was ended while it computed a value")
            is_taken = self._job is not None
            if not is_taken:
                self._job = job
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="cirql-aside", daemon=True)
                    self._thread.start()
        if is_taken:  # by another thread of the statement
            return work()
        self._jobs.put(job)
        job.over.wait()
        found: T = job.result()
        return found

    def interrupted(self) -> None:
        """It was interrupted, perhaps not for the first time: who has waited long enough since then goes on without it."""
        with self._lock:
            if self._job is None:
                return
            self._since = self._since or time.monotonic()
            if time.monotonic() - self._since > _GRACE:
                self._job.over.set()

    def close(self, free: Callable[[], None], later: Callable[[], Callable[[], None]]) -> None:
        """Let go of what it works with: `free` does, or what `later` gives, where something is computed still, when that has ended."""
        with self._lock:
            is_busy = self._job is not None
            self._free = later() if is_busy else free
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
        if not is_busy:
            free()
        elif thread is not None:
            if not _LEFT:
                atexit.register(_wait_for_left)
            _LEFT.add(thread)
            threading.Thread(target=self._press, name="cirql-aside-end", daemon=True).start()

    def _press(self) -> None:
        """Interrupt it until it has ended: what began between two interruptions was not there for the first."""
        while self._job is not None:
            self._interrupt()
            time.sleep(_PAUSE)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            with self._lock:
                self._job = None
                free = self._free
            job.over.set()
            if free is not None:
                free()
                return
            del job


def _wait_for_left() -> None:
    for thread in tuple(_LEFT):
        thread.join(_PATIENCE)
