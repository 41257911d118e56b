"""Charts as SVG. Colours are CSS variables of the page around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise

from cirql.rendering.chart import Chart, ChartKind
from cirql.rendering.worldmap import LAND, REGIONS
from cirql.result import visible_text

_WIDTH, _BARS_WIDTH, _ROW, _HEIGHT, _LABEL, _LETTER, _EDGE = 640, 480, 26, 280, 190, 8, 56
_LONGEST_LABEL = 24
_TICKS = 4
_MOST_MARKED = 25
_COLOURS = 6

CHART_STYLE = """
.chart { display: block; width: 100%; max-width: 760px; min-width: 460px; height: auto; font: 13px system-ui, sans-serif; }
.chart.bars { max-width: 560px; min-width: 300px; }
.chart text { fill: var(--ink, currentColor); } .chart .tick, .chart .value { fill: var(--soft, #6b7580); font-size: 12px; }
.chart path.land { fill: var(--line, #8884); }
.chart .slice { stroke: var(--ground, Canvas); stroke-width: 1.5; } .chart .under { fill-opacity: .28; }
.chart .place { fill-opacity: .72; stroke: var(--ground, Canvas); }
.chart .grid { stroke: var(--line, #8888); stroke-width: 1; } .chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .s0 { fill: var(--s0, #2f6fb3); } .chart .l0 { stroke: var(--s0, #2f6fb3); }
.chart .s1 { fill: var(--s1, #b35c00); } .chart .l1 { stroke: var(--s1, #b35c00); }
.chart .s2 { fill: var(--s2, #2b7a4b); } .chart .l2 { stroke: var(--s2, #2b7a4b); }
.chart .s3 { fill: var(--s3, #8a3fa0); } .chart .l3 { stroke: var(--s3, #8a3fa0); }
.chart .s4 { fill: var(--s4, #a0303f); } .chart .l4 { stroke: var(--s4, #a0303f); }
.chart .s5 { fill: var(--s5, #5b6570); } .chart .l5 { stroke: var(--s5, #5b6570); }
"""
"""How charts look; a page around them may set the colours."""


def drawn(chart: Chart) -> str:
    """The chart as one `<svg>` element."""
    ways = {ChartKind.BARS: _bars, ChartKind.HISTOGRAM: _histogram, ChartKind.PIE: _pie, ChartKind.MAP: _map}
    return ways.get(chart.kind, _plane)(chart)


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
    x, y, axes = _axes(chart, [p[0] for p in every], [*ys, *([0.0] if 0 < min(ys) < max(ys) or chart.kind is ChartKind.AREA else [])])
    parts = list(axes)
    for n, (name, points) in enumerate(chart.series):
        if chart.kind in (ChartKind.LINE, ChartKind.AREA) and len(points) > 1:
            path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in points)
            if chart.kind is ChartKind.AREA:
                ground = y(0.0)
                parts.append(
                    f'<polygon class="s{n} under" points="{x(points[0][0]):.1f},{ground:.1f} {path} {x(points[-1][0]):.1f},{ground:.1f}"/>'
                )
            parts.append(f'<polyline class="l{n}" points="{path}"/>')
        if chart.kind is ChartKind.POINTS or len(points) <= _MOST_MARKED:
            parts += [f'<circle class="s{n}" cx="{x(px):.1f}" cy="{y(py):.1f}" r="3"/>' for px, py in points]
        if name:
            parts.append(f'<rect class="s{n}" x="{_EDGE + n * 96}" y="2" width="10" height="10" rx="2"/>')
            parts.append(
                f'<text class="label" x="{_EDGE + n * 96 + 14}" y="12">{_safe(name if len(name) <= 12 else name[:11] + "…")}</text>'
            )
    return _frame(chart, _HEIGHT, parts)


def _pie(chart: Chart) -> str:
    (_, points), *_ = chart.series
    total = sum(value for _, value in points) or 1
    middle, radius, parts, at = 150, 130, [], 0.0
    for n, ((_, value), label) in enumerate(zip(points, chart.labels, strict=True)):
        share = value / total
        colour = f"s{n % _COLOURS}"
        title = f"{_safe(label)}: {_figure(value)} ({share:.1%})"
        if share > 1 - 1e-9:
            shape = f'<circle class="{colour}" cx="{middle}" cy="{middle}" r="{radius}">'
            parts.append(f"{shape}<title>{title}</title></circle>")
        else:
            (x, y), (to_x, to_y) = (_on_circle(middle, radius, part) for part in (at, at + share))
            arc = f"M{middle},{middle} L{x:.1f},{y:.1f} A{radius},{radius} 0 {int(share > 1 / 2)} 1 {to_x:.1f},{to_y:.1f} Z"
            parts.append(f'<path class="{colour} slice" d="{arc}"><title>{title}</title></path>')
        at += share
        top = 30 + n * _ROW
        parts.append(f'<rect class="{colour}" x="310" y="{top}" width="12" height="12" rx="2"/>')
        parts.append(f'<text class="label" x="330" y="{top + 11}">{_safe(_short(label))}</text>')
        parts.append(f'<text class="value" x="{_WIDTH - 16}" y="{top + 11}" text-anchor="end">{_figure(value)} · {share:.0%}</text>')
    return _frame(chart, max(300, 40 + len(points) * _ROW), parts)


def _on_circle(middle: float, radius: float, part: float) -> tuple[float, float]:
    turn = 2 * math.pi * part - math.pi / 2
    return middle + radius * math.cos(turn), middle + radius * math.sin(turn)


def _map(chart: Chart) -> str:
    """The world with a circle where each region is: its area is the value."""
    (_, points), *_ = chart.series

    def place(longitude: float, latitude: float) -> tuple[float, float]:
        return (longitude + 180) / 360 * _WIDTH, (80 - latitude) / 140 * 300 + 8

    outlines = ("M" + " L".join("{:.0f},{:.0f}".format(*place(x, y)) for x, y in outline) + " Z" for outline in LAND)
    parts = [f'<path class="land" d="{" ".join(outlines)}"/>']
    largest = max(abs(value) for _, value in points) or 1
    order = sorted(zip(points, chart.labels, strict=True), key=lambda item: -abs(item[0][1]))
    taken: list[tuple[float, float]] = []
    for (_, value), region in order:
        x, y = place(*REGIONS[region])
        size = 4 + 18 * math.sqrt(abs(value) / largest)
        parts.append(
            f'<circle class="s0 place" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"><title>{region}: {_figure(value)}</title></circle>'
        )
        spot = next(((x, at) for at in _heights(y, size) if all(abs(at - b) > 12 or abs(x - a) > 110 for a, b in taken)), None)
        if spot is not None:
            taken.append(spot)
            anchor = "end" if x > _WIDTH - 90 else "start" if x < 90 else "middle"
            parts.append(f'<text class="value" x="{x:.1f}" y="{spot[1]:.1f}" text-anchor="{anchor}">{region} {_figure(value)}</text>')
    return _frame(chart, 312, parts)


def _heights(y: float, size: float) -> tuple[float, ...]:
    """Where a circle's name may stand: below it, above it."""
    return (y + size + 11, y - size - 3, y + size + 24, y - size - 16)


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
