"""Question marks: parameters where an operand belongs, the operator of jsonb where an operator does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from cirql import errors
from cirql.session import Session


@pytest.fixture(scope="module")
def session() -> Any:
    from cirql import connect

    with connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("sql", "params", "rows"),
    [
        ("SELECT ?", [5], [(5,)]),
        ("SELECT ?, ? || 'b', ?", [1, "a", None], [(1, "ab", None)]),
        ("SELECT ?::int + 1, ?||'x', -?", ["4", "y", 3], [(5, "yx", -3)]),
        ("SELECT x FROM (VALUES (?), (?), (3)) t (x) WHERE x BETWEEN ? AND ? AND x IN (?,?) ORDER BY x LIMIT ? OFFSET ?",
         [1, 2, 1, 2, 1, 2, 1, 1], [(2,)]),
        ("SELECT x FROM (VALUES (1), (2), (3)) t (x) ORDER BY x OFFSET ? LIMIT ?", [2, 1], [(3,)]),
        ("SELECT CASE ? WHEN ? THEN ? ELSE ? END", [1, 1, "y", "n"], [("y",)]),
        ("SELECT 'a?', \"?\" , $$?$$, E'\\'?', ? -- ?\n /* ? */ FROM (SELECT 1 AS \"?\") t", [2], [("a?", 1, "?", "'?", 2)]),
        ("""SELECT '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ? ?""", ["b"], [(True, False)]),
        ("SELECT d ? 'a', d ? ?, (d) ? ?, d ?| ?, d ?& ? FROM (SELECT ?::jsonb AS d) t", ["a", "b", ["a"], ["a", "b"], '{"a": 1}'],
         [(True, True, False, True, False)]),
        ("SELECT t.values ? ? FROM (SELECT '[\"u\"]'::jsonb AS values) t", ["u"], [(True,)]),
        ("SELECT ? = ANY(?)", ["a", ["a", "b"]], [(True,)]),
        ("SELECT '?'", [], [("?",)]),
    ],
)  # fmt: skip
def test_a_question_mark_is_the_next_parameter(session: Session, sql: str, params: list[Any], rows: list[tuple[Any, ...]]) -> None:
    assert session.execute(sql, params).fetchall() == rows


@pytest.mark.parametrize(
    "subscript", ["[$1]", "[($1)]", "[$1::int]", "[$1::bigint]", "[$1 + 0]", "[$1::int + 1 - 1]", "[2::int]", "[x]", "[x::int]", "[1 + 1]"]
)
def test_subscripts_count_from_one_however_they_are_written(session: Session, subscript: str) -> None:
    params = [2] if "$" in subscript else None
    assert session.execute(f"SELECT (ARRAY[7,8,9]){subscript} FROM (SELECT 2 AS x) t", params).fetchall() == [(8,)]
    assert session.execute(f"SELECT a{subscript} FROM (SELECT ARRAY[7,8,9] AS a, 2 AS x) t", params).fetchall() == [(8,)]


def test_subscripts_of_documents_count_from_zero(session: Session) -> None:
    for subscript, params in (("[$1]", [1]), ("[1]", None), ("[$1::int]", [1]), ("[1::int]", None)):
        assert session.execute(f"SELECT ('[7,8,9]'::jsonb){subscript}", params).fetchall() == [(8,)]
    assert session.execute("SELECT ('{\"a\": 8}'::jsonb)[$1]", ["a"]).fetchall() == [(8,)]


def test_operators_need_no_parameters(session: Session) -> None:
    assert session.execute("""SELECT '["a"]'::jsonb ? 'a', '["a"]'::jsonb ?| array['b'], 'a?b' LIKE '%?%'""").fetchall() == [
        (True, False, True)
    ]


@pytest.mark.parametrize(
    ("sql", "params", "said"),
    [
        ("SELECT ?, ?", [1], "no value for parameter $2"),
        ("SELECT ?", [1, 2], "has no parameter 2"),
        ("SELECT ?, $1", [1], "not both"),
        ("SELECT $1, ?", [1], "not both"),
        ("SELECT %s, ?", [1, 2], "not both"),
        ("SELECT ?", {"a": 1}, "no value for parameter"),
    ],
)
def test_too_few_too_many_and_mixed_are_refused(session: Session, sql: str, params: Any, said: str) -> None:
    with pytest.raises(errors.Error, match=re.escape(said)):
        session.execute(sql, params)


def test_an_error_points_into_the_text_as_it_was_written(session: Session) -> None:
    sql = "SELECT ?, ?, nothing_like_it"
    with pytest.raises(errors.UnknownColumn) as caught:
        session.execute(sql, [1, 2])
    assert caught.value.position == sql.index("nothing")


def test_a_prepared_statement_takes_them(session: Session) -> None:
    prepared = session.prepare("SELECT ?::int + ?::int")
    assert [prepared.execute([n, 1]).fetchall() for n in (1, 2)] == [[(2,)], [(3,)]]
    assert dict(session.describe("SELECT ?::int, ?").parameters) == {"1": "integer", "2": "text"}


@pytest.mark.parametrize("word", ["like", "from", "select", "order", "limit", "null", "true", "case", "name", "x"])
def test_a_named_parameter_may_be_a_word_of_sql(session: Session, word: str) -> None:
    assert session.execute(f"SELECT :{word} AS a, (:{word}), 1 WHERE :{word} = :{word} LIMIT 1", {word: 7}).fetchall() == [(7, 7, 1)]


def test_a_timedelta_is_an_interval(session: Session) -> None:
    for value in (timedelta(days=-1, seconds=2, microseconds=3), timedelta(hours=5)):
        assert session.execute("SELECT $1", [value]).fetchall() == [(value,)]
