"""What a planner may ask about a call before it cuts rows."""

from __future__ import annotations

import pytest
from sqlglot import exp

from cirql.sql.translate import calls, parse_postgres


def first_call(text: str) -> exp.Expr:
    tree = parse_postgres(f"select {text}")[0]
    assert tree is not None
    found = tree.find(exp.Anonymous)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["lower(x)", "to_char(x, 'YYYY')", "jsonb_build_object('a', x)", "regexp_replace(a, 'b', 'c')", "host(x)"])
def test_a_function_of_one_row_is_scalar(text: str) -> None:
    assert calls.is_scalar(first_call(text))


@pytest.mark.parametrize(
    "text",
    [
        "jsonb_agg(x)",
        "json_object_agg(a, b)",
        "jsonb_array_elements(x)",
        "generate_series(1, 3)",
        "regr_slope(a, b)",
        "nosuch(a)",
    ],
)
def test_aggregates_sets_and_unknown_functions_are_not_scalar(text: str) -> None:
    assert not calls.is_scalar(first_call(text))
