"""A statement that runs: what ends it before its time, from any thread, and what it must let go of when it has ended.

Whoever works for the statement says so (`at_work`) and registers what would end its waiting (`at_stop`): a call to AWS is cancelled, DuckDB
is interrupted, a hand-over of rows is closed. `stop` sets the cause and does all that; whoever is at work then raises the cause, so
that the error is never DuckDB's or the network's. A statement that nobody works for (rows wait to be read) raises it at the next look.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from cirql.errors import Cancelled, Error, OutOfMemory, TimedOut, TooManyCalls, TooManyRows
from cirql.statements.footprint import watch

if TYPE_CHECKING:
    from cirql.statements.alarm import Alarm
    from cirql.statements.limits import StatementLimits

Act = Callable[[], None]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.1


class Running:
    """One statement's life. Safe from any thread."""

    def __init__(self, alarm: Callable[[], Alarm], limits: StatementLimits, allowed: Act = lambda: None) -> None:
        """`allowed` raises where nothing may be done any more, whatever the statement: in a fork of the process that began it."""
        self.limits = limits
        self._alarm = alarm
        self._allowed = allowed
        self._calls = 0
        self._rows = 0
        self._rest = threading.Condition()
        self._cause: Error | None = None
        self._stops: list[Act] = []
        self._ends: list[Act] = []
        self._at_work = 0
        self._is_ending = False
        self._has_ended = False
        self.goes_on = False
        """Whether something goes on by itself between two looks at the rows: it must be ended even where nobody closes them."""

    @property
    def cause(self) -> Error | None:
        """What ended it before its time; None where nothing did."""
        return self._cause

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or was stopped."""
        return self._has_ended or self._is_ending or self._cause is not None

    def begin(self) -> None:
        """Stop it when its time is up and it has not ended, or when far more memory is in use than it may have."""
        here = weakref.ref(self)

        def stop(cause: Error) -> None:
            if (running := here()) is not None:
                running.stop(cause)

        if (seconds := self.limits.timeout) is not None:
            late = TimedOut(f"the statement took longer than {seconds:g} s", hint="statement_timeout is the limit")
            self.at_end(self._alarm().after(seconds, lambda: stop(late)))
        if (most := self.limits.memory) is not None:
            large = OutOfMemory(f"the statement was stopped: it holds far more than {most // 2**20} MiB", hint="memory is the limit")
            watch(most, self._alarm().after, lambda: stop(large), lambda: (running := here()) is None or running.is_over)

    def ask(self) -> None:
        """One more request is to be sent. Raises TooManyCalls where that is one too many: it is then stopped. On the event loop only."""
        if self.limits.calls is not None and self._calls >= self.limits.calls:
            error = TooManyCalls(
                f"the statement was stopped: it has sent {self.limits.calls} requests, and needs more",
                hint="max_calls is the limit; EXPLAIN says how many a statement needs; conditions on keys, regions or accounts save some",
            )
            self.stop(error)
            raise error
        self._calls += 1

    def give(self, rows: int) -> None:
        """That many rows more are given to whoever reads them. Raises TooManyRows where those are too many."""
        self._rows += rows
        if self.limits.rows is not None and self._rows > self.limits.rows:
            self.stop(
                TooManyRows(
                    f"the statement has more than {self.limits.rows} rows", hint="max_rows is the limit; LIMIT or a condition keeps to it"
                )
            )
            self.check()

    def check(self) -> None:
        """Raise the cause where it was ended. Long work without waiting asks now and then."""
        if self._cause is not None:
            raise self._cause.with_traceback(None) from None

    def stop(self, cause: Error) -> None:
        """End it with an error, unless it has ended: the first cause counts. Comes back at once."""
        with self._rest:
            if self._cause is not None or self._has_ended:
                return
            self._cause = cause
        self._press(_FIRST_PAUSE)

    def _press(self, pause: float) -> None:
        """End all waiting, and again until nobody is at work: what began to wait between two looks was not there the first time."""
        with self._rest:
            if self._has_ended:
                return
            stops, is_at_work = tuple(self._stops), self._at_work > 0
        for act in stops:
            act()
        if is_at_work:
            self._alarm().after(pause, lambda: self._press(min(2 * pause, _LONGEST_PAUSE)))

    def at_stop(self, act: Act) -> Act:
        """Do that if it is stopped: it must be quick, may be done more than once, and does not raise. Gives what takes it back."""
        with self._rest:
            self._stops.append(act)
            is_late = self._cause is not None
        if is_late:
            act()
        return lambda: self._forget(act)

    def _forget(self, act: Act) -> None:
        with self._rest:
            if act in self._stops:
                self._stops.remove(act)

    def at_end(self, act: Act) -> None:
        """Do that once it has ended and nobody works for it any more; now, where that is so. What came last is done first."""
        with self._rest:
            is_late = self._has_ended
            if not is_late:
                self._ends.append(act)
        if is_late:
            act()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A block that works for the statement. Raises the cause where it is stopped before, in, or at the end of it."""
        self._allowed()
        with self._rest:
            if self._cause is None and self._is_ending:
                self._cause = Cancelled("the statement was ended")
            self.check()
            self._at_work += 1
        try:
            yield
            self.check()
        except BaseException as fault:
            if isinstance(fault, Exception) or _is_cancellation(fault):
                self.check()
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._rest:
            self._at_work -= 1
            if self._at_work:
                return
            self._rest.notify_all()
            ends = self._take_ends() if self._is_ending else ()
        for act in ends:
            act()

    def end(self) -> None:
        """It is over. Frees what it holds: now, or where somebody is at work, by that one's leaving. Ending twice is fine."""
        with self._rest:
            self._is_ending = True
            is_at_work = self._at_work > 0
            ends = () if is_at_work else self._take_ends()
        if is_at_work:
            self.stop(Cancelled("the statement was ended"))
        for act in ends:
            act()

    def _take_ends(self) -> tuple[Act, ...]:
        ends, self._ends = tuple(reversed(self._ends)), []
        self._has_ended = True
        self._stops.clear()
        self._rest.notify_all()
        return ends

    def wait(self, seconds: float) -> bool:
        """Wait until nobody works for it; whether that came to be in time."""
        deadline = monotonic() + seconds
        with self._rest:
            while self._at_work and (left := deadline - monotonic()) > 0:
                self._rest.wait(left)
            return not self._at_work


def _is_cancellation(fault: BaseException) -> bool:
    """Whether it is asyncio's. Who has not imported that has none."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(fault, asyncio.CancelledError)
