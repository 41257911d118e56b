"""The report as one self-contained page: no script, nothing loaded, light and dark as the reader's system is, and for narrow screens."""

from __future__ import annotations

import html
from importlib import resources

from cirql.checks.model import Audit, Finding, Judgement, Status
from cirql.checks.reports.texts import legible, rules_of

_ORDER = {status: place for place, status in enumerate((Status.ALARM, Status.ERROR, Status.INFO, Status.OK, Status.SKIP))}
MOST_SHOWN = 200
"""Resources of one rule that the page lists; the numbers count all."""


def render(report: Audit) -> str:
    """Totals, then the rules, worst first; each opens to its resources."""
    style = resources.files("cirql.checks.reports").joinpath("page.css").read_text("utf-8")
    rules = sorted(report.verdicts, key=lambda v: (_ORDER[v.status], not v.open_alarms, -v.rule.severity, v.rule.id))
    title = f"{report.pack}, {report.began:%Y-%m-%d %H:%M} UTC"
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title>\n<style>\n{style}</style></head><body><main>\n"
        f"<header><h1>{escape(report.pack)}</h1><p>{_cost(report)}</p></header>\n{_tiles(report)}\n"
        + (f'<ul class="notes">{notes}</ul>\n' if notes else "")
        + "\n".join(map(_rule, rules))
        + "\n</main></body></html>\n"
    )


def _cost(report: Audit) -> str:
    wanted = f", {report.calls_wanted:,} if each rule had asked for itself" if report.calls_wanted > report.calls else ""
    when = f"{report.began:%Y-%m-%d %H:%M} UTC"
    return f"{when} · {rules_of(report)} in {report.seconds:.1f} s · {report.calls:,} calls{wanted}"


def _tiles(report: Audit) -> str:
    """How many rules, and resources, have each status."""
    tiles = []
    for status in _ORDER:
        rules = sum(v.status is status for v in report.verdicts)
        count = report.totals[status]
        counted = f"{count:,} resource{'' if count == 1 else 's'}"
        tiles.append(f'<div class="tile {status.value}"><b>{rules}</b><span>{status.value}</span><small>{counted}</small></div>')
    return f'<section class="tiles">{"".join(tiles)}</section>'


def _rule(verdict: Judgement) -> str:
    rule = verdict.rule
    alarms, all_of_them = verdict.count(Status.ALARM), len(verdict.findings)
    count = f"{alarms} of {all_of_them}" if alarms else f"{all_of_them}"
    cited = "".join(f"<span>{escape(c)}</span>" for c in rule.cited)
    text = f"<p>{escape(rule.rationale)}</p>" if rule.rationale else ""
    mend = f"<h3>To mend it</h3><pre>{escape(rule.remediation)}</pre>" if rule.remediation else ""
    unread = "".join(f"<li>{escape(problem)}</li>" for problem in verdict.problems)
    return (
        f'<details class="{verdict.status.value}"><summary><b class="mark">{verdict.status.value}</b>'
        f'<span class="title">{escape(rule.title)}<small>{escape(rule.id)} · {rule.severity.word}</small></span>'
        f'<span class="count">{count}</span></summary><div class="body">{text}<p class="cited">{cited}</p>'
        + (f'<h3>Not read</h3><ul class="unread">{unread}</ul>' if unread else "")
        + _findings(verdict)
        + mend
        + "</div></details>"
    )


def _findings(verdict: Judgement) -> str:
    found = sorted(verdict.findings, key=lambda f: (not f.counts, _ORDER[f.status]))
    more = f"<p>and {len(found) - MOST_SHOWN:,} more</p>" if len(found) > MOST_SHOWN else ""
    return f'<ul class="found">{"".join(map(_finding, found[:MOST_SHOWN]))}</ul>{more}' if found else "<p>No such resource.</p>"


def _finding(finding: Finding) -> str:
    place = " ".join(filter(None, (finding.account, finding.region)))
    aside = f"waived: {finding.waived}" if finding.waived else "known before" if finding.known else ""
    return (
        f'<li class="{finding.status.value}{" aside" if aside else ""}"><b class="mark">{finding.status.value}</b>'
        f"<code>{escape(finding.resource)}</code><small>{escape(place)}</small>"
        f"<span>{escape(finding.reason)}{f' · <i>{escape(aside)}</i>' if aside else ''}</span></li>"
    )


def escape(text: str) -> str:
    """Text as a page shows it, whatever is in it."""
    return html.escape("\n".join(map(legible, text.splitlines())))
