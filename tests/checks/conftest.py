"""One local AWS, and one run of a small pack, for the tests of what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cirql.checks.model import Audit, CheckRule, Finding, Judgement, Severity, Status
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.settings import Settings


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


@pytest.fixture
def settings(cloud: LocalCloud) -> Iterator[Settings]:
    yield Settings(**settings_for(cloud.endpoint_url))
    cloud.faults.clear()
    cloud.calls.clear()


@pytest.fixture
def report() -> Audit:
    """One rule of each outcome, with texts that formats must not take for their own."""
    broken = CheckRule(
        "open-door", "Doors are <shut>", Severity.HIGH, "SELECT 1", "So that nobody comes in.", {"CIS": ("1.1",)}, "UPDATE d", "s3"
    )
    kept = CheckRule("lit-lamp", "Lamps are lit", Severity.LOW, "SELECT 1")
    unread = CheckRule("full-jar", "Jars are full", Severity.MEDIUM, "SELECT 1")
    idle = CheckRule("no-dragon", "Dragons sleep", Severity.CRITICAL, "SELECT 1")
    first = Finding("open-door", Status.ALARM, "=door</script>\x1b[31m", "111111111111", "us-east-1", 'it is "open", & wide')
    second = Finding("open-door", Status.ALARM, "gate", "222222222222", "eu-west-1", "ajar")
    verdicts = (
        Judgement(broken, (first, second)),
        Judgement(kept, (Finding("lit-lamp", Status.OK, "lamp"),)),
        Judgement(unread, (Finding("full-jar", Status.OK, "jar"),), ("111111111111/us-east-1: jars:ListJars: AccessDenied: no",)),
        Judgement(idle),
    )
    return Audit("house", verdicts, datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), 1.5, calls=3, calls_wanted=9)
