"""The report as CSV (RFC 4180): a line for each rule and resource, and one for each thing that was not read."""

from __future__ import annotations

import csv
import io

from cirql.checks.model import Audit, Status
from cirql.checks.reports.texts import legible

_HEADER = ("rule", "severity", "status", "account", "region", "resource", "reason", "waived", "known", "references", "title")


def render(report: Audit) -> str:
    """A text that begins like a formula is given a leading quote: spreadsheets run those, and resources are named by anybody."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    for verdict in report.verdicts:
        rule = verdict.rule
        end = ("; ".join(rule.cited), rule.title)
        for problem in verdict.problems:
            writer.writerow(map(_plain, (rule.id, rule.severity.word, Status.ERROR.value, "", "", "", problem, "", "", *end)))
        for f in verdict.findings:
            known = "true" if f.known else ""
            values = (rule.id, rule.severity.word, f.status.value, f.account, f.region, f.resource, f.reason, f.waived, known, *end)
            writer.writerow(map(_plain, values))
    return out.getvalue()


def _plain(text: str) -> str:
    return ("'" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else "") + legible(text)
