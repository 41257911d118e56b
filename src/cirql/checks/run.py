"""Running a pack: every rule is a statement of one session, over one memory of what AWS answered.

What was not read decides nothing. A rule whose statement fails, or from whose rows a target or a column is missing, is an error however
its rows look, and so are the rows that may rest on it (`doubts.py`); so is a row without a status, since a NULL in a condition is what
nobody knows.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.checks.doubts import doubted
from cirql.checks.model import Audit, CheckRule, Finding, Judgement, Status
from cirql.checks.packs import Pack
from cirql.checks.touched import Touched
from cirql.cloud.remembering import Remembering
from cirql.errors import Error
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.statements.answering import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cirql.cloud import Cloud
    from cirql.settings import Settings

AT_ONCE = 8
_MOST_LOOKUPS = 400
_ARN_REGION = 3
Progress = Callable[[Judgement], None]


@contextmanager
def checking(settings: Settings, cloud: Cloud | None = None) -> Iterator[Checker]:
    """What runs packs for as long as the block lasts. `cloud` is asked in place of AWS. Raises SettingsError."""
    from cirql.cloud.lazy import Lazy

    memory = Remembering(cloud or Lazy.of(settings))
    reading: dict[str, Any] = {"locked": True, "writable": False}
    with (
        Runtime(settings, cloud=memory) as runtime,
        runtime.session(**reading, **_bounds(settings)) as session,
        runtime.session(**reading, max_calls=_MOST_LOOKUPS) as trail,
    ):
        yield Checker(runtime, session, trail, memory)


def _bounds(settings: Settings) -> dict[str, Any]:
    """What a rule may cost: what the settings say, else as much as it takes; a locked session's own bounds are for strangers."""
    whole = {"statement_timeout": math.inf, "max_calls": sys.maxsize, "max_rows": sys.maxsize}
    return {name: getattr(settings, name) or most for name, most in whole.items()}


class Checker:
    """Runs rules in a session that reads and does nothing else."""

    def __init__(self, runtime: Runtime, session: Session, trail: Session, memory: Remembering) -> None:
        self.runtime = runtime
        self.session = session
        self._trail = trail
        self._memory = memory

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._memory.stats.requests

    def touched(self, since: datetime) -> Touched:
        """What CloudTrail saw change since a moment, by at most so many calls that reading everything is not cheaper."""
        return Touched.since(self._trail, since)

    def run(self, pack: Pack, progress: Progress = lambda verdict: None) -> Audit:
        """Run every rule; verdicts are in the pack's order, and told to `progress` as they come."""
        began, clock, wanted = datetime.now(UTC), time.monotonic(), self._memory.asked.total()
        sent = self._memory.stats.requests
        with ThreadPoolExecutor(AT_ONCE, "check") as threads:

            def judged(rule: CheckRule) -> Judgement:
                verdict = judge(self.session, rule)
                progress(verdict)
                return verdict

            verdicts = tuple(threads.map(judged, pack.rules))
        return Audit(
            pack=pack.name,
            verdicts=verdicts,
            began=began,
            seconds=time.monotonic() - clock,
            calls=self._memory.stats.requests - sent,
            calls_wanted=self._memory.asked.total() - wanted,
        )


def judge(session: Session, rule: CheckRule) -> Judgement:
    """Run one rule."""
    began = time.monotonic()
    kind = answering(rule.query)
    if not kind.has_rows or (kind.is_change and kind.word != "EXEC"):  # what it set or made would hold for the rules beside it
        return Judgement(rule, problems=(f"a rule is a query, and this is {kind.word}",), milliseconds=_since(began))
    try:
        with session.execute(rule.query) as result:
            names = [c.name for c in result.columns]
            lacking = [name for name in ("resource", "status") if name not in names]
            rows = [dict(zip(names, row, strict=True)) for row in result] if not lacking else []
            failures = result.failures
            problems = [f"the query gives no column {name!r}" for name in lacking] + [str(f) for f in failures]
            calls = sum(result.stats.calls.values())
    except Error as error:
        return Judgement(rule, problems=(error.message,), milliseconds=_since(began))
    findings = sorted((_finding(rule, row) for row in rows), key=lambda f: (f.account, f.region, f.resource))
    return Judgement(rule, doubted(findings, failures), tuple(problems), calls, _since(began))


def _since(moment: float) -> int:
    return round((time.monotonic() - moment) * 1000)


def _finding(rule: CheckRule, row: Mapping[str, Any]) -> Finding:
    resource, reason = _text(row["resource"]), _text(row.get("reason"))
    status = row["status"]
    if status is None:
        return _placed(rule, Status.ERROR, resource, row, reason or "what the rule asks of it is not known")
    if status not in list(Status):
        return _placed(rule, Status.ERROR, resource, row, f"the query says {status!r}, which is no status")
    return _placed(rule, Status(status), resource, row, reason)


def _placed(rule: CheckRule, status: Status, resource: str, row: Mapping[str, Any], reason: str) -> Finding:
    parts = resource.split(":")
    region = parts[_ARN_REGION] if resource.startswith("arn:") and len(parts) > _ARN_REGION else ""
    return Finding(
        rule=rule.id,
        status=status,
        resource=resource,
        account=_text(row.get("account_id")),
        region=_text(row.get("region")) or region,
        reason=reason,
        values={name: value for name, value in row.items() if name not in ("status", "reason")},
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
