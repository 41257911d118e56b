"""The embedded store's index: the scan log, with which segments count, and which of their rows have ended.

Segment files are immutable and complete before the index names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import ClassVar

from cirql.inventory.scan_log import ANYWHERE, SECOND, ScanLog
from cirql.inventory.versions.members import Member
from cirql.startup.records import dataclass

OWN = """
CREATE TABLE segments(
  id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, ended INTEGER NOT NULL, file TEXT, body BLOB, rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, last_end INTEGER,
  columns TEXT NOT NULL, members TEXT NOT NULL, known TEXT NOT NULL, same TEXT NOT NULL);
CREATE INDEX segments_by_table ON segments(tbl);
CREATE TABLE closures(
  id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, at INTEGER NOT NULL, rows INTEGER NOT NULL, per_segment TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX closures_by_table ON closures(tbl);
CREATE TABLE garbage(file TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
"""
SMALL = "CREATE INDEX small_segments ON segments(tbl, rows) WHERE file IS NULL;"

FROM_FIRST = f"""
ALTER TABLE scans ADD COLUMN token TEXT;
ALTER TABLE claims RENAME TO old_claims;
{SECOND}
{SMALL}
INSERT INTO claims SELECT s.id, s.tbl, s.account, s.region, c.columns, NULL FROM old_claims c JOIN scans s ON s.id = c.scan;
DROP TABLE old_claims;
INSERT INTO touched SELECT tbl, '{ANYWHERE}', '{ANYWHERE}', 0 FROM segments GROUP BY tbl;
UPDATE settings SET value = 2 WHERE name = 'format';
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable set of row versions of one table: a Parquet file, or, when small, Arrow bytes kept in the index.

    `ended`: every version in it has its end written beside it; otherwise they are open unless a closure names them. `columns` maps
    the stored columns to their types; `members` of JSON columns are columns of the file too (see `members`). `known` are the
    ids of the column sets its rows know, `same` the system columns that have one value in all of
    them. `first`, `last` and `last_end` bound the rows' times, in microseconds.
    """

    id: int
    table: str
    ended: bool
    file: str | None
    body: bytes | None
    rows: int
    bytes: int
    sha256: str
    first: int
    last: int
    last_end: int | None
    columns: Mapping[str, str]
    members: tuple[Member, ...]
    known: frozenset[int]
    same: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Closure:
    """Row versions that ended at one moment: packed ids (see `segments.pack`), and how many of them lie in each segment."""

    id: int
    table: str
    at: int
    rows: int
    per_segment: Mapping[int, int]
    body: bytes


class Index(ScanLog):
    """The log, and the segments and closures of each table."""

    own: ClassVar[str] = OWN + SMALL
    format: ClassVar[int] = 2
    upgrades: ClassVar[Mapping[int, str]] = {1: FROM_FIRST}

    def tables(self) -> list[str]:
        """The tables with rows or scans."""
        return [t for (t,) in self._sql.execute("SELECT tbl FROM segments UNION SELECT tbl FROM scans ORDER BY 1")]

    def segments(self, table: str) -> list[Segment]:
        """The table's segments, oldest first."""
        rows = self._sql.execute("SELECT * FROM segments WHERE tbl = ? ORDER BY id", (table,))
        return [
            Segment(
                i,
                t,
                bool(ended),
                file,
                body,
                n,
                size,
                sha,
                first,
                last,
                end,
                json.loads(c),
                tuple(Member(m[0], tuple(m[1:])) for m in json.loads(s) if isinstance(m, list)),
                frozenset(json.loads(k)),
                json.loads(same),
            )
            for i, t, ended, file, body, n, size, sha, first, last, end, c, s, k, same in rows
        ]

    def add_segment(self, s: Segment) -> None:
        """Make a segment count."""
        self._sql.execute(
            f"INSERT INTO segments VALUES ({', '.join('?' * 15)})",
            (
                *(s.id, s.table, s.ended, s.file, s.body, s.rows, s.bytes, s.sha256, s.first, s.last, s.last_end),
                *(
                    json.dumps(dict(s.columns)),
                    json.dumps([[m.column, *m.path] for m in s.members]),
                    json.dumps(sorted(s.known)),
                    json.dumps(dict(s.same)),
                ),
            ),
        )

    def remove_segments(self, segments: Iterable[Segment], now: int) -> None:
        """Stop segments counting; their files become garbage, for readers that began before."""
        for s in segments:
            self._sql.execute("DELETE FROM segments WHERE id = ?", (s.id,))
            if s.file is not None:
                self._sql.execute("INSERT OR REPLACE INTO garbage VALUES (?, ?)", (s.file, now))

    def closures(self, table: str) -> list[Closure]:
        """The table's closures, oldest first."""
        rows = self._sql.execute("SELECT * FROM closures WHERE tbl = ? ORDER BY id", (table,))
        return [Closure(i, t, at, n, {int(k): v for k, v in json.loads(per).items()}, body) for i, t, at, n, per, body in rows]

    def add_closure(self, c: Closure) -> None:
        """Mark row versions as ended."""
        per = json.dumps({str(k): v for k, v in c.per_segment.items()})
        self._sql.execute("INSERT INTO closures VALUES (?, ?, ?, ?, ?, ?)", (c.id, c.table, c.at, c.rows, per, c.body))

    def remove_closures(self, ids: Iterable[int]) -> None:
        """Forget closures whose rows were rewritten with their ends."""
        self._sql.executemany("DELETE FROM closures WHERE id = ?", [(i,) for i in ids])

    def files(self) -> set[str]:
        """Every segment file that counts, or that a reader may still need."""
        return {f for (f,) in self._sql.execute("SELECT file FROM segments WHERE file IS NOT NULL UNION SELECT file FROM garbage")}

    def garbage(self, before: int) -> list[str]:
        """Files that stopped counting before a moment."""
        return [f for (f,) in self._sql.execute("SELECT file FROM garbage WHERE since <= ?", (before,))]

    def forget_garbage(self, files: Iterable[str]) -> None:
        """Drop the note of files that are gone."""
        self._sql.executemany("DELETE FROM garbage WHERE file = ?", [(f,) for f in files])

    def small_segments(self, table: str) -> tuple[int, int]:
        """How many segments of the table are kept in the index, and how many rows they have."""
        query = "SELECT count(*), coalesce(sum(rows), 0) FROM segments INDEXED BY small_segments WHERE tbl = ? AND file IS NULL"
        count, rows = self._sql.execute(query, (table,)).fetchone()
        return count, rows
