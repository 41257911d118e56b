"""A locked session: for whoever runs statements of others. No file, no wider scope, no EXEC that is not listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cirql import errors
from cirql.localcloud import ACCOUNTS, LocalCloud
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings


@pytest.fixture
def locked(settings: Settings) -> Settings:
    return replace(settings, locked=True, regions=("us-east-1", "eu-west-1"), accounts=ACCOUNTS[:2])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('mine.csv')",
        'SELECT * FROM "mine.csv"',
        "SELECT * FROM read_parquet('*.parquet')",
        "CREATE TABLE t AS SELECT * FROM read_csv('mine.csv')",
        "CREATE VIEW v AS SELECT * FROM read_csv('/dev/stdin')",
        "EXPLAIN SELECT * FROM read_json('mine.json')",
        "SELECT (SELECT count(*) FROM read_csv('mine.csv'))",
    ],
)
def test_a_locked_session_reads_no_file(sql: str, locked: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    with Session(locked) as session, pytest.raises(errors.AccessDenied, match="locked"):
        session.execute(sql).fetchall()


def test_a_locked_session_only_narrows_its_scope(locked: Settings, cloud: LocalCloud) -> None:
    count = "SELECT DISTINCT account_id, region FROM aws.sagemaker_image"
    with Session(locked) as session:
        for widening in (
            "SET regions = 'us-west-2'",
            "SET regions = '*'",
            "SET regions = 'us-east-1,us-west-2'",
            "SET accounts = '999999999999'",
        ):
            with pytest.raises(errors.AccessDenied, match="narrow"):
                session.execute(widening)
        session.execute("SET regions = 'us-east-1'")
        session.execute(f"SET accounts = '{ACCOUNTS[0]}'")
        assert session.execute(count).fetchall() == [(ACCOUNTS[0], "us-east-1")]
        session.execute("SET regions = 'us-east-1,eu-west-1'")  # what it was opened with
        session.execute("SET max_age = '1 hour'")
        session.execute("SET dialect = 'stackql'")


def test_conditions_of_a_locked_session_reach_no_further_than_its_scope(locked: Settings, cloud: LocalCloud) -> None:
    with Session(locked) as session:
        assert session.execute("SELECT region FROM aws.sagemaker_image WHERE region = 'us-west-2'").fetchall() == []
        assert session.execute("SELECT region FROM aws.ec2_instance WHERE region IN ('us-west-2', 'ap-south-1')").fetchall() == []
    assert {c.region for c in cloud.calls} <= {"us-east-1", "eu-west-1"}


def test_exec_of_a_locked_session_runs_what_is_listed(locked: Settings, cloud: LocalCloud) -> None:
    place = f"@region = 'us-east-1', @account_id = '{ACCOUNTS[0]}'"
    with Session(locked) as session:
        for call in ("sagemaker.list_images", "sqs.create_queue @QueueName = 'q',", "/*+ SECRETS */"):
            with pytest.raises(errors.Error):
                session.execute(f"EXEC aws.{call} {place}")
            with pytest.raises(errors.Error):
                session.execute(f"EXPLAIN EXEC aws.{call} {place}")
    assert not cloud.calls
    with Session(replace(locked, exec_allowed=("sagemaker:ListImages",))) as session:
        assert session.execute(f"EXEC aws.sagemaker.list_images {place}").fetchall()
        with pytest.raises(errors.AccessDenied, match="locked"):
            session.execute(f"EXEC aws.sagemaker.list_image_versions @ImageName = 'a', {place}")


@pytest.mark.parametrize("name", ["locked", "exec_allowed", "writable", "endpoint_url", "max_changes", "journal", "store"])
def test_a_statement_cannot_unlock(name: str, locked: Settings) -> None:
    with Session(locked) as session, pytest.raises(errors.InvalidStatement):
        session.execute(f"SET {name} = 'false'")


def test_a_locked_runtime_opens_locked_sessions(locked: Settings) -> None:
    with Runtime(locked) as runtime:
        with pytest.raises(errors.SettingsError, match="locked"):
            runtime.session(locked=False)
        assert runtime.session(dialect="stackql").settings.locked
