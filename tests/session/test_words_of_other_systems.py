"""Statements that StackQL and PostgreSQL have beside queries: each has its meaning here, or a refusal that says what to write."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from cirql import connect, errors
from cirql.session import Session


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with connect() as opened:
        yield opened


@pytest.mark.parametrize("sql", ["SHOW TRANSACTION ISOLATION LEVEL", "show transaction_isolation;"])
def test_the_isolation_level_is_told(session: Session, sql: str) -> None:
    result = session.execute(sql)
    assert [c.name for c in result.columns] == ["transaction_isolation"]
    assert result.fetchall() == [("read committed",)]


def test_the_registry_has_the_providers(session: Session) -> None:
    providers = session.execute("SHOW PROVIDERS").fetchall()
    assert session.execute("REGISTRY LIST").fetchall() == providers
    assert session.execute("registry list awscc;").fetchall() == [p for p in providers if p[0] == "awscc"]


def test_sleep_waits_that_many_milliseconds(session: Session) -> None:
    began = time.monotonic()
    assert session.execute("/* settle */ SLEEP 60;").fetchall() == [("SLEEP",)]
    assert time.monotonic() - began >= 0.06


def test_sleep_ends_with_whatever_ends_a_statement() -> None:
    with connect(statement_timeout=0.1) as session, pytest.raises(errors.TimedOut):
        session.execute("SLEEP 600000")
    with connect() as session:
        threading.Timer(0.1, lambda: session.stop(errors.Cancelled("enough"))).start()
        with pytest.raises(errors.Cancelled):
            session.execute("SLEEP 600000")


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ("PURGE CONSERVATIVE", "cirql store"),
        ("NATIVEQUERY 'SELECT 1'", "SELECT"),
        ("REGISTRY PULL aws v1", "SHOW PROVIDERS"),
        ("AUTH LOGIN aws", "--profile"),
        ("AUTH REVOKE aws", "--profile"),
        ("SLEEP soon", "SLEEP 500"),
        ("SLEEP 1.5", "SLEEP 500"),
        ("CALL f()", "EXEC"),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "INSERT"),
        ("TRUNCATE aws.ec2.volumes", "DELETE"),
        ("VACUUM", "SELECT"),
    ],
)
def test_what_has_no_meaning_here_says_what_has(session: Session, sql: str, instead: str) -> None:
    with pytest.raises(errors.NotSupported, match="is not a statement that cirql runs") as refused:
        session.execute(sql)
    assert instead in str(refused.value.hint)
