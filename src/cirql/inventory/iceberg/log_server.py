"""LogServer: a scan log in PostgreSQL, for an inventory that several machines share. It takes the place of a directory's `index.sqlite`.

The SQL is `ScanLog`'s own; what differs between the two databases is here: types, how a transaction begins, and the write lock, which
is an advisory lock on the very connection that commits. So who loses it can commit no more: a machine that dies or is cut off
leaves the lock to others when the server has noticed, and nothing half (https://www.postgresql.org/docs/current/explicit-locking.html).
SQLAlchemy, which the catalog needs anyway, brings the driver that the address names, and a pool.
"""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cirql.errors import Error, SettingsError, StoreBusy, StoreDamaged, StoreUnwritable
from cirql.inventory.iceberg.catalogs import is_another
from cirql.inventory.lock import FIRST_PAUSE, LONGEST_PAUSE
from cirql.inventory.scan_log import SCHEMA, SECOND, ScanLog

if TYPE_CHECKING:
    from sqlalchemy import Engine

DEFAULT_SCHEMA = "cirql"
MOST_CONNECTIONS = 16
MOST_UNSENT = 500
"""So many statements are sent together at most."""
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TOLD = {
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "BEGIN IMMEDIATE": "BEGIN",
    "PRAGMA integrity_check": "SELECT 'ok'",
}
"""What SQLite is told, and PostgreSQL in its place."""
_TYPES = {" WITHOUT ROWID": "", "INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'}
_WRITES = ("INSERT ", "UPDATE ", "DELETE ")
_AGAIN = "try again; nothing that was kept before is lost"


def log_server(options: dict[str, str]) -> LogServer | None:
    """The server that options name, which are taken out of them: `log`, an address or `catalog` for that of the catalog, `log.schema`.

    Raises SettingsError where several machines would keep the tables each in a directory of its own.
    """
    url, schema = options.pop("log", None), options.pop("log.schema", DEFAULT_SCHEMA)
    if url is None:
        return None
    if "warehouse" not in options and not {"type", "catalog"} & options.keys():
        raise SettingsError("an inventory that machines share needs a place for its tables that all of them reach", hint="add &warehouse=…")
    if not is_another(options):
        raise SettingsError("an inventory that machines share needs a catalog that all of them reach", hint="add &uri=… or &type=…")
    if url == "catalog":
        url = options.get("uri", "")
    return LogServer(url, schema)


class LogServer:
    """The log in one schema of a database. `url` is SQLAlchemy's (`postgresql+psycopg2://user@host/db`). Threads may share one.

    Raises SettingsError for an address of another database, and for a schema whose name would have to be quoted.
    """

    def __init__(self, url: str, schema: str = DEFAULT_SCHEMA) -> None:
        if not _SCHEMA_NAME.fullmatch(schema):
            raise SettingsError(
                f"{schema!r} is no name for the log's schema", hint="small letters, digits and _, as in log.schema=inventory"
            )
        self._engine = _engine(url, schema)
        self._schema = schema
        self._turn = threading.Lock()
        self._standing = Link(self)

    @property
    def place(self) -> str:
        """Where the log is, without a password."""
        return f"{self._engine.url.render_as_string()}, schema {self._schema}"

    def connect(self) -> Any:
        """A connection of the driver's own, from the pool. Raises StoreUnwritable where nobody answers."""
        with self.worded():
            return self._engine.raw_connection()

    @contextmanager
    def worded(self) -> Iterator[None]:
        """In the block, what the driver raises becomes a StoreUnwritable that names the database."""
        from sqlalchemy.exc import SQLAlchemyError

        driver: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        try:
            yield
        except Error:
            raise
        except (driver, SQLAlchemyError) as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()
            text = said[0] if said else type(error).__name__
            raise StoreUnwritable(f"the log of the inventory at {self.place} does not do what it is asked: {text}", hint=_AGAIN) from error

    @contextmanager
    def opened(self) -> Iterator[Link]:
        """A connection for as long as the block."""
        link = Link(self)
        try:
            yield link
        finally:
            link.close()

    def standing(self) -> Link:
        """The connection that has the write lock; used under it only."""
        return self._standing

    @contextmanager
    def exclusive(self, patience: float) -> Iterator[None]:
        """Hold the write lock. Raises StoreBusy after `patience` seconds."""
        deadline = time.monotonic() + patience
        if not self._turn.acquire(timeout=patience):
            raise self._busy(patience)
        try:
            pause = FIRST_PAUSE
            while not self._standing.lock(f"cirql {self._schema}"):
                if time.monotonic() >= deadline:
                    raise self._busy(patience)
                time.sleep(pause * (0.5 + random.random()))
                pause = min(pause * 2, LONGEST_PAUSE)
            try:
                yield
            finally:
                self._standing.unlock(f"cirql {self._schema}")
        finally:
            self._turn.release()

    def _busy(self, patience: float) -> StoreBusy:
        return StoreBusy(
            f"another process has been writing to the inventory at {self.place} for over {patience:g} s",
            hint="try again, or look for a `cirql sync` that hangs",
        )

    def create(self, log: type[ScanLog], patience: float) -> None:
        """Make the schema and its tables where there are none. Raises StoreDamaged for those of another format."""
        with self.opened() as link:
            if not self._is_made(link):
                with self.exclusive(patience):
                    if not self._is_made(link):
                        self._make(link, log)
            found = log(link).setting("format")
        if found != log.format:
            raise StoreDamaged(f"{self.place} has format {found}; this version of cirql reads {log.format}", hint="use the newer cirql")

    def _is_made(self, link: Link) -> bool:
        return bool(link.execute("SELECT to_regclass(?) IS NOT NULL", (f"{self._schema}.settings",)).fetchone()[0])

    def _make(self, link: Link, log: type[ScanLog]) -> None:
        made = f"CREATE SCHEMA IF NOT EXISTS {self._schema}; {SCHEMA} {SECOND} {log.own}"
        for told, wanted in _TYPES.items():
            made = made.replace(told, wanted)
        with log(link).commit():
            for statement in filter(None, map(str.strip, made.split(";"))):
                link.execute(statement)
            log(link).put_setting("format", log.format)
            log(link).put_note("owner", uuid.uuid4().hex)

    def owner(self) -> str:
        """The inventory's name, that no other has."""
        with self.opened() as link:
            return str(ScanLog(link).note("owner"))

    def close(self) -> None:
        """Let go of all connections."""
        self._standing.close()
        self._engine.dispose()


class Link:
    """A connection as `ScanLog` wants it.

    What nobody waits for an answer to (BEGIN, and what a transaction writes) is sent with the next that somebody does, in one round trip,
    where the driver writes parameters into statements itself.
    """

    def __init__(self, server: LogServer) -> None:
        self._server = server
        self._own: Any = None
        self._is_open = False
        self._unsent: list[bytes] = []

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._is_open

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement in SQLite's words; a cursor. A connection that was lost within a transaction is not taken up again."""
        with self._server.worded():
            cursor = self._cursor()
            try:
                self._run(cursor, sql, parameters)
            except BaseException:
                self._unsent.clear()
                if sql in ("COMMIT", "ROLLBACK"):
                    self._lose()
                raise
            self._is_open = sql.startswith("BEGIN") or (self._is_open and sql not in ("COMMIT", "ROLLBACK"))
            return cursor

    def _run(self, cursor: Any, sql: str, parameters: Sequence[Any]) -> None:
        told, values = _TOLD.get(sql, sql).replace("?", "%s"), tuple(parameters)
        if not hasattr(cursor, "mogrify"):
            cursor.execute(told, values)
        elif sql.startswith("BEGIN") or (self._is_open and sql.startswith(_WRITES)):
            self._wait(cursor, told, values)
        elif sql == "ROLLBACK" and self._unsent[:1] and self._unsent[0].startswith(b"BEGIN"):
            self._unsent.clear()  # the server has heard of nothing
        else:
            if sql == "ROLLBACK":
                self._unsent.clear()
            self._unsent.append(_bytes(cursor.mogrify(told, values)))
            self._send(cursor)

    def _wait(self, cursor: Any, told: str, values: tuple[Any, ...]) -> None:
        self._unsent.append(_bytes(cursor.mogrify(told, values)))
        if len(self._unsent) >= MOST_UNSENT:
            self._send(cursor)

    def _send(self, cursor: Any) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent:
            cursor.execute(b"; ".join(unsent))

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of many sets of parameters."""
        for values in parameters if self._is_open else ():
            self.execute(sql, values)
        if parameters and not self._is_open:
            with self._server.worded():
                self._cursor().executemany(sql.replace("?", "%s"), parameters)

    def _cursor(self) -> Any:
        if self._own is None:
            self._own = self._server.connect()
        return self._own.cursor()

    def lock(self, name: str) -> bool:
        """Take an advisory lock if nobody has it. A server that was started again is asked once more."""
        try:
            cursor = self._locking("pg_try_advisory_lock", name)
        except StoreUnwritable:
            cursor = self._locking("pg_try_advisory_lock", name)
        return bool(cursor.fetchone()[0])

    def unlock(self, name: str) -> None:
        """Give it back; a connection that was lost has done so."""
        with suppress(StoreUnwritable):
            self._locking("pg_advisory_unlock", name)

    def _locking(self, function: str, name: str) -> Any:
        try:
            return self.execute(f"SELECT {function}(hashtextextended(?, 0))", (name,))
        except StoreUnwritable:
            self._lose()  # the next one has a connection of its own
            raise

    def _lose(self) -> None:
        self._is_open = False
        self._unsent.clear()
        if self._own is not None:
            own, self._own = self._own, None
            own.invalidate()

    def close(self) -> None:
        """Give the connection back; one that is in the midst of something is given up."""
        if self._is_open:
            self._lose()
        if self._own is not None:
            own, self._own = self._own, None
            own.close()


def _bytes(statement: str | bytes) -> bytes:
    return statement.encode() if isinstance(statement, str) else statement


def _engine(url: str, schema: str) -> Engine:
    try:
        from sqlalchemy import create_engine, event
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError as error:
        raise SettingsError("an inventory on Iceberg needs more packages", hint="pip install 'cirql[scale]'") from error
    try:
        engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, pool_size=4, max_overflow=MOST_CONNECTIONS)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(f"the log's address cannot be used: {error}", hint=_ADDRESS) from error
    if engine.dialect.name != "postgresql":
        raise SettingsError(f"a log that several machines share is in PostgreSQL, not {engine.dialect.name}", hint=_ADDRESS)

    @event.listens_for(engine, "connect")
    def _at_home(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {schema}")

    return engine


_ADDRESS = "as SQLAlchemy has it: log=postgresql+psycopg2://user@host/database"
