"""Statements that cirql does not run, and operators that are none: refused in words, never a defect."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from cirql import errors
from cirql.engine import engine_error
from cirql.session import Session
from cirql.sql.parse import parse
from cirql.sql.translate.constants import canonical_json, loads

WHAT = (
    "FUNCTION f() RETURNS int AS 'select 1' LANGUAGE sql",
    "INDEX i ON aws.s3_bucket (name)",
    "UNIQUE INDEX ON aws.s3_bucket (name)",
    "SCHEMA x",
    "SEQUENCE s",
    "TRIGGER t BEFORE INSERT ON x FOR EACH ROW EXECUTE FUNCTION f()",
    "EXTENSION hstore",
    "TYPE t AS ENUM ('a')",
    "MACRO m() AS 1",
    "SECRET s (TYPE S3)",
    "PROCEDURE p() AS 'x'",
)


@pytest.mark.parametrize("what", WHAT)
def test_only_views_and_tables_are_created(what: str, session: Session) -> None:
    for statement in (f"CREATE {what}", f"EXPLAIN CREATE {what}", f"CREATE OR REPLACE {what}"):
        with pytest.raises((errors.NotSupported, errors.ParseError)) as caught:
            session.execute(statement)
        assert not isinstance(caught.value, errors.Internal)


@pytest.mark.parametrize("what", ["FUNCTION f()", "FUNCTION f", "SCHEMA x", "SEQUENCE s", "TYPE t"])
def test_only_views_and_tables_are_dropped(what: str, session: Session) -> None:
    with pytest.raises(errors.NotSupported, match=f"DROP {what.split()[0]} is not supported"):
        session.execute(f"DROP {what}")


@pytest.mark.parametrize("operator", ["+", "pg_catalog.+", '"pg_catalog".+', "PG_CATALOG . +"])
def test_an_operator_may_be_written_with_the_schema_of_postgresql_s_own(operator: str, session: Session) -> None:
    assert session.execute(f"SELECT 1 OPERATOR({operator}) 2").fetchone() == (3,)


@pytest.mark.parametrize("operator", ["a.b.c", "public.+", "OR", "LIKE", "+ 1 +", "+-", "", "is", "+ (SELECT 1) +", "--", "/*", ";"])
def test_what_is_no_operator_of_postgresql_is_refused(operator: str, session: Session) -> None:
    with pytest.raises((errors.NotSupported, errors.ParseError)):
        session.execute(f"SELECT 1 OPERATOR({operator}) 2")


@pytest.mark.parametrize("statement", ["SELECT INTERVAL '1;x' DAY", "SELECT INTERVAL '1'';COPY' DAY", "SELECT INTERVAL 'x' YEAR TO MONTH"])
def test_an_interval_that_cannot_be_read_is_told(statement: str, session: Session) -> None:
    with pytest.raises(errors.InvalidText, match="invalid input syntax for type interval"):
        session.execute(statement)


@pytest.mark.parametrize("path", ["/dev/fd/../environ", "/dev/fd/../fd/../environ", "/dev/../proc/self/environ", "/dev/fd/../cmd*"])
def test_the_kernels_files_are_not_reached_through_links_and_dots(path: str, session: Session) -> None:
    with pytest.raises(errors.AccessDenied, match="the operating system's own"):
        session.execute(f"SELECT * FROM read_csv('{path}')")


@pytest.mark.parametrize("name", ["regions", "REGIONS", '"regions"', "SESSION regions", "LOCAL regions"])
def test_default_is_what_the_session_was_opened_with(name: str, session: Session) -> None:
    opened = session.settings.regions
    session.execute("SET regions = 'eu-west-1'")
    session.execute(f"SET {name} TO DEFAULT")
    assert session.settings.regions == opened
    session.execute("SET statement_timeout = 5000")
    session.execute("SET statement_timeout = DEFAULT")
    assert session.settings.statement_timeout is None


def test_no_row_is_in_a_region_that_is_a_star(session: Session) -> None:
    session.execute("SET accounts = '222222222222'")
    assert session.execute("SELECT * FROM aws.sagemaker.images WHERE region = '*'").fetchall() == []


HALF = "\udcff"
"""What Python makes of a byte in an argument that is no UTF-8."""


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT '{HALF}'",
        f'SELECT 1 AS "{HALF}"',
        f'SELECT * FROM aws."{HALF}"',
        f'CREATE TABLE "{HALF}" (a int)',
        f"PREPARE p AS SELECT '{HALF}'",
        f"EXPLAIN SELECT '{HALF}'",
        f"SET max_age = '{HALF}'",
    ],
)
def test_half_of_a_character_is_told_in_words(statement: str, session: Session) -> None:
    with pytest.raises(errors.InvalidText, match="is half of one") as caught:
        session.execute(statement)
    assert caught.value.sqlstate == "22021"


def test_half_of_a_character_is_no_parameter_and_no_table(session: Session) -> None:
    with pytest.raises(errors.InvalidText, match="the value of a parameter"):
        session.execute("SELECT $1", [[HALF]])
    with pytest.raises(errors.UnknownTable):
        session.catalog.find(f"aws.{HALF}")


@pytest.mark.parametrize("name", ["levenshtein", "editdist3", "damerau_levenshtein", "jaro_similarity", "jaro_winkler_similarity"])
def test_texts_whose_comparison_nothing_could_end_are_refused(name: str, session: Session) -> None:
    """The engine looks at a limit on time between values, and these take minutes for one."""
    assert session.execute(f"SELECT {name}('abc', 'abd') IS NOT NULL, {name}('a', NULL)").fetchall() == [(True, None)]
    with pytest.raises(errors.Error, match="requested length too large"):
        session.execute(f"SELECT {name}(repeat('a', 100000), repeat('b', 100000))").fetchall()


def test_what_a_function_says_is_not_the_engine_s_words_for_it(session: Session) -> None:
    with pytest.raises(errors.Error) as caught:
        session.execute("SELECT jsonb_path_query('{}', 'xx')").fetchall()
    assert str(caught.value).startswith("syntax error in jsonpath")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (repeat('[', 100000) || repeat(']', 100000))::jsonb",
        "SELECT (repeat('[', 990) || repeat(']', 990))::jsonb || '[1]'",
        "SELECT jsonb_pretty((repeat('{\"a\":', 100000) || '1' || repeat('}', 100000))::jsonb)",
    ],
)
def test_a_value_that_is_nested_without_end_is_refused_as_postgresql_does(sql: str, session: Session) -> None:
    with pytest.raises(errors.DataError, match="nested too deeply") as caught:
        session.execute(sql).fetchall()
    assert caught.value.sqlstate == "54001"


@pytest.mark.parametrize(
    ("value", "is_read"),
    [
        ("[" * 256 + "]" * 256, True),
        ("[" * 257 + "]" * 257, False),
        ('{"a":' * 256 + "1" + "}" * 256, True),
        ('{"a":' * 257 + "1" + "}" * 257, False),
        ("[" + ",".join(["[]"] * 1000) + "]", True),
        (r'["\\", "\"' + "[" * 1000 + '"]', True),
    ],
)
def test_how_deep_a_value_may_be_is_the_same_on_every_thread(value: str, is_read: bool, session: Session) -> None:
    def read(_: int) -> bool:
        try:
            canonical_json(loads(value))
        except ValueError as fault:
            assert str(fault) == "nested too deeply"
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(read, range(8)))
    asked = "SELECT jsonb_typeof($1::jsonb || '[]') IS NOT NULL"
    try:
        rows = session.execute(asked, [value]).fetchall()
    except errors.DataError:
        rows = []
    assert told == {is_read} == {bool(rows)}


def test_statements_read_on_many_threads_leave_the_interpreter_its_limit() -> None:
    before = sys.getrecursionlimit()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: parse("SELECT " + "(" * 50 + str(n) + ")" * 50), range(200)))
    assert sys.getrecursionlimit() == before


def test_more_text_than_can_be_given_is_no_defect() -> None:
    """What DuckDB says where a column of 2,048 rows has more than 2 GB: `make sweep` makes such rows."""
    fault = duckdb.InternalException(
        "INTERNAL Error: Arrow Appender: The maximum total string size for regular string buffers is 2147483647 but the offset of "
        "2200000000 exceeds this."
    )
    told = engine_error(fault)
    assert (type(told), told.sqlstate) == (errors.DataError, "54000")
    assert "more than 2 GB" in told.message and "left(" in str(told.hint)
