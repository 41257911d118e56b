"""The report in each format, with resources whose names mean something to that format."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from cirql.checks.exceptions import know
from cirql.checks.model import Audit, Judgement
from cirql.checks.reports import FORMATS, renderer
from cirql.cli.check import exit_code


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_alarms_and_what_was_not_read_and_steers_no_terminal(report: Audit, name: str) -> None:
    text = renderer(name)(report)
    assert "open-door" in text and "AccessDenied" in text and "gate" in text
    assert "\x1b" not in text


def test_a_rule_with_something_unread_is_no_ok_in_any_count(report: Audit) -> None:
    data = json.loads(renderer("json")(report))
    assert [r["status"] for r in data["rules"]] == ["alarm", "ok", "error", "skip"]
    assert (data["calls"], data["calls_wanted"]) == (3, 9)
    suite = ElementTree.fromstring(renderer("junit")(report))[0]
    assert {n: suite.get(n) for n in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    run = json.loads(renderer("sarif")(report))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert [r["ruleId"] for r in run["results"]] == ["open-door", "open-door"]
    assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"] == "open-door"
    events = json.loads(renderer("ocsf")(report))
    assert [e["compliance"]["status"] for e in events] == ["Fail", "Fail", "Pass", "Pass", "Unknown"]
    assert {e["type_uid"] for e in events} == {200301}


def test_a_spreadsheet_gets_no_formula(report: Audit) -> None:
    rows = list(csv.reader(io.StringIO(renderer("csv")(report))))
    assert rows[1][5].startswith("'=door")
    assert all(len(row) == len(rows[0]) for row in rows)


def test_the_page_loads_nothing_and_runs_nothing(report: Audit) -> None:
    text = renderer("html")(report)
    tags: list[tuple[str, dict[str, str | None]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append((tag, dict(attrs)))  # type: ignore[method-assign]
    parser.feed(text)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert not [a for _, attrs in tags for a in attrs if a.startswith("on") or a in ("src", "href")]
    assert "default-src 'none'" in text and not re.search(r"url\(|@import", text)


def test_the_exit_code_is_of_alarms_first_then_of_what_is_undecided(report: Audit) -> None:
    from cirql.checks.model import Severity

    calm = replace(report, verdicts=tuple(v for v in report.verdicts if v.rule.id in ("lit-lamp", "no-dragon")))
    undecided: tuple[Judgement, ...] = tuple(v for v in report.verdicts if v.rule.id == "full-jar")
    assert exit_code(report, Severity.LOW) == exit_code(report, Severity.HIGH) == 1
    assert exit_code(report, Severity.CRITICAL) == exit_code(report, None) == 3
    assert exit_code(replace(report, verdicts=undecided), Severity.LOW) == 3
    assert exit_code(calm, Severity.INFO) == 0
    known = know(report, [f.fingerprint for f in report.findings])
    assert exit_code(known, Severity.INFO) == 3
