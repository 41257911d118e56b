"""Who is connected and what they ask, as pgAdmin and DBeaver look at it, and ending another's statement."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import asyncpg
import psycopg
import pytest

from cirql.runtime import Runtime
from cirql.server.listening import Server
from cirql.server.scram import Verifier
from cirql.server.users import User, UserRole

CONNECTED = """
SELECT set_config('bytea_output','hex',false) FROM pg_show_all_settings() WHERE name = 'bytea_output';
SELECT db.oid as did, db.datname, pg_encoding_to_char(db.encoding) AS serverencoding,
    has_database_privilege(db.oid, 'CREATE') as cancreate FROM pg_catalog.pg_database db
    WHERE db.datname = current_database() AND db.oid > 16383;
SELECT gss_authenticated, encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_backend_pid();
SELECT roles.oid as id, roles.rolname as name,
    CASE WHEN 'pg_signal_backend'=ANY(ARRAY(WITH RECURSIVE cte AS (
        SELECT pg_roles.oid,pg_roles.rolname FROM pg_catalog.pg_roles WHERE pg_roles.oid = roles.oid
        UNION ALL SELECT m.roleid,pgr.rolname FROM cte cte_1 JOIN pg_catalog.pg_auth_members m ON m.member = cte_1.oid
        JOIN pg_catalog.pg_roles pgr ON pgr.oid = m.roleid)
    SELECT rolname FROM cte)) THEN True ELSE False END as can_signal_backend
FROM pg_catalog.pg_roles as roles WHERE rolname = current_user;
SELECT 'session_stats' AS chart_name, pg_catalog.row_to_json(t) AS chart_data
FROM (SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'active') AS "Active",
    (SELECT sum(xact_commit) FROM pg_catalog.pg_stat_database) AS "Commits") t;
SELECT pid, pg_catalog.to_char(backend_start, 'YYYY-MM-DD') AS began, array_to_string(pg_catalog.pg_blocking_pids(pid), ', ') AS blocking,
    CASE WHEN state = 'active' THEN ROUND((extract(epoch from now() - query_start) / 60)::numeric, 2) ELSE 0 END AS active_since
FROM pg_catalog.pg_stat_activity ORDER BY pid;
SELECT rel.relname, substring(pg_catalog.array_to_string(rel.reloptions, ',') FROM 'fillfactor=([0-9]*)') AS fillfactor,
    substring('a=1,b=20' FROM 'b=([0-9]*)')::int AS found, (SELECT st.setting from pg_catalog.pg_show_all_settings() st
    WHERE st.name = 'default_table_access_method') as default_amname FROM pg_class rel WHERE rel.relname = 'image_version';
SELECT name, vartype, min_val, max_val, enumvals FROM pg_catalog.pg_show_all_settings();
SELECT count(*), min((d).privilege_type) FROM (SELECT pg_catalog.aclexplode(db.datacl) AS d FROM pg_catalog.pg_database db) a;
WITH INH_TABLES AS (SELECT at.attname AS name, ph.inhparent AS inheritedid
    FROM pg_catalog.pg_attribute at JOIN pg_catalog.pg_inherits ph ON ph.inhparent = at.attrelid GROUP BY at.attname, ph.inhparent)
SELECT DISTINCT ON (att.attnum) att.attname, INH.inheritedid, (SELECT pg_catalog.array_agg(provider || '=' || label)
    FROM pg_catalog.pg_seclabels sl1 WHERE sl1.objoid=att.attrelid AND sl1.objsubid=att.attnum) AS seclabels
FROM pg_catalog.pg_attribute att LEFT OUTER join INH_TABLES as INH ON att.attname = INH.name
WHERE att.attrelid = 'sagemaker.image_version'::regclass AND att.attnum > 0 ORDER BY att.attnum;
SELECT count(*), min(cls.tableoid) FROM pg_catalog.pg_index idx JOIN pg_catalog.pg_class cls ON cls.oid=indexrelid
    LEFT JOIN pg_catalog.pg_depend dep ON (dep.classid = cls.tableoid AND dep.objid = cls.oid AND dep.refclassid=
    (SELECT oid FROM pg_catalog.pg_class WHERE relname='pg_constraint') AND dep.deptype='i')
    LEFT OUTER JOIN pg_catalog.pg_constraint con ON (con.tableoid = dep.refclassid AND con.oid = dep.refobjid)
    WHERE indrelid = 'sagemaker.image_version'::regclass;
