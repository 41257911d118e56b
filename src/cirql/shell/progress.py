"""One line below the statement while it runs: what has been read, with how many calls, and how many there will be.

How many is what EXPLAIN says, asked for beside the statement once that has run for a second: it costs no call.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cirql.cli.query import screen
from cirql.cli.streams import visible
from cirql.errors import Error
from cirql.sql.blanks import first_word

if TYPE_CHECKING:
    from cirql.result import ProgressEvent
    from cirql.session import Session

_APPEARS_AFTER, _DRAWN_EVERY = 1.0, 0.2
_READS = ("SELECT", "WITH")


class LiveLine:
    """A context around a statement. Told of its scans from any thread."""

    def __init__(self, session: Session, sql: str) -> None:
        self._session = session
        self._sql = sql
        self._lock = threading.Lock()
        self._latest: dict[str, ProgressEvent] = {}
        self._expected: dict[str, tuple[int, bool]] = {}
        self._ended = threading.Event()
        self._is_drawn = False
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty() and screen() is not None:
            threading.Thread(target=self._draw, name="progress", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def tell(self, event: ProgressEvent) -> None:
        """Take the news of one scan."""
        with self._lock:
            self._latest[event.scan] = event

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
                line = visible(described(self._latest, self._expected, time.monotonic() - self._started))
                sys.stderr.write("\r" + (line if len(line) <= width else line[: width - 1] + "…").ljust(width))
                sys.stderr.flush()
                self._is_drawn = True

    def _forecast(self) -> None:
        try:
            lines = [row[0] for row in self._session.execute(f"EXPLAIN (FORMAT JSON) {self._sql}").fetchall()]
            plan = json.loads("\n".join(lines))
        except (Error, ValueError):
            return
        with self._lock:
            self._expected = {scan["table"]: _calls(scan) for scan in plan["scans"]}


def described(latest: dict[str, ProgressEvent], expected: dict[str, tuple[int, bool]], seconds: float) -> str:
    """The line: each scan that has not ended, and the whole."""
    parts = []
    for event in sorted(latest.values(), key=lambda e: e.done):
        calls, is_certain = expected.get(event.scan, (0, False))
        of = "" if event.done or not calls else f" of {'' if is_certain else '≥ '}{max(calls, event.calls)}"
        parts.append(f"{event.scan}: {event.calls}{of} calls, {event.rows} rows")
    return f"{seconds:.0f} s · Ctrl-C ends it · " + " · ".join(parts or ["planning"])


def _calls(scan: dict[str, Any]) -> tuple[int, bool]:
    """The calls of a scan that are certain, and whether those are all."""
    counts = [c["least"] if c["count"] is None else c["count"] for c in scan["calls"]]
    is_certain = all(c["count"] is not None for c in scan["calls"])
    above, certain_above = _calls(scan["parent"]) if scan["parent"] is not None else (0, True)
    return sum(counts) + above, is_certain and certain_above


def _width() -> int:
    shown = screen()
    return 80 if shown is None else shown.width
