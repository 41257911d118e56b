"""What `builtin:aws-security` says of the demo world, rule by rule: verdicts that people have gone through."""

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

ALARMS: dict[str, int | list[str]] = tomllib.loads((Path(__file__).parent / "demo_world.toml").read_text())["alarms"]
PACK = find_pack("builtin:aws-security")


@pytest.fixture(scope="module")
def audit() -> Iterator[Audit]:
    """The pack over one account and region."""
    with LocalCloud() as cloud:
        scope = settings_for(cloud.endpoint_url)
        with checking(Settings(**{**scope, "credentials": scope["credentials"][:1], "regions": ("us-east-1",)})) as checker:
            yield checker.run(PACK)


@pytest.mark.parametrize("rule", [r.id for r in PACK.rules])
def test_the_demo_world_breaks_what_it_is_made_to_break_and_nothing_else(audit: Audit, rule: str) -> None:
    judgement = next(j for j in audit.verdicts if j.rule.id == rule)
    assert judgement.status is not Status.ERROR, judgement.problems
    alarms = sorted(f.resource for f in judgement.findings if f.status is Status.ALARM)
    expected = ALARMS.get(rule, [])
    if isinstance(expected, int):
        assert len(alarms) == expected, alarms
    else:
        assert len(alarms) == len(expected), alarms
        assert all(any(name in alarm for alarm in alarms) for name in expected), alarms


def test_every_verdict_is_of_a_rule() -> None:
    assert set(ALARMS) <= {r.id for r in PACK.rules}
