"""What is wrong with a statement or a value has PostgreSQL's own SQLSTATE: drivers and tools tell faults apart by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cirql import errors
from cirql.session import Session
from cirql.settings import Settings

COLUMNS = "(s text, n bigint, d float8, b bool, t timestamp, j jsonb, a text[])"
FAULTY = (
    r"SELECT E'\UFFFFFFFF'",
    r"SELECT E'\uD83D'",
    r"SELECT E'a\x00b'",
    r"SELECT U&'\D83D'",
    r"SELECT U&'\+FFFFFF'",
    "CREATE TEMP TABLE p (a int)",
    "CREATE TABLE q (a int, a int)",
    "SELECT 1/0",
    "SELECT exp(x) FROM (VALUES (710.0::float8)) v(x)",
    "SELECT asin(2)",
    "SELECT acosd(2)",
    "SELECT regexp_count('a', 'b', 0)",
    "SELECT regexp_substr('a', 'b', 1, 0)",
    "SELECT json_object(ARRAY['a'])",
    "SELECT to_char(1, 'S9PR')",
    "SELECT unnest(1)",
    """SELECT jsonb_insert('"s"', ARRAY['x'], '1')""",
    """SELECT jsonb_set('"s"', ARRAY['x'], '1')""",
    "SELECT 1 % 0",
    "SELECT 1.0/0",
    "SELECT 1::float8/0",
    "SELECT 1e308::float8 * 10",
    "SELECT 1e308::float8 + 1e308::float8",
    "SELECT -1e308::float8 - 1e308::float8",
    "SELECT 1e-308::float8 * 1e-308::float8",
    "SELECT 1e-308::float8 / 1e300::float8",
    "SELECT 3e38::real * 10::real",
    "SELECT sum(x) FROM (VALUES (1e308::float8), (1e308)) v(x)",
    "SELECT avg(x) FROM (VALUES (1e308::float8), (1e308)) v(x)",
    "SELECT sum(x) OVER () FROM (VALUES (1e308::float8), (1e308)) v(x)",
    "SELECT width_bucket(5, 0, 10, 0)",
    "SELECT width_bucket(5, 3, 3, 5)",
    "SELECT string_agg(s) FROM p",
    "SELECT DISTINCT n FROM p ORDER BY d",
    "SELECT DISTINCT n FROM p ORDER BY n + 1",
    "SELECT DISTINCT ON (n) n, d FROM p ORDER BY d",
    "SELECT DISTINCT ON (n, d) n, d FROM p ORDER BY n, t, d",
    "SELECT 99999999999::int",
    "SELECT 99999999999999999999::bigint",
    "SELECT 70000::int2",
    "SELECT 2147483647::int4 + 1::int4",
    "SELECT 9223372036854775807::int8 + 1",
    "SELECT 'x'::int",
    "SELECT '99999999999'::int",
    "SELECT '1e400'::float8",
    "SELECT 1e400::float8",
    "SELECT 'abc'::boolean",
    "SELECT '2024-13-01'::date",
    "SELECT '2024-02-30'::timestamp",
    "SELECT 'nope'::timestamptz",
    "SELECT '25:00'::time",
    "SELECT 'x'::interval",
    "SELECT 'x'::uuid",
    "SELECT '300.1.1.1'::inet",
    "SELECT nosuch(1)",
    "SELECT upper(1, 2)",
    "SELECT 1 + 'a'",
    "SELECT s + 1 FROM p",
    "SELECT s > 1 FROM p",
    "SELECT b + 1 FROM p",
    "SELECT -s FROM p",
    "SELECT NOT n FROM p",
    "SELECT sum(s) FROM p",
    "SELECT s, count(*) FROM p",
    "SELECT count(*) FROM p WHERE count(*) > 1",
    "SELECT sum(count(*)) FROM p",
    "SELECT 1 UNION SELECT 'a'",
    "SELECT 1 UNION SELECT 1, 2",
    "SELECT s FROM p UNION SELECT n FROM p",
    "SELECT (SELECT 1 UNION SELECT 2)",
    "SELECT (SELECT 1, 2)",
    "SELECT 1 WHERE 1 IN (SELECT 1, 2)",
    "SELECT array[1,2] || 'x'",
    "SELECT n FROM p a, p b",
    "SELECT z FROM p",
    "SELECT p.z FROM p",
    "SELECT q.n FROM p",
    "SELECT * FROM nosuch",
    "SELEC 1",
    "SELECT FROM WHERE",
    "SELECT 'a",
    "SELECT (1",
    "SELECT '{bad'::json",
    "SELECT ('{\"a\":\"x\"}'::jsonb->>'a')::int",
    "SELECT jsonb_array_elements('{\"a\":1}'::jsonb)",
    "SELECT jsonb_object_keys('[1]'::jsonb)",
    "SELECT jsonb_each('[1]'::jsonb)",
    "SELECT chr(0)",
    "SELECT power(10,400)",
    "SELECT sqrt(-1)",
    "SELECT ln(0)",
    "SELECT ln(-1)",
    "SELECT log(0)",
    "SELECT exp(1000)",
    "SELECT 10::numeric ^ 400000",
    "SELECT factorial(-1)",
    "SELECT 'a' ~ '('",
    "SELECT regexp_replace('a', '(', 'b')",
    "SELECT substring('abc' from 2 for -1)",
    "SELECT left('abc', 'x')",
    "SELECT lpad('a', 2000000000, 'x')",
    "SELECT repeat('a', 2000000000)",
    "SELECT date_trunc('nope', now())",
    "SELECT to_timestamp('x', 'YYYY')",
    "SELECT make_date(2024, 13, 1)",
    "SELECT now() + 'x'",
    "SELECT split_part('a', ',', 0)",
    "SELECT array_length(1, 1)",
    "SELECT ARRAY[1, 'a']",
    "SELECT (ARRAY[1,2])['x']",
    "SELECT row_number() FROM p",
    "SELECT n FROM p ORDER BY 5",
    "SELECT n FROM p GROUP BY 5",
    "SELECT n FROM p ORDER BY z",
    "SELECT n FROM p LIMIT -1",
    "SELECT n FROM p LIMIT 'x'",
    "SELECT 1 AS a FROM p WHERE a = 1",
    "SELECT * FROM p JOIN p ON true",
    "SELECT * FROM p a JOIN p b USING (z)",
    "SELECT * FROM p NATURAL JOIN nosuch",
    "WITH c AS (SELECT 1), c AS (SELECT 2) SELECT * FROM c",
    "WITH c(a, b) AS (SELECT 1) SELECT * FROM c",
    "SELECT * FROM (VALUES (1), (1, 2)) v",
    "SELECT * FROM (SELECT 1, 1) v(a, b, c)",
    "SELECT CASE WHEN 1 THEN 2 END",
    "SELECT coalesce(1, 'a')",
    "SELECT greatest(1, 'a')",
    "SELECT nullif(1, 'a')",
    "SELECT n BETWEEN 1 AND 'a' FROM p",
    "SELECT n IN (1, 'a') FROM p",
    "SELECT n LIKE 'a' FROM p",
    "SELECT * FROM p WHERE s",
    "SELECT * FROM p WHERE n",
    "SELECT 1 HAVING 2",
    "SELECT CAST(1 AS date)",
    "SELECT true::date",
    "SELECT t::int FROM p",
    "SELECT '{1,2'::int[]",
    "SELECT to_number('x', '999')",
    "SELECT * FROM generate_series(1, 10, 0)",
    "SELECT encode('a', 'nope')",
    "SELECT decode('x', 'hex')",
    "SELECT convert_from('\\xff', 'UTF8')",
    "SELECT format('%s')",
    "SELECT format('%z', 1)",
    "SET nosuch = 1",
    "SELECT $1",
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(Settings()) as opened:
        opened.execute(f"CREATE TEMP TABLE p {COLUMNS}")
        yield opened


@pytest.fixture(scope="module")
def peer(postgres: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    postgres.execute(f"CREATE TEMP TABLE p {COLUMNS}".encode())
    yield postgres
    postgres.execute("DROP TABLE p")


@pytest.mark.parametrize("sql", FAULTY)
def test_a_fault_has_the_sqlstate_that_postgresql_gives_it(session: Session, peer: psycopg.Connection[Any], sql: str) -> None:
    with pytest.raises(psycopg.Error) as theirs:
        peer.execute(sql.encode()).fetchall()
    with pytest.raises(errors.Error) as ours:
        session.execute(sql).fetchall()
    assert ours.value.sqlstate == theirs.value.sqlstate
    assert "DuckDB" not in ours.value.message
    assert "TRY(" not in ours.value.message
