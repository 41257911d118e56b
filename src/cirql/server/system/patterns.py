"""What LIKE's patterns and psql's regular expressions mean, as far as they say names with some letters left open.

Both come from clients. Python's `re` may search for years for what they write, and holds up everybody meanwhile, so only what becomes a
pattern of literals, `?` and `*` is understood; of that no part is looked at twice.
"""

from __future__ import annotations

import re

_OF_LIKE = re.compile(r"\\.|.", re.DOTALL)
_OF_PSQL = re.compile(r"\\.|\.\*|.", re.DOTALL)


def of_like(literal: str) -> re.Pattern[str]:
    """The names that a pattern of LIKE means."""
    return _matching(["".join(_glob(token, many="%", one="_") for token in _OF_LIKE.findall(literal))])


def of_psql(literal: str) -> re.Pattern[str] | None:
    r"""The names that a regular expression means which psql made of a pattern (`\d ec2_*`); None for any other."""
    if not (literal.startswith("^(") and literal.endswith(")$")):
        return None
    alternatives = [""]
    for token in _OF_PSQL.findall(literal[2:-2]):
        if token == "|":
            alternatives.append("")
        elif token in ("[", "]", "(", ")", "{", "}", "+", "?", "*", "^", "$", "\\") or (len(token) == 2 and token[-1].isalnum()):
            return None
        else:
            alternatives[-1] += _glob(token, many=".*", one=".")
    return _matching(alternatives)


def _glob(token: str, *, many: str, one: str) -> str:
    if token in (many, one):
        return "*" if token == many else "?"
    return f"[{token[-1]}]" if token[-1] in "*?[" else token[-1]


def _matching(globs: list[str]) -> re.Pattern[str]:
    from fnmatch import translate

    return re.compile("|".join(map(translate, globs)))
