"""Regular expressions that DuckDB's engine cannot say: look-around and back-references, found by backtracking, with a bound on the time.

DuckDB's own engine (RE2) takes time in proportion to the text and has neither. Only patterns that need them come here, written for the
`regex` package by `translate/regexes.py`; one search of one text may take `SECONDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

SECONDS = 1.0
T = TypeVar("T")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import regex  # here, because most statements have no such pattern

    return regex.compile(pattern)


def _bounded(work: Callable[[], T]) -> T:
    try:
        return work()
    except TimeoutError:
        raise ValueError(f"a regular expression with look-around searched one text for more than {SECONDS:g} s") from None


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found."""
    return _bounded(lambda: _compiled(pattern).search(text, timeout=SECONDS) is not None)


def first(text: str, pattern: str, group: int) -> str | None:
    """A group of the first match, 0 for all of it."""
    found = _bounded(lambda: _compiled(pattern).search(text, timeout=SECONDS))
    return None if found is None else found.group(group)


def once(text: str, pattern: str, groups: list[int]) -> list[str | None] | None:
    """These groups of the first match."""
    found = _bounded(lambda: _compiled(pattern).search(text, timeout=SECONDS))
    return None if found is None else [found.group(n) for n in groups]


def count(text: str, pattern: str) -> int:
    """How many matches there are."""
    return _bounded(lambda: sum(1 for _ in _compiled(pattern).finditer(text, timeout=SECONDS)))


def pieces(text: str, pattern: str) -> list[str]:
    """What stands between the matches."""

    def split() -> list[str]:
        found, at = [], 0
        for match in _compiled(pattern).finditer(text, timeout=SECONDS):
            found.append(text[at : match.start()])
            at = match.end()
        return [*found, text[at:]]

    return _bounded(split)


def replaced(text: str, pattern: str, replacement: str, flags: str) -> str:
    r"""The text with the first match replaced, or with `g` every one; `\1` is a group, `\0` the match."""

    def filled(match: Any) -> str:
        return re.sub(r"\\([0-9\\])", lambda part: "\\" if part[1] == "\\" else match.group(int(part[1])) or "", replacement)

    return _bounded(lambda: str(_compiled(pattern).sub(filled, text, count=0 if "g" in flags else 1, timeout=SECONDS)))
