"""DuckDB: runs what remains of a statement once the cloud tables are relations.

One `Engine` is one in-memory database for one statement. Statements are bound against empty relations first, so that a
wrong function or type is found before anything is asked of AWS.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cirql import errors
from cirql.fetch.batches import record_batch, schema_of
from cirql.plan.model import RowFilter
from cirql.result import ResultColumn
from cirql.sql.translate import install, prepare
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.catalog.model import Table
    from cirql.fetch.rows import Row

_SETTINGS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET streaming_buffer_size = '64KB'",
)


class Engine:
    """A private DuckDB. Not shared between statements; `interrupt` and `passes` may be called from other threads."""

    def __init__(self) -> None:
        import duckdb

        self._connection = duckdb.connect(":memory:")
        for statement in _SETTINGS:
            self._connection.execute(statement)
        prepare(self._connection)
        self._tester = self._connection.cursor()
        self._testing = threading.Lock()
        self._installed: set[str] = set()

    def declare(self, relations: Mapping[str, Mapping[str, ColumnType]]) -> None:
        """Make empty relations, for `check`."""
        for name, types in relations.items():
            self._connection.register(name, schema_of(types).empty_table())

    def check(self, sql: str) -> list[ResultColumn]:
        """Bind a query without running it: its columns. Raises the error that running it would raise."""
        try:
            install(self._connection, sql)
            relation = self._connection.sql(sql)
            if relation is None:
                raise errors.NotSupported("this statement gives no rows")
            self._connection.execute(f"EXPLAIN {sql}")
            return [ResultColumn(name, _sql_name(str(t))) for name, t in zip(relation.columns, relation.types, strict=True)]
        except self._faults() as fault:
            raise engine_error(fault) from None

    def passes(self, row_filter: RowFilter, table: Table, rows: Sequence[Row]) -> list[bool]:
        """Which rows a filter keeps: decided by DuckDB itself, so that it can never differ from the final WHERE."""
        import pyarrow as pa

        page = pa.Table.from_batches([record_batch(table, sorted(row_filter.columns), rows)])
        with self._testing:
            try:
                if row_filter.sql not in self._installed:
                    install(self._tester, row_filter.sql)
                    self._installed.add(row_filter.sql)
                self._tester.register("page", page)
                kept = self._tester.sql(row_filter.sql).to_arrow_table().column(0).to_pylist()
                return [bool(k) for k in kept]
            except self._faults():
                return [True] * len(rows)  # an error here is the statement's to raise, on the rows it really reads
            finally:
                self._tester.unregister("page")

    def register(self, relation: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Put rows behind a relation's name."""
        self._connection.register(relation, rows)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small query, as Python values: the key values that one scan gives another."""
        try:
            install(self._connection, sql)
            table = self._connection.sql(sql).to_arrow_table()
        except self._faults() as fault:
            raise engine_error(fault) from None
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def run(self, sql: str) -> pa.RecordBatchReader:
        """Run the statement; rows come as they are read. Errors may also be raised while reading."""
        try:
            return self._connection.sql(sql).to_arrow_reader()
        except self._faults() as fault:
            raise engine_error(fault) from None

    def interrupt(self) -> None:
        """Stop whatever runs, from another thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Free everything. Closing twice is fine."""
        with self._testing:
            self._tester.close()
        self._connection.close()

    @staticmethod
    def _faults() -> tuple[type[BaseException], ...]:
        import duckdb

        return (duckdb.Error,)


def _sql_name(duckdb_type: str) -> str:
    """DuckDB's name for a type as users of PostgreSQL know it."""
    if duckdb_type == "MAP(VARCHAR, VARCHAR)":
        return "hstore"
    return duckdb_type.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ").replace("TIME WITH TIME ZONE", "TIMETZ")


def engine_error(fault: BaseException) -> errors.Error:
    """DuckDB's error as one of ours: its class, and its first line without the engine's own prefix."""
    kind = type(fault).__name__
    first, _, rest = str(fault).partition("\n")
    message = re.sub(r"^(?:\w+ )*Error: ", "", first).strip() or kind
    hint = next((line.strip() for line in rest.splitlines() if line.strip().startswith(("Did you mean", "Candidate"))), None)
    missing = re.search(r'(?:Referenced column|column) "([^"]+)" not found', message)
    if missing:
        return errors.UnknownColumn(f"there is no column {missing[1]} in the tables of this query", hint=hint)
    return _class_of(kind, message)(message, hint=hint)


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
        case "OutOfRangeException" | "InvalidInputException" | "ConstraintException":
            return errors.DataError
        case "IOException" | "PermissionException" | "HTTPException":
            return errors.FileUnreadable
        case "InterruptException":
            return errors.Cancelled
        case "NotImplementedException":
            return errors.NotSupported
    return errors.Internal
