"""A bar on stderr while a sync runs: tables done of all, rows a second, time left. Only on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cirql.sync import TableReport


class SyncProgress:
    """Told of each table as it ends."""

    def __init__(self, tables: int) -> None:
        self._tables = tables
        self._rows = 0
        self._began = time.monotonic()
        self._display: Progress | None = None
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                BarColumn(20),
                MofNCompleteColumn(),
                TextColumn("tables, {task.fields[news]}", markup=False),
                TimeRemainingColumn(),
            )
            self._display = Progress(*columns, console=Console(stderr=True), transient=True)
            self._display.start()
            self._bar = self._display.add_task("", total=self._tables, news="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._display is not None:
            self._display.stop()

    def __call__(self, report: TableReport) -> None:
        """One more table is done."""
        self._rows += report.rows
        if self._display is not None and self._bar is not None:
            rate = self._rows / max(time.monotonic() - self._began, 0.001)
            self._display.update(self._bar, advance=1, news=f"{rate:.0f} rows/s, {report.table}")
