"""Charts: which one a result asks for, by its columns, or by what somebody chose.

A time and a number make a line, a text and a number bars, two numbers points, one number a histogram; texts alone are counted. It knows
values and types, not where they come from. `drawing.py` draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cirql.rendering.chart import Chart, ChartKind
from cirql.rendering.worldmap import REGIONS
from cirql.rows import is_number
from cirql.startup.records import dataclass, replace

_MOST_BARS, _MOST_SERIES, _MOST_COUNTED, _MOST_POINTS, _MOST_SLICES = 25, 6, 20, 5_000, 10
_LEAST_ROWS = 2
_BINS = 20
_LARGEST = 1e300
"""Larger ones, and those that are none, have no place on an axis."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The columns that somebody chose, by name: across, measured, and telling series apart. "" leaves it to the columns."""

    across: str = ""
    up: str = ""
    by: str = ""


AUTOMATIC = Axes()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that a chart may be made of, as numbers, the likeliest first."""

    names: Sequence[str]
    numbers: Sequence[int]
    times: Sequence[int]
    texts: Sequence[int]
    axes: Axes

    def across(self, otherwise: Sequence[int]) -> int | None:
        """What stands across."""
        return self._named(self.axes.across, next(iter(otherwise), None))

    def up(self, across: int | None = None) -> int | None:
        """What is measured: a number."""
        found = self._named(self.axes.up, next((n for n in self.numbers if n != across), None))
        return found if found in self.numbers else None

    def by(self, rows: Sequence[Sequence[Any]], across: int) -> int | None:
        """What tells series apart."""
        few = (n for n in self.texts if n != across and 1 < len({row[n] for row in rows}) <= _MOST_SERIES)
        return self._named(self.axes.by, next(few, None))

    def _named(self, name: str, otherwise: int | None) -> int | None:
        return self.names.index(name) if name in self.names else otherwise


def chart_of(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], kind: str = "", axes: Axes = AUTOMATIC) -> Chart | None:
    """The chart that suits columns (name and SQL type) and their rows, or one of a `kind`; None where none says anything."""
    numbers = [n for n, (_, type_) in enumerate(columns) if is_number(type_)]
    times = [n for n, (_, type_) in enumerate(columns) if type_ in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")]
    texts = [n for n, (_, type_) in enumerate(columns) if type_ in ("VARCHAR", "BOOLEAN")]
    if len(rows) < _LEAST_ROWS:
        return None
    chosen = _Columns([name for name, _ in columns], numbers, times, texts, axes)
    ways: dict[str, Callable[[_Columns, Sequence[Sequence[Any]]], Chart | None]] = {
        ChartKind.LINE: _lines,
        ChartKind.AREA: _lines,
        ChartKind.POINTS: _scatter,
        ChartKind.HISTOGRAM: _spread,
        ChartKind.BARS: _bars,
        ChartKind.PIE: _slices,
        ChartKind.MAP: _places,
    }
    way = ways.get(kind or _suiting(chosen))
    made = way(chosen, rows) if way is not None else None
    return replace(made, kind=ChartKind.AREA) if made is not None and kind == ChartKind.AREA else made


def _suiting(chosen: _Columns) -> ChartKind:
    if chosen.times and chosen.numbers and not chosen.names[chosen.times[0]].startswith("_"):
        return ChartKind.LINE
    if chosen.texts:
        return ChartKind.BARS
    return ChartKind.POINTS if len(chosen.numbers) > 1 else ChartKind.HISTOGRAM


# Choosing.


def _lines(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    across = chosen.across(chosen.times or (chosen.numbers if len(chosen.numbers) > 1 else ()))
    up = chosen.up(across)
    if across is None or up is None:
        return None
    by = chosen.by(rows, across)
    is_time = across in chosen.times
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        x, y = (_moment if is_time else _number)(row[across]), _number(row[up])
        if x is not None and y is not None:
            series.setdefault("" if by is None else _text(row[by]), []).append((x, y))
    if not series:
        return None
    shown = sorted(series.items(), key=lambda item: -len(item[1]))[:_MOST_SERIES]
    note = f"{len(shown)} of {len(series)} series" if len(series) > len(shown) else ""
    made = tuple((name, tuple(sorted(points))) for name, points in sorted(shown))
    return Chart(ChartKind.LINE, f"{chosen.names[up]} by {chosen.names[across]}", made, note=note, is_time=is_time)


def _bars(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    across, up = chosen.across(chosen.texts), chosen.up()
    if across is None:
        return None
    if up is None or across == up or chosen.axes == Axes(chosen.names[across]):
        return _counted(chosen, rows)
    measured = [row for row in rows if _number(row[up]) is not None]
    if not measured:
        return None
    naming = [across] if chosen.axes.across else _telling_apart(chosen, measured, across)
    shown = [(", ".join(_text(row[n]) for n in naming), _number(row[up]) or 0.0) for row in measured[:_MOST_BARS]]
    note = f"the first {len(shown)} of {len(measured)}" if len(measured) > len(shown) else ""
    return _labelled(ChartKind.BARS, f"{chosen.names[up]} by {', '.join(chosen.names[n] for n in naming)}", shown, note)


def _telling_apart(chosen: _Columns, rows: Sequence[Sequence[Any]], first: int) -> list[int]:
    """The first texts that together name each row once; where none do, what stands across alone."""
    naming, others = [first], [n for n in chosen.texts if n != first]
    while len({tuple(row[n] for n in naming) for row in rows}) < len(rows):
        if not others:
            return [first]
        naming.append(others.pop(0))
    return naming


def _labelled(kind: ChartKind, title: str, found: Sequence[tuple[str, float]], note: str = "") -> Chart:
    points = tuple((float(n), float(value)) for n, (_, value) in enumerate(found))
    return Chart(kind, title, (("", points),), tuple(label for label, _ in found), note)


def _sums(chosen: _Columns, rows: Sequence[Sequence[Any]], across: int) -> tuple[str, dict[str, float]]:
    """What is measured, put together by what stands across; where nothing is, rows are counted."""
    up = chosen.up(across) if chosen.axes.up or not chosen.axes.across else None
    sums: dict[str, float] = {}
    for row in rows:
        value = 1.0 if up is None else _number(row[up])
        if value is not None:
            label = _text(row[across])
            sums[label] = sums.get(label, 0.0) + value
    return f"{'rows' if up is None else chosen.names[up]} by {chosen.names[across]}", sums


def _slices(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    few = [n for n in chosen.texts if 1 < len({row[n] for row in rows}) <= _MOST_COUNTED]
    across = chosen.across(few or chosen.texts)
    if across is None:
        return None
    title, sums = _sums(chosen, rows, across)
    order = sorted(((label, value) for label, value in sums.items() if value > 0), key=lambda item: -item[1])
    if not order:
        return None
    rest = order[_MOST_SLICES - 1 :]
    shown = order if len(order) <= _MOST_SLICES else [*order[: _MOST_SLICES - 1], (f"{len(rest)} others", sum(v for _, v in rest))]
    return _labelled(ChartKind.PIE, title, shown, "without what is not above 0" if len(order) < len(sums) else "")


def _places(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    known = [n for n in chosen.texts if any(row[n] in REGIONS for row in rows)]
    across = chosen.across([*(n for n in known if chosen.names[n] == "region"), *known])
    if across is None:
        return None
    title, sums = _sums(chosen, rows, across)
    found = [(region, value) for region, value in sums.items() if region in REGIONS]
    left = sum(1 for region in sums if region not in REGIONS)
    return _labelled(ChartKind.MAP, title, found, f"{left} without a place on the map" if left else "") if found else None


def _scatter(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    across = chosen.across(chosen.numbers)
    up = chosen.up(across)
    if across is None or up is None:
        return None
    is_time = across in chosen.times
    pairs = (((_moment if is_time else _number)(row[across]), _number(row[up])) for row in rows)
    points = [(x, y) for x, y in pairs if x is not None and y is not None]
    note = f"the first {_MOST_POINTS:,} of {len(points):,}" if len(points) > _MOST_POINTS else ""
    title = f"{chosen.names[up]} by {chosen.names[across]}"
    return Chart(ChartKind.POINTS, title, (("", tuple(points[:_MOST_POINTS])),), note=note, is_time=is_time) if points else None


def _spread(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    number = chosen.up()
    if number is None:
        return None
    values = [value for row in rows if (value := _number(row[number])) is not None]
    if len(set(values)) < _LEAST_ROWS:
        return None
    low, high = min(values), max(values)
    width = (high - low) / _BINS
    counts = Counter(min(int((value - low) / width), _BINS - 1) for value in values)
    points = tuple((low + n * width, float(counts.get(n, 0))) for n in range(_BINS))
    return Chart(ChartKind.HISTOGRAM, f"rows by {chosen.names[number]}", (("", (*points, (high, 0.0))),))


def _counted(chosen: _Columns, rows: Sequence[Sequence[Any]]) -> Chart | None:
    """Rows by what was chosen, or by the text that tells most groups apart, of those that make few."""
    named = [chosen.names.index(chosen.axes.across)] if chosen.axes.across in chosen.names else []
    among = named or [n for n in chosen.texts if not chosen.names[n].startswith("_")]
    groups = {n: Counter(_text(row[n]) for row in rows) for n in among}
    few = groups if named else {n: counts for n, counts in groups.items() if 1 < len(counts) <= min(_MOST_COUNTED, len(rows) // 2)}
    if not few:
        return None
    best = max(few, key=lambda n: len(few[n]))
    counts = few[best].most_common(_MOST_BARS)
    left = len(few[best]) - len(counts)
    return _labelled(
        ChartKind.BARS, f"rows by {chosen.names[best]}", counts, f"the first {len(counts)} of {len(few[best])}" if left else ""
    )


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
