"""The same for every client that Python has: list, describe, ask, give parameters, cancel, fail, and hear what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, cast

import ibis
import pytest

from cirql.cli.demo import DATASET, FIND_ARN, JOIN, RESOURCE
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.server.listening import Server
from tests.server.python_clients import CLIENTS, Odbc, PythonClient


@pytest.fixture(params=CLIENTS, ids=lambda kind: kind.__name__.lower())
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[PythonClient]:
    opened = cast(PythonClient, request.param(server.port))
    yield opened
    opened.close()


def test_it_lists_schemas_and_tables_and_describes_one_and_asks_nobody(client: PythonClient, cloud: LocalCloud) -> None:
    assert {"aws", "s3", "sagemaker"} <= client.schemas()
    assert {"image", "image_versions"} <= client.tables()
    columns = {name: kind.lower() for name, kind in client.columns().items()}
    assert columns["name"] in ("text", "string", "varchar")
    assert columns["creation_date"].startswith("timestamp")
    assert len(columns) > 8
    assert list(cloud.calls) == []


@pytest.fixture(scope="module")
def demo(runtime: Runtime) -> list[tuple[str, list[Any]]]:
    """The demo's three statements, and their rows as the library gives them."""
    with runtime.session() as session:
        (arn,) = session.execute(FIND_ARN).fetchone() or ("",)
        return [(sql, session.execute(sql).fetchall()) for sql in (RESOURCE.format(arn=arn), DATASET, JOIN)]


def test_it_asks_the_queries_of_the_demo(client: PythonClient, demo: list[tuple[str, list[Any]]]) -> None:
    for sql, expected in demo:
        rows = client.rows(sql.rstrip(";"))
        assert len(rows) == len(expected)
        assert len(rows[0]) == len(expected[0])
        ids = [n for n, value in enumerate(expected[0]) if isinstance(value, str)]
        assert sorted(tuple(str(row[n]) for n in ids[:2]) for row in rows) == sorted(
            tuple(str(row[n]) for n in ids[:2]) for row in expected
        )


def test_a_parameter_of_each_type_comes_back(client: PythonClient) -> None:
    assert [client.back(value) for value in client.values] == list(client.values)


def test_it_cancels_and_goes_on(client: PythonClient, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="latency", seconds=60))
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(client.rows, DATASET)
        while not wait([asked], timeout=0.4).done:
            client.cancel()
        assert asked.exception() is not None
    client.again()
    assert str(client.rows("SELECT 1")[0][0]) == "1"


def test_a_statement_that_fails_says_why_and_it_goes_on(client: PythonClient) -> None:
    with pytest.raises(Exception, match="has no column nme") as failed:
        client.rows("SELECT nme FROM aws.s3_bucket")
    assert "42703" in repr(failed.value) + str(getattr(failed.value, "sqlstate", "")) + str(getattr(failed.value, "pgcode", "")) + str(
        getattr(getattr(failed.value, "orig", None), "sqlstate", "")
    )
    client.again()
    assert str(client.rows("SELECT 1")[0][0]) == "1"


def test_it_hears_what_could_not_be_read(client: PythonClient, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    assert client.rows(DATASET)
    if client.hears:
        assert "NOTICE" in client.heard().upper()
        assert "eu-west-1" in client.heard()
    else:  # then it has an error of it, where it asks for that
        client.set("cirql.strict", "on")
        with pytest.raises(Exception, match="eu-west-1"):
            client.rows(DATASET)


def test_ibis_finds_a_table_that_nobody_asked_about_and_takes_sql_whose_columns_are_told(runtime: Runtime, cloud: LocalCloud) -> None:
    with Server(runtime, port=0) as fresh:
        client = ibis.postgres.connect(host="127.0.0.1", port=fresh.port, user="aws", database="aws", schema="aws")
        try:
            buckets = client.table("s3_bucket", database="aws")
            counted = buckets.group_by("bucket_region").agg(n=buckets.count()).to_pyarrow().to_pylist()
            assert {row["bucket_region"] for row in counted} >= {"us-east-1", "eu-west-1"}
            told = client.sql("SELECT name, bucket_region FROM aws.s3_bucket", schema={"name": "string", "bucket_region": "string"})
            found = told.filter(told.bucket_region == "us-east-1").to_pyarrow()
            assert found.num_rows == next(row["n"] for row in counted if row["bucket_region"] == "us-east-1")
        finally:
            client.disconnect()


if Odbc in CLIENTS:

    def test_odbc_describes_keys_and_indexes(server: Server, cloud: LocalCloud) -> None:
        """SQLStatistics, SQLPrimaryKeys, SQLForeignKeys (of both sides) and SQLColumns."""
        client = Odbc(server.port)
        try:
            cursor = client.cursor
            indexes = [(row[3], row[5], row[7], row[8]) for row in cursor.statistics("bucket", schema="s3").fetchall()]
            assert indexes == [(0, "bucket_pkey", 1, "region"), (0, "bucket_pkey", 2, "bucket_name")]
            assert [tuple(row[3:]) for row in cursor.primaryKeys("bucket", schema="s3").fetchall()] == [
                ("region", 1, "bucket_pkey"),
                ("bucket_name", 2, "bucket_pkey"),
            ]
            reference = (
                "sagemaker_image",
                "image_name",
                "image_version",
                "image_name",
                1,
                "image_version_image_name_fkey",
                "sagemaker_image_pkey",
            )
            for asked in ({"foreignTable": "image_version", "foreignSchema": "sagemaker"}, {"table": "sagemaker_image", "schema": "aws"}):
                found = [(r[2], r[3], r[6], r[7], r[8], r[11], r[12]) for r in cursor.foreignKeys(**asked).fetchall()]
                assert reference in found
            columns = {row[3]: row[5] for row in cursor.columns(schema="s3", table="bucket").fetchall()}
            assert (columns["bucket_name"], columns["bucket_encryption"]) == ("text", "jsonb")
            assert list(cloud.calls) == []
        finally:
            client.close()
