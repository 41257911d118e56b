"""Names in statements that need nothing of AWS: bound, planned, translated and run, beside PostgreSQL's own answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cirql.errors import Error
from cirql.session import Session
from cirql.settings import Credential, Settings

STATEMENTS = (
    # What a function, a cast or an expression is called, where nobody said.
    "SELECT region, count(*) FROM (VALUES ('a'), ('b'), ('b')) v(region) GROUP BY region ORDER BY count DESC",
    "SELECT v.count, v.upper FROM (SELECT upper(x), count(*) FROM (VALUES ('a'), ('b')) t(x) GROUP BY upper(x)) v ORDER BY v.upper",
    "SELECT v.rank FROM (SELECT rank() OVER (ORDER BY x) FROM (VALUES (1), (2)) t(x)) v WHERE v.rank < 2",
    "WITH c AS (SELECT coalesce(x, 0), x::text, x + 1 FROM (VALUES (1)) t(x)) SELECT coalesce, text FROM c",
    'SELECT s."?column?" FROM (SELECT 1 + 1) s',
    "SELECT s.max FROM (SELECT max(x) FROM (VALUES (1), (3)) t(x)) s",
    "SELECT s.sum FROM (SELECT (SELECT sum(x) FROM (VALUES (1), (3)) t(x))) s",
    "SELECT count FROM (SELECT count(*) FROM (VALUES (1)) t(x) UNION ALL SELECT 7) u ORDER BY count",
    "SELECT lower(x) AS x, count(*) FROM (VALUES ('a'), ('A')) t(x) GROUP BY x ORDER BY 2, 1",
    "SELECT string_agg(x, ',' ORDER BY y) AS y FROM (VALUES ('a', 2), ('b', 1)) t(x, y)",
    "SELECT count(*) FROM (VALUES (1)) t(x) WHERE count > 1",
    "SELECT count(*) FROM (VALUES (1)) t(x) ORDER BY count + 1",
    "SELECT * FROM (SELECT x FROM (VALUES (2), (1)) t(x) UNION SELECT 3 ORDER BY x OFFSET 1) s ORDER BY x",
    # Queries in FROM need no name.
    "SELECT a FROM (SELECT 1 AS a)",
    "SELECT * FROM (SELECT 1 AS a), (SELECT 2 AS b)",
    "SELECT (SELECT b) FROM (SELECT 2 AS b)",
    "SELECT a FROM ((SELECT 1 AS a) UNION SELECT 2) ORDER BY a",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT n.i + 1 FROM n WHERE i < 3) SELECT n.i FROM n",
    "SELECT a, y FROM (SELECT 1 AS x, 2 AS y) t(a)",
    # What a query sees: its own FROM, and what encloses it; not what stands beside it.
    "SELECT * FROM (SELECT y.a) x, (SELECT 1 AS a) y",
    "WITH c AS (SELECT y.a) SELECT * FROM c, (SELECT 1 AS a) y",
    "WITH c AS (SELECT a) SELECT * FROM c, (SELECT 1 AS a) y",
    "SELECT x.b FROM (SELECT 1 AS a) y, LATERAL (SELECT y.a + 1 AS b) x",
    "SELECT (WITH c AS (SELECT y.a + 1 AS b) SELECT b FROM c) FROM (SELECT 1 AS a) y",
    "SELECT (SELECT max(z.b) FROM (SELECT y.a + 1 AS b) z) FROM (SELECT 1 AS a) y",
    # Functions in FROM: what they are given, and what they give.
    "SELECT id FROM (VALUES (1, '[1]'::jsonb), (2, '[]')) t(id, doc) WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(doc) p)",
    "SELECT i FROM (VALUES (1,'[1]'::jsonb), (2,'[3]')) t(i,doc) WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(doc) p WHERE p::int=i)",
    """SELECT value->>'x' FROM jsonb_array_elements('[{"x":1}]')""",
    """SELECT p.value->>'x', p.ordinality FROM jsonb_array_elements('[{"x":1}]') WITH ORDINALITY p""",
    """SELECT key FROM jsonb_each('{"a":1}')""",
    """SELECT e.k FROM jsonb_each('{"a":1}') e(k, v)""",
    """SELECT t.nope FROM jsonb_each('{"a":1}') t""",
    "SELECT generate_series FROM generate_series(1, 3)",
    "SELECT g FROM generate_series(1, 3) g",
    "SELECT u.a, u.b FROM unnest(ARRAY[1,2], ARRAY['a','b']) u(a, b)",
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session that reaches no AWS."""
    credentials = (Credential("a", "a", "local", account="111111111111"),)
    with Session(Settings(credentials=credentials, regions=("us-east-1",), endpoint_url="http://127.0.0.1:9")) as opened:
        yield opened


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_name_means_what_it_means_in_postgresql(sql: str, session: Session, postgres: psycopg.Connection[Any]) -> None:
    try:
        expected: Any = postgres.execute(sql.encode()).fetchall()
    except psycopg.Error:
        expected = "refused"
    try:
        result = session.execute(sql)
        found: Any = result.fetchall()
    except Error:
        found = "refused"
    assert found == expected


@pytest.mark.parametrize("sql", ["EXPLAIN (SELECT 1)", "EXPLAIN ( WITH c AS (SELECT 1 AS a) SELECT a FROM c )"])
def test_explain_takes_a_query_in_parentheses(sql: str, session: Session) -> None:
    assert session.execute(sql).fetchall() == [("calls: 0 certain",)]
