"""A schema's regular expressions, which are Java's, for Python's `re`."""

from __future__ import annotations

import re
from functools import lru_cache

from cirql.startup.regexes import regex

_CLASSES = {
    r"\p{L}": r"[^\W\d_]",
    r"\p{N}": r"\d",
    r"\p{Alpha}": "[A-Za-z]",
    r"\p{Alnum}": "[A-Za-z0-9]",
    r"\p{Digit}": "[0-9]",
    r"\p{Print}": "[ -~]",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{Graph}": "[!-~]",
}
_INSIDE = {name: text[1:-1] for name, text in _CLASSES.items() if text.startswith("[") and not text.startswith("[^")}
_INSIDE |= {r"\p{N}": r"\d", r"\p{L}": r"a-zA-Z\u00aa-\U0003ffff", r"\p{Z}": r"\s", r"\p{S}": "$+<=>^`|~", r"\p{P}": r"!-/:-@\[-`{-~"}
_INSIDE |= {r"\p{M}": r"\u0300-\u036f", r"\p{C}": r"\x00-\x1f"}
_ESCAPE = regex(r"\\(?:[pP]\{\^?\w+\}|.)", re.DOTALL)


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    r"""The pattern for `re.search`, or None where Python cannot express it: such a rule is AWS's to check.

    >>> bool(compile_pattern(r"^[\\p{L}\\d]+$").search("Straße1"))
    True
    """
    if "&&" in pattern or r"\P{" in pattern:
        return None
    try:
        return re.compile(_translate(pattern))
    except (re.error, OverflowError):
        return None


def _translate(pattern: str) -> str:
    """Replace the named classes, and escape what `re` would warn of inside a character class."""
    out: list[str] = []
    inside, at = False, 0
    while at < len(pattern):
        if escape := _ESCAPE.match(pattern, at):
            out.append(_named(escape[0], inside=inside))
            at = escape.end()
            continue
        char = pattern[at]
        if inside and (char == "[" or pattern[at : at + 2] in ("--", "||", "~~")):
            out.append("\\" + char)
        else:
            if char == "[":
                inside = True
            elif char == "]" and inside and out[-1] != "[" and not (out[-1] == "^" and out[-2:-1] == ["["]):
                inside = False
            out.append(char)
        at += 1
    return "".join(out)


def _named(escape: str, *, inside: bool) -> str:
    if not escape.startswith((r"\p", r"\P")):
        return {r"\z": r"\Z", r"\h": r"\s"}.get(escape, escape)
    found = (_INSIDE if inside else _CLASSES).get(escape.replace("{Is", "{"))
    if found is None and not inside and escape in _INSIDE:
        found = f"[{_INSIDE[escape]}]"
    if found is None:
        raise re.error(f"no class {escape}")
    return found
