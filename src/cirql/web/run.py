"""PageRun: one statement under way. It runs in a thread of its own; its rows are kept as Arrow, and given by number, sorted or filtered.

Whoever looks at it is always told all there is to know at the moment (`news`), so that one who comes late, or again, misses nothing.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cirql.errors import Cancelled, Error, UnknownStatement
from cirql.rendering.charts import Axes, chart_of
from cirql.rendering.drawing import drawn
from cirql.rendering.encode import plain_moment, to_texts
from cirql.result import ProgressEvent, visible_text
from cirql.rows import to_rows
from cirql.sql.parse import parse
from cirql.web.downloads import DownloadFormat, download
from cirql.web.moments import as_of
from cirql.web.remedies import failures_by_remedy
from cirql.web.rows import Rows, RowsWanted
from cirql.web.totals import totals

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.result import Result
    from cirql.session import Session

_LONGEST_CELL = 400
_CHARTED = 10_000
_PACE = 0.08
"""Seconds between two pieces of news: faster than that nobody reads."""


class PageRun:
    """Usable from any thread."""

    def __init__(self, session: Session, sql: str, moment: str = "", ended: Callable[[PageRun], None] | None = None) -> None:
        """Nothing runs yet. `moment` is when the tables are to be read as of, where that is not now; `ended` is told when it has ended."""
        self.id = secrets.token_urlsafe(12)
        self.sql = sql
        self._moment = moment
        self._ended = ended
        self._session = session
        self._changed = threading.Condition()
        self._version = 0
        self._state = "running"
        self._began = time.monotonic()
        self._seconds = 0.0
        self._rows = Rows()
        self._scans: dict[str, ProgressEvent] = {}
        self._result: Result | None = None
        self._error: dict[str, Any] | None = None
        self._thread = threading.Thread(target=self._work, name=f"page-{self.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def tell(self, event: ProgressEvent) -> None:
        """Take note of how far a scan has come."""
        with self._changed:
            self._scans[event.scan] = event
            self._tick()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._state == "running"

    def cancel(self) -> None:
        """End it, where it has not ended; its rows stay."""
        if self._state == "running":
            self._session.stop(Cancelled("you cancelled the statement"))

    def forget(self) -> None:
        """End it, and let go of its rows."""
        self.cancel()
        self._rows.clear()

    def _tick(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _begun(self) -> Result:
        if not self._moment:
            return self._session.execute(self.sql)
        return self._session.run(as_of(parse(self.sql), self._moment))

    def _work(self) -> None:
        state, error = "done", None
        try:
            with self._begun() as result:
                with self._changed:
                    self._result = result
                    self._tick()
                for batch in result.batches():
                    self._rows.add(batch, result)
                    with self._changed:
                        self._tick()
        except Cancelled as problem:
            state, error = "cancelled", described(problem)
        except Error as problem:
            state, error = "failed", described(problem)
        except Exception as problem:  # noqa: BLE001 (a thread's last resort: the page must not wait for ever)
            state, error = "failed", {"message": f"internal: {type(problem).__name__}: {problem}", "sqlstate": "XX000"}
        with self._changed:
            self._state, self._error, self._seconds = state, error, time.monotonic() - self._began
            self._tick()
        if self._ended is not None:
            self._ended(self)

    # -- what there is to know

    def news(self) -> Iterator[dict[str, Any]]:
        """All there is to know now, and again whenever that has changed, until the statement has ended."""
        seen = -1
        while True:
            with self._changed:
                if self._version == seen:
                    self._changed.wait(1)
                seen = self._version
                told = self.now()
            yield told
            if told["state"] != "running":
                return
            time.sleep(_PACE)

    def now(self) -> dict[str, Any]:
        """All there is to know now."""
        result, state = self._result, self._state
        told: dict[str, Any] = {
            "run": self.id,
            "state": state,
            "rows": self._rows.count,
            "seconds": round(self._seconds or time.monotonic() - self._began, 2),
            "columns": [{"name": c.name, "type": c.type} for c in result.columns] if result is not None else [],
            "scans": [{"table": s.scan, "calls": s.calls, "rows": s.rows, "done": s.done} for s in tuple(self._scans.values())],
        }
        if self._error is not None:
            told["error"] = self._error
        if result is not None and state != "running":
            stats = result.stats
            told["notices"] = [visible_text(n) for n in result.notices]
            told["failures"] = failures_by_remedy(result.failures, self._session.catalog)
            told["calls"] = dict(sorted(stats.calls.items()))
            told["throttles"] = stats.throttles
        return told

    def rows(self, wanted: RowsWanted) -> dict[str, Any]:
        """Some of the rows that are there, as texts; what is too long to be read in a cell is cut, and its length said."""
        result = self._result
        if result is None:
            return {"from": wanted.start, "rows": [], "total": 0}
        table, total = self._rows.slice(wanted)
        columns = [[_cell(t) for t in self._texts(table, n, c.type)] for n, c in enumerate(result.columns)]
        return {"from": wanted.start, "rows": [list(row) for row in zip(*columns, strict=True)], "total": total}

    def cell(self, wanted: RowsWanted, column: int) -> str | None:
        """One value whole."""
        result = self._result
        table, _ = self._rows.slice(wanted)
        if result is None or not table.num_rows or not 0 <= column < len(result.columns):
            return None
        text = self._texts(table, column, result.columns[column].type)[0]
        return None if text is None else visible_text(text)

    def row(self, wanted: RowsWanted) -> dict[str, str | None]:
        """One row, as texts by name; of columns with the same name, the first."""
        result = self._result
        table, _ = self._rows.slice(wanted)
        if result is None or not table.num_rows:
            raise UnknownStatement("the row is no longer here", hint="run the statement again")
        return {c.name: self._texts(table, n, c.type)[0] for n, c in reversed(tuple(enumerate(result.columns)))}

    def totals(self, wanted: RowsWanted) -> list[dict[str, Any]]:
        """What each column comes to, over the rows that are looked at."""
        return totals(self._rows.ordered(wanted), self._result.columns if self._result is not None else ())

    @staticmethod
    def _texts(table: pa.Table, number: int, type_name: str) -> list[str | None]:
        column = table.column(number).combine_chunks()
        return to_texts(column, type_name, plain_moment)

    def download(self, wanted: RowsWanted, kind: DownloadFormat) -> Iterator[bytes]:
        """All rows that are there, as a file. Raises UnknownStatement where there are none yet."""
        if self._result is None:
            raise UnknownStatement("there are no rows yet")
        return download(self._rows.ordered(wanted), self._result.columns, kind)

    def chart(self, kind: str, axes: Axes) -> dict[str, Any]:
        """A chart of the first rows: of a kind, or the one that they ask for."""
        columns = self._result.columns if self._result is not None else ()
        rows = [row for batch in self._rows.table().slice(0, _CHARTED).to_batches() for row in to_rows(batch, [c.type for c in columns])]
        chart = chart_of([(c.name, c.type) for c in columns], rows, kind, axes)
        named = {"columns": [{"name": visible_text(c.name), "type": c.type} for c in columns]}
        if chart is None:
            return {"svg": "", **named}
        more = f"the first {_CHARTED:,} rows" if self._rows.count > _CHARTED else ""
        return {
            **named,
            "svg": drawn(chart),
            "kind": chart.kind,
            "title": visible_text(chart.title),
            "note": " · ".join(filter(None, (chart.note, more))),
        }


def _cell(text: str | None) -> str | list[Any] | None:
    if text is None:
        return None
    shown = visible_text(text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL])
    return shown if len(text) <= _LONGEST_CELL else [shown, len(text)]


def described(error: Error) -> dict[str, Any]:
    """An error as the page shows it."""
    told: dict[str, Any] = {"message": visible_text(error.message), "sqlstate": error.sqlstate}
    if error.hint:
        told["hint"] = visible_text(error.hint)
    if error.position is not None:
        told["position"] = error.position
    if error.failure is not None:
        told["failure"] = visible_text(str(error.failure))
    return told
