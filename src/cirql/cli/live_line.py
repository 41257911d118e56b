"""One line below the statement while it runs: what has been read, with how many calls, and how many there will be.

How many is what EXPLAIN says, asked for beside the statement once that has run for a second: it costs no call.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cirql.cli.streams import visible
from cirql.errors import Error
from cirql.sql.blanks import first_word
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.result import ProgressEvent
    from cirql.session import Session

_APPEARS_AFTER, _DRAWN_EVERY = 1.0, 0.2
_READS = ("SELECT", "WITH")


@dataclass(frozen=True, slots=True)
class CallsAhead:
    """How many calls a statement will make: `calls` of them or, in another `sense`, at least or about so many."""

    calls: int
    sense: str = ""

    @classmethod
    def of(cls, forecast: dict[str, Any]) -> CallsAhead:
        """What EXPLAIN said of the calls."""
        certain, about = forecast["certain"], forecast["expected"]
        if not forecast["depending"]:
            return cls(certain)
        return cls(certain, "≥ ") if about is None else cls(max(certain, about), "about ")

    def said(self, calls: int) -> str:
        """The same beside how many there were so far."""
        return f" of {self.sense}{self.calls}" if calls <= self.calls else "" if self.sense == "about " else f" of {self.sense}{calls}"


class LiveLine:
    """A context around a statement. Told of its scans from any thread."""

    def __init__(self, session: Session, sql: str) -> None:
        self._session = session
        self._sql = sql
        self._lock = threading.Lock()
        self._latest: dict[str, ProgressEvent] = {}
        self._expected: CallsAhead | None = None
        self._calls_before = 0
        self._ended = threading.Event()
        self._is_drawn = False
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty():
            self._calls_before = self._calls()
            threading.Thread(target=self._draw, name="progress", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def tell(self, event: ProgressEvent) -> None:
        """Take the news of one scan."""
        with self._lock:
            self._latest[event.relation or event.scan] = event

    def stop(self) -> None:
        """Take the line away."""
        with self._lock:
            self._ended.set()
            if self._is_drawn:
                sys.stderr.write("\r" + " " * (_width() - 1) + "\r")
                sys.stderr.flush()
            self._is_drawn = False

    def _draw(self) -> None:
        if self._ended.wait(_APPEARS_AFTER):
            return
        if first_word(self._sql) in _READS:
            threading.Thread(target=self._forecast, name="forecast", daemon=True).start()
        while not self._ended.wait(_DRAWN_EVERY):
            with self._lock:
                if self._ended.is_set():
                    return
                width = _width() - 1
                seconds, calls = time.monotonic() - self._started, self._calls() - self._calls_before
                line = visible(described(seconds, calls, self._expected, tuple(self._latest.values())))
                sys.stderr.write(
                    "\r" + (line if len(line) <= width else line[: width - 1] + "…").ljust(width) + "\r"
                )  # ^C is echoed where the cursor is
                sys.stderr.flush()
                self._is_drawn = True

    def _forecast(self) -> None:
        try:
            lines = [row[0] for row in self._session.execute(f"EXPLAIN (FORMAT JSON) {self._sql}").fetchall()]
            plan = json.loads("\n".join(lines))
        except (Error, ValueError):
            return
        with self._lock:
            self._expected = CallsAhead.of(plan["calls"])

    def _calls(self) -> int:
        """The requests that the shell has sent so far: it has no other session."""
        return sum(self._session.cloud.stats.calls.values())


def described(seconds: float, calls: int, expected: CallsAhead | None, latest: Iterable[ProgressEvent]) -> str:
    """The line: how long, how many calls of how many, and the rows of each scan."""
    of = "" if expected is None else expected.said(calls)
    scans = [f"{event.scan}: {event.rows} rows{' ✓' if event.done else ''}" for event in latest]
    return " · ".join((f"{seconds:.0f} s", f"{calls}{of} calls", *scans, "Ctrl-C ends it"))


def _width() -> int:
    return shutil.get_terminal_size().columns
