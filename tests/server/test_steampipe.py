"""What a client of Steampipe's does, pointed at cirql: a search path, its tables in the catalog, and its queries."""

from __future__ import annotations

import psycopg
import pytest

from tests.server.test_clients import psql

PATH = "options=-c%20search_path%3Dsteampipe"


def test_psql_finds_the_tables_behind_a_search_path(address: str) -> None:
    asked = "SELECT name, tags ->> 'env' FROM aws_s3_bucket WHERE name LIKE 'acme-logs%' ORDER BY name LIMIT 1"
    answer = psql(f"{address}?{PATH}", "SHOW search_path", asked)
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[0] == "steampipe"
    assert answer.stdout.splitlines()[1].endswith("|dev")
    assert psql(address, "SET search_path TO 'steampipe', 'aws'", asked).stdout.splitlines()[-1].endswith("|dev")
    assert "does not exist" in psql(address, asked).stderr or "there is no table" in psql(address, asked).stderr


def test_a_client_sees_the_views_and_their_columns(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'steampipe'").fetchall()
        columns = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'steampipe' AND table_name = 'aws_s3_bucket'"
        ).fetchall()
        kinds = connection.execute(
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'steampipe' AND c.relname = 'aws_s3_bucket' AND a.attnum > 0"
        ).fetchall()
    assert len(tables) == 586
    assert {"name", "tags", "akas", "_ctx"} <= {name for name, _ in columns}
    assert ("tags", "jsonb") in kinds
    assert ("creation_date", "timestamp with time zone") in kinds


def test_psql_describes_a_view(address: str) -> None:
    assert "aws_s3_bucket|view" in psql(address, r"\dv steampipe.aws_s3_buck*").stdout
    assert "versioning_enabled|boolean" in psql(address, r"\d steampipe.aws_s3_bucket").stdout


# -- as Powerpipe connects: its default address names user and database `steampipe`


@pytest.fixture
def theirs(address: str) -> str:
    return address.replace("//aws@", "//steampipe@").removesuffix("/aws") + "/steampipe"


IS_STEAMPIPE = """
SELECT EXISTS (
  SELECT FROM pg_tables
  WHERE schemaname = 'steampipe_internal' AND tablename IN ('steampipe_plugin', 'steampipe_connection')
);"""


def test_a_client_of_steampipe_finds_out_whom_it_talks_to(theirs: str) -> None:
    with psycopg.connect(theirs, autocommit=True) as connection:
        assert connection.execute(IS_STEAMPIPE).fetchall() == [(True,)]
        assert connection.execute("SHOW search_path").fetchall() == [("steampipe, aws",)]
        assert ("steampipe_internal",) in connection.execute("SELECT schema_name FROM information_schema.schemata").fetchall()
        plugins = connection.execute("SELECT plugin, version FROM steampipe_internal.steampipe_plugin").fetchall()
        assert plugins == [("hub.steampipe.io/plugins/turbot/aws@latest", "local")]
        ready = "SELECT name FROM steampipe_connection WHERE state = 'ready'"
        assert connection.execute(ready).fetchall() == [("aws",)]
        columns = connection.execute("SELECT name, type FROM steampipe_plugin_column WHERE table_name = %s", ["aws_s3_bucket"]).fetchall()
        assert {("name", "STRING"), ("tags", "JSON"), ("creation_date", "TIMESTAMP"), ("versioning_enabled", "BOOL")} <= set(columns)
        settings = connection.execute("SELECT start_time IS NOT NULL, cache_enabled FROM steampipe_server_settings").fetchall()
        assert settings == [(True, False)]
        connection.execute("SET search_path TO aws", prepare=True)  # a connection there is a schema
        found = connection.execute("SELECT name FROM aws_s3_bucket WHERE name LIKE %s::text", ["acme-logs%"]).fetchall()
        scanned = connection.execute('SELECT "table", sum(rows_fetched) FROM steampipe_scan_metadata GROUP BY 1').fetchall()
    assert found
    assert [(table, rows >= len(found)) for table, rows in scanned] == [("aws.s3_bucket", True)]


def test_what_the_search_path_finds_is_visible_to_psql_and_nothing_else(theirs: str, address: str) -> None:
    assert "versioning_enabled|boolean" in psql(theirs, r"\d aws_s3_bucket").stdout
    assert "import_schema|text" in psql(f"{address}?{PATH}", r"\d steampipe_connection").stdout
    assert "Did not find any relation" in psql(address, r"\d aws_s3_bucket").stderr
    assert "there is no table steampipe_connection" in psql(address, "SELECT * FROM steampipe_connection").stderr
    assert psql(theirs, "SELECT current_schemas(false) @> ARRAY['steampipe', 'steampipe_internal', 'aws']").stdout == "t\n"


def test_a_setting_with_a_dot_is_read_as_it_was_set(theirs: str) -> None:
    answer = psql(theirs, "SET steampipe.cache = 'off'", "SELECT current_setting('steampipe.cache'), current_setting('a.b', true) IS NULL")
    assert answer.stdout.splitlines()[-1] == "off|t"
    assert answer.stderr == ""


def test_rules_of_security_groups_are_ingress_or_egress(theirs: str) -> None:
    asked = (
        "SELECT bool_and(CASE WHEN is_egress THEN type = 'egress' ELSE type = 'ingress' END), count(DISTINCT type) "
        "FROM aws_vpc_security_group_rule"
    )
    assert psql(theirs, asked).stdout == "t|2\n"
