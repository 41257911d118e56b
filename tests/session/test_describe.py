"""A statement is described as it will answer, with nothing run and nobody asked."""

from __future__ import annotations

import pytest

from cirql import errors
from cirql.localcloud import LocalCloud
from cirql.result import ResultColumn
from cirql.session import Session

QUERIES = (
    "SELECT * FROM aws.sagemaker_image_version",
    "SELECT image_name, tags, _key FROM aws.sagemaker_image",
    "SELECT count(*), max(creation_time), count(*) FILTER (WHERE processor = 'GPU') FROM aws.sagemaker_image_version",
    "SELECT region, count(*) FROM aws.sagemaker_image GROUP BY region ORDER BY 1",
    "SELECT i.image_name, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v USING (image_name)",
    "SELECT 1, 'a', NULL, now(), ARRAY[1, 2], '{}'::jsonb, '1 day'::interval, 1.5",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT * FROM aws.sagemaker.image_versions WHERE region = 'us-east-1'",
    "SELECT service, count(*) FROM cirql.tables GROUP BY service",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'aws' LIMIT 1",
    "SELECT image_name FROM aws.sagemaker_image WHERE image_name = 'a' LIMIT 0",
    "SHOW SERVICES IN aws",
    "DESCRIBE aws.sagemaker_image",
    "EXPLAIN SELECT * FROM aws.sagemaker_image",
    "EXPLAIN (FORMAT JSON) SELECT 1",
)


@pytest.mark.parametrize("sql", QUERIES)
def test_the_columns_said_are_the_columns_given(session: Session, cloud: LocalCloud, sql: str) -> None:
    described = session.describe(sql)
    assert len(cloud.calls) == 0
    result = session.execute(sql)
    result.fetchall()
    assert described.columns == tuple(result.columns)


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT $1,$2::int,$3", ["a", 1, "b"]),
        ("SELECT image_name, version + $1 FROM aws.sagemaker_image_version WHERE image_name=$2 AND version>$3 LIMIT $4", [1, "x", 0, 5]),
        (
            "SELECT coalesce(:word, 'x') AS w, image_name FROM aws.sagemaker_image WHERE creation_time > :since",
            {"word": "a", "since": "2020-01-01"},
        ),
        ("SELECT object_key FROM aws.s3_object WHERE bucket = $1".replace("object_key", "key"), ["none"]),
    ],
)
def test_the_columns_do_not_depend_on_the_values(session: Session, cloud: LocalCloud, sql: str, params: object) -> None:
    described = session.describe(sql)
    assert len(cloud.calls) == 0
    result = session.execute(sql, params)  # type: ignore[arg-type]
    result.fetchall()
    assert described.columns == tuple(result.columns)


@pytest.mark.parametrize(
    ("sql", "tag", "columns"),
    [
        ("SET regions = 'us-east-1'", "SET", ()),
        ("CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW", ()),
        ("CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW", ()),
        ("DROP VIEW v", "DROP VIEW", ()),
        ("BEGIN", "BEGIN", ()),
        ("END", "COMMIT", ()),
        ("PREPARE p AS SELECT 1", "PREPARE", ()),
        ("DEALLOCATE p", "DEALLOCATE", ()),
        ("DELETE FROM aws.sagemaker.images WHERE image_name = 'a'", "DELETE", ()),
        ("EXEC aws.ec2.start_instances @InstanceIds='[1]'", "EXEC", None),
        ("EXPLAIN DELETE FROM aws.sagemaker.images WHERE image_name = 'a'", "EXPLAIN", (ResultColumn("QUERY PLAN", "VARCHAR"),)),
        (
            "INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, region) VALUES ($1,$2,$3) "
            "RETURNING retention_in_days, RequestToken",
            "INSERT",
            (ResultColumn("retention_in_days", "BIGINT"), ResultColumn("RequestToken", "VARCHAR")),
        ),
        (
            "DELETE FROM aws.logs.log_groups WHERE log_group_name = 'a' RETURNING OperationStatus, retention_in_days AS days",
            "DELETE",
            (ResultColumn("OperationStatus", "VARCHAR"), ResultColumn("days", "BIGINT")),
        ),
    ],
)
def test_each_kind_of_statement_has_its_tag(session: Session, cloud: LocalCloud, sql: str, tag: str, columns: object) -> None:
    described = session.describe(sql)
    assert (described.tag, described.columns) == (tag, columns)
    assert len(cloud.calls) == 0
    with pytest.raises(errors.UnknownTable):
        session.execute("SELECT * FROM v")


def test_parameters_of_writes_have_the_types_of_their_columns(session: Session) -> None:
    insert = session.describe("INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, tags, region) VALUES ($1,$2,$3,$4)")
    assert list(insert.parameters.values()) == ["text", "bigint", "jsonb", "text"]
    update = session.describe("UPDATE aws.logs.log_groups SET retention_in_days = $1 WHERE log_group_name = $2 AND region = ANY($3)")
    assert list(update.parameters.values()) == ["bigint", "text", "text[]"]


def test_a_prepared_statement_is_described_by_what_it_gives(session: Session) -> None:
    session.execute("PREPARE mine (int) AS SELECT $1 + 1 AS next")
    assert session.describe("EXECUTE mine(4)").columns == (ResultColumn("next", "INTEGER"),)


def test_a_table_of_the_sessions_own_gives_its_types(session: Session) -> None:
    session.execute("CREATE TABLE mine (a bigint, b text)")
    assert session.describe("INSERT INTO mine VALUES ($1, $2)").parameters == {"1": "bigint", "2": "text"}
    assert session.describe("SELECT b FROM mine WHERE a = $1").parameters == {"1": "bigint"}


@pytest.mark.parametrize(
    ("sql", "types", "error"),
    [
        ("SELECT nope FROM aws.sagemaker_image", None, errors.UnknownColumn),
        ("SELECT * FROM aws.no_such_table", None, errors.UnknownTable),
        ("SELECT 1 +", None, errors.ParseError),
        ("SELECT $1", ["no such type"], errors.InvalidStatement),
        ("SELECT 'a' + true", None, errors.DatabaseError),
    ],
)
def test_what_cannot_run_cannot_be_described(session: Session, sql: str, types: list[str | None] | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        session.describe(sql, types)
    assert session.describe("SELECT 1").tag == "SELECT"
