"""Tags: hstore as its PostgreSQL documentation describes it (the extension is not in the server the other tests use)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from cirql.engine import Database
from cirql.errors import Error
from cirql.sql.functions import install
from cirql.sql.translate import parse_postgres, translate
from cirql.types import ColumnType

TABLE = {"thing": {"id": ColumnType.BIGINT, "tags": ColumnType.HSTORE_CSV, "doc": ColumnType.JSON}}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    database = Database()
    found: duckdb.DuckDBPyConnection = database.connect()
    found.execute("CREATE TABLE thing (id BIGINT, tags MAP(VARCHAR, VARCHAR), doc JSON)")
    found.execute(
        "INSERT INTO thing VALUES (1, MAP {'env': 'prod', 'team': 'a,b', 'region': 'us-east-1', 'none': NULL}, '{\"env\": \"x\"}')"
    )
    found.execute("INSERT INTO thing VALUES (2, MAP {}, NULL), (3, NULL, NULL)")
    yield found
    database.close()


def answer(connection: duckdb.DuckDBPyConnection, expression: str, where: str = "id = 1", **options: Any) -> Any:
    tree = parse_postgres(f"SELECT {expression} FROM thing WHERE {where}")[0]
    assert tree is not None
    sql = translate(tree, TABLE, **options)
    install(connection, sql)
    return connection.sql(sql).fetchall()[0][0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tags -> 'env'", "prod"),
        ("tags->'team'", "a,b"),
        ("tags->'absent'", None),
        ("tags->'none'", None),
        ("tags->>'env'", "prod"),
        ("tags['env']", "prod"),
        ("doc->'env'", '"x"'),
        ("doc->>'env'", "x"),
        ("tags->'env' = 'prod' AND tags->'region' = 'us-east-1'", True),
        ("tags->'env' || '!'", "prod!"),
        ("tags->'env' LIKE 'p%'", True),
        ("coalesce(tags->'absent', 'none')", "none"),
        ("tags -> ARRAY['env', 'absent']", ["prod", None]),
        ("tags ? 'env'", True),
        ("tags ? 'none'", True),
        ("tags ? 'absent'", False),
        ("tags ?| ARRAY['absent', 'env']", True),
        ("tags ?& ARRAY['absent', 'env']", False),
        ("tags @> 'env=>prod'", True),
        ("tags @> 'env=>dev'", False),
        ("tags @> 'none=>NULL'", True),
        ("'env=>prod' <@ tags", True),
        ("(tags || 'env=>dev')->'env'", "dev"),
        ("(tags - 'env'::text) ? 'env'", False),
        ("cardinality(akeys(tags - ARRAY['env', 'team']))", 2),
        ("akeys(tags)", ["env", "team", "region", "none"]),
        ("avals(tags)", ["prod", "a,b", "us-east-1", None]),
        ("exist(tags, 'none')", True),
        ("defined(tags, 'none')", False),
        ("slice(tags, ARRAY['env', 'zzz'])", {"env": "prod"}),
        ("hstore('a', 'b')", {"a": "b"}),
        ("hstore(ARRAY['a', 'b'], ARRAY['1', '2'])", {"a": "1", "b": "2"}),
        ('\'"a b"=>"c,d", e=>NULL\'::hstore', {"e": None, "a b": "c,d"}),
        ("('b=>2, a=>1'::hstore)::text", '"a"=>"1", "b"=>"2"'),
        ("hstore_to_json('a=>1'::hstore)", '{"a":"1"}'),
        ("(SELECT count(*) FROM each(tags) AS e(k, v) WHERE v IS NOT NULL)", 3),
        ("(SELECT string_agg(k, ',' ORDER BY k) FROM skeys(tags) k)", "env,none,region,team"),
        ("tags = tags", True),
    ],
)
def test_an_hstore_expression_gives(connection: duckdb.DuckDBPyConnection, expression: str, expected: object) -> None:
    assert answer(connection, expression) == expected


@pytest.mark.parametrize("expression", ["tags->'env'", "tags ? 'env'", "akeys(tags)", "tags @> 'a=>1'"])
def test_a_null_hstore_gives_null(connection: duckdb.DuckDBPyConnection, expression: str) -> None:
    assert answer(connection, expression, "id = 3") is None


def test_an_empty_hstore_has_no_keys(connection: duckdb.DuckDBPyConnection) -> None:
    assert answer(connection, "tags->'env'", "id = 2") is None
    assert answer(connection, "akeys(tags)", "id = 2") == []


@pytest.mark.parametrize("expression", ["'a=>'::hstore", "'a'::hstore", "'a=>1,'::hstore", "tags + 1"])
def test_nonsense_is_refused(connection: duckdb.DuckDBPyConnection, expression: str) -> None:
    with pytest.raises(Error):
        answer(connection, expression)
