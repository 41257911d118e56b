"""Regular expressions that DuckDB's engine cannot say: look-around and back-references, found by backtracking, with a bound on the time.

DuckDB's own engine (RE2) takes time in proportion to the text and has neither. Only patterns that need them come here, and searches from a
later start or for the Nth match, written for the `regex` package by `translate/regexes.py`; one search of one text may take `SECONDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

SECONDS = 0.5
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


def _filled(match: Any, replacement: str) -> str:
    return re.sub(r"\\([0-9\\])", lambda part: "\\" if part[1] == "\\" else match.group(int(part[1])) or "", replacement)


def replaced(text: str, pattern: str, replacement: str, flags: str) -> str:
    r"""The text with the first match replaced, or with `g` every one; `\1` is a group, `\0` the match."""
    return _bounded(
        lambda: str(
            _compiled(pattern).sub(lambda match: _filled(match, replacement), text, count=0 if "g" in flags else 1, timeout=SECONDS)
        )
    )


def _from(text: str, pattern: str, start: int) -> Iterator[Any]:
    if start < 1:
        raise ValueError(f'invalid value for parameter "start": {start}')
    if start - 1 <= len(text):
        yield from _compiled(pattern).finditer(text, pos=start - 1, timeout=SECONDS)


def _nth(text: str, pattern: str, start: int, which: int) -> Any:
    if which < 1:
        raise ValueError(f'invalid value for parameter "n": {which}')
    return _bounded(lambda: next(islice(_from(text, pattern, start), which - 1, None), None))


def count_from(text: str, pattern: str, start: int) -> int:
    """How many matches begin at the character `start`, counted from 1, or later."""
    return _bounded(lambda: sum(1 for _ in _from(text, pattern, start)))


def nth(text: str, pattern: str, start: int, which: int, group: int) -> str | None:
    """A group of the match of that number from `start` on, 0 for all of it."""
    found = _nth(text, pattern, start, which)
    return None if found is None or group > len(found.groups()) else found.group(group)


def place(text: str, pattern: str, start: int, which: int, end: int, group: int) -> int:
    """Where that match begins, or with `end` what follows it; 0 where there is none."""
    if end not in (0, 1):
        raise ValueError(f'invalid value for parameter "endoption": {end}')
    found = _nth(text, pattern, start, which)
    if found is None or group > len(found.groups()):
        return 0
    return int(found.end(group) if end else found.start(group)) + 1


def replaced_nth(text: str, pattern: str, replacement: str, start: int, which: int) -> str:
    """The text with the match of that number from `start` on replaced, with 0 every one of them."""
    if which < 0:
        raise ValueError(f'invalid value for parameter "n": {which}')

    def rewritten() -> str:
        found, at = [], 0
        for number, match in enumerate(_from(text, pattern, start), 1):
            if which in (0, number):
                found += [text[at : match.start()], _filled(match, replacement)]
                at = match.end()
        return "".join([*found, text[at:]])

    return _bounded(rewritten)
