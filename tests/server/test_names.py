"""Names as PostgreSQL's users write them: with their database and schema, and functions without arguments, over tables of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(address, autocommit=True) as opened:
        opened.execute("CREATE TABLE mine AS SELECT 1 AS id")
        opened.execute("CREATE TEMPORARY TABLE passing AS SELECT 2 AS id")
        opened.execute("CREATE VIEW seen AS SELECT id + 1 AS id FROM aws.mine")
        yield opened


SHOWN = ("current_user", "session_user", "user", "current_role", "current_catalog", "current_database", "current_schema", "current_schema")
KINDS = {
    "nothing": "",
    "an own table": "FROM mine",
    "an own view": "FROM seen",
    "a dataset": "FROM aws.s3_bucket",
    "a dataset without its schema": "FROM s3_bucket",
    "a resource": "FROM aws.sagemaker.image",
    "an inventory's table": "FROM cirql.scans RIGHT JOIN mine ON true",
    "a view of another system's": "FROM steampipe.aws_s3_bucket",
    "a table of the catalog": "FROM pg_class",
    "a table of the catalog with its database": "FROM aws.pg_catalog.pg_class",
    "a view of the standard": "FROM information_schema.schemata",
    "a table of cirql's": "FROM cirql.tables",
    "a function": "FROM generate_series(1, 3)",
    "two kinds": "FROM mine m JOIN aws.s3_bucket b ON m.id = 1",
    "an own table and the catalog": "FROM mine m JOIN pg_catalog.pg_class c ON c.relname = 's3_bucket'",
    "a dataset and the catalog": "FROM aws.s3_bucket b JOIN pg_class c ON c.relname = 's3_bucket'",
    "a dataset and the standard": "FROM aws.s3_bucket b JOIN information_schema.schemata s ON s.schema_name = 's3'",
    "a query inside": "FROM (SELECT current_user AS u FROM aws.s3_bucket) q",
    "a query before": "FROM (WITH q AS (SELECT id FROM mine) SELECT * FROM q) q",
}
ASKED = (
    "current_user, session_user, user, current_role, current_catalog, current_database(), current_schema, current_schema(), version(), "
    "pg_backend_pid()"
)


@pytest.mark.parametrize("kind", KINDS)
def test_functions_without_arguments_say_the_same_over_whatever_table(client: psycopg.Connection, kind: str) -> None:
    answer = client.execute(f"SELECT {ASKED} {KINDS[kind]} LIMIT 1")
    assert answer.description is not None
    assert tuple(column.name for column in answer.description) == (*SHOWN, "version", "pg_backend_pid")
    assert answer.fetchall() == [("aws",) * 8 + ("PostgreSQL 15.0 (cirql)", client.info.backend_pid)]


SAME = (
    ("aws.aws.s3_bucket", "aws.s3_bucket"),
    ("AWS.Aws.s3_bucket", "aws.s3_bucket"),
    ('"aws"."aws"."s3_bucket"', "aws.s3_bucket"),
    ("aws.sagemaker.image", "sagemaker.image"),
    ("aws.cirql.tables", "cirql.tables"),
    ("aws.information_schema.schemata", "information_schema.schemata"),
    ("aws.steampipe.aws_s3_bucket", "steampipe.aws_s3_bucket"),
    ("aws.mine", "mine"),
    ("aws.aws.mine", "mine"),
    ("pg_temp.passing", "passing"),
    ("aws.pg_temp.passing", "passing"),
    ("aws.seen", "seen"),
)


@pytest.mark.parametrize(("long", "short"), SAME)
def test_a_name_with_its_database_means_what_it_means_without(client: psycopg.Connection, long: str, short: str) -> None:
    found = client.execute(f"SELECT * FROM {long}").fetchall()
    assert sorted(map(str, found)) == sorted(map(str, client.execute(f"SELECT * FROM {short}").fetchall()))
    assert found


def test_columns_are_named_with_it_too(client: psycopg.Connection) -> None:
    asked = (
        "SELECT aws.aws.s3_bucket.name, aws.s3_bucket.name, s3_bucket.name FROM aws.aws.s3_bucket WHERE aws.aws.s3_bucket.name IS NOT NULL"
    )
    assert {len(set(row)) for row in client.execute(asked).fetchall()} == {1}
    assert client.execute("SELECT aws.aws.mine.id, aws.mine.id, mine.id FROM aws.mine").fetchall() == [(1, 1, 1)]


def test_own_tables_are_changed_by_long_names_and_found_where_they_are(client: psycopg.Connection) -> None:
    client.execute("CREATE TABLE aws.other (id int PRIMARY KEY, t text)")
    client.execute("INSERT INTO aws.aws.other VALUES (1, 'a'), (2, 'b')")
    client.execute("UPDATE aws.other SET t = 'c' WHERE aws.other.id = 2")
    assert client.execute("DELETE FROM aws.other WHERE id = 1 RETURNING t").fetchall() == [("a",)]
    assert client.execute("SELECT * FROM other").fetchall() == [(2, "c")]
    client.execute("DROP TABLE aws.other")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM aws.passing")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM pg_temp.mine")


def test_a_table_of_awss_is_covered_and_not_replaced(client: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.DuplicateTable, match="a table of AWS's"):
        client.execute("CREATE TABLE aws.s3_bucket (id int)")
    client.execute("CREATE TABLE s3_bucket (id int)")
    assert client.execute("SELECT count(*) FROM s3_bucket").fetchone() == (0,)
    assert client.execute("SELECT count(*) > 0 FROM aws.s3_bucket").fetchone() == (True,)
    client.execute("DROP TABLE s3_bucket")
    assert client.execute("SELECT count(*) > 0 FROM s3_bucket").fetchone() == (True,)


def test_more_parts_than_there_can_be_are_refused_in_postgresqls_words(client: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match=r"too many dotted names.*aws.aws.sagemaker.image"):
        client.execute("SELECT * FROM aws.aws.sagemaker.image")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM other.aws.s3_bucket")


def test_tables_of_the_catalog_are_kept_and_joined_with_others(client: psycopg.Connection) -> None:
    client.execute("CREATE TABLE kept AS SELECT relname, oid FROM pg_class WHERE relname = 's3_bucket'")
    client.execute("INSERT INTO kept SELECT nspname, oid FROM pg_catalog.pg_namespace WHERE nspname = 's3'")
    asked = "SELECT k.relname, c.relkind FROM kept k LEFT JOIN pg_class c ON c.oid = k.oid ORDER BY 1"
    assert client.execute(asked).fetchall() == [("s3", None), ("s3_bucket", "r")]
    assert client.execute("SELECT count(*) FROM kept").fetchone() == (2,)
    seen = "SELECT relname FROM pg_class WHERE oid >= 900000000 ORDER BY 1"
    assert [name for (name,) in client.execute(seen).fetchall()] == ["kept", "mine", "passing", "seen"]
    client.execute("DROP TABLE kept")
