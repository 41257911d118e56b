"""What the packs say of the demo world, rule by rule: verdicts that people have gone through."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cirql.checks.model import Audit, Status
from cirql.checks.packs import find_pack
from cirql.checks.run import checking
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.settings import Settings

VERDICTS: dict[str, dict[str, int | list[str]]] = tomllib.loads((Path(__file__).parent / "demo_world.toml").read_text())
PACKS = {"alarms": find_pack("builtin:aws-security"), "savings": find_pack("builtin:aws-finops")}


@pytest.fixture(scope="module")
def audits() -> Iterator[dict[str, Audit]]:
    """The packs over one account and region."""
    with LocalCloud() as cloud:
        scope = settings_for(cloud.endpoint_url)
        with checking(Settings(**{**scope, "credentials": scope["credentials"][:1], "regions": ("us-east-1",)})) as checker:
            yield {name: checker.run(pack) for name, pack in PACKS.items()}


@pytest.mark.parametrize(("pack", "rule"), [(name, r.id) for name, pack in PACKS.items() for r in pack.rules])
def test_the_demo_world_breaks_what_it_is_made_to_break_and_nothing_else(audits: dict[str, Audit], pack: str, rule: str) -> None:
    judgement = next(j for j in audits[pack].verdicts if j.rule.id == rule)
    assert judgement.status is not Status.ERROR, judgement.problems
    alarms = sorted(f.resource for f in judgement.findings if f.status is Status.ALARM)
    expected = VERDICTS[pack].get(rule, [])
    if isinstance(expected, int):
        assert len(alarms) == expected, alarms
    else:
        assert len(alarms) == len(expected), alarms
        assert all(any(name in alarm for alarm in alarms) for name in expected), alarms


def test_every_verdict_is_of_a_rule() -> None:
    assert {name: set(found) - {r.id for r in PACKS[name].rules} for name, found in VERDICTS.items()} == {"alarms": set(), "savings": set()}
