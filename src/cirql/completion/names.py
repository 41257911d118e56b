"""Which names are meant by what has been written of one: its beginning, the beginnings of its words, or some of its letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog

_PARTS = regex(r"[._\s]+")
_LEAST_LETTERS = 3
"""With fewer, their order alone says nothing."""
_BEGINS, _WORDS, _HAS, _LETTERS = range(4)
_names: WeakKeyDictionary[Catalog, tuple[str, ...]] = WeakKeyDictionary()


def table_names(catalog: Catalog) -> tuple[str, ...]:
    """The names of all tables of a catalog, read once."""
    from cirql.catalog.model import Face

    if catalog not in _names:
        every = [s for s in catalog.spellings() if s.published]
        _names[catalog] = tuple(s.name for s in sorted(every, key=lambda s: s.face in (Face.LIST_ONLY, Face.TAGS)))
    return _names[catalog]


def matching(written: str, names: Sequence[str], most: int) -> list[str]:
    """The names that may be meant, the likeliest first: those that fit better, then the shorter."""
    written = written.lower()
    test = _Test(written)
    found = [(fits, len(name), name) for name in names if (fits := test(name)) is not None]
    return [name for _, _, name in sorted(found)[:most]]


def rank(written: str, name: str) -> int | None:
    """How well a name fits what was written, 0 best; None where it cannot be meant."""
    return _Test(written.lower())(name.lower())


class _Test:
    """What was written, looked at once for ten thousand names."""

    def __init__(self, written: str) -> None:
        self.written = written
        parts = [re.escape(p) for p in _PARTS.split(written) if p]
        self.words = re.compile(r"(?:^|[._])" + r"[^.]*?[._]".join(parts)) if parts else None
        letters = [re.escape(c) for c in written if c not in "._ "]
        self.letters = re.compile(".*?".join(letters)) if len(letters) >= _LEAST_LETTERS else None

    def __call__(self, name: str) -> int | None:
        written = self.written
        if name.startswith(written) or name.startswith(written, name.find(".") + 1):
            return _BEGINS
        if self.words is not None and self.words.search(name):
            return _WORDS
        if written in name:
            return _HAS
        if self.letters is not None and self.letters.search(name):
            return _LETTERS
        return None
