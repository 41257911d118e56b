"""How far a sync is, on stderr: tables done of all, rows a second, time left, and what is being read.

A terminal shows it as bars that vanish at the end; anything else gets a line now and then, and none from a run that is over soon. Time
left is judged by the calls that each table took the last time.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cirql.cli.report import say
from cirql.result import ProgressEvent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cirql.filling.sync import TableReport

LINE_EVERY_SECONDS = 10.0
JUDGED_AFTER_SECONDS = 3.0


class SyncProgress:
    """Told of each table as it ends, and of its rows and calls until then (`scan`, from any thread).

    `expected` has the tables of the run with the calls that each is likely to take; 0 where that is not known.
    """

    def __init__(self, expected: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        known = [calls for calls in expected.values() if calls]
        usual = max(1, sum(known) // len(known)) if known else 1
        self._weights = {table: calls or usual for table, calls in expected.items()}
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, ProgressEvent] = {}
        self._done: dict[str, int] = {}
        self._began = self._told = clock()
        self._display: Progress | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}", markup=False), BarColumn(20), TextColumn("{task.fields[news]}", markup=False))
            self._display = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bars[""] = self._display.add_task("all", total=sum(self._weights.values()) or 1, news="")
            self._display.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            if self._display is not None:
                self._display.stop()
                self._display = None

    def scan(self, event: ProgressEvent) -> None:
        """News of a table that is being read."""
        with self._lock:
            if event.scan in self._weights and event.scan not in self._done:
                self._running[event.scan] = event
                self._show(event.scan)

    def __call__(self, report: TableReport) -> None:
        """One more table is done."""
        with self._lock:
            self._done[report.table] = report.rows
            self._running.pop(report.table, None)
            self._show(report.table)

    def news(self) -> str:
        """How far all of it is, in words."""
        seconds = max(self._clock() - self._began, 0.001)
        rows = sum(self._done.values()) + sum(e.rows for e in self._running.values())
        left = self._left(seconds)
        more = f", {_time(left)} left" if left is not None else ""
        return f"{len(self._done)} of {len(self._weights)} tables, {rows} rows, {rows / seconds:.0f} rows/s{more}"

    def _reached(self) -> float:
        """How much of the expected calls is behind us."""
        under_way = (min(e.calls, 0.95 * self._weights[t]) for t, e in self._running.items())
        return sum(self._weights.get(t, 0) for t in self._done) + sum(under_way)

    def _left(self, seconds: float) -> float | None:
        reached, total = self._reached(), sum(self._weights.values())
        if seconds < JUDGED_AFTER_SECONDS or reached <= 0 or len(self._done) == len(self._weights):
            return None
        return seconds * (total - reached) / reached

    def _show(self, table: str) -> None:
        if self._display is None:
            if not sys.stderr.isatty() and self._clock() - self._told >= LINE_EVERY_SECONDS:
                self._told = self._clock()
                names = ", ".join(sorted(self._running)[:3])
                say(f"{self.news()}; reading {names}" if names else self.news())
            return
        self._display.update(self._bars[""], completed=self._reached(), news=self.news())
        event = self._running.get(table)
        if event is None:
            if table in self._bars:
                self._display.remove_task(self._bars.pop(table))
            return
        if table not in self._bars:
            self._bars[table] = self._display.add_task(table, total=self._weights[table], news="")
        done = min(event.calls, 0.95 * self._weights[table])
        self._display.update(self._bars[table], completed=done, news=f"{event.rows} rows, {event.calls} calls")


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
