"""Text of reports: what others wrote (names, tags, messages) so that it steers no terminal and no page; numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.checks.model import Audit

_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def legible(text: str) -> str:
    """The text with control characters written as escapes."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def rules_of(report: Audit) -> str:
    """How many rules were run, in words."""
    count = len(report.verdicts)
    return f"{count} {'rule' if count == 1 else 'rules'}"
