"""Chart: what a picture of a result shows, before it is drawn."""

from __future__ import annotations

from enum import StrEnum

from cirql.startup.records import dataclass


class ChartKind(StrEnum):
    """What is drawn."""

    BARS = "bars"
    LINE = "line"
    AREA = "area"
    POINTS = "points"
    HISTOGRAM = "histogram"
    PIE = "pie"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: points of named series. `labels` name the bars, slices or regions; `note` says what is left out."""

    kind: ChartKind
    title: str
    series: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    labels: tuple[str, ...] = ()
    note: str = ""
    is_time: bool = False
