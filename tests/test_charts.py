"""Which chart a result asks for, and that it is drawn with nothing of the data as markup."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from cirql.rendering.chart import ChartKind
from cirql.rendering.charts import chart_of
from cirql.rendering.drawing import drawn

NUMBER, TEXT, TIME = ("n", "BIGINT"), ("name", "VARCHAR"), ("day", "DATE")


@pytest.mark.parametrize(
    ("columns", "rows", "kind"),
    [
        ([TEXT, NUMBER], [("a", 1), ("b", 2)], ChartKind.BARS),
        ([TIME, NUMBER], [(date(2026, 1, 1), 1), (date(2026, 1, 2), 2)], ChartKind.LINE),
        ([("at", "TIMESTAMP"), TEXT, NUMBER], [(datetime(2026, 1, d), s, d) for d in (1, 2) for s in "ab"], ChartKind.LINE),
        ([NUMBER, ("m", "DOUBLE")], [(1, 2.0), (2, 3.0)], ChartKind.POINTS),
        ([NUMBER], [(n,) for n in range(9)], ChartKind.HISTOGRAM),
        ([TEXT, ("region", "VARCHAR")], [(f"b{n}", "us-east-1" if n % 2 else "eu-west-1") for n in range(6)], ChartKind.BARS),
    ],
)
def test_the_columns_say_what_is_drawn(columns: list[tuple[str, str]], rows: list[tuple[Any, ...]], kind: ChartKind) -> None:
    chart = chart_of(columns, rows)
    assert chart is not None
    assert chart.kind is kind
    assert ElementTree.fromstring(drawn(chart)).tag.endswith("svg")


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ([NUMBER], []),
        ([TEXT, NUMBER], [("a", 1)]),
        ([NUMBER], [(1,), (1,)]),
        ([TEXT], [("a",), ("b",)]),
        ([TEXT, NUMBER], [("a", None), ("b", None)]),
        ([("doc", "JSON")], [({},), ({},)]),
    ],
)
def test_what_says_nothing_is_not_drawn(columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> None:
    assert chart_of(columns, rows) is None


def test_bars_are_named_by_as_many_texts_as_tell_them_apart() -> None:
    rows = [("eu-west-1", "t3.micro", "a", 2), ("eu-west-1", "m5.large", "a", 1), ("us-east-1", "t3.micro", "a", 5)]
    columns = [("region", "VARCHAR"), ("instance_type", "VARCHAR"), ("owner", "VARCHAR"), ("count", "BIGINT")]
    chart = chart_of(columns, rows)
    assert chart is not None
    assert chart.title == "count by region, instance_type"
    assert chart.labels == ("eu-west-1, t3.micro", "eu-west-1, m5.large", "us-east-1, t3.micro")
    twice = chart_of(columns, [*rows, rows[0]])
    assert twice is not None
    assert twice.labels[0] == "eu-west-1"


def test_lines_are_told_apart_by_a_text_of_few_values() -> None:
    rows = [(datetime(2026, 1, day), name, day) for day in (1, 2, 3) for name in ("x", "y")]
    chart = chart_of([("at", "TIMESTAMP"), TEXT, NUMBER], rows)
    assert chart is not None
    assert [name for name, _ in chart.series] == ["x", "y"]


def test_what_is_left_out_is_said() -> None:
    chart = chart_of([TEXT, NUMBER], [(f"v{n}", n) for n in range(100)])
    assert chart is not None
    assert chart.note == "the first 25 of 100"


def test_odd_numbers_end_nothing() -> None:
    odd = [float("nan"), float("inf"), -1e308, 1e308, 0.0, -5.0, 1e-300]
    for rows in ([("a", v) for v in odd], [("a", v) for v in odd[4:6]]):
        chart = chart_of([TEXT, ("v", "DOUBLE")], rows)
        assert chart is not None
        ElementTree.fromstring(drawn(chart))
    for kind in ("points", "histogram"):
        chart = chart_of([("a", "DOUBLE"), ("b", "DOUBLE")], [(v, v) for v in odd], kind)
        assert chart is None or ElementTree.fromstring(drawn(chart)) is not None


def test_hostile_names_are_text() -> None:
    hostile = "</text><script>alert(1)</script>\u202eabc\x1b[31m"
    chart = chart_of([(hostile, "VARCHAR"), NUMBER], [(hostile, 1), (hostile, 2)])
    assert chart is not None
    svg = drawn(chart)
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert "\x1b" not in svg
