"""Every rule of the packs that come with the program: a resource that breaks it, one that keeps it, and one that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

import pytest

from cirql.checks.model import Audit, CheckRule, Finding, Judgement, Status
from cirql.checks.packs import Pack, find_pack
from cirql.checks.remediation import planned
from cirql.checks.rule_files import rules_in
from cirql.checks.run import checking
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule as Fault
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from tests.checks.worlds import expected, make

SHELF = resources.files("cirql.checks").joinpath("builtin")
DENIED = "222222222222"


def _files(pack: str) -> Mapping[str, list[CheckRule]]:
    """The rules of a pack by the file that they are in."""
    found = (f for f in SHELF.joinpath(pack).iterdir() if f.name.endswith(".toml"))
    return {f.name.removesuffix(".toml"): rules_in(f.read_text("utf-8"), f.name) for f in sorted(found, key=lambda f: f.name)}


PACKS = {pack: _files(pack) for pack in ("aws_security", "aws_finops")}
RULES = [(pack, name, rule.id) for pack, files in PACKS.items() for name, rules in files.items() for rule in rules]
MENDED = [(pack, rule) for pack, files in PACKS.items() for rules in files.values() for rule in rules if rule.remediation]
NOT_WRITABLE_HERE = ("redshift-*", "elasticache-*", "kinesis-*", "cloudtrail-*", "sagemaker-*", "ec2-transit-gateway-*")
"""Rules about types that the local AWS has no Cloud Control for: of their remediations, only what they name is looked at."""
IDENTIFIER = re.compile(r"WHERE data__Identifier = (.+?) AND region")


class Judged:
    """The pack run twice over the same resources: where all can be read, and where one account cannot."""

    def __init__(self, pack: str, cloud: LocalCloud) -> None:
        self.name = pack
        self.known = {name: make(pack, name, cloud.endpoint_url) for name in PACKS[pack]}
        chosen = find_pack(f"builtin:{pack.replace('_', '-')}")
        scope = {**settings_for(cloud.endpoint_url), "regions": ("us-east-1",)}
        self.readable = self._run(Settings(**scope), chosen)
        with Runtime(Settings(**scope)) as runtime, runtime.session(writable=False) as session:
            self.mended = {v.rule.id: _mended(session, self.readable, v) for v in self.readable.verdicts if v.rule.remediation}
        cloud.faults.add(Fault(account=DENIED, kind="access_denied"))
        self.denied = self._run(Settings(**scope), chosen)

    @staticmethod
    def _run(settings: Settings, pack: Pack) -> Audit:
        with checking(settings) as checker:
            return checker.run(pack)


def _mended(session: Session, audit: Audit, verdict: Judgement) -> tuple[Finding, str, list[str]]:
    """The first alarm of a rule, the identifier that its remediation names, and what it would change."""
    found = verdict.open_alarms[0]
    identifier = found.values.get("name", "")
    if named := IDENTIFIER.search(verdict.rule.remediation or ""):
        ((identifier,),) = session.execute(f"SELECT {named[1]}", {"resource": found.resource})
    return found, identifier, list(planned(session, replace(audit, verdicts=(replace(verdict, findings=(found,)),))))[1:]


@pytest.fixture(scope="module")
def judged(request: pytest.FixtureRequest) -> Iterator[Judged]:
    with LocalCloud(demo=False) as cloud:
        yield Judged(request.param, cloud)


def _verdict(report: Audit, rule: str) -> Judgement:
    return next(v for v in report.verdicts if v.rule.id == rule)


@pytest.mark.parametrize(("judged", "world", "rule"), RULES, indirect=["judged"], scope="module")
def test_a_rule_tells_a_resource_that_breaks_it_from_one_that_keeps_it(judged: Judged, world: str, rule: str) -> None:
    verdict = _verdict(judged.readable, rule)
    assert not verdict.problems
    assert not [f for f in verdict.findings if f.status is Status.ERROR]
    for status, parts in expected(judged.name, world, rule, judged.known[world]).items():
        for part in parts:
            found = [f for f in verdict.findings if part in f.resource]
            assert found, (part, [f.resource for f in verdict.findings])
            assert {f.status.value for f in found} == {status}, [(f.resource, f.status.value, f.reason) for f in found]
    assert all(f.reason for f in verdict.findings if f.status is Status.ALARM)


@pytest.mark.parametrize(("judged", "world", "rule"), RULES, indirect=["judged"], scope="module")
def test_a_rule_is_an_error_where_an_account_cannot_be_read(judged: Judged, world: str, rule: str) -> None:
    verdict = _verdict(judged.denied, rule)
    assert verdict.status is Status.ERROR
    assert any(DENIED in problem for problem in verdict.problems)
    assert not [f for f in verdict.findings if f.account == DENIED and f.status is Status.OK]
    readable: dict[str, Any] = {f.resource: f.status for f in _verdict(judged.readable, rule).findings if f.account != DENIED}
    assert {f.resource: f.status for f in verdict.findings if f.account != DENIED} == readable


@pytest.mark.parametrize("judged", list(PACKS), indirect=True, scope="module")
def test_a_pack_asks_for_each_thing_once(judged: Judged) -> None:
    assert judged.readable.calls * 1.5 < judged.readable.calls_wanted


@pytest.mark.parametrize(("judged", "rule"), MENDED, indirect=["judged"], scope="module", ids=lambda v: getattr(v, "id", v))
def test_a_remediation_names_the_resource_that_breaks_the_rule_and_would_change_it(judged: Judged, rule: CheckRule) -> None:
    found, identifier, said = judged.mended[rule.id]
    assert identifier
    assert found.resource.endswith(identifier), (found.resource, identifier)
    assert not [line for line in said if "cannot be planned" in line], said
    if not any(fnmatchcase(rule.id, pattern) for pattern in NOT_WRITABLE_HERE):
        assert said != ["nothing to change"]


def test_many_rules_have_a_remediation() -> None:
    assert len(MENDED) >= 35
