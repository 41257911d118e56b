"""The statements that rules offer: each is one that can be planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import cirql
from cirql.checks.model import Audit, CheckRule, Finding, Judgement, Status
from cirql.checks.packs import builtin_names, find_pack
from cirql.checks.remediation import planned
from cirql.session import Session

RULES = [r for name in builtin_names() for r in find_pack(name).rules if r.remediation]
VALUES = {"name": "nope", "region": "us-east-1"}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cirql.connect(local=True) as opened:
        yield opened


def test_many_rules_have_one() -> None:
    assert len(RULES) >= 35


@pytest.mark.parametrize("rule", RULES, ids=[r.id for r in RULES])
def test_a_remediation_can_be_planned_and_does_nothing_to_what_is_not_there(rule: CheckRule, session: Session) -> None:
    resource = "arn:aws:x:us-east-1:111111111111:repository/nope:x"
    finding = Finding(rule.id, Status.ALARM, resource, "111111111111", "us-east-1", values=VALUES)
    said = list(planned(session, Audit("p", (Judgement(rule, (finding,)),), datetime.now(UTC), 0.0)))
    assert said[1:] == ["nothing to change"], said
