"""What others wrote (names, tags, messages) as text that steers no terminal and no page."""

from __future__ import annotations

from cirql.startup.regexes import regex

_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def legible(text: str) -> str:
    """The text with control characters written as escapes."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)
