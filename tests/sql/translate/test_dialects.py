"""DDSQL and StackQL: what each means differently from PostgreSQL, and the functions only they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from cirql.engine import Database
from cirql.errors import Error, NotSupported
from cirql.sql.functions import install
from cirql.sql.translate import parse_postgres, translate
from cirql.types import ColumnType

TABLE = {
    "thing": {
        "id": ColumnType.BIGINT,
        "name": ColumnType.VARCHAR,
        "tags": ColumnType.HSTORE_CSV,
        "doc": ColumnType.JSON,
        "ts": ColumnType.TIMESTAMP,
        "names": ColumnType.VARCHAR_LIST,
    }
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    database = Database()
    found: duckdb.DuckDBPyConnection = database.connect()
    found.execute("CREATE TABLE thing (id BIGINT, name VARCHAR, tags MAP(VARCHAR, VARCHAR), doc JSON, ts TIMESTAMP, names VARCHAR[])")
    found.execute(
        """INSERT INTO thing VALUES
           (5, 'web-01', MAP {'team': 'a,b'}, '{"a": {"b": [1, 2]}, "s": "x"}', '2024-01-28 10:15:30', ['b', 'a'])"""
    )
    yield found
    database.close()


def rows(connection: duckdb.DuckDBPyConnection, sql: str, dialect: Any, **options: Any) -> list[tuple[Any, ...]]:
    tree = parse_postgres(sql)[0]
    assert tree is not None
    translated = translate(tree, TABLE, dialect=dialect, **options)
    install(connection, translated)
    return connection.sql(translated).fetchall()


DDSQL = [
    ("id / 2", 2.5),
    ("EXTRACT(dow FROM ts)", 7),
    ("EXTRACT(dow FROM TIMESTAMP '2024-01-29')", 1),
    ("REGEXP_REPLACE(name, '([a-z]+)-([0-9]+)', '$2-$1')", "01-web"),
    ("REGEXP_REPLACE('aaa', 'a', 'b', 'g')", "bbb"),
    ("REGEXP_MATCH(name, '([a-z]+)-(\\d+)')", ["web", "01"]),
    ("REGEXP_LIKE(name, 'web.*')", True),
    ("BIGINT '12' + 1", 13),
    ("VARCHAR 'a' || 'b'", "ab"),
    ("BOOLEAN 'true'", True),
    ("JSON '{\"a\": 1}' -> 'a'", "1"),
    ("ARRAY['a', 'b'][1]", "a"),
    ("CARDINALITY(names)", 2),
    ("ARRAY_POSITION(names, 'a')", 2),
    ("STRING_TO_ARRAY('a,b', ',')", ["a", "b"]),
    ("ARRAY_TO_STRING(names, '-')", "b-a"),
    ("SPLIT_PART(name, '-', 2)", "01"),
    ("STRPOS(name, '-')", 4),
    ("UPPER(REVERSE(REPLACE(name, '-', '')))", "10BEW"),
    ("SUBSTRING(name, 1, 3)", "web"),
    ("SUBSTRING(name FROM 5 FOR 2)", "01"),
    ("CEILING(1.2) + FLOOR(1.8) + ABS(-1)", 4),
    ("POWER(2, 3)", 8.0),
    ("ROUND(2.5)", 3),
    ("COALESCE(tags->'none', 'x')", "x"),
    ("tags->'team'", "a,b"),
    ("AKEYS(tags)", ["team"]),
    ("AVALS(tags)", ["a,b"]),
    ("JSON_EXTRACT_PATH_TEXT(doc, 'a', 'b', '0')", "1"),
    ("JSON_EXTRACT_PATH(doc, 'a', 'b')", "[1,2]"),
    ("TO_CHAR(ts, 'YYYY-MM-DD HH24:MI')", "2024-01-28 10:15"),
    ("DATE_TRUNC('month', ts)::varchar", "2024-01-01 00:00:00"),
    ("TO_TIMESTAMP(0)::varchar", "1970-01-01 00:00:00"),
    ("CAST('12' AS BIGINT)", 12),
    ("CURRENT_SETTING('dd.time_frame_start')", "2024-01-01T00:00:00Z"),
    ("CURRENT_SETTING('dd.time_frame_end')", "2024-01-02T00:00:00Z"),
    ("EXTRACT(hour FROM ts)", 10),
    ("MAX(id) OVER ()", 5),
    ("APPROX_PERCENTILE(0.5) WITHIN GROUP (ORDER BY id)", 5.0),
    ("BOOL_OR(id > 1)", True),
    ("COUNT(DISTINCT name)", 1),
    ("ARRAY_AGG(name)", ["web-01"]),
]


@pytest.mark.parametrize(("expression", "expected"), DDSQL, ids=[e for e, _ in DDSQL])
def test_a_ddsql_expression_gives(connection: duckdb.DuckDBPyConnection, expression: str, expected: object) -> None:
    frame = ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")
    assert rows(connection, f"SELECT {expression} FROM thing", "ddsql", time_frame=frame)[0][0] == expected


def test_the_same_text_means_something_else_in_postgresql(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, "SELECT id / 2, EXTRACT(dow FROM ts) FROM thing", "postgres")[0] == (2, 0)


def test_ddsql_functions_in_from(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, "SELECT e FROM thing, UNNEST(names) AS e ORDER BY e", "ddsql") == [("a",), ("b",)]
    query = "SELECT v FROM thing, json_array_elements_text(json_extract_path(doc, 'a', 'b')) AS t(v) ORDER BY v"
    assert rows(connection, query, "ddsql") == [("1",), ("2",)]


@pytest.mark.parametrize("name", ["logs", "metrics_scalar", "spans", "actions_datastores"])
def test_telemetry_functions_are_refused_and_explained(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    with pytest.raises(NotSupported, match="telemetry") as caught:
        rows(connection, f"SELECT * FROM dd.{name}(filter => 'x', columns => ARRAY['a']) AS (a varchar)", "ddsql")
    assert "table function" in str(caught.value.hint)


def test_a_time_frame_that_is_not_set_is_an_error(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(Error, match="time_frame_start"):
        rows(connection, "SELECT CURRENT_SETTING('dd.time_frame_start')", "ddsql")


POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:Get*", "S3:List*"], "Principal": {"AWS": "111122223333"}}}'
)
SAME = (
    '{"Statement": [{"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}, "Action": ["s3:list*", "s3:get*"], "Effect": "Allow"}],'
    ' "Version": "2012-10-17"}'
)
STACKQL = [
    ("glob('w*', name)", True),
    ("glob('b*', name)", False),
    ("max(id, 7)", 7),
    ("min(id, 7)", 5),
    ("max(id, NULL)", None),
    ("min('b', 'a')", "a"),
    ("substr(name, -2)", "01"),
    ("substr(name, -5, 2)", "eb"),
    ("substr(name, 4, -2)", "eb"),
    ("id || 1.5", "51.5"),
    ("doc ->> '$.a.b[1]'", "2"),
    ("CAST(1.9 AS INTEGER)", 1),
    ("CAST(-1.9 AS INTEGER)", -1),
    ("json_extract(doc, '$.a.b[1]')", "2"),
    ("json_extract(doc, '$.s')", "x"),
    ("json_extract(doc, '$.none')", None),
    ("JSON_EXTRACT(doc, '$.a')", '{"b":[1,2]}'),
    ('json_equal(\'{"a": 1, "b": [1]}\', \'{"b":[1],"a":1}\')', True),
    ("json_equal('[1,2]', '[2,1]')", False),
    (f"aws_policy_equal('{POLICY}', '{SAME}')", True),
    (f"aws_policy_equal('{POLICY}', '{SAME.replace('Allow', 'Deny')}')", False),
    ("regexp_like(name, '^web')", True),
    ("regexp_replace(name, '[0-9]+', 'N')", "web-N"),
    ("regexp_substr(name, '[0-9]+')", "01"),
    ("split_part(name, '-', -1)", "01"),
    ("group_concat(name)", "web-01"),
    ("group_concat(name, ';')", "web-01"),
    ("date('2024-01-31', '+1 month')", "2024-03-02"),
    ("date('2024-01-31', 'start of month', '-1 day')", "2023-12-31"),
    ("datetime('2024-01-31 10:00:00', '+90 minutes')", "2024-01-31 11:30:00"),
    ("time('2024-01-31 10:11:12')", "10:11:12"),
    ("strftime('%Y-%m', ts)", "2024-01"),
    ("strftime('%s', '1970-01-02')", "86400"),
    ("julianday('2024-01-02') - julianday('2024-01-01')", 1.0),
    ("datetime(0, 'unixepoch')", "1970-01-01 00:00:00"),
    ("date('now') = date('now', 'localtime')", True),
    ("iif(id > 1, 'many', 'one')", "many"),
    ("ifnull(NULL, 'x')", "x"),
    ("instr(name, '-')", 4),
    ("json_array_length(json_extract(doc, '$.a.b'))", 2),
    ("id = '5'", True),
    ("name = 5", False),
]


@pytest.mark.parametrize(("expression", "expected"), STACKQL, ids=[e[:60] for e, _ in STACKQL])
def test_a_stackql_expression_gives(connection: duckdb.DuckDBPyConnection, expression: str, expected: object) -> None:
    assert rows(connection, f"SELECT {expression} FROM thing", "stackql")[0][0] == expected


def test_stackql_json_each_gives_keys_and_values(connection: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT json_each.value FROM thing, json_each(json_extract(doc, '$.a.b')) ORDER BY 1"
    assert rows(connection, query, "stackql") == [("1",), ("2",)]
    query = "SELECT e.key, e.value FROM thing, json_each(doc) AS e ORDER BY 1"
    assert rows(connection, query, "stackql") == [("a", '{"b":[1,2]}'), ("s", "x")]
