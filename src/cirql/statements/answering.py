"""What the answer to a statement is to a protocol: whether it has rows that were asked for, and the tag that says what was done.

A session answers every statement with a `Result`; one that was not asked for rows has a line for each change, or a word. A door that
must tell the two apart asks here. Read off the text where that is enough, so that it costs a query nothing.
"""

from __future__ import annotations

import re

from cirql.result import Result
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_QUERIES = frozenset({"", "SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXEC", "FROM"})
_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE"})
_STATUS = frozenset(
    {
        "SET",
        "USE",
        "BEGIN",
        "START",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "SAVEPOINT",
        "RELEASE",
        "PREPARE",
        "DEALLOCATE",
        "CREATE",
        "DROP",
        "REFRESH",
    }
)
_COUNTED = regex(r"(?:INSERT 0|UPDATE|DELETE|SELECT) (\d+)")


@dataclass(frozen=True, slots=True)
class Answering:
    """How a statement is answered: `word` is the first of its command tag; `has_rows`, whether its rows were asked for."""

    word: str
    has_rows: bool

    @property
    def is_change(self) -> bool:
        """Whether it is one that a transaction collects."""
        return self.word in _CHANGES or self.word == "EXEC"

    def tag(self, count: int, status: str | None) -> str:
        """PostgreSQL's command tag: what the statement said of itself (`status`), or its word and how many rows there were."""
        if status is not None and not self.has_rows:
            return status
        if self.word == "INSERT":
            return f"INSERT 0 {count}"
        return self.word if self.word in ("SHOW", "EXPLAIN") else f"{self.word} {count}"


def answering(sql: str) -> Answering:
    """How a statement is answered. One that cannot be read counts as a query: running it says what is wrong."""
    from cirql.sql.blanks import first_word

    word = first_word(sql)
    if word in ("SHOW", "DESCRIBE", "DESC"):
        return Answering("SHOW", has_rows=True)
    if word in _QUERIES:
        return Answering({"EXPLAIN": "EXPLAIN", "EXEC": "EXEC"}.get(word, "SELECT"), has_rows=True)
    if word in _CHANGES:
        return Answering(word, has_rows=_returns(sql))
    if word in _STATUS:
        return Answering(word, has_rows=False)
    if word == "WITH" and re.search(r"\b(?:INSERT|UPDATE|DELETE)\b", sql, re.IGNORECASE):
        return _of_with(sql)
    return Answering("SELECT", has_rows=True)


def _returns(sql: str) -> bool:
    """Whether a change has RETURNING; the word may also stand in a string or a comment."""
    return "returning" in sql.lower() and _tree_says(sql, "returning")


def _of_with(sql: str) -> Answering:
    for word in ("INSERT", "UPDATE", "DELETE"):
        if _tree_says(sql, None, word.lower()):
            return Answering(word, has_rows=_returns(sql))
    return Answering("SELECT", has_rows=True)


def _tree_says(sql: str, argument: str | None, key: str | None = None) -> bool:
    from cirql.errors import Error
    from cirql.sql.parse import parse

    try:
        tree = parse(sql).tree
    except Error:
        return False
    return (key is None or tree.key == key) and (argument is None or bool(tree.args.get(argument)))


def status_of(result: Result) -> str | None:
    """The word that a statement says of itself; None where its rows are something else."""
    if [c.name for c in result.columns] != ["status"]:
        return None
    row = result.fetchone()
    return str(row[0]) if row is not None else None


def counted(status: str) -> int:
    """How many rows a command tag speaks of; -1 where it speaks of none."""
    found = _COUNTED.fullmatch(status)
    return int(found[1]) if found else -1
