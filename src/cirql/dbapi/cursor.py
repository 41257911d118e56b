"""A PEP 249 cursor: runs statements one after the other, and reads the rows of the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self

from cirql.dbapi.kinds import Described, described
from cirql.dbapi.notices import Warning as Notice
from cirql.errors import Error, InterfaceError, NotSupportedError, ProgrammingError

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
        self._is_new = True
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
        self._begin()
        with self._listing_errors():
            _as_text(operation)
            if parameters is None:
                from cirql.sql.parse import split

                self._waiting = iter(split(operation) or [operation])
                operation = next(self._waiting)
            self._run(operation, parameters)
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters]) -> Self:
        """Run a statement with each of the parameters; `rowcount` is their sum, or -1 where COMMIT will know it.

        Raises ProgrammingError for a statement that gives rows; one that also changes something is not even begun.
        """
        from cirql.statements.answering import answering

        self._begin()
        with self._listing_errors():
            told = answering(_as_text(operation))
            refusal = ProgrammingError("executemany is for statements that give no rows", hint="call execute for each")
            if told.is_change and told.has_rows:
                raise refusal
            total, is_known = 0, True
            for parameters in seq_of_parameters:
                self._run(operation, parameters)
                if self._description is not None:
                    self._leave()
                    raise refusal
                total, is_known = total + self._rowcount, is_known and self._rowcount >= 0
            self._rowcount = total if is_known else -1
        return self

    def _begin(self) -> None:
        """What each call of `execute` and `executemany` begins with."""
        self._check()
        self._leave()
        self.messages.clear()
        self._is_new = False

    @contextmanager
    def _listing_errors(self) -> Iterator[None]:
        """An error is raised, is among the messages, and ends a script."""
        try:
            yield
        except Error as error:
            self._list(error)
            raise

    def _list(self, error: Error) -> None:
        self.messages.append((type(error), error))
        self._waiting = iter(())

    def callproc(self, procname: str, parameters: Parameters = ()) -> NoReturn:
        """Refused: there are no stored procedures. Raises NotSupportedError."""
        self._check()
        self.messages.clear()
        raise NotSupportedError(f"there is no stored procedure {procname}", hint="methods of AWS are called by EXEC")

    def _run(self, operation: str, parameters: Parameters | None) -> None:
        from cirql.statements.answering import answering, counted, status_of

        self._description, self._rowcount, self.rownumber = None, -1, None
        if parameters is not None and not (hasattr(parameters, "__len__") and hasattr(parameters, "__getitem__")):
            hint = "pass a list or a tuple of values, or a dict of them"
            raise ProgrammingError(f"parameters are a sequence or a mapping, not {type(parameters).__name__}", hint=hint)
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
        """Go on to the next statement of a script, leaving the rows of this one; None where there is none.

        An error ends the script. Raises ProgrammingError where nothing was executed.
        """
        self._check()
        if self._is_new:
            raise ProgrammingError("there is no next statement: none was executed", hint="call execute first")
        self._leave_rows()
        self.messages.clear()
        operation = next(self._waiting, None)
        if operation is None:
            return None
        with self._listing_errors():
            self._run(operation, None)
        return True

    # -- reading

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row; None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Up to that many of the next rows (`arraysize` where it is not said); none after the last."""
        size = self.arraysize if size is None else size
        if not hasattr(size, "__index__") or size < 0:
            raise ProgrammingError(f"a number of rows is 0 or more, not {size!r}", hint="fetchall takes all that are left")
        result = self._rows()
        try:  # plainly, as this is for each row where they are read one by one
            return self._read(result.fetchmany(size))
        except Error as error:
            self._list(error)
            raise

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows not yet read."""
        result = self._rows()
        with self._listing_errors():
            return self._read(result.fetchall())

    def __iter__(self) -> Self:
        """Itself: iterating takes the rows not yet read, one by one."""
        return self

    def __next__(self) -> tuple[Any, ...]:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def fetch_arrow_table(self) -> pa.Table:
        """All rows not yet read, as an Arrow table."""
        import pyarrow as pa

        result = self._rows()
        return pa.Table.from_batches(list(self._batches(result)), schema=result.schema)

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The rows not yet read, as a reader of Arrow batches, which come as it is read.

        Reading it raises InterfaceError once the cursor was closed or has run another statement: its other rows are gone.
        """
        import pyarrow as pa

        result = self._rows()
        return pa.RecordBatchReader.from_batches(result.schema, self._batches(result))

    def fetch_df(self) -> pd.DataFrame:
        """All rows not yet read, as a pandas DataFrame."""
        from cirql.result import Result

        columns = self._rows().columns
        return Result(self.fetch_arrow_table().to_reader(), columns=columns).to_pandas()

    def _batches(self, result: Result) -> Iterator[pa.RecordBatch]:
        """The rows not yet read, batch by batch, counted as they come."""
        batches = result.batches()
        while True:
            self._check()
            if self._result is not result:
                raise InterfaceError("the cursor has gone on to another statement", hint="read the reader of its rows to the end before")
            with self._listing_errors():
                batch = next(batches, None)
            self._count(batch.num_rows if batch is not None else 0)
            if batch is None:
                return
            yield batch

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
        self.messages.clear()

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: values are never cut."""
        self._check()
        self.messages.clear()

    def close(self) -> None:
        """Let go of the statement and its rows. Closing twice is fine; anything else then raises InterfaceError.

        `messages` stay, with what is known of rows that were not read to their end.
        """
        self._tell()
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


def _as_text(operation: object) -> str:
    """The statement itself. Raises ProgrammingError where it is none."""
    if not isinstance(operation, str):
        raise ProgrammingError(f"a statement is text, not {type(operation).__name__}")
    return operation
