"""Questions about the catalog that were asked before, as DuckDB has them, and their answers: tools ask the same ones again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    import pyarrow as pa

_MOST = 512
_LARGEST = 1 << 20
"""Bytes of an answer that is remembered: a program that asks for every column asks once."""
_CHANGING = regex(r"\b(?:now|today|random|setseed|uuid|gen_random_uuid|nextval|age|\w*timestamp)\s*\(|\bcurrent_(?:date|time)")
"""What says something else the next time."""
_NUMBER = regex(r"'(\d{5,9})'")
_ANY = "4294967295"
"""The greatest number that a table could have, which none has."""
Key = tuple[str, str]
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Query:
    """A question as DuckDB has it, and of what kind it is."""

    text: str
    is_of_tables: bool
    """Whether it is about columns, keys or comments of tables."""
    is_empty: bool
    """Whether it gives no rows, whatever it is about."""
    kinds: tuple[str | None, ...] = ()
    """The types of its columns as PostgreSQL has them, where they are known."""

    def of(self, number: str) -> str:
        """It with a table's number in the place for one."""
        return self.text.replace(_ANY, number) if number else self.text


def with_any_number(sql: str) -> tuple[str, str]:
    """A question that has the number of one table, with a place for any; and the number. psql's have them as texts."""
    numbers = set(_NUMBER.findall(sql))
    if len(numbers) != 1 or _ANY in sql:
        return sql, ""
    (number,) = numbers
    return sql.replace(f"'{number}'", f"'{_ANY}'"), number


class Recent(Generic[V]):
    """The things that were used last, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[Key, V] = OrderedDict()

    def get(self, key: Key) -> V | None:
        """What was put there, where it still is."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: Key, value: V) -> None:
        """Remember it, and forget what was used longest ago."""
        with self._lock:
            self._found[key] = value
            self._found.move_to_end(key)
            if len(self._found) > _MOST:
                self._found.popitem(last=False)


class Answers:
    """Answers that are the same each time, small enough to be held."""

    def __init__(self) -> None:
        self._recent: Recent[pa.Table] = Recent()

    def get(self, key: Key) -> pa.Table | None:
        """The answer to a question (its text, its values), or None."""
        return self._recent.get(key)

    def put(self, key: Key, answer: pa.Table) -> None:
        """Remember an answer, where it can be."""
        if answer.nbytes <= _LARGEST and _CHANGING.search(key[0].lower()) is None:
            self._recent.put(key, answer)
