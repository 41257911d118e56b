"""What is said on stderr while scans run: only on a terminal, and only for work over a second.

A statement of `cirql query` has a line, as in the shell, with the calls made and expected; work that is more than a statement has
a bar for each scan.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cirql.result import ProgressEvent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cirql.cli.live_line import LiveLine
    from cirql.session import Session

APPEARS_AFTER_SECONDS = 1.0


class ScanProgress:
    """Shows how far each scan is; called with events from any thread.

    Used as a context manager around a statement. `stop` ends it early: rows are about to be written to the same terminal.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, ProgressEvent] = {}
        self._bars: dict[str, TaskID] = {}
        self._display: Progress | None = None
        self._line: LiveLine | None = None
        self._stopped = False
        self._timer = threading.Timer(APPEARS_AFTER_SECONDS, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def watch(self, session: Session, sql: str) -> None:
        """Show a line for this statement from now on, in place of bars; `stop` ends it."""
        from cirql.cli.live_line import LiveLine

        self.stop()
        self._line = LiveLine(session, sql).__enter__()

    def __call__(self, event: ProgressEvent) -> None:
        """Take the news of one scan."""
        if (line := self._line) is not None:
            line.tell(event)
            return
        with self._lock:
            self._latest[event.scan] = event
            if self._display is not None:
                self._draw(self._display, event)

    def stop(self) -> None:
        """Remove the display; nothing is drawn any more."""
        with self._lock:
            self._stopped = True
            self._timer.cancel()
            if self._display is not None:
                self._display.stop()
                self._display = None
        if self._line is not None:
            self._line.stop()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._stopped:
                return
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(20),
                TextColumn("{task.fields[counts]}"),
                TimeElapsedColumn(),
            )
            console = Console(stderr=True)
            display = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
            display.start()
            for event in self._latest.values():
                self._draw(display, event)
            self._display = display

    def _draw(self, display: Progress, event: ProgressEvent) -> None:
        counts = f"{event.calls} calls, {event.rows} rows"
        bar = self._bars.get(event.scan)
        if bar is None:
            bar = self._bars[event.scan] = display.add_task(event.scan, total=None, counts=counts)
        if event.done:
            display.update(bar, counts=counts, total=1, completed=1)
        else:
            display.update(bar, counts=counts)