SELECT count(*) + 1 FROM pg_locks l LEFT JOIN pg_stat_ssl s USING (pid) LEFT JOIN pg_prepared_xacts x ON true
"""


@pytest.mark.parametrize("sql", CONNECTED.split(";"))
def test_what_pgadmin_asks_when_it_connects_has_a_row(address: str, sql: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        assert len(client.execute(sql).fetchall()) >= 1


OF_A_TABLE = {
    "p": """SELECT cls.relname AS name, con.contype, indnkeyatts FROM pg_catalog.pg_index idx
        JOIN pg_catalog.pg_class cls ON cls.oid = indexrelid
        LEFT JOIN pg_catalog.pg_depend dep ON (dep.classid = cls.tableoid AND dep.objid = cls.oid AND dep.refobjsubid = '0'
            AND dep.refclassid = (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'pg_constraint') AND dep.deptype = 'i')
        LEFT OUTER JOIN pg_catalog.pg_constraint con ON (con.tableoid = dep.refclassid AND con.oid = dep.refobjid)
        WHERE indrelid = {table}::oid AND contype = 'p'""",
    "f": """SELECT ct.conname AS name, ct.contype, nr.nspname || '.' || cr.relname FROM pg_catalog.pg_constraint ct
        JOIN pg_catalog.pg_class cr ON cr.oid = confrelid JOIN pg_catalog.pg_namespace nr ON nr.oid = cr.relnamespace
        LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = ct.oid AND des.classoid = 'pg_constraint'::regclass)
        WHERE contype = 'f' AND conrelid = {table}::oid ORDER BY conname""",
}


def test_pgadmin_finds_the_keys_of_a_table(address: str) -> None:
    """Its tree has an index as a primary key where the index depends on a constraint, by the number of `pg_constraint`."""
    with psycopg.connect(address, autocommit=True) as client:
        (table,) = client.execute("SELECT 'sagemaker.image_version'::regclass::oid").fetchone() or (0,)
        found = [row for sql in OF_A_TABLE.values() for row in client.execute(sql.format(table=table)).fetchall()]
    assert found == [("image_version_pkey", "p", 2), ("image_version_image_name_fkey", "f", "aws.sagemaker_image")]


def test_the_catalog_describes_itself(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        asked = "SELECT c.oid, count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relname = 'pg_index' GROUP BY 1"
        columns = client.execute("SELECT * FROM pg_index LIMIT 0").description or ()
        assert client.execute(asked).fetchall() == [(2610, len(columns))]
        assert client.execute("SELECT 'pg_index'::regclass::oid, 2610::regclass").fetchall() == [(2610, "pg_index")]


def test_names_without_quotes_are_in_small_letters(address: str) -> None:
    """As pgAdmin reads the numbers of columns: `AS OID`."""
    with psycopg.connect(address, autocommit=True) as client:
        asked = client.execute(
            "SELECT attnum AS OID, attname AS \"Name\" FROM pg_catalog.pg_attribute WHERE attrelid = 's3.bucket'::regclass"
        )
        assert [column.name for column in asked.description or ()] == ["oid", "Name"]


def test_connections_are_seen_with_what_they_ask(address: str) -> None:
    with psycopg.connect(address, autocommit=True, application_name="the other") as other:
        other.execute("SELECT 7")
        with psycopg.connect(address, autocommit=True) as client:
            seen = "SELECT pid, usename, state, query FROM pg_stat_activity WHERE application_name = 'the other'"
            assert client.execute(seen).fetchall() == [(other.info.backend_pid, "aws", "idle", "SELECT 7")]
            assert client.execute("SELECT pg_backend_pid()").fetchone() == (client.info.backend_pid,)


def test_a_connection_is_ended_from_another(address: str) -> None:
    with (
        psycopg.connect(address, autocommit=True) as slow,
        psycopg.connect(address, autocommit=True) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        asked = thread.submit(slow.execute, "SELECT pg_sleep(60)")
        while not wait([asked], timeout=0.2).done:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", [slow.info.backend_pid])
        assert isinstance(asked.exception(), psycopg.errors.AdminShutdown)
        assert other.execute("SELECT pg_cancel_backend(99999)").fetchone() == (False,)


def test_others_statements_are_neither_seen_nor_ended(runtime: Runtime) -> None:
    users = {name: User(name, UserRole.READER, Verifier.of(name)) for name in ("one", "two")}
    with Server(runtime, port=0, users=users) as server:
        place = f"127.0.0.1:{server.port}/aws"
        with psycopg.connect(f"postgresql://one:one@{place}") as one, psycopg.connect(f"postgresql://two:two@{place}") as two:
            one.execute("SELECT 'mine'")
            pid = one.info.backend_pid
            assert two.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() == ("<insufficient privilege>",)
            assert two.execute("SELECT pg_cancel_backend(%s), pg_terminate_backend(%s)", [pid, pid]).fetchone() == (False, False)


def test_a_failure_is_told_before_sync(address: str) -> None:
    """As asyncpg waits for it: Parse, Describe, Flush."""

    async def ask() -> str:
        client = await asyncpg.connect(address)
        try:
            await client.fetch("SELECT nme FROM aws.s3_bucket")
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        finally:
            await client.close()
        return "none"

    told: list[str] = []
    thread = threading.Thread(target=lambda: told.append(asyncio.run(ask())), daemon=True)
    thread.start()
    thread.join(30)
    assert told == ["42703"]
