"""PostgreSQL's catalog as a whole: which tables a question is about, columns of all of them, and names of types for ADBC."""

from __future__ import annotations

import adbc_driver_postgresql.dbapi
import psycopg
import pytest
from sqlglot import parse_one

from cirql.catalog.lookup import Catalog
from cirql.introspection import steampipe
from cirql.introspection.names import published
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.server.system.columns import STANDARD
from cirql.server.system.narrowing import Narrowing, narrowing

COLUMNS = (
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
)

NAME = "n.nspname || '.' || c.relname,"


@pytest.mark.parametrize(
    ("sql", "values", "asked"),
    [
        (f"{COLUMNS} WHERE a.attnum > 0", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname = 's3_bucket'", [], Narrowing(("s3_bucket",))),
        (f"{COLUMNS} WHERE n.nspname = $1 AND (c.relname LIKE $2)", ["aws", "s3%"], Narrowing(("s3%",), ("aws",))),
        (f"{COLUMNS} WHERE c.relname ~ '^(s3_bucket)$'", [], Narrowing(("^(s3_bucket)$",))),
        (f"{COLUMNS} WHERE c.relname ~ 's3_bucket'", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname ~ '^((a+)+)$'", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname ~ '^(a' || $1 || ')$'", ["b"], Narrowing()),
        (f"{COLUMNS} WHERE c.relname = lower('S3_BUCKET')", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname ILIKE 'S3%'", [], Narrowing(("s3%",))),
        (f"{COLUMNS} WHERE c.relname IN ('a', 'b')", [], Narrowing(("a", "b"))),
        (f"{COLUMNS} WHERE c.relname = ANY (ARRAY['a', 'b'])", [], Narrowing(("a", "b"))),
        (f"{COLUMNS} WHERE c.relname = ANY ($1)", [["a", "b"]], Narrowing(("a", "b"))),
        (f"{COLUMNS} WHERE c.relname = ANY ($1)", ['{a,"b"}'], Narrowing(("a", "b"))),
        (f"{COLUMNS} WHERE n.nspname = ANY ('{{a,b}}'::name[])", [], Narrowing(None, ("a", "b"))),
        (f"{COLUMNS} WHERE n.nspname = ANY ($1) AND c.relname = $2", ["{aws}", "s3_bucket"], Narrowing(("s3_bucket",), ("aws",))),
        (f"{COLUMNS} WHERE a.attrelid = 100001", [], Narrowing(("100001",))),
        (f"{COLUMNS} WHERE a.attrelid = 'aws.s3_bucket'::regclass", [], Narrowing(("aws.s3_bucket",), None, ("aws.s3_bucket",))),
        ("SELECT col_description(100001, 1)", [], Narrowing((), None, ("100001",))),
        (f"{COLUMNS} WHERE c.relname = 'a' OR a.attnum = 1", [], Narrowing()),
        (f"{COLUMNS} WHERE NOT c.relname = 'a'", [], Narrowing()),
        ("SELECT 1 FROM (SELECT oid FROM pg_class WHERE relname = 'a') c RIGHT JOIN pg_attribute a ON true", [], Narrowing()),
        ("SELECT 1 FROM pg_type t JOIN pg_class c ON c.relname = 'a' FULL JOIN pg_attribute a ON true", [], Narrowing()),
        ("SELECT 1 FROM pg_type t RIGHT JOIN pg_class c ON true WHERE c.relname = 'a'", [], Narrowing(("a",))),
        ("SELECT 1 FROM pg_type t LEFT JOIN (pg_attribute a JOIN pg_class c ON c.relname = 'a') ON true", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname = 'a' UNION {COLUMNS}", [], Narrowing()),
        (f"{COLUMNS} WHERE c.relname = 'a' UNION {COLUMNS} WHERE c.relname = 'b'", [], Narrowing(("a", "b"))),
        (f"{COLUMNS} JOIN pg_trigger t ON t.tgrelid = c.oid", [], Narrowing(())),
        ("SELECT count(*), (SELECT max(attname) FROM pg_attribute) FROM pg_trigger", [], Narrowing()),
        ("SELECT conname FROM pg_constraint WHERE confrelid = 100001", [], Narrowing(())),
        ("SELECT attname, (SELECT oid FROM pg_class WHERE relname = 'a') FROM pg_attribute", [], Narrowing()),
        ("SELECT attname FROM pg_attribute a LEFT JOIN pg_class c ON c.relname = 'a'", [], Narrowing()),
        ("SELECT attname FROM pg_attribute a LEFT JOIN (SELECT oid FROM pg_class WHERE relname = 'a') c ON true", [], Narrowing()),
        ("SELECT attname FROM (SELECT * FROM pg_attribute WHERE attrelid IN (100001)) a", [], Narrowing(("100001",))),
        ("SELECT attname FROM pg_attribute JOIN pg_type t ON t.oid = 25", [], Narrowing()),
        ("SELECT attname FROM pg_attribute WHERE attnum = 'pg_class'::regclass", [], Narrowing(None, None, ("pg_class",))),
    ],
)
def test_only_conditions_that_hold_for_the_whole_question_narrow_it(sql: str, values: list[object], asked: Narrowing) -> None:
    assert narrowing(parse_one(sql, read="postgres"), values) == asked


def test_the_columns_of_all_tables_are_those_of_the_catalog(address: str, runtime: Runtime, cloud: LocalCloud) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        some = client.execute(f"{COLUMNS} WHERE n.nspname = 'sagemaker'").fetchall()
        found = client.execute(f"{COLUMNS.replace('c.relname,', NAME)} WHERE a.attnum > 0 AND n.nspname <> 'pg_catalog'").fetchall()
    with Catalog.open() as catalog:
        expected = {(".".join(f.name.parts[-2:]), c.name) for f in published(catalog) for c in f.star}
        expected |= {(v.name, c.name) for v in catalog.views() for c in v.columns}
    expected |= {(f"steampipe_internal.{name}", c) for name, columns in steampipe.COLUMNS.items() for c in columns}
    with runtime.session() as session:
        told = [r.table for name, r in session.directory.relations.items() if name.startswith("cirql.")]
    expected |= {(str(table.name), column.name) for table in told for column in table.columns}
    expected |= {(f"information_schema.{name.removeprefix('is_')}", c) for name, columns in STANDARD.items() for c in columns}
    found = [pair for pair in found if not pair[0].endswith("_pkey")]
    some = [pair for pair in some if not pair[0].endswith("_pkey")]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert set(some) == {(name.partition(".")[2], column) for name, column in expected if name.startswith("sagemaker.")}
    assert list(cloud.calls) == []


def test_functions_of_types_have_their_names(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        shown = client.execute(
            "SELECT typname, typreceive, typinput::text AS i FROM pg_type WHERE typreceive <> 0 AND oid IN (20, 1114, 1016)"
        )
        assert sorted(shown.fetchall()) == [
            ("_int8", "array_recv", "array_in"),
            ("int8", "int8recv", "int8in"),
            ("timestamp", "timestamp_recv", "timestamp_in"),
        ]
        arrays = client.execute("SELECT count(*) FROM pg_type WHERE typinput = 'pg_catalog.array_in'::regproc AND typelem = 20")
        assert arrays.fetchone() == (1,)


def test_adbc_sees_types(address: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(address) as client, client.cursor() as cursor:
        cursor.execute("SELECT name, creation_date, 1.5::float8 AS f, true AS b, 7::bigint AS i FROM aws.s3_bucket ORDER BY 1")
        table = cursor.fetch_arrow_table()
        assert [str(field.type) for field in table.schema] == ["string", "timestamp[us]", "double", "bool", "int64"]
        assert table.num_rows > 0
        schema = client.adbc_get_table_schema("s3_bucket", db_schema_filter="aws")
        assert str(schema.field("creation_date").type) == "timestamp[us]"


def test_joins_in_parentheses_keep_their_tables(address: str) -> None:
    """As psqlodbc asks for columns."""
    asked = """
        select n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)
        from (((pg_catalog.pg_class c inner join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        and c.relname like 's3_bucket' and n.nspname = 'aws')
        inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum > 0 and a.attrelid = c.oid)
        inner join pg_catalog.pg_type t on t.oid = a.atttypid)
        left outer join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum
        order by n.nspname, c.relname, attnum"""
    with psycopg.connect(address) as client:
        rows = client.execute(asked).fetchall()
    assert rows[0] == ("aws", "s3_bucket", "_key", None)
    assert ("aws", "s3_bucket", "creation_date", None) in rows


def test_any_takes_a_list_written_as_text(address: str) -> None:
    """As pgcli asks for names of tables."""
    asked = "SELECT relname FROM pg_catalog.pg_class c WHERE c.relkind = ANY('{r,\"p\",f}') AND relname = 'sagemaker_image'"
    with psycopg.connect(address) as client:
        assert client.execute(asked).fetchall() == [("sagemaker_image",)]


def test_a_primary_key_is_found_through_its_index(address: str) -> None:
    """As psqlodbc asks for SQLPrimaryKeys: the columns of an index are attributes of its own, and `indkey` counts from zero."""
    asked = """select ta.attname, ia.attnum, ic.relname, n.nspname, tc.relname, i.indkey[0]
        from pg_catalog.pg_attribute ta, pg_catalog.pg_attribute ia, pg_catalog.pg_class tc, pg_catalog.pg_index i,
        pg_catalog.pg_namespace n, pg_catalog.pg_class ic
        where tc.relname = 'bucket' AND n.nspname = 's3' AND tc.oid = i.indrelid AND n.oid = tc.relnamespace
        AND i.indisprimary = 't' AND ia.attrelid = i.indexrelid AND ta.attrelid = i.indrelid
        AND ta.attnum = i.indkey[ia.attnum-1] AND (NOT ta.attisdropped) AND (NOT ia.attisdropped) AND ic.oid = i.indexrelid
        order by ia.attnum"""
    with psycopg.connect(address) as client:
        assert client.execute(asked).fetchall() == [
            ("region", 1, "bucket_pkey", "s3", "bucket", 1),
            ("bucket_name", 2, "bucket_pkey", "s3", "bucket", 1),
        ]


REFERENCES = """SELECT pkc.relname, fkn.nspname, fkc.relname, fka.attname, con.conname, pkic.relname
    FROM pg_catalog.pg_namespace pkn, pg_catalog.pg_class pkc, pg_catalog.pg_attribute pka, pg_catalog.pg_namespace fkn,
    pg_catalog.pg_class fkc, pg_catalog.pg_attribute fka, pg_catalog.pg_constraint con, pg_catalog.generate_series(1, 32) pos(n),
    pg_catalog.pg_class pkic
    WHERE pkn.oid = pkc.relnamespace AND pkc.oid = pka.attrelid AND pka.attnum = con.confkey[pos.n] AND con.confrelid = pkc.oid
    AND fkn.oid = fkc.relnamespace AND fkc.oid = fka.attrelid AND fka.attnum = con.conkey[pos.n] AND con.conrelid = fkc.oid
    AND con.contype = 'f' AND pkic.relkind = 'i' AND pkic.oid = con.conindid"""


def test_what_refers_to_a_table_is_not_looked_for_in_that_table_alone() -> None:
    """As pgjdbc asks in getExportedKeys and getImportedKeys."""
    exported = parse_one(f"{REFERENCES} AND pkn.nspname = 'aws' AND pkc.relname = 'sagemaker_image'", read="postgres")
    imported = parse_one(f"{REFERENCES} AND fkn.nspname = 'sagemaker' AND fkc.relname = 'image_version'", read="postgres")
    assert narrowing(exported, []) == Narrowing()
    assert narrowing(imported, []) == Narrowing(("image_version",), ("sagemaker",))


def test_references_and_indexes_are_shown_as_pgjdbc_asks(address: str) -> None:
    indexes = """SELECT tmp.name, tmp.place, trim(both '"' from pg_catalog.pg_get_indexdef(tmp.oid, tmp.place, false)) FROM (
        SELECT ci.relname AS name, (information_schema._pg_expandarray(i.indkey)).n AS place, ci.oid AS oid
        FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid)
        JOIN pg_catalog.pg_index i ON (ct.oid = i.indrelid) JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid)
        JOIN pg_catalog.pg_am am ON (ci.relam = am.oid) WHERE n.nspname = 's3' AND ct.relname = 'bucket') AS tmp ORDER BY 2"""
    reference = ("sagemaker_image", "sagemaker", "image_version", "image_name", "image_version_image_name_fkey", "sagemaker_image_pkey")
    with psycopg.connect(address) as client:
        for condition in (
            "pkn.nspname = 'aws' AND pkc.relname = 'sagemaker_image'",
            "fkn.nspname = 'sagemaker' AND fkc.relname = 'image_version'",
        ):
            assert reference in client.execute(f"{REFERENCES} AND {condition}").fetchall()
        assert client.execute(indexes).fetchall() == [("bucket_pkey", 1, "region"), ("bucket_pkey", 2, "bucket_name")]


def test_no_view_has_a_foreign_key(address: str) -> None:
    """As in PostgreSQL: the completions of pgcli end at the first one."""
    asked = """SELECT c.relkind, count(*) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'f' GROUP BY 1"""
    with psycopg.connect(address) as client:
        client.execute(f"{COLUMNS} WHERE a.attnum > 0").fetchall()
        assert [kind for kind, _ in client.execute(asked).fetchall()] == ["r"]


def test_pgcli_can_ask_for_functions(address: str) -> None:
    asked = """SELECT p.proname, COALESCE(proallargtypes::regtype[], proargtypes::regtype[])::text[], p.proargmodes,
        prorettype::regtype::text return_type, d.deptype = 'e' is_extension, pg_get_expr(proargdefaults, 0) AS arg_defaults
        FROM pg_catalog.pg_proc p LEFT JOIN pg_depend d ON d.objid = p.oid and d.deptype = 'e'
        WHERE p.prorettype::regtype != 'trigger'::regtype ORDER BY 1, 2"""
    with psycopg.connect(address) as client:
        assert client.execute(asked).fetchall() == []


@pytest.mark.parametrize(
    ("condition", "table"),
    [
        ("c.relname ~ 'omics_run_cach.$'", "omics_run_cache"),
        ("c.relname LIKE 'workmail_grou_'", "workmail_group"),
        ("c.relname ILIKE 'WORKDOCS_USE_'", "workdocs_user"),
        ("c.relname = 'wisdom_' || 'content'", "wisdom_content"),
        ("c.relname ~ '^((p|q)inpoint_app)$'", "pinpoint_app"),
        ("c.relname ~ '^((.*)*translate_language)$'", "translate_language"),
    ],
)
def test_patterns_of_any_kind_find_the_columns_of_what_they_mean(condition: str, table: str, address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        found = client.execute(f"{COLUMNS} WHERE {condition}").fetchall()
        assert found
        assert sorted(found) == sorted(client.execute(f"{COLUMNS} WHERE c.relname = %s", [table]).fetchall())


def test_everything_is_in_the_catalog_of_the_database(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        assert connection.execute("SELECT DISTINCT catalog_name FROM information_schema.schemata").fetchall() == [("aws",)]
        assert connection.execute("SELECT DISTINCT table_catalog FROM information_schema.tables").fetchall() == [("aws",)]
        asked = "SELECT schema_name FROM information_schema.schemata WHERE catalog_name = current_database()"
        assert {"aws", "sagemaker", "cirql", "steampipe"} <= {name for (name,) in connection.execute(asked)}
        asked = "SELECT table_type FROM information_schema.tables WHERE table_catalog = %s AND table_schema = %s AND table_name = %s"
        columns = """
            SELECT DISTINCT c.table_catalog FROM information_schema.columns c
            JOIN information_schema.tables t USING (table_catalog, table_schema, table_name)
            WHERE c.table_catalog = current_database() AND c.table_schema = %s AND c.table_name = %s"""
        for schema, table, kind in (
            ("aws", "s3_bucket", "BASE TABLE"),
            ("s3", "bucket", "BASE TABLE"),
            ("steampipe", "aws_s3_bucket", "VIEW"),
        ):
            assert connection.execute(asked, ("aws", schema, table)).fetchall() == [(kind,)]
            assert connection.execute(columns, (schema, table)).fetchall() == [("aws",)]


def test_a_query_of_tables_knows_who_asks_and_where(address: str) -> None:
    names = "current_database(), current_catalog, current_schema, current_schema(), current_user, session_user"
    with psycopg.connect(address, autocommit=True) as connection:
        alone = connection.execute(f"SELECT {names}").fetchall()
        assert connection.execute(f"SELECT DISTINCT {names} FROM aws.s3_bucket").fetchall() == alone
        assert (
            connection.execute(f"SELECT DISTINCT {names} FROM information_schema.schemata WHERE schema_name = %s", ["s3"]).fetchall()
            == alone
        )
