"""What a client of Steampipe's does, pointed at cirql: a search path, its tables in the catalog, and its queries."""

from __future__ import annotations

import psycopg

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
