"""DuckDB: runs what remains of a statement once the cloud tables are relations.

A session has one in-memory `Database`; each statement runs in an `Engine`, which is connections of its own to it. Statements are bound
against empty relations first, so that a wrong function or type is found before anything is asked of AWS.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cirql import errors
from cirql.fetch.batches import pass_over, record_batch, schema_of
from cirql.plan.model import RowFilter
from cirql.result import ResultColumn
from cirql.sql.admission import CHANGE, QUERY, admit
from cirql.sql.aside import Aside
from cirql.sql.bound import column_types
from cirql.sql.files import Files
from cirql.sql.functions import install
from cirql.sql.interruption import Interruption
from cirql.sql.quoting import name, text, texts
from cirql.sql.wording import reworded
from cirql.startup.imports import import_duckdb
from cirql.startup.regexes import regex
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.catalog.model import Table
    from cirql.sql.bound import Source

T = TypeVar("T")
_TRIES, _PAUSE = 50, 0.02
"""How often, and after how many seconds each time, a database is tried to be closed that says it is busy."""
_CALLS = regex(
    r"(?i)cirql_|regexp_|string_|lambda|list|array|json|repeat|pad\(|re(?:place|verse)|translate|upper|lower|trim|LIKE|\|\||hash|md5|sha|code"
)
"""What may take long over one value: where none of it is in a query, whoever waits for it waits in DuckDB itself."""
_GROWS = regex(r"(?i)repeat|[lr]pad|range|series|resize|fill")
"""What makes a large value of a small one."""
_CHUNK = 8_192
_OF_A_CONNECTION = ("streaming_buffer_size",)
_SETTINGS = (
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "python_enable_replacements = false",  # else a name in FROM may be a variable of whoever calls
    "integer_division = true",
    "TimeZone = 'UTC'",
    "default_null_order = 'nulls_last'",
)


class Database:
    """A DuckDB in memory: the session's own holds its user tables, and each statement gets connections of its own to it.

    It opens no file but `files`, attaches and loads nothing, and its settings cannot be changed once it is there. What does not fit
    into memory goes to a directory that only this user can read.
    """

    def __init__(self, files: Files | None = None, memory: int | None = None) -> None:
        """`memory` is the most bytes it holds; what it can put on disk goes there first."""
        self._files = files or Files()
        self._memory = memory
        self._root: Any = None
        self._lock = threading.Lock()
        self._held = 0
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        """Whether there is anything behind it yet."""
        return self._root is not None

    def opening(self, files: Files) -> Database:
        """Another one, that may open these files, under the same limit."""
        return Database(files, self._memory)

    def connect(self) -> Any:
        """A new connection with cirql's settings. Relations and macros of one connection are not seen by the others."""
        with self._lock:
            if self._root is None:
                self._root = self._open()
            connection = self._root.cursor()
        connection.execute("SET streaming_buffer_size = '64KB'")
        return connection

    def _open(self) -> Any:
        duckdb = import_duckdb()
        # Eight threads for each instance by default, that wait for a network which nothing here reads from.
        root = duckdb.connect(":memory:", config={"async_threads": 1})
        settings = [*_SETTINGS, f"temp_directory = {text(_spill_directory())}"]
        if self._memory is not None:
            settings.append(f"memory_limit = {text(f'{self._memory}B')}")
        if self._files.paths:
            settings.append(f"allowed_paths = {texts(self._files.paths, '[]')}")
        if self._files.folders:
            settings.append(f"allowed_directories = {texts(self._files.folders, '[]')}")
        settings += [f"allowed_configs = {texts(_OF_A_CONNECTION, '[]')}", "enable_external_access = false", "lock_configuration = true"]
        for setting in settings:
            root.execute("SET GLOBAL " + setting)  # for every connection: plain SET may be for this one alone
        return root

    def install(self, connection: Any, sql: str, statement: int = 0) -> None:
        """Give one of its connections what a translated statement calls; `statement` is the number of its `Interruption`."""
        with self._lock:
            install(connection, sql, self._root, statement)

    def tables(self) -> dict[str, list[tuple[str, str]]]:
        """The user tables: their columns and DuckDB types, in order."""
        if self._root is None:
            return {}
        connection = self.connect()
        try:
            rows = connection.execute(
                "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal AND database_name = 'memory' "
                "AND schema_name = 'main' ORDER BY table_name, column_index"
            ).fetchall()
        finally:
            connection.close()
        found: dict[str, list[tuple[str, str]]] = {}
        for table, column, kind in rows:
            found.setdefault(table, []).append((column, kind))
        return found

    def hold(self) -> None:
        """Something goes on in it that nobody waits for: it stays until that has ended, its functions with it."""
        with self._lock:
            self._held += 1

    def release(self) -> None:
        """That has ended."""
        with self._lock:
            self._held -= 1
            self._drop()

    def close(self) -> None:
        """Drop everything. Closing twice is fine."""
        with self._lock:
            self._is_closed = True
            self._drop()

    def _drop(self) -> None:
        if not (self._is_closed and not self._held and self._root is not None):
            return
        import duckdb

        for _ in range(_TRIES):
            try:
                self._root.close()
                break
            except duckdb.Error:  # somebody is on his way out of it, who was interrupted a moment ago
                time.sleep(_PAUSE)
        self._root = None


