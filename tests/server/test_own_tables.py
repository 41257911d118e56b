"""A connection's own tables and views in PostgreSQL's catalog and information_schema: there for it alone, for every client that looks."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator

import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa

from cirql.server.listening import Server
from cirql.server.system.columns import STANDARD as STANDARD_VIEWS

MADE = """
CREATE TABLE mine (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(10,2) CHECK (price > 0), at date, UNIQUE (name, at))
CREATE TABLE lines (id bigint PRIMARY KEY, mine_id int REFERENCES mine (id), tags text[], doc jsonb)
CREATE INDEX by_mine ON lines (mine_id)
CREATE VIEW seen AS SELECT id, price * 2 AS double_price FROM mine
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM mine
CREATE TEMP TABLE passing (n int)
"""


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(address, autocommit=True) as opened:
        for statement in MADE.strip().split("\n"):
            opened.execute(statement)
        yield opened


@pytest.fixture(scope="module")
def engine(address: str) -> Iterator[sa.Engine]:
    """Of one connection: what is made in it is its own."""
    made = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.StaticPool)
    yield made
    made.dispose()


def psql(address: str, *commands: str) -> str:
    typed = [word for command in (*MADE.strip().split("\n"), *commands) for word in ("-c", command)]
    answer = subprocess.run(["psql", "-X", "-q", address, *typed], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stderr == ""
    return answer.stdout


def test_psql_describes_them(address: str) -> None:
    shown = psql(
        address, r"\d mine", r"\d lines", r"\d+ seen", r"\d passing", r"\dt mine", r"\dv seen", r"\dm", r"\sv seen", r"\di by_mine"
    )
    for words in (
        'Table "aws.mine"',
        " name   | text          |           | not null | 'x'",
        " price  | numeric(10,2) |           |          | \n",
        '"mine_pkey" PRIMARY KEY, btree (id)',
        '"mine_name_at_key" UNIQUE CONSTRAINT, btree (name, at)',
        '"mine_price_check" CHECK',
        'TABLE "lines" CONSTRAINT "lines_mine_id_fkey" FOREIGN KEY (mine_id) REFERENCES mine(id)',
        '"by_mine" btree (mine_id)',
        "tags    | text[]",
        "doc     | jsonb",
        'View "aws.seen"',
        "View definition:\n SELECT id, price * 2 AS double_price",
        " aws    | mine | table | aws",
        " aws    | seen | view | aws",
        "counted | materialized view",
        "CREATE OR REPLACE VIEW aws.seen AS",
    ):
        assert words in shown
    assert 'Table "pg_temp_' in shown


STANDARD = {
    "SELECT table_schema, table_type FROM information_schema.tables WHERE table_name = 'mine'": [("aws", "BASE TABLE")],
    "SELECT table_type FROM information_schema.tables WHERE table_name = 'passing'": [("LOCAL TEMPORARY",)],
    "SELECT column_name, data_type, is_nullable, numeric_precision, numeric_scale FROM information_schema.columns "
    "WHERE table_name = 'mine' ORDER BY ordinal_position": [
        ("id", "integer", "NO", 32, 0),
        ("name", "text", "NO", None, None),
        ("price", "numeric", "YES", 10, 2),
        ("at", "date", "YES", None, None),
    ],
    "SELECT view_definition FROM information_schema.views WHERE table_schema = current_schema() AND table_name = 'seen'": [
        (" SELECT id, price * 2 AS double_price FROM mine;",)
    ],
    "SELECT constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_name IN ('mine', 'lines') ORDER BY 1": [
        ("lines_mine_id_fkey", "FOREIGN KEY"),
        ("lines_pkey", "PRIMARY KEY"),
        ("mine_name_at_key", "UNIQUE"),
        ("mine_pkey", "PRIMARY KEY"),
        ("mine_price_check", "CHECK"),
    ],
    "SELECT k.column_name, k.ordinal_position, u.table_name, u.column_name FROM information_schema.referential_constraints r "
    "JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name) JOIN information_schema.key_column_usage u "
    "ON u.constraint_name = r.unique_constraint_name AND u.ordinal_position = k.position_in_unique_constraint "
    "WHERE k.table_name = 'lines'": [("mine_id", 1, "mine", "id")],
    "SELECT 'mine'::regclass::oid = 'aws.mine'::regclass::oid, to_regclass('pg_temp.passing') = 'passing'::regclass": [(True, True)],
    "SELECT pg_table_is_visible('passing'::regclass), pg_my_temp_schema() <> 0": [(True, True)],
    "SELECT viewname FROM pg_views WHERE schemaname = 'aws' AND viewname = 'seen'": [("seen",)],
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'lines' AND indexname = 'by_mine'": [
        ("by_mine", "CREATE INDEX by_mine ON lines USING btree (mine_id)")
    ],
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'aws' AND table_name IN ('s3_bucket', 'mine') ORDER BY 1": [
        ("mine",),
        ("s3_bucket",),
    ],
}


@pytest.mark.parametrize("asked", STANDARD)
def test_the_catalog_has_them(client: psycopg.Connection, asked: str) -> None:
    assert client.execute(asked).fetchall() == STANDARD[asked]


ASKED = {
    "SELECT setting FROM pg_settings WHERE name = 'search_path'": [("aws",)],
    "SELECT current_setting(name) FROM pg_settings WHERE name = 'search_path'": [("aws",)],
    "SELECT d.datname, t.spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace ORDER BY 1": [
        ("aws", "pg_default"),
        ("steampipe", "pg_default"),
    ],
    "SELECT nspname FROM pg_namespace WHERE nspname = 'cirql'": [("cirql",)],
    "SELECT count(*) > 5 FROM information_schema.columns WHERE table_schema = 'cirql' AND table_name = 'changes'": [(True,)],
    "SELECT 'aws_vpc' <> '' AND pg_get_viewdef('steampipe.aws_vpc'::regclass) LIKE ' SELECT%aws.ec2_vpc%'": [(True,)],
    "SELECT character_set_name FROM information_schema.character_sets": [("UTF8",)],
    "SELECT count(*) FROM information_schema.triggers": [(0,)],
    "SELECT routine_type, specific_schema FROM information_schema.routines WHERE routine_name = 'int4in'": [("FUNCTION", "pg_catalog")],
    "SELECT data_type, udt_name FROM information_schema.columns WHERE table_schema = 'aws' AND table_name = 's3_bucket' "
    "AND column_name IN ('name', 'tags', 'creation_date', 'policy') ORDER BY column_name": [
        ("timestamp without time zone", "timestamp"),
        ("text", "text"),
        ("jsonb", "jsonb"),
        ("USER-DEFINED", "hstore"),
    ],
    "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 's3_bucket' AND TABLE_SCHEMA NOT IN "
    "('information_schema', 'pg_catalog') ORDER BY TABLE_SCHEMA, TABLE_NAME": [("aws", "s3_bucket", "BASE TABLE")],
    "SELECT i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME AS INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION FROM "
    "INFORMATION_SCHEMA.TABLE_CONSTRAINTS i JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE ii ON i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA AND "
    "i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME AND i.TABLE_SCHEMA = ii.TABLE_SCHEMA AND i.TABLE_NAME = ii.TABLE_NAME WHERE i.TABLE_SCHEMA = "
    "'sagemaker' AND i.TABLE_NAME = 'image' AND i.CONSTRAINT_TYPE = 'PRIMARY KEY' ORDER BY 3": [
        ("sagemaker_image_pkey", "region", 1),
        ("sagemaker_image_pkey", "image_arn", 2),
    ],
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_tools_ask_about_awss_tables_is_answered_as_postgresql_does(address: str, asked: str) -> None:
    with psycopg.connect(address, autocommit=True) as other:
        assert other.execute(asked).fetchall() == ASKED[asked]


def test_every_view_of_the_standard_is_there(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as other:
        for name in STANDARD_VIEWS:
            other.execute(f"SELECT * FROM information_schema.{name.removeprefix('is_')} LIMIT 0")
        named = other.execute("SELECT * FROM information_schema.tables WHERE table_schema = 'cirql' LIMIT 1").description
        assert named is not None
        assert [column.name for column in named] == list(STANDARD_VIEWS["is_tables"])


def test_nobody_else_sees_them_and_rollback_undoes_them(client: psycopg.Connection, address: str) -> None:
    asked = (
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relname IN ('mine', 'gone', 'seen', 'passing')"
    )
    assert client.execute(asked).fetchone() == (3,)
    with psycopg.connect(address) as other:
        assert other.execute(asked).fetchone() == (0,)
        other.execute("CREATE TABLE gone (id int)")
        other.execute("CREATE TEMP TABLE passing (id int)")
        assert other.execute(asked).fetchone() == (2,)
        other.rollback()
        assert other.execute(asked).fetchone() == (0,)
        other.execute("CREATE VIEW seen AS SELECT 1 AS a")
        other.commit()
        other.execute("DROP VIEW seen")
        assert other.execute(asked).fetchone() == (0,)
        other.rollback()
        assert other.execute(asked).fetchone() == (1,)
    assert client.execute(asked).fetchone() == (3,)


def test_a_covered_table_is_not_visible(client: psycopg.Connection) -> None:
    client.execute("CREATE TABLE s3_bucket (id int)")
    asked = "SELECT nspname LIKE 'pg_temp%', pg_table_is_visible(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    asked += " WHERE relname = 's3_bucket'"
    assert sorted(client.execute(asked).fetchall()) == [(False, False), (True, True)]
    client.execute("DROP TABLE s3_bucket")
    assert client.execute(asked).fetchall() == [(False, True)]


def test_sqlalchemy_reflects_them(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for statement in MADE.strip().split("\n"):
            connection.exec_driver_sql(statement.replace("mine", "own").replace("lines", "own_lines").replace("seen", "own_seen"))
    inspector = sa.inspect(engine)
    assert {"own", "own_lines", "s3_bucket"} <= set(inspector.get_table_names())
    assert "own_seen" in inspector.get_view_names()
    columns = inspector.get_columns("own")
    assert [(c["name"], str(c["type"]), c["nullable"]) for c in columns] == [
        ("id", "INTEGER", False),
        ("name", "TEXT", False),
        ("price", "NUMERIC(10, 2)", True),
        ("at", "DATE", True),
    ]
    assert columns[1]["default"] == "'x'"
    assert inspector.get_pk_constraint("own")["constrained_columns"] == ["id"]
    assert [k["referred_table"] for k in inspector.get_foreign_keys("own_lines")] == ["own"]
    assert [(i["name"], i["column_names"], i["unique"]) for i in inspector.get_indexes("own_lines")] == [("by_own", ["own_id"], False)]
    assert [u["column_names"] for u in inspector.get_unique_constraints("own")] == [["name", "at"]]
    assert len(inspector.get_check_constraints("own")) == 1
    assert inspector.get_view_definition("own_seen").strip().startswith("SELECT id")
    reflected = sa.MetaData()
    reflected.reflect(engine, only=["own", "own_lines"])
    assert [c.name for c in reflected.tables["own"].columns] == ["id", "name", "price", "at"]


def test_pandas_writes_replaces_and_reads_them(engine: sa.Engine) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})
    frame.to_sql("frame", engine, index=False)
    frame.to_sql("frame", engine, index=False, if_exists="append")
    assert len(pd.read_sql("SELECT * FROM frame", engine)) == 6
    frame.to_sql("frame", engine, index=False, if_exists="replace")
    assert pd.read_sql_table("frame", engine).to_dict("records") == frame.to_dict("records")
    frame.to_sql("placed", engine, schema="aws", index=False, if_exists="replace")
    frame.to_sql("placed", engine, schema="aws", index=False, if_exists="replace")
    assert pd.read_sql_table("placed", engine, schema="aws")["a"].tolist() == [1, 2, 3]


def test_ibis_asks_by_text_and_by_name(server: Server) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ibis
    con = ibis.postgres.connect(host="127.0.0.1", port=server.port, user="aws", database="aws", schema="aws")
    try:
        con.raw_sql("CREATE TABLE mine (id int, name text)").close()
        con.raw_sql("INSERT INTO mine VALUES (1, 'a'), (2, 'b')").close()
        mine = con.table("mine")
        assert list(mine.schema()) == ["id", "name"]
        assert mine.filter(mine.id > 1).name.to_pyarrow().to_pylist() == ["b"]
        con.raw_sql("CREATE TEMPORARY VIEW twice AS SELECT id * 2 AS twice FROM mine").close()  # as `con.sql` asks what a text gives
        assert con.get_schema("twice") == ibis.schema({"twice": "int32"})
        assert con.sql("SELECT name, region FROM aws.s3_bucket").count().to_pyarrow().as_py() > 0
        assert con.sql("SELECT id * 2 AS twice FROM mine").twice.sum().to_pyarrow().as_py() == 6
        assert "mine" in con.list_tables()
    finally:
        con.disconnect()
