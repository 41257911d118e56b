"""What a rule's remediation would change, shown as EXPLAIN shows it. Nothing is changed here: the statement is for people to run."""

from __future__ import annotations

from collections.abc import Iterator

from cirql.checks.model import Audit, CheckRule, Finding
from cirql.errors import Error
from cirql.session import Session
from cirql.startup.regexes import regex

_NAME = regex(r"(?<![:\w]):([a-z_]\w*)")


def planned(session: Session, report: Audit) -> Iterator[str]:
    """For each alarm that counts, the statement with its values and the changes that it would make, or why there are none."""
    for verdict in report.verdicts:
        for finding in verdict.open_alarms:
            yield f"-- {finding.rule}: {finding.resource}"
            if verdict.rule.remediation is None:
                yield "   no statement mends this"
                continue
            yield from _plan(session, verdict.rule, finding)


def _plan(session: Session, rule: CheckRule, finding: Finding) -> Iterator[str]:
    wanted = set(_NAME.findall(rule.remediation or ""))
    values = {"resource": finding.resource, "account_id": finding.account, "region": finding.region, **finding.values}
    if lacking := sorted(wanted - set(values)):
        yield f"   cannot be planned: the rule's query gives no column {lacking[0]!r}"
        return
    try:
        with session.execute(f"EXPLAIN {rule.remediation}", {name: values[name] for name in wanted} or None) as plan:
            yield from (str(row[0]) for row in plan)
    except Error as error:
        yield f"   cannot be planned: {error.message}"
