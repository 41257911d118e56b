"""Charts: which one a result asks for, by its columns, and that drawn as SVG.

A time and a number make a line, a text and a number bars, two numbers points, one number a histogram; texts alone are counted. It knows
values and types, not where they come from; colours are CSS variables of the page around it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from html import escape
from itertools import pairwise
from typing import Any

from cirql.result import visible_text
from cirql.rows import is_number
from cirql.startup.records import dataclass

_MOST_BARS, _MOST_SERIES, _MOST_COUNTED, _MOST_POINTS = 25, 6, 20, 5_000
_WIDTH, _BARS_WIDTH, _ROW, _HEIGHT, _LABEL, _LETTER, _EDGE = 640, 480, 26, 280, 190, 8, 56
_LONGEST_LABEL = 24
_LEAST_ROWS = 2
_TICKS = 4
_BINS = 20
_LARGEST = 1e300
"""Larger ones, and those that are none, have no place on an axis."""


CHART_STYLE = """
.chart { display: block; width: 100%; max-width: 760px; min-width: 460px; height: auto; font: 13px system-ui, sans-serif; }
.chart.bars { max-width: 560px; min-width: 300px; }
.chart text { fill: var(--ink, currentColor); } .chart .tick, .chart .value { fill: var(--soft, #6b7580); font-size: 12px; }
.chart .grid { stroke: var(--line, #8888); stroke-width: 1; } .chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .s0 { fill: var(--s0, #2f6fb3); } .chart .l0 { stroke: var(--s0, #2f6fb3); }
.chart .s1 { fill: var(--s1, #b35c00); } .chart .l1 { stroke: var(--s1, #b35c00); }
.chart .s2 { fill: var(--s2, #2b7a4b); } .chart .l2 { stroke: var(--s2, #2b7a4b); }
.chart .s3 { fill: var(--s3, #8a3fa0); } .chart .l3 { stroke: var(--s3, #8a3fa0); }
.chart .s4 { fill: var(--s4, #a0303f); } .chart .l4 { stroke: var(--s4, #a0303f); }
.chart .s5 { fill: var(--s5, #5b6570); } .chart .l5 { stroke: var(--s5, #5b6570); }
"""
"""How charts look; a page around them may set the colours."""


class ChartKind(StrEnum):
    """What is drawn."""

    BARS = "bars"
    LINE = "line"
    POINTS = "points"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: points of named series. `labels` name the bars; `note` says what is left out."""

    kind: ChartKind
    title: str
    series: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    labels: tuple[str, ...] = ()
    note: str = ""
    is_time: bool = False

    def svg(self) -> str:
        """The chart as one `<svg>` element."""
        return {ChartKind.BARS: _bars, ChartKind.HISTOGRAM: _histogram, ChartKind.LINE: _plane, ChartKind.POINTS: _plane}[self.kind](self)


def chart_of(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], kind: str = "") -> Chart | None:
    """The chart that suits columns (name and SQL type) and their rows, or one of a `kind`; None where none says anything."""
    numbers = [n for n, (_, type_) in enumerate(columns) if is_number(type_)]
    times = [n for n, (_, type_) in enumerate(columns) if type_ in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")]
    texts = [n for n, (_, type_) in enumerate(columns) if type_ in ("VARCHAR", "BOOLEAN")]
    names = [name for name, _ in columns]
    if len(rows) < _LEAST_ROWS:
        return None
    if kind in ("", ChartKind.LINE) and times and numbers and not names[times[0]].startswith("_"):
        return _lines(names, rows, times[0], numbers[0], texts)
    if kind in ("", ChartKind.BARS) and texts and numbers:
        return _named_bars(names, rows, texts[0], numbers[0])
    if kind in ("", ChartKind.POINTS) and len(numbers) > 1:
        return _scatter(names, rows, numbers)
    if kind in ("", ChartKind.HISTOGRAM) and numbers:
        return _spread(names, rows, numbers[0])
    return _counted(names, rows, texts) if kind in ("", ChartKind.BARS) else None


# Choosing.


def _lines(names: Sequence[str], rows: Sequence[Sequence[Any]], time: int, number: int, texts: Sequence[int]) -> Chart | None:
    by = next((n for n in texts if 1 < len({row[n] for row in rows}) <= _MOST_SERIES), None)
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        x, y = _moment(row[time]), _number(row[number])
        if x is not None and y is not None:
            series.setdefault("" if by is None else _text(row[by]), []).append((x, y))
    if not series:
        return None
    made = tuple((name, tuple(sorted(points))) for name, points in series.items())
    return Chart(ChartKind.LINE, f"{names[number]} by {names[time]}", made, is_time=True)


def _named_bars(names: Sequence[str], rows: Sequence[Sequence[Any]], text: int, number: int) -> Chart | None:
    found = [(_text(row[text]), value) for row in rows if (value := _number(row[number])) is not None]
    if not found:
        return None
    shown = found[:_MOST_BARS]
    note = f"the first {len(shown)} of {len(found)}" if len(found) > len(shown) else ""
    points = tuple((float(n), value) for n, (_, value) in enumerate(shown))
    return Chart(ChartKind.BARS, f"{names[number]} by {names[text]}", (("", points),), tuple(label for label, _ in shown), note)


def _scatter(names: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[int]) -> Chart | None:
    pairs = ((_number(row[numbers[0]]), _number(row[numbers[1]])) for row in rows)
    points = [(x, y) for x, y in pairs if x is not None and y is not None]
    note = f"the first {_MOST_POINTS:,} of {len(points):,}" if len(points) > _MOST_POINTS else ""
    title = f"{names[numbers[1]]} by {names[numbers[0]]}"
    return Chart(ChartKind.POINTS, title, (("", tuple(points[:_MOST_POINTS])),), note=note) if points else None


def _spread(names: Sequence[str], rows: Sequence[Sequence[Any]], number: int) -> Chart | None:
    values = [value for row in rows if (value := _number(row[number])) is not None]
    if len(set(values)) < _LEAST_ROWS:
        return None
    low, high = min(values), max(values)
    width = (high - low) / _BINS
    counts = Counter(min(int((value - low) / width), _BINS - 1) for value in values)
    points = tuple((low + n * width, float(counts.get(n, 0))) for n in range(_BINS))
    return Chart(ChartKind.HISTOGRAM, f"rows by {names[number]}", (("", (*points, (high, 0.0))),))


def _counted(names: Sequence[str], rows: Sequence[Sequence[Any]], texts: Sequence[int]) -> Chart | None:
    """Rows by the text that tells most groups apart, of those that make few."""
    groups = {n: Counter(_text(row[n]) for row in rows) for n in texts if not names[n].startswith("_")}
    few = {n: counts for n, counts in groups.items() if 1 < len(counts) <= min(_MOST_COUNTED, len(rows) // 2)}
    if not few:
        return None
    best = max(few, key=lambda n: len(few[n]))
    counts = few[best].most_common()
    points = tuple((float(n), float(count)) for n, (_, count) in enumerate(counts))
    return Chart(ChartKind.BARS, f"rows by {names[best]}", (("", points),), tuple(label for label, _ in counts))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = float(value)
    return number if abs(number) < _LARGEST else None


def _moment(value: Any) -> float | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() if isinstance(value, date) else None


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)


# Drawing.


def _bars(chart: Chart) -> str:
    (_, points), *_ = chart.series
    low, high = min(0.0, *(y for _, y in points)), max(0.0, *(y for _, y in points))
    names = min(max(len(_short(label)) for label in chart.labels) * _LETTER + 16, _LABEL)
    scale = (_BARS_WIDTH - names - _EDGE) / ((high - low) or 1)
    zero = names - low * scale
    parts = []
    for n, ((_, value), label) in enumerate(zip(points, chart.labels, strict=True)):
        top = n * _ROW + 4
        start, width = (zero, value * scale) if value >= 0 else (zero + value * scale, -value * scale)
        parts.append(
            f"<g><title>{_safe(label)}: {_figure(value)}</title>"
            f'<text class="label" x="{names - 8}" y="{top + 14}" text-anchor="end">{_safe(_short(label))}</text>'
            f'<rect class="s0" x="{start:.1f}" y="{top}" width="{max(width, 1):.1f}" height="{_ROW - 8}" rx="2"/>'
            f'<text class="value" x="{start + max(width, 1) + 6:.1f}" y="{top + 14}">{_figure(value)}</text></g>'
        )
    return _frame(chart, len(points) * _ROW + 8, parts, _BARS_WIDTH)


def _histogram(chart: Chart) -> str:
    (_, points), *_ = chart.series
    x, y, axes = _axes(chart, [p for p, _ in points], [0.0, *(c for _, c in points)])
    parts = list(axes)
    for (left, count), (right, _) in pairwise(points):
        title = f"{_figure(left)} to {_figure(right)}: {_figure(count)}"
        width, height = max(x(right) - x(left) - 1, 1), y(0) - y(count)
        parts.append(
            f'<rect class="s0" x="{x(left):.1f}" y="{y(count):.1f}" width="{width:.1f}" height="{height:.1f}"><title>{title}</title></rect>'
        )
    return _frame(chart, _HEIGHT, parts)


def _plane(chart: Chart) -> str:
    every = [point for _, points in chart.series for point in points]
    ys = [p[1] for p in every]
    x, y, axes = _axes(chart, [p[0] for p in every], [*ys, *([0.0] if 0 < min(ys) < max(ys) else [])])
    parts = list(axes)
    for n, (name, points) in enumerate(chart.series):
        if chart.kind is ChartKind.LINE and len(points) > 1:
            path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in points)
            parts.append(f'<polyline class="l{n}" points="{path}"/>')
        if chart.kind is ChartKind.POINTS or len(points) <= _MOST_BARS:
            parts += [f'<circle class="s{n}" cx="{x(px):.1f}" cy="{y(py):.1f}" r="3"/>' for px, py in points]
        if name:
            parts.append(f'<rect class="s{n}" x="{_EDGE + n * 96}" y="2" width="10" height="10" rx="2"/>')
            parts.append(
                f'<text class="label" x="{_EDGE + n * 96 + 14}" y="12">{_safe(name if len(name) <= 12 else name[:11] + "…")}</text>'
            )
    return _frame(chart, _HEIGHT, parts)


def _axes(
    chart: Chart, xs: Sequence[float], ys: Sequence[float]
) -> tuple[Callable[[float], float], Callable[[float], float], Iterable[str]]:
    """What places a value on each axis, and the lines and figures of both."""
    left, right, top, bottom = _EDGE + 8, _WIDTH - 16, 22, _HEIGHT - 28
    (low_x, high_x), (low_y, high_y) = _span(xs), _span(ys)

    def x(value: float) -> float:
        return left + (value - low_x) / (high_x - low_x) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - low_y) / (high_y - low_y) * (bottom - top)

    parts = []
    for n in range(_TICKS + 1):
        at = low_y + (high_y - low_y) * n / _TICKS
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y(at):.1f}" y2="{y(at):.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{y(at) + 4:.1f}" text-anchor="end">{_figure(at)}</text>')
    for n in range(_TICKS):
        at = low_x + (high_x - low_x) * n / (_TICKS - 1)
        anchor = "start" if n == 0 else "end" if n == _TICKS - 1 else "middle"
        figure = _day(at, high_x - low_x) if chart.is_time else _figure(at)
        parts.append(f'<text class="tick" x="{x(at):.1f}" y="{bottom + 20}" text-anchor="{anchor}">{figure}</text>')
    return x, y, parts


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def _frame(chart: Chart, height: float, parts: Iterable[str], width: int = _WIDTH) -> str:
    title = chart.title + (f" ({chart.note})" if chart.note else "")
    return (
        f'<svg class="chart {chart.kind}" viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{_safe(title)}" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


def _figure(value: float) -> str:
    """A number for people: 1,234 or 0.25, with at most four digits that count."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.3g}"


def _day(value: float, span: float) -> str:
    moment = datetime.fromtimestamp(value, UTC)
    return f"{moment:%Y-%m-%d}" if span > 3 * 86_400 else f"{moment:%m-%d %H:%M}" if span > 600 else f"{moment:%H:%M:%S}"


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[:10]}…{label[-12:]}"


def _safe(text: str) -> str:
    return escape(visible_text(text))
