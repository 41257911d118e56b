"""Tables that AWS reads for a time only: which time that is, and that it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cirql.catalog.model import Paging
from cirql.cloud import Answer
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.errors import InvalidText
from cirql.session import Session
from cirql.settings import Credential, Settings
from cirql.sql.parse import parse
from tests.clouds import SilentCloud

_ACCOUNT, _REGION = "111122223333", "us-east-1"
_SOON = timedelta(minutes=5)


class _Violations(SilentCloud):
    """Answers with a violation in the middle of the time that it is asked for, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        assert operation == "ListViolationEvents"
        self.asked.append(params)
        middle = params["startTime"] + (params["endTime"] - params["startTime"]) / 2
        yield Answer({"violationEvents": [{"violationId": "v-1", "violationEventTime": middle.replace(tzinfo=UTC)}]})

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey((Account(_ACCOUNT, _ACCOUNT, _REGION, (_REGION,)),))


@pytest.fixture
def cloud() -> _Violations:
    return _Violations()


@pytest.fixture
def session(cloud: _Violations) -> Iterator[Session]:
    settings = Settings(credentials=(Credential(_ACCOUNT, _ACCOUNT, "local", account=_ACCOUNT),), regions=(_REGION,))
    with Session(settings, cloud=cloud) as opened:
        yield opened


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def test_without_a_word_the_last_day_is_read_and_a_notice_says_so(session: Session, cloud: _Violations) -> None:
    result = session.execute("SELECT violation_id FROM aws.iot_violation_event")
    assert result.fetchall() == [("v-1",)]
    (asked,) = cloud.asked
    assert asked["endTime"] - asked["startTime"] == timedelta(days=1)
    assert abs(_now() - asked["endTime"]) < _SOON
    assert any("the last day" in notice and "SET dd.time_frame_start" in notice for notice in result.notices)


def test_the_sessions_time_frame_is_read(session: Session, cloud: _Violations) -> None:
    session.execute("SET dd.time_frame_start = '2026-01-02T10:00:00Z'")
    session.execute("SET dd.time_frame_end = '2026-01-02T12:00:00+01:00'")
    result = session.execute("SELECT violation_id FROM aws.iot_violation_event")
    assert len(result.fetchall()) == 1
    assert cloud.asked == [{"startTime": datetime(2026, 1, 2, 10), "endTime": datetime(2026, 1, 2, 11)}]
    assert any("the session's time frame" in notice for notice in result.notices)


def test_a_time_frame_that_is_no_moment_is_refused(session: Session) -> None:
    session.execute("SET dd.time_frame_start = 'yesterday'")
    with pytest.raises(InvalidText, match="is no moment"):
        session.execute("SELECT violation_id FROM aws.iot_violation_event")


def test_conditions_on_the_rows_own_time_say_what_is_asked_and_then_there_is_nothing_to_notice(
    session: Session, cloud: _Violations
) -> None:
    where = "violation_event_time >= TIMESTAMP '2026-01-05' AND violation_event_time < TIMESTAMP '2026-01-06'"
    result = session.execute(f"SELECT violation_id FROM aws.iot_violation_event WHERE {where}")
    assert len(result.fetchall()) == 1
    (asked,) = cloud.asked
    assert abs(asked["startTime"] - datetime(2026, 1, 5)) < _SOON
    assert abs(asked["endTime"] - datetime(2026, 1, 6)) < _SOON
    assert list(result.notices) == []


def test_a_condition_on_the_beginning_alone_reads_from_there_until_now(session: Session, cloud: _Violations) -> None:
    session.execute("SELECT violation_id FROM aws.iot_violation_event WHERE start_time >= TIMESTAMP '2026-01-05 12:00:00'").fetchall()
    (asked,) = cloud.asked
    assert asked["startTime"] == datetime(2026, 1, 5, 12)
    assert abs(_now() - asked["endTime"]) < _SOON


def test_the_same_time_is_read_with_pushdown_and_without(session: Session, cloud: _Violations) -> None:
    sql = "SELECT violation_id FROM aws.iot_violation_event WHERE violation_event_time < TIMESTAMP '2026-01-06'"
    answers = [session.select(parse(sql), pushdown=pushdown).fetchall() for pushdown in (True, False)]
    assert answers[0] == answers[1] == [("v-1",)]
    assert cloud.asked[0] == cloud.asked[1]


def test_a_statement_asked_twice_is_read_for_the_time_that_it_is_then(session: Session, cloud: _Violations) -> None:
    sql = "SELECT violation_id FROM aws.iot_violation_event"
    session.execute(sql).fetchall()
    session.execute("SET dd.time_frame_start = '2026-01-02T10:00:00Z'")
    session.execute(sql).fetchall()
    assert cloud.asked[1]["startTime"] == datetime(2026, 1, 2, 10)


def test_explain_says_the_time_and_why(session: Session) -> None:
    lines = [line for (line,) in session.execute("EXPLAIN SELECT violation_id FROM aws.iot_violation_event").fetchall()]
    assert any("key start_time = " in line and "(the last day, sent to AWS as startTime)" in line for line in lines)
