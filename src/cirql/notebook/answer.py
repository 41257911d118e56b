"""What a cell gives: a result whose rows are all at hand and can be read again, shown with what failed and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from cirql.errors import CloudFailure, InvalidStatement
from cirql.rendering.chart import Chart
from cirql.rendering.charts import chart_of
from cirql.rendering.drawing import CHART_STYLE, drawn
from cirql.rendering.encode import plain_moment, text_of
from cirql.result import Result, ResultColumn, Stats, visible_text
from cirql.rows import is_number, to_rows

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_MOST_ROWS, _MOST_TEXT, _MOST_FAILURES = 100, 200, 10


class Answer:
    """The answer to a statement. Iterating gives its rows, as often as is wished."""

    def __init__(self, result: Result) -> None:
        """Read all rows of a result. Raises its errors."""
        self._result = result
        self._table = result.to_arrow()

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """The columns."""
        return self._result.columns

    @property
    def failures(self) -> tuple[CloudFailure, ...]:
        """What failed at AWS."""
        return self._result.failures

    @property
    def notices(self) -> tuple[str, ...]:
        """What the reader of the rows should know."""
        return self._result.notices

    @property
    def stats(self) -> Stats:
        """What it cost."""
        return self._result.stats

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self._table.to_batches():
            yield from to_rows(batch, [c.type for c in self.columns])

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows, as Python values."""
        return list(self)

    def to_arrow(self) -> pa.Table:
        """The rows as Arrow's table."""
        return self._table

    def to_pandas(self, *, parse_json: bool = False) -> pd.DataFrame:
        """The rows as a DataFrame of pandas, as `Result.to_pandas` has them."""
        return self._result.to_pandas(parse_json=parse_json)

    def to_polars(self) -> pl.DataFrame:
        """The rows as a DataFrame of polars."""
        return self._result.to_polars()

    def plot(self, kind: str = "") -> Picture:
        """The chart that the columns suggest, or one of a kind: bars, line, points or histogram.

        Raises InvalidStatement where the columns make none.
        """
        chart = chart_of([(c.name, c.type) for c in self.columns], self.fetchall(), kind)
        if chart is None:
            raise InvalidStatement("these columns make no chart", hint="a text and a number make bars, a time and a number a line")
        return Picture(chart)

    def __repr__(self) -> str:
        lines = [" | ".join(c.name for c in self.columns)]
        lines += [" | ".join(map(_text, row)) for _, row in zip(range(10), self, strict=False)]
        return "\n".join([*lines, self._cost()])

    def _repr_html_(self) -> str:
        sides = ["right" if is_number(c.type) else "left" for c in self.columns]
        head = "".join(f"<th>{_safe(c.name)}</th>" for c in self.columns)
        rows = []
        for _, row in zip(range(_MOST_ROWS), self, strict=False):
            cells = (f'<td style="text-align:{side}">{_safe(_text(value))}</td>' for value, side in zip(row, sides, strict=True))
            rows.append(f"<tr>{''.join(cells)}</tr>")
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        table = f'<div style="max-height:24em;overflow:auto"><table>{body}</table></div>'
        notices = [f"notice: {n}" for n in self.notices]
        failures = [f"not read: {f}" for f in self.failures[:_MOST_FAILURES]]
        if len(self.failures) > _MOST_FAILURES:
            failures.append(f"not read: {len(self.failures) - _MOST_FAILURES} more, in .failures")
        told = "".join(f'<p style="color:#b3261e">{_safe(line)}</p>' for line in (*failures, *notices))
        return f"{table if self.columns else ''}{told}<p><small>{_safe(self._cost())}</small></p>"

    def _cost(self) -> str:
        count, calls = len(self), sum(self.stats.calls.values())
        first = f", the first {_MOST_ROWS} shown" if count > _MOST_ROWS else ""
        return f"{count} row{'s' * (count != 1)}{first}, {calls} call{'s' * (calls != 1)}, {self.stats.wall_ms} ms"


class Picture:
    """A chart as a notebook shows it."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart

    def _repr_html_(self) -> str:
        return f'<div class="cirql-chart"><style>{CHART_STYLE}</style><p>{_safe(self.chart.title)}</p>{drawn(self.chart)}</div>'

    def __repr__(self) -> str:
        return f"{self.chart.kind}: {self.chart.title}"


def _text(value: Any) -> str:
    text = "NULL" if value is None else text_of(value, plain_moment)
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"


def _safe(text: str) -> str:
    return escape(visible_text(text))
