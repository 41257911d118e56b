"""A statement keeps to its limits, says which one it met, and leaves the session as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from cirql import errors
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from cirql.statements.limits import StatementLimits

MANY = "(SELECT n FROM generate_series(1, 2000) AS n)"
VERSIONS = "SELECT * FROM aws.sagemaker_image_version"


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    with Runtime(settings) as opened:
        yield opened


def test_no_more_requests_are_sent_than_may_be(runtime: Runtime, cloud: LocalCloud) -> None:
    session = runtime.session(max_calls=20)
    with pytest.raises(errors.TooManyCalls) as caught:
        session.execute(VERSIONS).fetchall()
    assert (caught.value.sqlstate, len(cloud.calls) <= 20) == ("53000", True)
    assert "max_calls" in str(caught.value.hint)
    assert session.execute("SELECT 1").fetchall() == [(1,)]


def test_a_statement_that_needs_just_what_it_may_is_whole(runtime: Runtime, cloud: LocalCloud) -> None:
    free = runtime.session().execute(VERSIONS)
    rows = len(free.fetchall())
    needed = len(cloud.calls)
    assert len(runtime.session(max_calls=needed, max_rows=rows).execute(VERSIONS).fetchall()) == rows
    with pytest.raises(errors.TooManyCalls):
        runtime.session(max_calls=needed - 1).execute(VERSIONS).fetchall()
    with pytest.raises(errors.TooManyRows):
        runtime.session(max_rows=rows - 1).execute(VERSIONS).fetchall()


def test_requests_that_are_tried_again_count(runtime: Runtime, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="List*", kind="error", code="ThrottlingException", message="slow down", status=400))
    with pytest.raises(errors.TooManyCalls):
        runtime.session(max_calls=4, max_attempts=None).execute("SELECT image_name FROM aws.sagemaker_image").fetchall()
    assert len(cloud.calls) <= 4


def test_rows_past_the_limit_are_an_error_and_not_an_end(runtime: Runtime) -> None:
    session = runtime.session(max_rows=1000)
    given = 0
    with pytest.raises(errors.TooManyRows) as caught:
        for batch in session.execute("SELECT n FROM generate_series(1, 100000) AS n").batches():
            given += batch.num_rows
    assert given <= 1000
    assert caught.value.sqlstate == "54000"
    assert len(session.execute("SELECT n FROM generate_series(1, 1000) AS n").fetchall()) == 1000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 500) AS n",
        f"SELECT array_length(array_agg(a.n + b.n), 1) FROM {MANY} a, {MANY} b, {MANY} c",
    ],
)
def test_memory_past_the_limit_is_an_error(runtime: Runtime, sql: str) -> None:
    session = runtime.session(memory="64MB")
    with pytest.raises(errors.OutOfMemory) as caught:
        session.execute(sql).fetchall()
    assert caught.value.sqlstate == "53200"
    assert session.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(repeat('x', 1000000000))",
        "SELECT lpad('a', 1000000000)",
        "SELECT length(range(1, 2000000000))",
        "SELECT generate_series(1, 2000000000)",
        "SELECT array_fill(1, ARRAY[2000000000])",
    ],
)
def test_one_step_makes_nothing_so_large_that_it_cannot_be_ended(session: Session, sql: str) -> None:
    with pytest.raises(errors.DataError, match="too l"):
        session.execute(sql).fetchall()


def test_set_changes_a_limit_and_zero_takes_it_away(session: Session) -> None:
    session.execute("SET max_rows = 10")
    with pytest.raises(errors.TooManyRows):
        session.execute("SELECT n FROM generate_series(1, 11) AS n").fetchall()
    session.execute("SET max_rows = 0")
    assert len(session.execute("SELECT n FROM generate_series(1, 11) AS n").fetchall()) == 11
    session.execute("SET statement_timeout = 150")  # PostgreSQL's unit is the millisecond
    assert session.settings.statement_timeout == 0.15
    session.execute("SET statement_timeout = '2 min'")
    assert session.settings.statement_timeout == 120
    with pytest.raises(errors.SettingsError):
        session.execute("SET max_calls = 'many'")


@pytest.mark.parametrize(
    "sql",
    [
        "SET max_calls = 51",
        "SET max_calls = 0",
        "SET statement_timeout = 'unlimited'",
        "SET max_rows = 9000000",
    ],
)
def test_a_locked_session_only_lowers_its_limits(settings: Settings, sql: str) -> None:
    with Runtime(settings.changed(locked=True)) as runtime:
        session = runtime.session(max_calls=50)
        with pytest.raises(errors.AccessDenied):
            session.execute(sql)
        session.execute("SET max_calls = 5")
        session.execute("SET max_calls = 50")
        assert session.settings.max_calls == 50


def test_a_locked_session_is_bounded_where_nobody_said_how(settings: Settings) -> None:
    with Runtime(settings.changed(locked=True)) as runtime:
        session = runtime.session()
        assert None not in dataclasses.astuple(StatementLimits.of(session.settings))
        with pytest.raises(errors.TooManyRows):
            for _ in session.execute("SELECT n FROM generate_series(1, 5000001) AS n").batches():
                pass
