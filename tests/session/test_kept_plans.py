"""A statement that was planned before is not planned again, and answers as if it were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from cirql.statements.plans import MOST, Kept, Plans, key_of

JOIN = (
    "SELECT i.image_name, v.version, v.job_type FROM aws.sagemaker_image i "
    "JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE i.region = 'us-east-1' ORDER BY 1, 2"
)


def rows(session: Session, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    return session.execute(sql, params).fetchall()


def kept(session: Session, sql: str, params: Any = None) -> Kept | None:
    key = key_of(sql, params, session.settings, session.workspace)
    return None if key is None else session._shared.plans.find(key)


def test_a_text_is_planned_once_in_a_runtime(settings: Settings) -> None:
    with Runtime(settings) as runtime:
        with runtime.session() as first:
            answer = rows(first, JOIN)
            plan = kept(first, JOIN)
        with runtime.session() as second:
            assert rows(second, JOIN) == answer
            assert kept(second, JOIN) is plan is not None


def test_what_is_there_is_asked_for_each_time(session: Session, cloud: LocalCloud) -> None:
    first = rows(session, JOIN)
    asked = len(cloud.calls)
    assert rows(session, JOIN) == first
    assert len(cloud.calls) == 2 * asked
    regions = "SELECT DISTINCT region FROM aws.sagemaker_image ORDER BY 1"
    assert len(rows(session, regions)) > 1
    rows(session, "SET regions = 'eu-west-1'")
    assert rows(session, regions) == [("eu-west-1",)]


def test_one_plan_serves_many_threads_at_once(session: Session) -> None:
    answer = rows(session, JOIN)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: rows(session, JOIN), range(24))) == [answer] * 24


@pytest.mark.parametrize(
    ("change", "sql"), [("SET dialect = 'stackql'", "SELECT 7 / 2 AS n"), ("USE aws.sagemaker", "SELECT count(*) FROM image")]
)
def test_a_setting_that_changes_what_a_text_means_counts(session: Session, change: str, sql: str) -> None:
    before = key_of(sql, None, session.settings, session.workspace)
    rows(session, change)
    assert key_of(sql, None, session.settings, session.workspace) != before


def test_names_of_the_users_own_count(session: Session) -> None:
    rows(session, "CREATE VIEW one AS SELECT 1 AS x")
    assert rows(session, "SELECT x FROM one") == rows(session, "SELECT x FROM one") == [(1,)]
    rows(session, "CREATE OR REPLACE VIEW one AS SELECT 2 AS x")
    assert rows(session, "SELECT x FROM one") == [(2,)]
    rows(session, "DROP VIEW one")
    rows(session, "CREATE TABLE one AS SELECT 3 AS x")
    assert rows(session, "SELECT x FROM one") == [(3,)]


def test_parameters_that_are_equal_in_python_stay_apart(session: Session) -> None:
    for value, kind in ((1, "integer"), (1.0, "double precision"), (True, "boolean"), ("1", "text"), (1, "integer")):
        assert type(rows(session, "SELECT $1 AS x", [value])[0][0]) is type(value), kind


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT now()",
        "SELECT 'NOW'::timestamptz",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT count(*) FROM aws.sagemaker_image WHERE creation_time > now() - interval '1 day'",
        "SELECT random()",
        "SELECT gen_random_uuid()",
        r"SELECT E'n\157w'::timestamptz",
        "SELECT * FROM cirql.last_scans",
        "SELECT current_setting('server_version')",
        "SELECT age(timestamp '2020-01-01')",
        "SELECT count(*) FROM aws.sagemaker_image AS OF '2020-01-01'",
        "SELECT * FROM read_csv('a.csv')",
    ],
)
def test_what_may_say_something_else_the_next_time_is_planned_each_time(session: Session, sql: str) -> None:
    assert key_of(sql, None, session.settings, session.workspace) is None
    assert key_of("SELECT $1::timestamptz", ["now"], session.settings, session.workspace) is None


def test_the_plans_that_were_used_last_stay() -> None:
    plans, plan = Plans(), Kept(None, None, (), ())  # type: ignore[arg-type]
    for text in range(MOST):
        plans.keep((text,), plan)
    plans.find((0,))
    plans.keep((MOST,), plan)
    assert [text for text in range(MOST + 1) if plans.find((text,)) is None] == [1]
