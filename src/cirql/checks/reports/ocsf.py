"""The report as OCSF 1.1 Compliance Findings (class 2003): a JSON array of an event for each rule and resource."""

from __future__ import annotations

import json
from typing import Any

from cirql import __version__
from cirql.checks.model import Audit, Finding, Judgement, Severity, Status

_CLASS, _CATEGORY, _CREATE = 2003, 2, 1
_SEVERITIES = {Severity.INFO: 1, Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_NAMES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
_COMPLIANCE = {
    Status.OK: (1, "Pass"),
    Status.ALARM: (3, "Fail"),
    Status.ERROR: (0, "Unknown"),
    Status.INFO: (2, "Warning"),
    Status.SKIP: (99, "Skip"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")


def render(report: Audit) -> str:
    """Every finding is an event, and so is everything that was not read."""
    events = [_event(report, v, f) for v in report.verdicts for f in v.findings]
    for verdict in report.verdicts:
        unread = (Finding(verdict.rule.id, Status.ERROR, "", reason=problem) for problem in verdict.problems)
        events += [_event(report, verdict, finding) for finding in unread]
    return json.dumps(events, indent=1, ensure_ascii=False) + "\n"


def _event(report: Audit, verdict: Judgement, finding: Finding) -> dict[str, Any]:
    rule, moment = verdict.rule, round(report.began.timestamp() * 1000)
    severity = _SEVERITIES[rule.severity if finding.status is Status.ALARM else Severity.INFO]
    compliance_id, compliance = _COMPLIANCE[finding.status]
    status_id, status = _SUPPRESSED if finding.waived or finding.known else _NEW
    cloud: dict[str, Any] = {"provider": "AWS", "region": finding.region or None}
    if finding.account:
        cloud["account"] = {"uid": finding.account, "type_id": 10, "type": "AWS Account"}
    return {
        "activity_id": _CREATE,
        "category_uid": _CATEGORY,
        "class_uid": _CLASS,
        "type_uid": _CLASS * 100 + _CREATE,
        "time": moment,
        "severity_id": severity,
        "severity": _NAMES[severity],
        "status_id": status_id,
        "status": status,
        "message": finding.reason or rule.title,
        "metadata": {
            "version": "1.1.0",
            "product": {"name": "cirql", "version": __version__, "vendor_name": "cirql"},
            "profiles": ["cloud"],
        },
        "finding_info": {"uid": finding.fingerprint, "title": rule.title, "desc": rule.rationale, "created_time": moment},
        "compliance": {
            "control": rule.id,
            "requirements": list(rule.cited),
            "standards": list(rule.references) or [report.pack],
            "status_id": compliance_id,
            "status": compliance,
        },
        "cloud": {name: value for name, value in cloud.items() if value is not None},
        "resource": {"uid": finding.resource, "region": finding.region},
        **({"remediation": {"desc": rule.remediation}} if rule.remediation else {}),
    }
