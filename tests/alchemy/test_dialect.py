"""The dialect over the local AWS: its inspector, its types, its statements, and pandas and polars on top."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from cirql.alchemy.dialect import CirqlDialect


def test_the_entry_point_finds_the_dialect_by_its_name(engine: sa.Engine) -> None:
    assert isinstance(engine.dialect, CirqlDialect)
    assert engine.dialect.supports_statement_cache


def test_nothing_in_the_base_imports_sqlalchemy() -> None:
    asked = "import sys, cirql.dbapi; cirql.dbapi.connect().cursor().execute('SELECT 1').fetchall(); print('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_url_with_a_host_is_refused_with_an_example() -> None:
    with pytest.raises(sa.exc.ArgumentError, match="profile=prod"):
        sa.create_engine("cirql://aws@127.0.0.1/aws").connect()


def test_a_setting_that_there_is_not_is_named() -> None:
    with pytest.raises(Exception, match="regoins"):
        sa.create_engine("cirql:///?regoins=us-east-1").connect()


def test_schemas_tables_and_views_are_listed(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    assert {"aws", "s3", "sagemaker", "cirql", "information_schema"} <= set(inspector.get_schema_names())
    assert inspector.default_schema_name == "aws"
    assert "s3_bucket" in inspector.get_table_names()
    assert inspector.get_table_names("aws") == inspector.get_table_names()
    assert {"image", "images"} <= set(inspector.get_table_names("sagemaker"))
    assert "images_list_only" in inspector.get_view_names("sagemaker")
    assert "changes" in inspector.get_view_names("cirql")
    assert inspector.has_table("bucket", schema="s3")
    assert not inspector.has_table("no_bucket", schema="s3")


def test_columns_have_types_and_comments(engine: sa.Engine) -> None:
    columns = {c["name"]: c for c in sa.inspect(engine).get_columns("image_version", schema="sagemaker")}
    assert isinstance(columns["version"]["type"], sa.BIGINT)
    assert columns["image_name"]["comment"] == "The name of the image this version belongs to."
    kinds = {c["name"]: c["type"] for c in sa.inspect(engine).get_columns("s3_bucket")}
    assert isinstance(kinds["tags"], postgresql.HSTORE)
    assert isinstance(kinds["creation_date"], postgresql.TIMESTAMP)


def test_keys_and_parents_are_primary_and_foreign_keys(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("image", schema="sagemaker")["constrained_columns"] == ["region", "image_arn"]
    assert inspector.get_pk_constraint("s3_bucket")["constrained_columns"] == ["_key"]
    (key,) = inspector.get_foreign_keys("amplify_webhook", schema="aws")
    assert (key["referred_schema"], key["referred_table"]) == ("aws", "amplify_app")
    assert (key["constrained_columns"], key["referred_columns"]) == (["app_id"], ["app_id"])
    assert "buckets" in str(inspector.get_table_comment("s3_bucket")["text"])


def test_a_table_that_there_is_not_is_said_to_be_missing(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.NoSuchTableError):
        sa.inspect(engine).get_columns("no_bucket", schema="s3")


def test_a_schema_is_reflected_whole_with_what_it_refers_to(engine: sa.Engine) -> None:
    found = sa.MetaData()
    found.reflect(engine, schema="sagemaker", views=True)
    assert {"sagemaker.image", "sagemaker.images", "sagemaker.images_list_only"} <= set(found.tables)
    assert [c.name for c in found.tables["sagemaker.image"].primary_key] == ["region", "image_arn"]


def test_reflected_tables_are_asked(engine: sa.Engine) -> None:
    versions = sa.Table("sagemaker_image_version", sa.MetaData(), autoload_with=engine)
    count = sa.func.count().label("count")
    wanted = sa.select(versions.c.version, count).where(versions.c.version <= sa.bindparam("most"), versions.c.version.in_([1, 2, 3]))
    with engine.connect() as connection:
        rows = connection.execute(wanted.group_by(versions.c.version).order_by(versions.c.version), {"most": 2}).all()
        resources = connection.scalar(sa.text("SELECT count(*) FROM sagemaker.image WHERE region = :region"), {"region": "us-east-1"})
    assert [row.version for row in rows] == [1, 2]
    assert resources and all(row.count for row in rows)


VALUES: list[tuple[Any, Any]] = [
    (sa.Integer(), 7),
    (sa.BigInteger(), 1 << 60),
    (sa.Numeric(10, 2), Decimal("1.50")),
    (sa.Float(), 1.5),
    (sa.Boolean(), True),
    (sa.Text(), "it's % and :so"),
    (sa.LargeBinary(), b"\x00\xff"),
    (sa.Date(), date(2024, 2, 29)),
    (sa.DateTime(), datetime(2024, 2, 29, 1, 2, 3, 4)),
    (sa.Interval(), timedelta(days=1, seconds=2)),
    (sa.Uuid(), UUID(int=5)),
    (sa.JSON(), {"a": [1, None, "x"]}),
    (postgresql.JSONB(), [1, {"b": "it's"}]),
    (postgresql.HSTORE(), {"a": "b", "c": None, 'd"': "it's"}),
    (postgresql.ARRAY(sa.Text()), ["a", "b"]),
    (postgresql.INET(), "10.0.0.1"),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[str(type(kind).__name__) for kind, _ in VALUES])
def test_values_go_out_and_come_back(engine: sa.Engine, kind: Any, value: Any) -> None:
    with engine.connect() as connection:
        found = connection.scalar(sa.select(sa.cast(sa.bindparam("value", value, type_=kind), kind)))
    assert found == value
    assert type(found) is type(value)


def test_rows_come_as_they_are_asked_for(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        many = sa.text("SELECT * FROM generate_series(1, 100000)")
        streamed = connection.execution_options(stream_results=True, max_row_buffer=100).execute(many)
        assert [row[0] for row in streamed.fetchmany(3)] == [1, 2, 3]
        streamed.close()
        assert sum(len(part) for part in connection.execute(many, execution_options={"yield_per": 999}).partitions()) == 100_000


def test_pandas_reads_queries_and_tables(engine: sa.Engine) -> None:
    frame = pd.read_sql(sa.text("SELECT name, creation_date FROM aws.s3_bucket WHERE name LIKE :like"), engine, params={"like": "acme-%"})
    assert len(frame) > 0
    assert frame["creation_date"].dtype.kind == "M"
    assert len(pd.read_sql_table("s3_bucket", engine, schema="aws", columns=["name"])) >= len(frame)
    assert len(pd.read_sql("SELECT * FROM s3.bucket WHERE region = %(region)s", engine, params={"region": "us-east-1"})) > 0


def test_polars_reads_queries(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        frame = pl.read_database("SELECT image_name, version FROM aws.sagemaker_image_version WHERE version < 3", connection)
    assert frame.schema == {"image_name": pl.String, "version": pl.Int64}
    assert frame["version"].max() == 2


def test_an_error_says_what_the_statement_s_error_says(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="nothing"):
        connection.execute(sa.text("SELECT nothing FROM aws.s3_bucket"))


def test_changes_are_sent_by_commit_and_dropped_by_rollback() -> None:
    engine = sa.create_engine("cirql:///?local=true&writable=true&accounts=111111111111")
    role = "arn:aws:iam::111111111111:role/images"
    insert = sa.text("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (:name, :role, 'us-east-1')")
    named = sa.text("SELECT count(*) FROM aws.sagemaker_image WHERE image_name = :name")
    with engine.connect() as connection:
        connection.execute(insert, {"name": "dropped", "role": role})
        connection.rollback()
        assert connection.scalar(named, {"name": "dropped"}) == 0
        connection.execute(insert, {"name": "sent", "role": role})
        connection.commit()
        assert connection.scalar(named, {"name": "sent"}) == 1
    engine.dispose()


def test_connections_share_a_runtime_and_the_last_closes_it() -> None:
    engine = sa.create_engine("cirql:///?local=true")
    with engine.connect() as one, engine.connect() as two:
        sessions = [c.connection.driver_connection.session for c in (one, two)]  # type: ignore[union-attr]
        assert sessions[0] is not sessions[1]
        assert sessions[0].catalog is sessions[1].catalog
    engine.dispose()
    with engine.connect() as again:
        assert again.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()


def test_tables_of_the_session_have_bytes_keys_and_numbers_as_they_were_given() -> None:
    engine = sa.create_engine("cirql:///?region=us-east-1", poolclass=sa.pool.StaticPool)
    made = sa.MetaData()
    things = sa.Table(
        "things",
        made,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary),
        sa.Column("size", sa.Numeric(10, 4, asdecimal=False)),
    )
    parts = sa.Table("parts", made, sa.Column("thing", sa.Integer, sa.ForeignKey("things.id")))
    with engine.connect() as connection:
        made.create_all(connection)
        connection.execute(
            things.insert(), [{"id": 1, "data": b"\x00as it is\xff", "size": 15.7563}, {"id": 2, "data": None, "size": None}]
        )
        assert connection.execute(sa.select(things)).all() == [(1, b"\x00as it is\xff", 15.7563), (2, None, None)]
        assert connection.execute(sa.select(things.c.id).order_by(things.c.id).offset(1).fetch(1)).scalars().all() == [2]
        for table, row in ((things, {"id": 1}), (things, {"size": 1}), (parts, {"thing": 7})):
            with pytest.raises(sa.exc.IntegrityError):
                connection.execute(table.insert(), row)
    engine.dispose()


@pytest.mark.parametrize("name", ["9colons", "a:b", "per cent", "it's", "percent%", "x/y", "_under"])
def test_parameters_have_any_name(engine: sa.Engine, name: str) -> None:
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.bindparam(name, 5, type_=sa.Integer))).scalar() == 5
        many = sa.select(sa.literal(1)).where(sa.literal(2).in_(sa.bindparam(name, [1, 2], expanding=True)))
        assert connection.execute(many).scalar() == 1


def test_tables_of_the_session_are_reflected_with_their_keys_and_indexes() -> None:
    made = sa.create_engine("cirql://", poolclass=sa.StaticPool)
    tables = sa.MetaData()
    kinds = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20), nullable=False, server_default="x"))
    sa.Table("parents", tables, *kinds, sa.UniqueConstraint("name", "id"), sa.CheckConstraint("id > 0"))
    sa.Table("children", tables, sa.Column("parent", sa.ForeignKey("parents.id"), index=True), sa.Column("n", sa.Numeric(10, 2)))
    tables.create_all(made)
    inspector = sa.inspect(made)
    id_, name = inspector.get_columns("parents")
    assert (id_["nullable"], id_["autoincrement"], name["nullable"], name["default"]) == (False, True, False, "'x'")
    assert inspector.get_pk_constraint("parents")["constrained_columns"] == ["id"]
    assert [u["column_names"] for u in inspector.get_unique_constraints("parents")] == [["name", "id"]]
    assert [c["sqltext"] for c in inspector.get_check_constraints("parents")] == ["(id > 0)"]
    (key,) = inspector.get_foreign_keys("children")
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (["parent"], "parents", ["id"])
    (index,) = inspector.get_indexes("children")
    assert (index["name"], index["column_names"], index["unique"]) == ("ix_children_parent", ["parent"], False)
    assert inspector.get_indexes("s3_bucket") == []
    reflected = sa.MetaData()
    reflected.reflect(made, only=["children"])
    assert {i.name for i in reflected.tables["children"].indexes} == {"ix_children_parent"}
    assert "parents" in reflected.tables
    made.dispose()
