"""The store's index: which segments count, which of their rows have ended, and the scan log; one small SQLite file.

A commit here is what makes a write happen: segment files are immutable and complete before the index names them. SQLite
in WAL mode lets any number of processes read while one writes, and survives `kill -9` at any instruction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cirql.errors import StoreDamaged
from cirql.inventory.coverage import Claim
from cirql.inventory.embedded.members import Member
from cirql.inventory.faults import is_of_the_disk
from cirql.inventory.model import Partition, ScanRecord, micros, moment

FORMAT = 1

SCHEMA = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE column_sets(id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE);
CREATE TABLE scans(
  id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, parent TEXT NOT NULL,
  started INTEGER NOT NULL, finished INTEGER NOT NULL, asked_by TEXT NOT NULL, complete INTEGER NOT NULL, reason TEXT NOT NULL,
  calls INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL);
CREATE INDEX scans_by_place ON scans(tbl, account, region, finished);
CREATE TABLE claims(scan INTEGER PRIMARY KEY REFERENCES scans(id), columns TEXT NOT NULL);
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


class Index:
    """One connection to the index file. Use it in a `with`; one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Index]:
        """Open an index that `create` made."""
        connection = _connect(path)
        try:
            yield cls(connection)
        finally:
            connection.close()

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the index where there is none. Call under the write lock. Raises StoreDamaged for a file of another format."""
        connection = _connect(path)
        try:
            has_tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'settings'").fetchone()[0]
            if not has_tables:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} INSERT INTO settings VALUES ('format', {FORMAT}); COMMIT;")
            found = cls(connection).setting("format")
        except sqlite3.DatabaseError as error:
            if is_of_the_disk(error):
                raise
            raise StoreDamaged(f"{path} is not an inventory index: {error}") from error
        finally:
            connection.close()
        if found != FORMAT:
            raise StoreDamaged(
                f"{path} has format {found}; this version of cirql reads {FORMAT}", hint="use the newer cirql, or another store"
            )

    def is_ready(self) -> bool:
        """Whether `create` has finished for this file, in this format. Raises StoreDamaged for a file that is no index of ours."""
        try:
            found = self._sql.execute("SELECT count(*) FROM sqlite_master WHERE name = 'settings'").fetchone()[0]
            return bool(found) and self.setting("format") == FORMAT
        except sqlite3.DatabaseError as error:
            if is_of_the_disk(error):
                raise
            raise StoreDamaged(f"the inventory's index cannot be read: {error}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read several tables as of one moment."""
        self._sql.execute("BEGIN")
        try:
            yield
        finally:
            self._sql.execute("ROLLBACK")

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Do all of the writes inside, or none."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:  # a full disk ends it by itself
                self._sql.execute("ROLLBACK")
            raise

    # Settings and numbers ------------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> int | None:
        """A stored number, or None."""
        row = self._sql.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def put_setting(self, name: str, value: int) -> None:
        """Store a number under a name."""
        self._sql.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def next_id(self, kind: str) -> int:
        """A number never given before for `kind`. Call inside `commit`, or under the write lock: it is kept when the commit is."""
        value = (self.setting(f"last_{kind}") or 0) + 1
        self.put_setting(f"last_{kind}", value)
        return value

    def column_sets(self, after: int = 0) -> dict[int, frozenset[str]]:
        """Every set of columns that some row knows, by id; those with an id beyond `after`."""
        rows = self._sql.execute("SELECT id, columns FROM column_sets WHERE id > ?", (after,))
        return {i: frozenset(json.loads(text)) for i, text in rows}

    def add_column_sets(self, sets: Iterable[tuple[int, frozenset[str]]]) -> None:
        """Keep new sets under the ids given; those that are there already are left alone."""
        rows = [(i, _names(columns)) for i, columns in sets]
        self._sql.executemany("INSERT OR IGNORE INTO column_sets VALUES (?, ?)", rows)

    # Segments and closures -----------------------------------------------------------------------------------------------------

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

    # Scans and claims ----------------------------------------------------------------------------------------------------------

    def add_scan(self, scan: ScanRecord) -> None:
        """Log a scan under its id."""
        p = scan.partition
        self._sql.execute(
            f"INSERT INTO scans VALUES ({', '.join('?' * 13)})",
            (
                *(scan.id, p.table, p.account, p.region, json.dumps(p.parent), micros(scan.started), micros(scan.finished)),
                *(scan.by, scan.complete, scan.reason, scan.calls, scan.rows, _names(scan.columns)),
            ),
        )

    def scans(self, table: str | None = None) -> list[ScanRecord]:
        """The log, oldest first."""
        where, values = ("WHERE tbl = ?", (table,)) if table is not None else ("", ())
        return [_scan(row) for row in self._sql.execute(f"SELECT * FROM scans {where} ORDER BY id", values)]

    def scans_after(self, partition: Partition, started: int) -> list[ScanRecord]:
        """Scans in the partition's place that ended after a moment, or began no earlier."""
        rows = self._sql.execute(
            "SELECT * FROM scans WHERE tbl = ? AND account = ? AND region = ? AND finished >= ?",
            (partition.table, partition.account, partition.region, started),
        )
        return [_scan(row) for row in rows]

    def claims(self, table: str, place: tuple[str, str] | None = None) -> list[Claim]:
        """What the table's complete scans still answer for, in one place or everywhere."""
        where, values = ("AND account = ? AND region = ?", (table, *place)) if place else ("", (table,))
        rows = self._sql.execute(f"SELECT s.*, c.columns FROM claims c JOIN scans s ON s.id = c.scan WHERE s.tbl = ? {where}", values)
        return [Claim(_scan(row[:-1]), frozenset(json.loads(row[-1]))) for row in rows]

    def claims_at(self, table: str, at: int) -> list[Claim]:
        """What the complete scans made by a moment had seen: the newest of each partition and column set."""
        rows = self._sql.execute(
            "SELECT * FROM scans WHERE id IN (SELECT max(id) FROM scans WHERE tbl = ? AND complete AND started <= ?"
            " GROUP BY account, region, parent, columns)",
            (table, at),
        )
        return [Claim(scan, scan.columns) for scan in map(_scan, rows)]

    def put_claims(self, claims: Iterable[Claim]) -> None:
        """Add claims, or replace those of the same scans."""
        self._sql.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?)", [(c.scan.id, _names(c.columns)) for c in claims])

    def remove_claims(self, claims: Iterable[Claim]) -> None:
        """Drop claims that newer ones make useless."""
        self._sql.executemany("DELETE FROM claims WHERE scan = ?", [(c.scan.id,) for c in claims])

    def forget_scans(self, before: int) -> None:
        """Drop log entries from before a moment, but for those that still answer."""
        self._sql.execute("DELETE FROM scans WHERE finished < ? AND id NOT IN (SELECT scan FROM claims)", (before,))

    def is_sound(self) -> str:
        """SQLite's own check: `ok`, or what is wrong."""
        return str(self._sql.execute("PRAGMA integrity_check").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        # In WAL mode NORMAL cannot damage the file; a power cut may cost the last commits, which are then fetched again.
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.DatabaseError as error:
        connection.close()
        if is_of_the_disk(error):
            raise
        raise StoreDamaged(f"{path} is not an inventory index: {error}") from error
    return connection


def _names(columns: Iterable[str]) -> str:
    return json.dumps(sorted(columns))


def _scan(row: tuple[object, ...]) -> ScanRecord:
    i, table, account, region, parent, started, finished, by, complete, reason, calls, rows, columns = row
    return ScanRecord(
        partition=Partition(str(table), str(account), str(region), tuple((k, v) for k, v in json.loads(str(parent)))),
        started=moment(int(str(started))),
        finished=moment(int(str(finished))),
        by=str(by),
        complete=bool(complete),
        columns=frozenset(json.loads(str(columns))),
        reason=str(reason),
        calls=int(str(calls)),
        rows=int(str(rows)),
        id=int(str(i)),
    )
