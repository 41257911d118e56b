"""The report as SARIF 2.1.0 (OASIS): results are alarms, what was not read are notifications of an invocation that did not succeed."""

from __future__ import annotations

import json
import re
from typing import Any

from cirql import __version__
from cirql.checks.model import Audit, Finding, Judgement, Severity, Status

_LEVELS = {Severity.INFO: "note", Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_SCORES = {Severity.INFO: "0.0", Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}


def render(report: Audit) -> str:
    """One run."""
    run = {
        "tool": {
            "driver": {
                "name": "cirql",
                "version": __version__,
                "rules": [_rule(v) for v in report.verdicts],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.undecided,
                "startTimeUtc": report.began.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "toolExecutionNotifications": [n for i, v in enumerate(report.verdicts) for n in _unread(i, v)],
            }
        ],
        "results": [_result(i, v, f) for i, v in enumerate(report.verdicts) for f in v.findings if f.status is Status.ALARM],
    }
    whole = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _rule(verdict: Judgement) -> dict[str, Any]:
    rule = verdict.rule
    described: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in re.split(r"\W|_", rule.id)),
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"security-severity": _SCORES[rule.severity], "tags": [*filter(None, [rule.service]), *rule.cited]},
    }
    if rule.rationale:
        described["fullDescription"] = {"text": rule.rationale}
    if rule.remediation:
        described["help"] = {"text": rule.remediation}
    return described


def _result(index: int, verdict: Judgement, finding: Finding) -> dict[str, Any]:
    place = "/".join(filter(None, (finding.account, finding.region)))
    result: dict[str, Any] = {
        "ruleId": verdict.rule.id,
        "ruleIndex": index,
        "level": _LEVELS[verdict.rule.severity],
        "message": {"text": f"{finding.resource} ({place}): {finding.reason or verdict.rule.title}"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": finding.resource, "kind": "resource"}]}],
        "partialFingerprints": {"cirql/v1": finding.fingerprint},
        "baselineState": "unchanged" if finding.known else "new",
    }
    if finding.waived:
        result["suppressions"] = [{"kind": "external", "justification": finding.waived}]
    return result


def _unread(index: int, verdict: Judgement) -> list[dict[str, Any]]:
    texts = [*verdict.problems, *(f"{f.resource}: {f.reason}" for f in verdict.findings if f.status is Status.ERROR)]
    associated = {"id": verdict.rule.id, "index": index}
    return [{"level": "error", "message": {"text": text}, "associatedRule": associated} for text in texts]
