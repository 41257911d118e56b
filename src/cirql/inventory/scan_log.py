"""The scan log: which scans were kept, what they answer for, sets of columns, notes; in one small SQLite file, whatever has the rows.

A commit here is what makes a write happen. SQLite in WAL mode lets any number of processes read while one writes, and survives
`kill -9` at any instruction. A store adds tables of its own to say where its rows are. What is here is SQL that PostgreSQL takes
too, since a store that several machines share has its log there (`iceberg/log_server.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from cirql.errors import StoreDamaged
from cirql.inventory.coverage import Claim
from cirql.inventory.faults import is_of_the_disk
from cirql.inventory.model import LastRead, Partition, ScanRecord, micros, moment

MOST_PLACES = 500
"""What is asked about more places than this is read for all."""

ALL = 2**62
"""No log has so many scans."""

ANYWHERE = "*"
"""The account and region of a table whose places are not known one by one: versions may be in any."""

SCHEMA = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE column_sets(id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE);
CREATE TABLE scans(
  id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, parent TEXT NOT NULL,
  started INTEGER NOT NULL, finished INTEGER NOT NULL, asked_by TEXT NOT NULL, complete INTEGER NOT NULL, reason TEXT NOT NULL,
  calls INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL, token TEXT);
CREATE INDEX scans_by_place ON scans(tbl, account, region, finished);
"""

