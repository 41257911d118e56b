"""Touched: the services in which CloudTrail saw something change, and the rules whose answers that may have changed.

A rule asks what the policy of its statement allows, so its services are those of the actions. Left out of a round is a rule that asks only
services where nothing changed since it last read them; what asks the time of day never is, and none is for longer than a day: what
services change by themselves is in no trail. Source: CloudTrail's LookupEvents, whose events come up to 15 minutes late.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cirql.checks.model import CheckRule
from cirql.checks.packs import Pack
from cirql.errors import Error
from cirql.session import Session
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

LATE = timedelta(minutes=20)
"""How much later than it happened an event may be told, with room to spare."""
AT_MOST = timedelta(days=1)
_ASKS_THE_TIME = regex(r"\b(now|age|current_date|current_timestamp|current_time|localtimestamp|clock_timestamp|statement_timestamp)\b")
# IAM's word for a service, where CloudTrail has another.
_SOURCES = {"cloudwatch": "monitoring"}
# What asks for tags or for who asks changes nothing of its own: tags are set by the services too, and in their events.
_NO_SOURCE = frozenset({"tag", "sts"})


@dataclass(frozen=True, slots=True)
class Touched:
    """When something last changed, by event source (`ec2.amazonaws.com`); `seen` is False where the trail could not be read."""

    last: Mapping[str, datetime]
    problem: str = ""

    @classmethod
    def since(cls, session: Session, moment: datetime) -> Touched:
        """What changed in the session's accounts and regions since a moment. What fails is a problem, and then everything may have."""
        sql = (
            "SELECT event_source, max(event_time) AS last FROM aws.cloudtrail_event "
            f"WHERE event_time >= TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}' AND read_only = 'false' GROUP BY event_source"
        )
        try:
            with session.execute(sql) as result:
                found = {source: last.replace(tzinfo=UTC) for source, last in result}
                problem = str(result.failures[0]) if result.failures else ""
        except Error as error:
            return cls({}, error.message)
        return cls(found, problem)

    def may_differ(self, rule: CheckRule, sources: frozenset[str], read_at: datetime | None, now: datetime) -> bool:
        """Whether a rule may say something else than it said when it last read."""
        if self.problem or read_at is None or not sources or now - read_at >= AT_MOST or _ASKS_THE_TIME.search(rule.query.lower()):
            return True
        return any(self.last[s] >= read_at - timedelta(minutes=1) for s in sources if s in self.last)


def due(pack: Pack, session: Session, touched: Touched, read: Mapping[str, str], now: datetime) -> Pack:
    """The rules of a pack that may say something else than they said; `read` is when each last read, as ISO 8601."""

    def is_due(rule: CheckRule) -> bool:
        at = datetime.fromisoformat(read[rule.id]) if rule.id in read else None
        return touched.may_differ(rule, sources_of(session, rule) if at is not None else frozenset(), at, now)

    return Pack(pack.name, tuple(rule for rule in pack.rules if is_due(rule)))


def sources_of(session: Session, rule: CheckRule) -> frozenset[str]:
    """The event sources of what a rule asks; none where it cannot be told, or asks nothing of AWS. Makes no call."""
    try:
        with session.execute(f"EXPLAIN (POLICY) {rule.query}") as result:
            policy = json.loads("\n".join(str(line) for (line,) in result))
    except (Error, ValueError):
        return frozenset()
    actions = [action for statement in policy.get("Statement", ()) for action in statement["Action"]]
    services = {action.partition(":")[0] for action in actions} - _NO_SOURCE
    return frozenset(f"{_SOURCES.get(service, service)}.amazonaws.com" for service in services)
