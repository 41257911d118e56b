"""The alarm clock of a runtime: what must happen at a time, or cannot be done where it was noticed, is done in a thread of its own.

Not on the event loop: a limit on time must hold for whatever keeps the loop itself from going on.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue

Act = Callable[[], None]
_FEW = 64


class _Entry:
    """What to do when; None once it has been taken back."""

    __slots__ = ("act", "due")

    def __init__(self, due: float, act: Act) -> None:
        self.due = due
        self.act: Act | None = act


class Alarm:
    """Does things later, one after the other, in a daemon thread that the first of them starts. What is done must be quick, and not raise.

    Other threads only put entries into a queue, without a lock: the garbage collector may do so too, in the middle of anything.
    """

    def __init__(self) -> None:
        self._inbox: SimpleQueue[_Entry | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._taken_back = 0

    def after(self, seconds: float, act: Act) -> Act:
        """Do it so much later; gives what takes that back. Nothing is done any more once the alarm is closed."""
        self.ready()
        entry = _Entry(time.monotonic() + seconds, act)
        self._inbox.put(entry)
        return lambda: self._take_back(entry)

    def soon(self, act: Act) -> None:
        """Do it in the alarm's thread, which must be `ready`. For the garbage collector."""
        self._inbox.put(_Entry(0.0, act))

    def ready(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="cirql-alarm", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Forget what is still to come, and end the thread."""
        if self._thread is not None:
            self._inbox.put(None)
            if self._thread is not threading.current_thread():
                with suppress(RuntimeError):  # its start was interrupted: it ends by itself
                    self._thread.join()

    def _take_back(self, entry: _Entry) -> None:
        if entry.act is not None:
            entry.act = None
            self._taken_back += 1  # near enough: it only says when to tidy up

    def _run(self) -> None:
        waiting: list[tuple[float, int, _Entry]] = []
        numbers = count()
        while True:
            try:
                pause = None if not waiting else max(waiting[0][0] - time.monotonic(), 0.0)
                entry = self._inbox.get(timeout=pause) if pause is None or pause > 0 else self._inbox.get_nowait()
            except Empty:
                _, _, due = heapq.heappop(waiting)
                act, due.act = due.act, None
                if act is not None:
                    act()
                continue
            if entry is None:
                return
            heapq.heappush(waiting, (entry.due, next(numbers), entry))
            if self._taken_back > max(_FEW, len(waiting) // 2):  # limits of an hour, of statements that took a moment
                waiting = [w for w in waiting if w[2].act is not None]
                heapq.heapify(waiting)
                self._taken_back = 0
