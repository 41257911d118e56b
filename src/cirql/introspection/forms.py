"""The forms of SHOW and DESCRIBE as patterns, apart from what answers them: every statement is held against them first."""

from __future__ import annotations

import re

from cirql.startup.regexes import regex

SPACE = r"(?:\s|--[^\n]*\n|/\*(?!\+).*?\*/)"
FIRST = regex(rf"{SPACE}*(SHOW|DESCRIBE|DESC|REGISTRY(?=\s+LIST\b))\b", re.IGNORECASE | re.DOTALL)
NAME = r'[\w"$.-]+'
SHOW = regex(
    rf"{SPACE}*SHOW\s+(?P<extended>EXTENDED\s+)?(?P<kind>PROVIDERS|SERVICES|RESOURCES|METHODS|TABLES)\b"
    rf"(?:\s+(?:IN|FROM)\s+(?P<name>{NAME}))?"
    r"(?:\s+LIKE\s+(?P<like>'(?:[^']|'')*'))?(?:\s+WHERE\s+(?P<where>.+?))?\s*;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
ISOLATION = regex(rf"{SPACE}*SHOW\s+(?:TRANSACTION\s+ISOLATION\s+LEVEL|transaction_isolation)\s*;?\s*\Z", re.IGNORECASE | re.DOTALL)
REGISTRY = regex(rf"{SPACE}*REGISTRY\s+LIST(?:\s+(?P<name>{NAME}))?\s*;?\s*\Z", re.IGNORECASE | re.DOTALL)
INSERT = regex(
    rf"{SPACE}*SHOW\s+INSERT\s+(?P<hint>/\*\+\s*\w+\s*\*/\s*)?INTO\s+(?P<hint2>/\*\+\s*\w+\s*\*/\s*)?(?P<name>{NAME})\s*;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
DESCRIBE = regex(
    rf"{SPACE}*DESC(?:RIBE)?\s+(?P<words>(?:(?:EXTENDED|METHOD|TABLE)\s+)*)(?P<name>{NAME})\s*;?\s*\Z", re.IGNORECASE | re.DOTALL
)


def is_introspection(text: str) -> bool:
    """Whether a statement is a SHOW or a DESCRIBE, or asks which providers there are in another way."""
    return FIRST.match(text) is not None
