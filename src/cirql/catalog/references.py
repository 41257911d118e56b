"""Reference: a column of one table that names rows of another, and how sure that is. Stored beside the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from cirql.startup.records import dataclass

LAYOUT = """
CREATE TABLE refs (source INTEGER, source_column TEXT, target INTEGER, target_column TEXT, percent INTEGER, reason TEXT,
    PRIMARY KEY (source, source_column, target)) WITHOUT ROWID;
CREATE INDEX refs_by_target ON refs (target);
"""
_ALL = """SELECT s.name, r.source_column, t.name, r.target_column, r.percent, r.reason
    FROM refs r JOIN tables s ON s.rowid = r.source JOIN tables t ON t.rowid = r.target"""


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` of `table` holds values of `other_column` of `other`; `percent` is how sure that is.

    `reason`: `parent` (AWS lists the rows by it), `known` (the column's name means that throughout AWS), `name` (the column is called after
    the other table, in the same service) or `ending` (its name ends so: `source_vpc_id`).
    """

    table: str
    column: str
    other: str
    other_column: str
    percent: int
    reason: str


def write(connection: sqlite3.Connection, references: Iterable[Reference], numbers: Mapping[str, int]) -> None:
    """Store references between tables of these row numbers."""
    rows = ((numbers[r.table], r.column, numbers[r.other], r.other_column, r.percent, r.reason) for r in references)
    connection.executemany("INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?, ?)", rows)


def of(connection: sqlite3.Connection, table: str) -> Iterator[Reference]:
    """What the columns of a table name, the surest first."""
    found = connection.execute(f"{_ALL} WHERE s.name = ? ORDER BY r.percent DESC, r.source_column, t.name", (table,))
    return (Reference(*row) for row in found)


def to(connection: sqlite3.Connection, table: str) -> Iterator[Reference]:
    """Which columns name rows of a table, the surest first."""
    found = connection.execute(f"{_ALL} WHERE t.name = ? ORDER BY r.percent DESC, s.name, r.source_column", (table,))
    return (Reference(*row) for row in found)


def every(connection: sqlite3.Connection) -> Iterator[Reference]:
    """All there are, by table and column."""
    return (Reference(*row) for row in connection.execute(f"{_ALL} ORDER BY s.name, r.source_column, r.percent DESC, t.name"))
