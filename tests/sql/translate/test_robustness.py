"""Whatever the text, parse and translate answer with SQL or an Error: no traceback, no hang, no blow-up."""

from __future__ import annotations

import time

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cirql.engine import Database
from cirql.errors import Error, NotSupported, UnknownFunction
from cirql.sql.functions import install
from cirql.sql.parse import parse
from cirql.sql.translate import parse_postgres, translate
from cirql.types import ColumnType
from tests.sql.translate.world import RELATIONS

WORDS = r"""
    select from where group by order limit join left lateral on using union all with recursive as case when then else end and or not in is
    null exists between like ilike similar to escape any array row cast interval extract substring over partition rows filter within
    distinct true false image version doc tags name id labels created count sum lower jsonb_each unnest generate_series
    to_char format regexp_match
    ( ) [ ] , . ; :: -> ->> #> #>> @> <@ ? ?| || && << >> <<= ~ ~* !~ = <> < > + - * / % ^ $1 :p 'x' '{a}' 'a=>1' "q" 1 2.5 0 -1 E'\n' $$y$$
    int text[]
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read


HANG = 20


def outcome(text: str) -> str | None:
    """The translated SQL, or None where an Error said no."""
    started = time.monotonic()
    try:
        translated = translate(parse(text).tree, RELATIONS)
    except Error:
        translated = None
    assert time.monotonic() - started < HANG  # two seconds are meant; a busy machine is given more
    return translated


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_row_of_sql_words_gives_sql_or_an_error(words: list[str]) -> None:
    outcome("select " + " ".join(words))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=200))
def test_any_text_gives_sql_or_an_error(text: str) -> None:
    outcome(text)


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 2000 + "1" + ")" * 2000,
        "select " + "-" * 3 + " 1",
        "select " + "not " * 3000 + "true",
        "select " + " || ".join(["'a'"] * 3000),
        "select " + " + ".join(["1"] * 5000),
        "select 1 where " + " or ".join(["id = 1"] * 2000),
        "select " + "case when true then " * 500 + "1" + " end" * 500,
        "select " + "lower(" * 800 + "'x'" + ")" * 800,
        "select '" + "{" * 5000 + "'::int[]",
        "select '" + "[" * 5000 + "'::jsonb",
        "select 'x' ~ '" + "(" * 3000 + "'",
        "select '" + "1 " * 5000 + "'::interval",
        "select " + "array[" * 300 + "1" + "]" * 300,
        "select jsonb_path_query('{}', '" + "(" * 3000 + "')",
        "select '" + "a=>" * 5000 + "'::hstore",
        "select to_char(now(), '" + "Y" * 5000 + "')",
        "select 1" + "::text::int" * 500,
        "select 1e999999999",
        "select '1e999999999'::numeric",
        "select '[1e999999999]'::jsonb",
        "select interval '99999999999999999999 days'",
        "select U&'\\ZZZZ'",
        "select E'\\U99999999'",
    ],
    ids=range(23),
)
def test_a_pathological_statement_gives_sql_or_an_error(text: str) -> None:
    outcome(text)


def test_an_unknown_function_names_the_nearest() -> None:
    with pytest.raises(UnknownFunction, match=r"function uper\(text\) does not exist") as caught:
        translate(parse("select uper(name) from image").tree, RELATIONS)
    assert "upper" in str(caught.value.hint)


def test_a_refused_construct_says_where_it_stands() -> None:
    with pytest.raises(NotSupported, match="every match of a regular expression with look-around"):
        translate(parse(r"select regexp_matches(name, '(a)\1', 'g') from image").tree, RELATIONS)


def test_a_search_that_looks_around_has_an_end() -> None:
    database = Database()
    sql = translate(parse(r"select ('" + "a" * 60 + r"!') ~ '^(a|aa)+(?=$)'").tree, {})
    connection = database.connect()
    install(connection, sql)
    with pytest.raises(duckdb.Error, match="more than"):
        connection.sql(sql).fetchall()
    connection.close()
    database.close()


def test_parameters_pass_through() -> None:
    database = Database()
    connection = database.connect()
    tree = parse_postgres("select $1::int + 1, $2::text || '!'")[0]
    assert tree is not None
    sql = translate(tree, {})
    install(connection, sql)
    assert connection.execute(sql, [41, "hey"]).fetchall() == [(42, "hey!")]
    database.close()


def test_a_text_that_holds_a_document_is_told_how_to_be_read() -> None:
    with pytest.raises(UnknownFunction, match="operator does not exist: text -> ") as caught:
        translate(parse("SELECT policy -> 'Statement' FROM t").tree, {"t": {"policy": ColumnType.VARCHAR}})
    assert caught.value.hint == "policy is text: where that is a document, write policy::jsonb -> …"
