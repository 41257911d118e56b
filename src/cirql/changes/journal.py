"""The journal: what was decided and how far it came, on disk before AWS hears of it.

One SQLite file, `synchronous=FULL`: when `record` or `save` returns, the row survives a power cut. It is its owner's alone (0600). Of what
has secrets in it there are only masked copies; while a change is open, what must be sent is beside them, encrypted (`sealing`). It never
holds credentials.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from cirql.changes.model import Change, ChangeKind, JournalEntry, RequestProgress, State
from cirql.changes.sealing import Seal, close_change, open_change, shown_change, user_seal
from cirql.cloud.target import Target
from cirql.errors import OperationalError, SettingsError

FORMAT = 3
_LAYOUT = """
CREATE TABLE IF NOT EXISTS changes (
    id TEXT PRIMARY KEY, run TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, operation TEXT NOT NULL,
    table_name TEXT NOT NULL, type_name TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, credentials TEXT NOT NULL,
    partition TEXT NOT NULL, identifier TEXT, body TEXT NOT NULL, before TEXT, after TEXT, secrets TEXT NOT NULL, depends TEXT NOT NULL,
    permissions TEXT NOT NULL, repeatable INTEGER NOT NULL, statement TEXT NOT NULL, caller TEXT NOT NULL, attempt INTEGER NOT NULL,
    client_token TEXT NOT NULL, request_token TEXT, event TEXT NOT NULL, error TEXT NOT NULL, created REAL NOT NULL,
    submitted REAL NOT NULL, updated REAL NOT NULL, sealed BLOB, user TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changes_by_run ON changes (run, number);
CREATE INDEX IF NOT EXISTS changes_by_state ON changes (state);
CREATE TABLE IF NOT EXISTS moves (id TEXT NOT NULL, at REAL NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS moves_by_id ON moves (id);
"""
_COLUMNS = (
    "id, run, number, state, operation, table_name, type_name, account, region, credentials, partition, identifier, body, before, after, "
    "secrets, depends, permissions, repeatable, statement, caller, attempt, client_token, request_token, event, error, created, "
    "submitted, updated, sealed, user"
)
_ADDED = ("sealed BLOB", "user TEXT NOT NULL DEFAULT ''")
"""The columns that each format has beside those of the one before; what is open in a first one keeps its secrets as they were written."""
_BUSY_MS = 30_000


class Journal:
    """An open journal. Usable from any thread, and by several processes at once."""

    def __init__(self, path: Path, seal: Seal | None = None) -> None:
        self.path = path
        self._seal = seal or user_seal()
        self._lock = threading.Lock()
        self._connection = _opened(path)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the journal at a path, making it where there is none.

        Raises SettingsError where that is not possible.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            cls._make(path)
            return cls(path)
        except (OSError, sqlite3.DatabaseError) as error:
            raise SettingsError(f"the journal of changes cannot be opened at {path}: {error}", hint="CIRQL_JOURNAL names it") from None

    @staticmethod
    def _make(path: Path) -> None:
        """An empty file, made here and not by SQLite, so that it is never readable by others, not even for a moment.

        One that is there is not opened: closing a file ends every lock that the process has on it, another journal object's too.
        """
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def record(self, entries: Sequence[JournalEntry]) -> None:
        """Write new entries, all or none."""
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        with self._writing():
            self._connection.executemany(f"INSERT INTO changes ({_COLUMNS}) VALUES ({marks})", [_to_row(e, self._seal) for e in entries])
            self._connection.executemany(
                "INSERT INTO moves VALUES (?, ?, ?, ?)", [(e.change.id, e.created, e.state.value, "") for e in entries]
            )

    def save(self, entries: Sequence[JournalEntry]) -> None:
        """Write how far changes have come, in one sync. An entry that has ended keeps no secrets."""
        moves = [(e.change.id, e.updated, e.state.value, e.error or e.event.status) for e in entries]
        with self._writing():
            self._connection.executemany(
                "UPDATE changes SET state = ?, identifier = ?, body = ?, before = ?, after = ?, attempt = ?, client_token = ?,"
                " request_token = ?, event = ?, error = ?, submitted = ?, updated = ?, sealed = CASE WHEN ? THEN sealed END WHERE id = ?",
                [_to_update(e) for e in entries],
            )
            self._connection.executemany("INSERT INTO moves VALUES (?, ?, ?, ?)", moves)
        if any(e.change.secrets and not e.state.is_open for e in entries):
            with self._lock:  # what was masked stands in the log of writes until that is emptied
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction. Raises OperationalError where the disk does not take it: what is not on disk must not be sent."""
        try:
            with self._lock, self._connection:
                yield
        except sqlite3.Error as error:
            raise OperationalError(f"the journal of changes at {self.path} cannot be written: {error}") from error

    def entries(self, *, open_only: bool = False, run: str | None = None, limit: int | None = None) -> list[JournalEntry]:
        """Entries, oldest first; with `limit`, the newest that many."""
        states = [s.value for s in State if s.is_open] if open_only else [s.value for s in State]
        sql = f"SELECT {_COLUMNS} FROM changes WHERE state IN ({', '.join('?' * len(states))}) AND (? IS NULL OR run = ?)"
        sql += " ORDER BY created DESC, run DESC, number DESC" + ("" if limit is None else f" LIMIT {int(limit)}")
        with self._lock:
            rows = self._connection.execute(sql, (*states, run, run)).fetchall()
        return [_to_entry(row, self._seal) for row in reversed(rows)]

    def entry(self, prefix: str) -> JournalEntry | None:
        """The one entry whose id begins so; None where there is none, or several."""
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM changes WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (escaped + "%",)
            ).fetchall()
        return _to_entry(rows[0], self._seal) if len(rows) == 1 else None

    def moves(self, change_id: str) -> list[tuple[float, str, str]]:
        """When a change came into which state, and why."""
        with self._lock:
            return list(self._connection.execute("SELECT at, state, detail FROM moves WHERE id = ? ORDER BY rowid", (change_id,)))

    @contextmanager
    def working_on(self, run: str) -> Iterator[bool]:
        """Hold a run for as long as the block lasts: False where another living process holds it. The kernel lets go of the dead."""
        folder = self.path.with_name(self.path.name + ".runs")
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / run
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            try:
                yield True
            finally:
                path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def _opened(path: Path) -> sqlite3.Connection:
    """The file's connection. Several processes that make it together get in each other's way at once, whatever the timeout."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            return _open(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.001, 0.02))


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, check_same_thread=False)
    try:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what is masked at the end must not stay in free pages
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if 0 < found < FORMAT:
            _bring_forward(connection)
        elif found not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"it was written by another release of cirql (format {found})")
        if found == 0:
            connection.executescript(_LAYOUT)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _bring_forward(connection: sqlite3.Connection) -> None:
    """Give a journal of an earlier release the columns that it lacks: all or none, and once, however many processes begin to."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        for column in _ADDED[found - 1 :]:
            connection.execute(f"ALTER TABLE changes ADD COLUMN {column}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _kept(change: Change) -> tuple[str, str | None, str | None]:
    """Body and models as anybody who reads the file may see them."""
    shown = shown_change(change)
    return (
        shown.body,
        None if shown.before is None else json.dumps(shown.before),
        None if shown.after is None else json.dumps(shown.after),
    )


def _sealed(entry: JournalEntry, seal: Seal) -> bytes | None:
    """What must be sent and may not be seen; None of a change without secrets, or that has ended."""
    change = entry.change
    if not (change.secrets and entry.state.is_open):
        return None
    return close_change(seal, change)


def _kept_event(entry: JournalEntry) -> dict[str, Any]:
    fields = dict(entry.event.fields)
    if entry.change.secrets:
        fields.pop("ResourceModel", None)
    return fields


def _to_update(entry: JournalEntry) -> tuple[Any, ...]:
    body, before, after = _kept(entry.change)
    return (
        entry.state.value,
        entry.identifier,
        body,
        before,
        after,
        entry.attempt,
        entry.client_token,
        entry.request_token,
        json.dumps(_kept_event(entry)),
        entry.error,
        entry.submitted,
        entry.updated,
        entry.state.is_open,
        entry.change.id,
    )


def _to_row(entry: JournalEntry, seal: Seal) -> tuple[Any, ...]:
    change, target = entry.change, entry.change.target
    body, before, after = _kept(entry.change)
    return (
        change.id,
        entry.run,
        entry.number,
        entry.state.value,
        change.operation.value,
        change.table,
        change.type_name,
        target.account,
        target.region,
        target.credentials,
        target.partition,
        entry.identifier,
        body,
        before,
        after,
        json.dumps(change.secrets),
        json.dumps(change.depends),
        json.dumps(change.permissions),
        int(change.repeatable),
        entry.statement,
        entry.caller,
        entry.attempt,
        entry.client_token,
        entry.request_token,
        json.dumps(_kept_event(entry)),
        entry.error,
        entry.created,
        entry.submitted,
        entry.updated,
        _sealed(entry, seal),
        entry.user,
    )


def _to_entry(row: Sequence[Any], seal: Seal) -> JournalEntry:
    named = dict(zip((c.strip() for c in _COLUMNS.split(",")), row, strict=True))

    def read(name: str) -> Any:
        return None if named[name] is None else json.loads(named[name])

    change = Change(
        id=named["id"],
        operation=ChangeKind(named["operation"]),
        table=named["table_name"],
        type_name=named["type_name"],
        target=Target(named["account"], named["region"], named["credentials"], named["partition"]),
        identifier=named["identifier"],
        body=named["body"],
        before=read("before"),
        after=read("after"),
        secrets=tuple(tuple(p) for p in read("secrets")),
        depends=tuple(read("depends")),
        permissions=tuple(read("permissions")),
        repeatable=bool(named["repeatable"]),
    )
    is_whole = True
    if named["sealed"] is not None:
        try:
            change = open_change(seal, change, named["sealed"])
        except OperationalError:
            is_whole = False
    return JournalEntry(
        change=change,
        is_whole=is_whole,
        run=named["run"],
        number=named["number"],
        statement=named["statement"],
        caller=named["caller"],
        state=State(named["state"]),
        attempt=named["attempt"],
        request_token=named["request_token"],
        event=RequestProgress(read("event")),
        error=named["error"],
        created=named["created"],
        submitted=named["submitted"],
        updated=named["updated"],
        user=named["user"],
    )
