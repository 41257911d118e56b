"""A PEP 249 cursor: runs statements one after the other, and reads the rows of the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self

from cirql.dbapi.kinds import Described, described
from cirql.dbapi.notices import Warning as Notice
from cirql.errors import InterfaceError, NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from cirql.result import Result
    from cirql.session import Session

Parameters = Sequence[Any] | Mapping[str, Any]


class CursorHome(Protocol):
    """What a cursor needs of its connection."""

    @property
    def session(self) -> Session:
        """The session. Raises InterfaceError once it is closed."""
        ...

    @property
    def autocommit(self) -> bool:
        """Whether each change is sent at once."""
        ...


class Cursor:
    """Rows are read as they come; what is not read is not fetched. Not to be shared by threads."""

    arraysize: int
    """How many rows `fetchmany` gives where it is not told."""
    lastrowid = None

    def __init__(self, connection: CursorHome) -> None:
        self._connection = connection
        self.arraysize = 1
        self.rownumber: int | None = None
        self.messages: list[tuple[type[Exception], Exception]] = []
        self._closed = False
        self._result: Result | None = None
        self._description: tuple[Described, ...] | None = None
        self._rowcount = -1
        self._waiting: Iterator[str] = iter(())

    @property
    def connection(self) -> CursorHome:
        """The connection that made it."""
        return self._connection

    @property
    def description(self) -> tuple[Described, ...] | None:
        """The columns: name, type code, and of DECIMAL precision and scale. None where the last statement gave no rows."""
        return self._description

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed, or gave, where all have been read; else -1: rows come as they are read."""
        result = self._result
        if result is None or self._description is None:
            return self._rowcount
        return result.row_count if not result.is_open else -1

    # -- running

    def execute(self, operation: str, parameters: Parameters | None = None) -> Self:
        """Run a statement; or several, where there are no parameters: `nextset` goes on to the next. Gives the cursor."""
        self._check()
        self._leave()
        self.messages.clear()
        if parameters is None:
            from cirql.sql.parse import split

            self._waiting = iter(split(operation) or [operation])
            operation = next(self._waiting)
        self._run(operation, parameters)
        return self

    def executemany(self, operation: str, seq_of_parameters: Sequence[Parameters]) -> Self:
        """Run a statement with each of the parameters; `rowcount` is their sum. Raises ProgrammingError for one that gives rows."""
        self._check()
        self._leave()
        self.messages.clear()
        total = 0
        for parameters in seq_of_parameters:
            self._run(operation, parameters)
            if self._description is not None:
                self._leave()
                raise ProgrammingError("executemany is for statements that change rows", hint="call execute for each")
            total += max(self._rowcount, 0)
        self._rowcount = total
        return self

    def callproc(self, procname: str, parameters: Parameters = ()) -> NoReturn:
        """Refused: there are no stored procedures. Raises NotSupportedError."""
        self._check()
        raise NotSupportedError(f"there is no stored procedure {procname}", hint="methods of AWS are called by EXEC")

    def _run(self, operation: str, parameters: Parameters | None) -> None:
        from cirql.statements.answering import answering, counted, status_of

        self._description, self._rowcount, self.rownumber = None, -1, None
        session = self._connection.session
        told = answering(operation)
        if not self._connection.autocommit and not session.in_transaction and (told.is_change or told.word == "SAVEPOINT"):
            session.execute("BEGIN").close()
        elif not self._connection.autocommit and told.word in ("CREATE", "DROP", "REFRESH"):
            session.workspace.transaction.begin()
        result = session.execute(operation, parameters)
        self._result = result
        if told.has_rows:
            self._description = tuple(map(described, result.columns))
            self.rownumber = 0
            return
        status = status_of(result)
        if status is not None:
            self._rowcount = counted(status)
        elif not session.in_transaction:  # else how many there will be is known by COMMIT
            self._rowcount = len(result.fetchall())
        self._tell()
        result.close()
        self._result = None

    def nextset(self) -> bool | None:
        """Go on to the next statement of a script, leaving the rows of this one; None where there is none."""
        self._check()
        self._leave_rows()
        operation = next(self._waiting, None)
        if operation is None:
            return None
        self._run(operation, None)
        return True

    # -- reading

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row; None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Up to that many of the next rows (`arraysize` where it is not said); none after the last."""
        return self._read(self._rows().fetchmany(self.arraysize if size is None else size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows not yet read."""
        return self._read(self._rows().fetchall())

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """The rows not yet read, one by one."""
        return iter(self.fetchone, None)

    def __next__(self) -> tuple[Any, ...]:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def fetch_arrow_table(self) -> pa.Table:
        """All rows not yet read, as an Arrow table."""
        table = self._rows().to_arrow()
        self._count(table.num_rows)
        return table

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The rows not yet read, as a reader of Arrow batches, which come as it is read."""
        import pyarrow as pa

        result = self._rows()

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in result.batches():
                self._count(batch.num_rows)
                yield batch
            self._tell()

        return pa.RecordBatchReader.from_batches(result.schema, batches())

    def fetch_df(self) -> pd.DataFrame:
        """All rows not yet read, as a pandas DataFrame."""
        frame = self._rows().to_pandas()
        self._count(len(frame))
        return frame

    def _rows(self) -> Result:
        self._check()
        if self._result is None or self._description is None:
            raise ProgrammingError("there are no rows: no statement was executed, or the last one gives none")
        return self._result

    def _read(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        self._count(len(rows))
        return rows

    def _count(self, rows: int) -> None:
        self.rownumber = (self.rownumber or 0) + rows
        if self._result is not None and not self._result.is_open:
            self._tell()

    def _tell(self) -> None:
        """List what the statement has to say, once it is final."""
        if self._result is not None:
            said = [Notice(str(f)) for f in self._result.failures] + [Notice(n) for n in self._result.notices]
            known = {str(notice) for _, notice in self.messages}
            self.messages += [(Notice, notice) for notice in said if str(notice) not in known]

    # -- the PEP's hints, and the end

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Does nothing: values are typed by what they are."""
        self._check()

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: values are never cut."""
        self._check()

    def close(self) -> None:
        """Let go of the statement and its rows. Closing twice is fine; anything else then raises InterfaceError."""
        self._leave()
        self._closed = True

    def _leave(self) -> None:
        self._waiting = iter(())
        self._leave_rows()

    def _leave_rows(self) -> None:
        if self._result is not None:
            self._result.close()
        self._result, self._description, self._rowcount = None, None, -1

    def _check(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        self._connection.session  # noqa: B018 (raises where it is closed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
