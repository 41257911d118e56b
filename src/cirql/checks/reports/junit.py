"""The report as JUnit XML: a rule is a test case, which fails by alarms that count and errs by what was not read."""

from __future__ import annotations

from xml.etree import ElementTree

from cirql.checks.model import Audit, Judgement, Status
from cirql.startup.regexes import regex

_NOT_XML = regex(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Audit) -> str:
    """One suite for the pack."""
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(report.pack),
        tests=str(len(report.verdicts)),
        failures=str(sum(v.status is not Status.ERROR and bool(v.open_alarms) for v in report.verdicts)),
        errors=str(len(report.undecided)),
        skipped=str(sum(v.status is Status.SKIP for v in report.verdicts)),
        time=f"{report.seconds:.3f}",
        timestamp=report.began.isoformat(timespec="seconds"),
    )
    for verdict in report.verdicts:
        _case(suite, verdict)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, verdict: Judgement) -> None:
    name = _clean(f"{verdict.rule.id}: {verdict.rule.title}")
    case = ElementTree.SubElement(
        suite, "testcase", classname=_clean(verdict.rule.service or "rules"), name=name, time=f"{verdict.milliseconds / 1000:.3f}"
    )
    lines = [f"{f.resource} ({f.account} {f.region}): {f.reason}" for f in verdict.open_alarms]
    if verdict.status is Status.ERROR:
        unread = [*verdict.problems, *(f"{f.resource}: {f.reason}" for f in verdict.findings if f.status is Status.ERROR)]
        ElementTree.SubElement(case, "error", message=f"{len(unread)} not read").text = _clean("\n".join([*unread, *lines]))
    elif lines:
        ElementTree.SubElement(case, "failure", message=f"{len(lines)} of {len(verdict.findings)} resources").text = _clean(
            "\n".join(lines)
        )
    elif verdict.status is Status.SKIP:
        ElementTree.SubElement(case, "skipped", message="no resource that the rule is about")


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