class Engine:
    """One statement's connections. Not shared between statements; `interrupt` and `passes` may be called from other threads."""

    def __init__(self, database: Database, give_back: Callable[[], None] = lambda: None) -> None:
        """`give_back` is called once the database is no longer used."""
        self._database = database
        self._give_back = give_back
        self._interruption = Interruption()
        self._aside = Aside(self._press)
        self._connection = database.connect()
        self._tester: Any = None
        self._testing = threading.Lock()
        self._open = threading.Lock()
        self._is_open = True
        self._installed: set[str] = set()
        self._admitted: dict[tuple[bool, str], Any] = {}
        self._undeclared: dict[str, Mapping[str, ColumnType]] = {}
        self._declaring = threading.Lock()

    def read_files(self, files: Files, tables: Iterable[str]) -> None:
        """Run this statement in a database of its own, which may open these files; it gets copies of the user tables that are named."""
        copies = {table: self._connection.sql(f"SELECT * FROM {name(table)}").to_arrow_table() for table in tables}
        private = self._database.opening(files)
        with self._testing, self._open:
            self._disconnect()
            self._database, self._give_back = private, private.close
            self._connection, self._tester = private.connect(), None
        for table, rows in copies.items():
            self._connection.register(table, rows)

    def _disconnect(self) -> None:
        if self._tester is not None:
            self._tester.close()
        self._connection.close()
        self._give_back()

    def _second(self) -> Any:
        """The connection for tests and constants, made for the first of them. Raises DuckDB's error once the statement has ended."""
        import duckdb

        with self._open:
            if not self._is_open:
                raise duckdb.ConnectionException("the statement has ended")
            if self._tester is None:
                self._tester = self._database.connect()
            return self._tester

    def declare(self, relations: Mapping[str, Mapping[str, ColumnType]]) -> None:
        """Relations that a query may name: each is empty until it is registered, and made for the first query that comes sooner."""
        self._undeclared.update(relations)

    def check(self, sql: str) -> list[ResultColumn]:
        """Bind a query without running it: its columns. Raises the error that running it would raise."""
        try:
            return self._aside.do(lambda: self._checked(sql)) if _GROWS.search(sql) else self._checked(sql)
        except self._faults() as fault:
            raise engine_error(fault) from None

    def _checked(self, sql: str) -> list[ResultColumn]:
        self._install(self._connection, sql)
        relation = self._query(self._connection, sql)
        if relation is None:
            raise errors.NotSupported("this statement gives no rows")
        return [ResultColumn(column, _sql_name(str(t))) for column, t in zip(relation.columns, relation.types, strict=True)]

    def ready(self, sql: str) -> None:
        """Make ready for a query that another engine has checked."""
        self._install(self._connection, sql)

    def _install(self, connection: Any, sql: str) -> None:
        self._database.install(connection, sql, self._interruption.number)

    def _query(self, connection: Any, sql: str) -> Any:
        is_main = connection is self._connection
        with self._declaring:  # rows that a scan brings meanwhile must not be replaced by none
            while is_main and self._undeclared:
                relation, types = self._undeclared.popitem()
                connection.register(relation, schema_of(types).empty_table())
        place = (is_main, sql)
        if place not in self._admitted:
            self._admitted[place] = admit(connection, sql, QUERY)
        return connection.sql(self._admitted[place])

    def passes(self, row_filter: RowFilter, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Which rows a filter keeps: decided by DuckDB itself, so that it can never differ from the final WHERE."""
        import pyarrow as pa

        if _GROWS.search(row_filter.sql):  # it is asked between two answers of AWS, where nobody may be kept waiting
            return [True] * len(rows)
        page = pa.Table.from_batches([record_batch(table, sorted(row_filter.columns), rows, pass_over)])
        with self._testing:
            try:
                tester = self._second()
                if row_filter.sql not in self._installed:
                    self._install(tester, row_filter.sql)
                    self._installed.add(row_filter.sql)
                tester.register("page", page)
                try:
                    kept = self._query(tester, row_filter.sql).to_arrow_table().column(0).to_pylist()
                finally:
                    tester.unregister("page")
                return [bool(k) for k in kept]
            except self._faults():
                return [True] * len(rows)  # an error here is the statement's to raise, on the rows it really reads

    def value(self, sql: str) -> Any:
        """The one value of a query without tables. Raises the error of computing it."""
        with self._testing:
            try:
                tester = self._second()
                self._install(tester, sql)
                return self.waiting(sql, lambda: self._query(tester, sql).to_arrow_table().column(0)[0].as_py())
            except self._faults() as fault:
                raise engine_error(fault) from None

    def register(self, relation: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Put rows behind a relation's name."""
        with self._declaring:
            self._undeclared.pop(relation, None)
            self._connection.register(relation, rows)

    def fill(self, source: Source, rows: Iterable[Mapping[str, Any]]) -> None:
        """Put rows that are made here behind a relation's name, some thousands at a time: a whole catalog's would be large as objects."""
        import pyarrow as pa

        made = iter(rows)
        batches = []
        while chunk := list(islice(made, _CHUNK)):
            batches.append(record_batch(source.table, source.columns, chunk))
        self.register(source.relation, pa.Table.from_batches(batches, schema_of(column_types(source.table, source.columns))))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small query, as Python values: the key values that one scan gives another."""
        try:
            self._install(self._connection, sql)
            table = self.waiting(sql, lambda: self._query(self._connection, sql).to_arrow_table())
        except self._faults() as fault:
            raise engine_error(fault) from None
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def run(self, sql: str) -> pa.RecordBatchReader:
        """Run the statement; rows come as they are read, in small batches. Errors may also be raised while reading."""
        try:
            return self.waiting(sql, lambda: self._query(self._connection, sql).to_arrow_reader())
        except self._faults() as fault:
            raise engine_error(fault) from None

    def waiting(self, sql: str, work: Callable[[], T]) -> T:
        """Do what is part of running that query. Who waits for one that calls something is let go where nothing can end the call."""
        return self._aside.do(work) if _CALLS.search(sql) else work()

    def interrupt(self) -> None:
        """Stop whatever runs, from another thread: its error is Cancelled. What begins afterwards is not stopped. Never waits."""
        with self._open:
            if self._is_open:
                self._aside.interrupted()
                self._press()

    def _press(self) -> None:
        self._interruption.interrupt()
        for connection in (self._tester, self._connection):
            if connection is not None:
                with suppress(Exception):  # it was closed meanwhile
                    connection.interrupt()

    def close(self) -> None:
        """Free everything. Nothing may run on its main connection. Closing twice is fine."""
        with self._testing, self._open:
            if not self._is_open:
                return
            self._is_open = False
            self._aside.close(self._disconnect, self._held)

    def _held(self) -> Callable[[], None]:
        """Hold the database for what nobody waits for any more; gives what frees all, once that has ended."""
        database = self._database
        database.hold()

        def let_go() -> None:
            self._disconnect()
            database.release()

        return let_go

    def change(self, sql: str) -> int:
        """Run a statement that changes user tables, and say how many rows it touched (0 for definitions)."""
        try:
            self._install(self._connection, sql)
            answer = self.waiting(sql, lambda: self._connection.execute(admit(self._connection, sql, CHANGE)).fetchall())
        except self._faults() as fault:
            raise engine_error(fault) from None
        return int(answer[0][0]) if answer and len(answer[0]) == 1 and isinstance(answer[0][0], int) else 0

    def change_returning(self, sql: str) -> pa.Table:
        """Run a change with RETURNING: the rows that it wrote or removed."""
        try:
            self._install(self._connection, sql)
            return self.waiting(sql, lambda: self._connection.sql(admit(self._connection, sql, CHANGE)).to_arrow_table())
        except self._faults() as fault:
            raise engine_error(fault) from None

    @staticmethod
    def _faults() -> tuple[type[BaseException], ...]:
        import duckdb

        return (duckdb.Error,)


def _spill_directory() -> str:
    """A new name in a directory of this user's alone: DuckDB makes it when it needs it, and removes it. Empty where there is no place.

    The directory above is in a shared one, so what somebody else put there is not used.
    """
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else None
    try:
        own = Path(tempfile.gettempdir()) / ("cirql" if user is None else f"cirql-{user}")
        own.mkdir(mode=0o700, exist_ok=True)
        there = own.lstat()
        if user is not None and (own.is_symlink() or there.st_uid != user or there.st_mode & 0o077):
            own = Path(tempfile.mkdtemp(prefix="cirql-"))
    except OSError:
        return ""
    return str(own / os.urandom(8).hex())


def _sql_name(duckdb_type: str) -> str:
    """DuckDB's name for a type as users of PostgreSQL know it."""
    if duckdb_type == "MAP(VARCHAR, VARCHAR)":
        return "hstore"
    return duckdb_type.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ").replace("TIME WITH TIME ZONE", "TIMETZ")


def engine_error(fault: BaseException) -> errors.Error:
    """DuckDB's error as one of ours: its class, and its first line, without the engine's own prefix, in PostgreSQL's words."""
    kind = type(fault).__name__
    first, _, rest = str(fault).partition("\n")
    message = re.sub(r"^(?:\w+ )*Error: (?:Python exception occurred while executing the UDF: \w+: )?", "", first).strip() or kind
    hint = next((line.strip() for line in rest.splitlines() if line.strip().startswith(("Did you mean", "Candidate"))), None)
    missing = re.search(r'(?:Referenced column|column) "([^"]+)" not found', message)
    if missing:
        return errors.UnknownColumn(f"there is no column {missing[1]} in the tables of this query", hint=hint)
    told = reworded(message)
    state = told.sqlstate or (_state_of_constraint(message) if kind == "ConstraintException" else None)
    made = _class_of(kind, message)
    if made is errors.Internal and state is not None:  # it is known, and no defect
        made = errors.DataError
    return made(told.message, hint=hint or told.hint, sqlstate=state)


def _state_of_constraint(message: str) -> str | None:
    """Which of PostgreSQL's classes of constraint it was; None where the message does not tell."""
    for words, state in (("NOT NULL", "23502"), ("foreign key", "23503"), ("Duplicate key", "23505"), ("CHECK", "23514")):
        if words in message:
            return state
    return None


def _class_of(kind: str, message: str) -> type[errors.Error]:
    match kind:
        case "CatalogException" if "Function" in message:
            return errors.UnknownFunction
        case "CatalogException":
            return errors.UnknownTable
        case "BinderException" if "No function matches" in message or "Cannot compare" in message or "explicit type cast" in message:
            return errors.TypeMismatch
        case "BinderException":
            return errors.InvalidStatement
        case "ParserException" | "SyntaxException":
            return errors.ParseError
        case "ConversionException" | "TypeMismatchException":
            return errors.InvalidText
        case "OutOfRangeException" | "InvalidInputException":
            return errors.DataError
        case "ConstraintException":
            return errors.IntegrityError
        case "IOException" | "PermissionException" | "HTTPException":
            return errors.FileUnreadable
        case "InterruptException":
            return errors.Cancelled
        case "OutOfMemoryException":
            return errors.OutOfMemory
        case "NotImplementedException":
            return errors.NotSupported
    return errors.Internal