# What an embedded store's format 1 did not have. `touched` has the last scan that opened or ended a version in a place: where a place has
# no row, no version was ever there, and where a claim's `digest` is younger, the same rows are there still.
SECOND = """
CREATE UNIQUE INDEX scans_by_token ON scans(token) WHERE token IS NOT NULL;
CREATE TABLE claims(
  scan INTEGER PRIMARY KEY REFERENCES scans(id), tbl TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, columns TEXT NOT NULL,
  digest BLOB);
CREATE INDEX claims_by_place ON claims(tbl, account, region);
CREATE TABLE touched(
  tbl TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, scan INTEGER NOT NULL, PRIMARY KEY (tbl, account, region)) WITHOUT ROWID;
CREATE TABLE notes(name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


class LogConnection(Protocol):
    """A connection to the log's database, of which SQLite's is one: `?` for parameters, transactions by `BEGIN` and `COMMIT`."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run a statement; a cursor."""
        ...

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Run a statement for each of many sets of parameters."""
        ...


class ScanLog:
    """One connection to the log. Use it in a `with`; one thread at a time.

    `own` has the SQL of a store's own tables, `format` the number of how it all is kept, `upgrades` how to come from an older one.
    """

    own: ClassVar[str] = ""
    format: ClassVar[int] = 1
    upgrades: ClassVar[Mapping[int, str]] = {}

    def __init__(self, connection: LogConnection) -> None:
        self._sql = connection
        self._given: dict[str, int] | None = None
        """In a commit: the numbers that it has given out, kept as it ends."""
        self._sets: dict[int, frozenset[str]] | None = None
        """In a commit: every set of columns, once it has been read."""

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open a file that `create` made."""
        connection = _connect(path)
        try:
            yield cls(connection)
        finally:
            connection.close()

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file where there is none. Call under the write lock. Raises StoreDamaged for a file of another format."""
        connection = _connect(path)
        try:
            has_tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'settings'").fetchone()[0]
            if not has_tables:
                connection.execute("PRAGMA journal_mode = WAL")
                made = f"{SCHEMA} {SECOND} {cls.own} INSERT INTO settings VALUES ('format', {cls.format});"
                connection.executescript(f"BEGIN IMMEDIATE; {made} COMMIT;")
            found = cls(connection).setting("format")
            if found is not None and found in cls.upgrades:
                connection.executescript(f"BEGIN IMMEDIATE; {cls.upgrades[found]} COMMIT;")
                found = cls(connection).setting("format")
        except sqlite3.DatabaseError as error:
            if is_of_the_disk(error):
                raise
            raise StoreDamaged(f"{path} is not an inventory index: {error}") from error
        finally:
            connection.close()
        if found != cls.format:
            raise StoreDamaged(
                f"{path} has format {found}; this version of cirql reads {cls.format}", hint="use the newer cirql, or another store"
            )

    def is_ready(self) -> bool:
        """Whether `create` has finished for this file, in this format. Raises StoreDamaged for a file that is no index of ours."""
        try:
            found = self._sql.execute("SELECT count(*) FROM sqlite_master WHERE name = 'settings'").fetchone()[0]
            return bool(found) and self.setting("format") == self.format
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
        """Do all of the writes inside, or none; inside another one, with that."""
        if self._is_committing():
            yield
            return
        self._sql.execute("BEGIN IMMEDIATE")
        self._given = {}
        try:
            yield
            for name, value in self._given.items():
                self._put(name, value)
            self._sql.execute("COMMIT")
        except BaseException:
            if self._is_committing():  # a full disk ends it by itself
                self._sql.execute("ROLLBACK")
            raise
        finally:
            self._given = self._sets = None

    def _is_committing(self) -> bool:
        return self._sql.in_transaction

    # Settings and numbers ------------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> int | None:
        """A stored number, or None."""
        if self._given and name in self._given:
            return self._given[name]
        row = self._sql.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def put_setting(self, name: str, value: int) -> None:
        """Store a number under a name."""
        if self._given is not None:
            self._given.pop(name, None)
        self._put(name, value)

    def _put(self, name: str, value: int) -> None:
        self._sql.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    def next_id(self, kind: str) -> int:
        """A number never given before for `kind`. Call inside `commit`, or under the write lock: it is kept when the commit is."""
        name = f"last_{kind}"
        value = (self.setting(name) or 0) + 1
        if self._given is None:
            self._put(name, value)
        else:
            self._given[name] = value
        return value

    def column_sets(self, after: int = 0) -> dict[int, frozenset[str]]:
        """Every set of columns that some row knows, by id; those with an id beyond `after`."""
        if self._sets is not None:
            return {i: names for i, names in self._sets.items() if i > after}
        rows = self._sql.execute("SELECT id, columns FROM column_sets WHERE id > ?", (after,))
        found = {i: _columns(text) for i, text in rows}
        if self._given is not None and not after:
            self._sets = found
        return dict(found)

    def add_column_sets(self, sets: Iterable[tuple[int, frozenset[str]]]) -> None:
        """Keep new sets under the ids given; those that are there already are left alone."""
        rows = [(i, _names(columns)) for i, columns in sets]
        if rows:
            self._sets = None
        self._sql.executemany("INSERT INTO column_sets VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def tables(self) -> list[str]:
        """The tables that were scanned."""
        return [t for (t,) in self._sql.execute("SELECT DISTINCT tbl FROM scans ORDER BY 1")]

    # Scans and claims ----------------------------------------------------------------------------------------------------------

    def add_scan(self, scan: ScanRecord, token: str | None = None) -> None:
        """Log a scan under its id."""
        p = scan.partition
        self._sql.execute(
            f"INSERT INTO scans VALUES ({', '.join('?' * 14)})",
            (
                *(scan.id, p.table, p.account, p.region, json.dumps(p.parent), micros(scan.started), micros(scan.finished)),
                *(scan.by, int(scan.complete), scan.reason, scan.calls, scan.rows, _names(scan.columns), token),
            ),
        )

    def scan_of(self, token: str) -> ScanRecord | None:
        """The scan that was kept under a token."""
        row = self._sql.execute(f"SELECT {_SCAN} FROM scans s WHERE token = ?", (token,)).fetchone()
        return None if row is None else _scan(row)

    def scans(self, table: str | None = None, after: int = 0, most: int = ALL) -> list[ScanRecord]:
        """The log from beyond an id, oldest first."""
        where, values = ("tbl = ? AND", (table,)) if table is not None else ("", ())
        rows = self._sql.execute(f"SELECT {_SCAN} FROM scans s WHERE {where} id > ? ORDER BY id LIMIT ?", (*values, after, most))
        return [_scan(row) for row in rows]

    def scans_after(self, partition: Partition, started: int) -> list[ScanRecord]:
        """Scans in the partition's place that ended after a moment, or began no earlier."""
        rows = self._sql.execute(
            f"SELECT {_SCAN} FROM scans s WHERE tbl = ? AND account = ? AND region = ? AND finished >= ?",
            (partition.table, partition.account, partition.region, started),
        )
        return [_scan(row) for row in rows]

    def places(self, table: str) -> list[tuple[str, str]]:
        """Where a table was ever scanned."""
        rows = self._sql.execute("SELECT DISTINCT account, region FROM scans WHERE tbl = ? ORDER BY 1, 2", (table,))
        return [(account, region) for account, region in rows]

    def beginnings(self, table: str, after: int) -> list[int]:
        """When the complete scans of a table began, those later than a moment, in order."""
        rows = self._sql.execute(
            "SELECT DISTINCT started FROM scans WHERE tbl = ? AND complete = 1 AND started > ? ORDER BY 1", (table, after)
        )
        return [at for (at,) in rows]

    def last_calls(self, tables: Iterable[str], by: str) -> dict[str, int]:
        """The calls of the last complete scan of each whole place by readers of that kind, added up by table."""
        names = list(tables)
        rows = self._sql.execute(
            "SELECT tbl, CAST(sum(calls) AS BIGINT) FROM scans WHERE id IN (SELECT max(id) FROM scans WHERE complete = 1 AND parent = '[]'"
            f" AND substr(asked_by, 1, length(CAST(? AS TEXT))) = ? AND tbl IN ({', '.join('?' * len(names))})"
            " GROUP BY tbl, account, region)"
            " GROUP BY tbl",
            (by, by, *names),
        )
        return dict(rows.fetchall())

    def last_reads(self, tables: Iterable[str], by: str) -> dict[str, LastRead]:
        """When whole places were last read completely, by `table` or by `account`; see `Store.last_reads`."""
        names, group = list(tables), {"table": "s.tbl", "account": "s.account"}[by]
        if not names:
            return {}
        rows = self._sql.execute(
            f"SELECT {group}, min(s.started), CAST(sum(CASE WHEN t.scan >= s.id THEN 1 ELSE 0 END) AS REAL) / count(*) FROM scans s"
            " LEFT JOIN touched t ON t.tbl = s.tbl AND t.account = s.account AND t.region = s.region"
            " WHERE s.id IN (SELECT max(id) FROM scans WHERE complete = 1 AND parent = '[]'"
            f" AND tbl IN ({', '.join('?' * len(names))}) GROUP BY tbl, account, region)"
            f" GROUP BY {group}",
            names,
        )
        return {name: LastRead(moment(at), changing) for name, at, changing in rows}

    def claims(self, table: str, places: Collection[tuple[str, str]] | None = None) -> list[Claim]:
        """What the table's complete scans still answer for, in some places or everywhere."""
        query = f"SELECT {_SCAN}, c.columns FROM claims c JOIN scans s ON s.id = c.scan WHERE c.tbl = ?"
        if places is None or len(places) > MOST_PLACES:
            found = self._sql.execute(query, (table,)).fetchall()
        else:
            one = query + " AND c.account = ? AND c.region = ?"
            found = [row for place in places for row in self._sql.execute(one, (table, *place))]
        return [Claim(_scan(row[:-1]), _columns(row[-1])) for row in found]

    def claims_at(self, table: str, at: int) -> list[Claim]:
        """What the complete scans made by a moment had seen: the newest of each partition and column set."""
        rows = self._sql.execute(
            f"SELECT {_SCAN} FROM scans s WHERE id IN (SELECT max(id) FROM scans WHERE tbl = ? AND complete = 1 AND started <= ?"
            " GROUP BY account, region, parent, columns)",
            (table, at),
        )
        return [Claim(scan, scan.columns) for scan in map(_scan, rows)]

    def put_claims(self, claims: Iterable[Claim], digest: bytes | None = None) -> None:
        """Add claims, or replace those of the same scans; `digest` says what rows they saw."""
        self._sql.executemany(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scan) DO UPDATE SET columns = excluded.columns",
            [(c.scan.id, c.scan.partition.table, *c.scan.partition.place, _names(c.columns), digest) for c in claims],
        )

    def remove_claims(self, claims: Iterable[Claim]) -> None:
        """Drop claims that newer ones make useless."""
        self._sql.executemany("DELETE FROM claims WHERE scan = ?", [(c.scan.id,) for c in claims])

    def forget_scans(self, before: int) -> None:
        """Drop log entries from before a moment, but for those that still answer."""
        self._sql.execute("DELETE FROM scans WHERE finished < ? AND id NOT IN (SELECT scan FROM claims)", (before,))

    # What is known of places without looking at their rows ----------------------------------------------------------------------

    def touch(self, table: str, place: tuple[str, str], scan: int) -> None:
        """A scan opened or ended versions there."""
        self._sql.execute(
            "INSERT INTO touched VALUES (?, ?, ?, ?) ON CONFLICT (tbl, account, region) DO UPDATE SET scan = excluded.scan",
            (table, *place, scan),
        )

    def was_touched(self, table: str, place: tuple[str, str]) -> bool:
        """Whether any version may be there."""
        places = (*place, ANYWHERE, ANYWHERE)
        found = self._sql.execute(
            "SELECT 1 FROM touched WHERE tbl = ? AND ((account = ? AND region = ?) OR (account = ? AND region = ?))", (table, *places)
        )
        return found.fetchone() is not None

    def is_as_seen(self, partition: Partition, columns: frozenset[str], digest: bytes) -> bool:
        """Whether a complete scan of just this partition and these columns saw rows with this digest, and nothing there changed since."""
        row = self._sql.execute(
            "SELECT 1 FROM claims c JOIN scans s ON s.id = c.scan LEFT JOIN touched t"
            " ON t.tbl = c.tbl AND t.account = c.account AND t.region = c.region"
            " WHERE c.tbl = ? AND c.account = ? AND c.region = ? AND c.digest = ? AND s.parent = ? AND s.columns = ?"
            " AND s.id >= coalesce(t.scan, 0)",
            (partition.table, *partition.place, digest, json.dumps(partition.parent), _names(columns)),
        )
        return row.fetchone() is not None

    # Notes -----------------------------------------------------------------------------------------------------------------------

    def note(self, name: str) -> str | None:
        """The text under a name."""
        row = self._sql.execute("SELECT body FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put_note(self, name: str, text: str | None) -> None:
        """Replace a text, or drop it."""
        if text is None:
            self._sql.execute("DELETE FROM notes WHERE name = ?", (name,))
        else:
            self._sql.execute("INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body", (name, text))

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


_SCAN = "s.id, s.tbl, s.account, s.region, s.parent, s.started, s.finished, s.asked_by, s.complete, s.reason, s.calls, s.rows, s.columns"


def _names(columns: Iterable[str]) -> str:
    return json.dumps(sorted(columns))


# A table has few sets of columns and many scans.
@lru_cache(4096)
def _columns(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


@lru_cache(4096)
def _parent(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((k, v) for k, v in json.loads(text))


def _scan(row: tuple[Any, ...]) -> ScanRecord:
    i, table, account, region, parent, started, finished, by, complete, reason, calls, rows, columns = row
    return ScanRecord(
        partition=Partition(table, account, region, _parent(parent)),
        started=moment(started),
        finished=moment(finished),
        by=by,
        complete=bool(complete),
        columns=_columns(columns),
        reason=reason,
        calls=calls,
        rows=rows,
        id=i,
    )
