"""Hints: `/*+ max_age(5 minutes) */` anywhere in a statement says how old remembered rows may be for this one statement."""

from __future__ import annotations

import re

from cirql.errors import ParseError
from cirql.settings import parse_duration
from cirql.startup.regexes import regex

# What is not closed goes on to the end: no text is looked at twice.
_PIECES = regex(r"'[^']*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)|--[^\n]*+|/\*\+(?P<hint>.*?)(?:\*/|\Z)|/\*.*?(?:\*/|\Z)", re.DOTALL)
_MAX_AGE = regex(r"\bmax_age\s*+\(\s*+'?(?P<age>[^)']*+)'?\s*+\)", re.IGNORECASE)


def max_age_hint(text: str) -> float | None:
    """The age in seconds that a statement's hint allows; None where it has none. Other hints are left alone.

    >>> max_age_hint("SELECT /*+ max_age(5 minutes) */ 1"), max_age_hint("SELECT '/*+ max_age(1h) */'")
    (300.0, None)

    Raises ParseError for an age that is no duration.
    """
    for piece in _PIECES.finditer(text):
        found = _MAX_AGE.search(piece["hint"]) if piece["hint"] is not None else None
        if found is not None:
            try:
                return parse_duration(found["age"].strip())
            except ValueError as error:
                raise ParseError(f"max_age: {error}", position=piece.start()) from None
    return None
