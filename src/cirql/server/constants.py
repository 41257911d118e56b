"""Answers to statements of constants alone (`SELECT 1`), which clients ask to see whether anybody is there.

The first time such a statement goes the way of all others. Its answer cannot change, so from then on it is remembered.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cirql.result import Result, ResultColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

_MOST = 256
_LONGEST = 200
_KINDS = ("Select", "Literal", "Alias", "Identifier", "Neg", "Null", "Boolean", "Paren", "Add", "Sub", "Mul")
"""What is in such a statement and nothing else: no names, no calls, no casts (`'now'::timestamp` is no constant)."""


class ConstantAnswers:
    """Shared by all clients, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[tuple[str, str], bytes] = {}
        self._known: dict[tuple[str, str], tuple[pa.Table, tuple[ResultColumn, ...]]] = {}

    def knows(self, sql: str, dialect: str) -> bool:
        """Whether the answer is remembered."""
        return (sql, dialect) in self._known

    def answer(self, sql: str, dialect: str) -> Result | None:
        """The answer, or None where it is not remembered."""
        found = self._known.get((sql, dialect))
        return None if found is None else Result(found[0].to_reader(), columns=found[1])

    def said(self, sql: str, dialect: str) -> bytes | None:
        """The messages that answered it as a simple query, or None where it was not asked as one yet."""
        return self._said.get((sql, dialect))

    def say(self, sql: str, dialect: str, data: bytes) -> None:
        """Remember the messages of an answer that is known."""
        with self._lock:
            if (sql, dialect) in self._known:
                self._said[sql, dialect] = data

    def columns(self, sql: str, dialect: str) -> tuple[ResultColumn, ...] | None:
        """The columns of the answer, or None where it is not remembered."""
        found = self._known.get((sql, dialect))
        return None if found is None else found[1]

    def learn(self, sql: str, dialect: str, result: Result) -> Result:
        """Remember an answer, where the statement is of constants alone; gives it to be read."""
        if not _is_constant(sql):
            return result
        table, columns = result.to_arrow(), result.columns
        if table.num_rows == 1 and not _told(result):
            with self._lock:
                if len(self._known) >= _MOST:
                    oldest = next(iter(self._known))
                    self._known.pop(oldest)
                    self._said.pop(oldest, None)
                self._known[sql, dialect] = (table, columns)
        return result


def _told(result: Result) -> Iterable[Any]:
    said: Sequence[Any] = (*result.notices, *result.failures)
    return said


def _is_constant(sql: str) -> bool:
    if (
        len(sql) > _LONGEST
        or sql.lstrip()[:6].upper() != "SELECT"
        or any(mark in sql for mark in (" from ", " FROM ", "$", "?", "::", "/*", "--"))
    ):
        return False
    from cirql.sql.parse import parse

    tree = parse(sql).tree
    return all(type(node).__name__ in _KINDS for node in tree.walk())
