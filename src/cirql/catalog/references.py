"""Reference: a column of one table that names rows of another, and how sure that is. Stored beside the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from cirql.startup.records import dataclass

LAYOUT = """
CREATE TABLE refs (source INTEGER, source_column TEXT, member TEXT, target INTEGER, target_column TEXT, percent INTEGER, reason TEXT,
    PRIMARY KEY (source, source_column, member, target)) WITHOUT ROWID;
CREATE INDEX refs_by_target ON refs (target);
"""
_ALL = """SELECT s.name, r.source_column, t.name, r.target_column, r.percent, r.reason, r.member
    FROM refs r JOIN tables s ON s.rowid = r.source JOIN tables t ON t.rowid = r.target"""


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` of `table` holds values of `other_column` of `other`; `percent` is how sure that is, as measured for each `reason`.

    `reason`: `parent` (AWS lists the rows by it), `known` (the column's name means that throughout AWS), `name` (the column is called after
    the other table, in the same service), `ending` (its name ends so: `source_vpc_id`) or `part` (it is a part of the other's key, and
    names a row only with the rest of it). `member` is where the values stand in a JSON column, else empty: `[].GroupId`, `.SubnetIds[]`.
    """

    table: str
    column: str
    other: str
    other_column: str
    percent: int
    reason: str
    member: str = ""

    @property
    def place(self) -> str:
        """The column, and where in it: `security_groups[].GroupId`."""
        return self.column + self.member


def write(connection: sqlite3.Connection, references: Iterable[Reference], numbers: Mapping[str, int]) -> None:
    """Store references between tables of these row numbers."""
    rows = ((numbers[r.table], r.column, r.member, numbers[r.other], r.other_column, r.percent, r.reason) for r in references)
    connection.executemany("INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def of(connection: sqlite3.Connection, table: str) -> Iterator[Reference]:
    """What the columns of a table name, the surest first."""
    found = connection.execute(
        f"{_ALL} WHERE s.name = ? ORDER BY r.percent < 80, r.member <> '', r.percent DESC, r.source_column, r.member, t.name", (table,)
    )
    return (Reference(*row) for row in found)


def to(connection: sqlite3.Connection, table: str) -> Iterator[Reference]:
    """Which columns name rows of a table, the surest first."""
    found = connection.execute(f"{_ALL} WHERE t.name = ? ORDER BY r.percent DESC, s.name, r.source_column, r.member", (table,))
    return (Reference(*row) for row in found)


def every(connection: sqlite3.Connection) -> Iterator[Reference]:
    """All there are, by table and column."""
    return (Reference(*row) for row in connection.execute(f"{_ALL} ORDER BY s.name, r.source_column, r.member, r.percent DESC, t.name"))
