"""The report for a terminal: the rules that are broken or undecided with their resources, those that are kept as a number."""

from __future__ import annotations

from cirql.checks.model import Audit, Finding, Judgement, Status
from cirql.checks.reports.texts import legible, rules_of

MOST_SHOWN = 10
"""Resources of one rule; the others are in every other format."""


def render(report: Audit) -> str:
    """Worst first."""
    told = [v for v in report.verdicts if v.status in (Status.ALARM, Status.ERROR)]
    lines: list[str] = []
    for verdict in sorted(told, key=lambda v: (-v.rule.severity, v.rule.id)):
        lines += [*_told(verdict), ""]
    return "\n".join([*lines, *totals(report)]) + "\n"


def totals(report: Audit) -> list[str]:
    """What it comes to, in a few lines."""
    by = {status: sum(v.status is status for v in report.verdicts) for status in Status}
    rules = ", ".join(f"{by[status]} {status.value}" for status in Status if by[status])
    resources = ", ".join(f"{n} {status.value}" for status, n in report.totals.items() if n)
    waived = sum(bool(f.waived) for f in report.findings)
    known = sum(f.known for f in report.findings)
    aside = "".join(f", {n} {word}" for n, word in ((waived, "waived"), (known, "known before")) if n)
    shared = f" ({report.calls_wanted} if each rule asked for itself)" if report.calls_wanted > report.calls else ""
    return [
        f"{report.pack}: {rules_of(report)}: {rules or 'none'}",
        f"resources: {resources or 'none'}{aside}",
        f"calls: {report.calls}{shared}, {report.seconds:.1f} s",
    ]


def _told(verdict: Judgement) -> list[str]:
    rule = verdict.rule
    cited = f"  [{', '.join(rule.cited)}]" if rule.cited else ""
    lines = [f"{verdict.status.value.upper():5}  {rule.severity.word:8}  {rule.id}: {rule.title}{cited}"]
    lines += [f"         not read: {legible(problem)}" for problem in verdict.problems[:MOST_SHOWN]]
    bad = sorted((f for f in verdict.findings if f.status in (Status.ALARM, Status.ERROR)), key=lambda f: not f.counts)
    lines += [_line(finding) for finding in bad[:MOST_SHOWN]]
    if len(bad) > MOST_SHOWN:
        lines.append(f"         … and {len(bad) - MOST_SHOWN} more")
    return lines


def _line(finding: Finding) -> str:
    place = "/".join(filter(None, (finding.account, finding.region)))
    aside = f" (waived: {finding.waived})" if finding.waived else " (known before)" if finding.known else ""
    word = "? " if finding.status is Status.ERROR else "- "
    return f"       {word}{legible(finding.resource)}  {place}  {legible(finding.reason)}{legible(aside)}"
