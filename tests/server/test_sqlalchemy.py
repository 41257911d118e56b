"""SQLAlchemy's own dialect for PostgreSQL, with both of its drivers: reflection, parameters, savepoints, and pandas on top."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from cirql.localcloud import LocalCloud
from cirql.server.listening import Server


@pytest.fixture(params=["psycopg", "psycopg2"])
def engine(server: Server, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    opened = sa.create_engine(f"postgresql+{request.param}://aws@127.0.0.1:{server.port}/aws")
    yield opened
    opened.dispose()


def test_schemas_tables_and_views_are_listed(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    assert {"aws", "s3", "sagemaker"} <= set(inspector.get_schema_names())
    assert "s3_bucket" in inspector.get_table_names("aws")
    assert "image_versions" in inspector.get_table_names("sagemaker")
    assert inspector.has_table("s3_bucket", schema="aws")
    assert not inspector.has_table("no_bucket", schema="aws")
    assert inspector.default_schema_name == "aws"


def test_columns_have_their_types_and_comments(engine: sa.Engine) -> None:
    columns = {column["name"]: column for column in sa.inspect(engine).get_columns("image_version", schema="sagemaker")}
    assert isinstance(columns["version"]["type"], sa.BIGINT)
    assert isinstance(columns["image_name"]["type"], sa.TEXT)
    assert columns["image_name"]["comment"] == "The name of the image this version belongs to."
    buckets = {column["name"]: column["type"] for column in sa.inspect(engine).get_columns("s3_bucket", schema="aws")}
    assert isinstance(buckets["tags"], postgresql.HSTORE)
    assert isinstance(buckets["creation_date"], postgresql.TIMESTAMP)


def test_keys_are_primary_keys_and_nothing_else_constrains(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    key = inspector.get_pk_constraint("image", schema="sagemaker")
    assert (key["name"], key["constrained_columns"]) == ("image_pkey", ["region", "image_arn"])
    assert inspector.get_pk_constraint("s3_bucket", schema="aws")["constrained_columns"] == ["_key"]
    for found in (inspector.get_foreign_keys, inspector.get_unique_constraints, inspector.get_check_constraints, inspector.get_indexes):
        assert found("image", schema="sagemaker") == []
    assert "buckets" in str(inspector.get_table_comment("s3_bucket", schema="aws")["text"])


def test_a_schema_is_reflected_at_once_and_asks_nobody(engine: sa.Engine, cloud: LocalCloud) -> None:
    found = sa.MetaData()
    found.reflect(engine, schema="sagemaker", only=["image", "images"])
    assert [c.name for c in found.tables["sagemaker.image"].primary_key] == ["region", "image_arn"]
    columns = sa.inspect(engine).get_multi_columns(schema="sagemaker")
    assert all(columns.values())
    assert ("sagemaker", "image_version") in columns
    assert list(cloud.calls) == []


def test_reflected_tables_are_asked_with_parameters(engine: sa.Engine) -> None:
    table = sa.Table("sagemaker_image_version", sa.MetaData(), schema="aws", autoload_with=engine)
    count = sa.func.count().label("count")
    wanted = sa.select(table.c.version, count).where(table.c.version <= 2, table.c.image_version_status.in_(["CREATED", "DELETED"]))
    with engine.connect() as connection:
        rows = connection.execute(wanted.group_by(table.c.version).order_by(table.c.version)).all()
    assert [row.version for row in rows] == [1, 2]
    assert all(number > 0 for _, number in rows)


def test_text_takes_parameters(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        asked = sa.text("SELECT name FROM aws.s3_bucket WHERE name <> :not AND name LIKE :like LIMIT :most")
        assert len(connection.execute(asked, {"not": "x", "like": "%", "most": 2}).all()) == 2


def test_savepoints_of_a_reading_transaction_are_taken(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(sa.exc.ProgrammingError), connection.begin_nested():
            connection.execute(sa.text("SELECT nothing FROM aws.s3_bucket"))
        with connection.begin_nested():
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1
        assert connection.execute(sa.text("SELECT 2")).scalar() == 2


def test_pandas_reads_queries_and_tables(engine: sa.Engine) -> None:
    asked = sa.text("SELECT name, creation_date FROM aws.s3_bucket WHERE name LIKE :like ORDER BY 1")
    frame = pd.read_sql(asked, engine, params={"like": "acme-%"})
    assert len(frame) > 0
    assert frame["creation_date"].dtype.kind == "M"
    assert set(pd.read_sql_table("s3_bucket", engine, schema="aws", columns=["name"])["name"]) >= set(frame["name"])
