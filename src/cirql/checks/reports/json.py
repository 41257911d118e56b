"""The report as one JSON object: totals, then every rule with every resource."""

from __future__ import annotations

import json
from typing import Any

from cirql.checks.model import Audit, Finding, Judgement


def render(report: Audit) -> str:
    """An object with `pack`, `totals`, `calls` and `rules`."""
    return json.dumps(as_json(report), indent=1, ensure_ascii=False, default=str) + "\n"


def as_json(report: Audit) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "pack": report.pack,
        "began": report.began.isoformat(),
        "seconds": round(report.seconds, 3),
        "calls": report.calls,
        "calls_wanted": report.calls_wanted,
        "totals": {status.value: count for status, count in report.totals.items()},
        "notes": list(report.notes),
        "rules": [_verdict(v) for v in report.verdicts],
    }


def _verdict(verdict: Judgement) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.word,
        "service": rule.service,
        "status": verdict.status.value,
        "references": {standard: list(numbers) for standard, numbers in rule.references.items()},
        "rationale": rule.rationale,
        "remediation": rule.remediation,
        "problems": list(verdict.problems),
        "findings": [finding_as_json(f) for f in verdict.findings],
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One resource."""
    return {
        "resource": finding.resource,
        "account": finding.account,
        "region": finding.region,
        "status": finding.status.value,
        "reason": finding.reason,
        **({"waived": finding.waived} if finding.waived else {}),
        **({"known": True} if finding.known else {}),
    }
