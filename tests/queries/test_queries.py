"""Every query answers the same with pushdown on and off, and under faults: pushdown may only fetch less, never decide an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cirql.localcloud import LocalCloud, Rule
from cirql.result import Stats
from cirql.session import Session
from cirql.settings import Settings

_BLOCK = re.compile(r"^-- (?P<name>.+)\n(?P<sql>(?:(?!-- ).*\n?)+)", re.MULTILINE)
_THREADS = 16
_FAULTS = (Rule(kind="throttle", rate=0.1), Rule(kind="server_error", rate=0.02), Rule(kind="drop", rate=0.01))


class Answer(NamedTuple):
    """What a query gives: column names and types, and its rows, sorted where the query leaves the order open."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def _queries() -> list[Any]:
    return [
        pytest.param(match["sql"].strip().rstrip(";"), id=f"{path.stem}: {match['name']}")
        for path in sorted(Path(__file__).parent.glob("*.sql"))
        for match in _BLOCK.finditer(path.read_text())
    ]


_ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "resourcegroupstaggingapi:GetResources": "tag:GetResources",
    "sts:GetCallerIdentity": "",
}
"""The IAM actions that have other names than their operations; GetCallerIdentity needs none."""


def forbidden(session: Session, sql: str, calls: Mapping[str, int]) -> set[str]:
    """The calls that a statement made and that its own policy does not allow."""
    if not sql.upper().startswith(("SELECT", "WITH")):
        return set()
    ((text,),) = session.execute(f"EXPLAIN (POLICY) {sql}").fetchall()
    allowed = {action for statement in json.loads(text)["Statement"] for action in statement["Action"]}
    made = {_ACTIONS.get(c, c.replace("cloudcontrol:", "cloudformation:")) for c in calls} - {""}
    return made - allowed


def _ask(session: Session, sql: str, *, pushdown: bool) -> tuple[Answer, Stats]:
    """The answer, and what it cost."""
    result = session.execute(sql, pushdown=pushdown)
    rows = result.fetchall()
    assert result.failures == ()
    ordered = "ORDER BY" in sql.upper().rsplit(")", 1)[-1]
    return Answer([f"{c.name} {c.type}" for c in result.columns], rows if ordered else sorted(rows, key=repr)), result.stats


def _calls(stats: Stats) -> int:
    return sum(stats.calls.values()) - stats.retries


@pytest.fixture(scope="module")
def plain() -> dict[str, Answer]:
    """The answers without pushdown and without faults, as far as they have been asked for."""
    return {}


@pytest.mark.parametrize("sql", _queries())
def test_a_query_answers_the_same_with_pushdown_on_and_off(sql: str, session: Session, world: LocalCloud, plain: dict[str, Answer]) -> None:
    answer, stats = _ask(session, sql, pushdown=True)
    plain[sql], all_stats = _ask(session, sql, pushdown=False)
    assert answer == plain[sql]
    assert _ask(session, sql, pushdown=True)[0] == answer  # by the plan that was kept
    assert _calls(stats) <= _calls(all_stats)
    assert forbidden(session, sql, stats.calls) == set()


def test_there_are_as_many_queries_as_there_should_be() -> None:
    assert len({param.values[0] for param in _queries()}) >= 150


def test_every_query_answers_the_same_under_faults(
    settings: Settings, session: Session, world: LocalCloud, plain: dict[str, Answer]
) -> None:
    queries = [param.values[0] for param in _queries()]
    for sql in queries:
        if sql not in plain:
            plain[sql], _ = _ask(session, sql, pushdown=False)
    world.faults.add(*_FAULTS)

    def differs(some: list[str]) -> list[str]:
        # A session each, with rates of its own: what is waited for is mostly pauses between attempts.
        with Session(settings) as faulty:
            return [sql for sql in some if _ask(faulty, sql, pushdown=True)[0] != plain[sql]]

    with ThreadPoolExecutor(_THREADS) as pool:
        wrong = list(pool.map(differs, (queries[at::_THREADS] for at in range(_THREADS))))
    assert [sql for some in wrong for sql in some] == []


@pytest.mark.parametrize("cut", ["LIMIT 4", "OFFSET 4"])
def test_parentheses_around_a_query_cut_it_before_the_condition_outside(session: Session, cut: str) -> None:
    images = "SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2"
    inside, around, cte = (
        session.execute(f"{before} WHERE region = 'us-west-2' ORDER BY 1, 2").fetchall()
        for before in (
            f"SELECT * FROM ({images} {cut}) s",
            f"SELECT * FROM (({images}) {cut}) s",
            f"WITH c AS (({images}) {cut}) SELECT * FROM c",
        )
    )
    assert inside == around == cte
