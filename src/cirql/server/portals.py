"""Prepared statements and portals: a statement with its values, and its rows on their way out, as many at a time as the client wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cirql.errors import InvalidProperty, InvalidStatement, ProtocolViolation
from cirql.server import messages, oids
from cirql.server.desk import ClientDesk, Reply, Told
from cirql.server.encoding import data_rows
from cirql.server.ledger import AuditEntry
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.result import Result

_AT_ONCE = 8_192
"""Rows made into messages in one go: enough for Arrow's kernels, and little to hold."""

_READ_AS = {650: 869, 651: 1041}
"""Types that a client may say of a parameter and statements have no name for: a `cidr` is an `inet`."""


@dataclass(slots=True)
class PreparedStatement:
    """A statement that was parsed under a name, and the types that the client gave its parameters (0: to be inferred)."""

    sql: str
    given: tuple[int, ...] = ()
    _told: Told | None = field(default=None)

    @property
    def is_told(self) -> bool:
        """Whether it was found out already what it takes."""
        return self._told is not None

    def told(self, desk: ClientDesk) -> Told:
        """What it gives and takes; found out once. Raises the errors of the statement."""
        if self._told is None:
            self._told = desk.describe(self.sql, [oids.name_of(_READ_AS.get(oid, oid)) for oid in self.given])
        return self._told

    @property
    def described(self) -> Told | None:
        """What the client was told; None where it never asked."""
        return self._told

    def parameter_oids(self, desk: ClientDesk) -> list[int]:
        """The types of its parameters: as given, the others as inferred."""
        names = self.told(desk).parameters
        inferred = [oids.named(name) for name in names]
        return [given or found for given, found in zip((*self.given, *[0] * len(inferred)), inferred, strict=False)]


class Portal:
    """One execution of a statement."""

    def __init__(self, statement: PreparedStatement, values: Sequence[Any] = (), formats: Sequence[int] = ()) -> None:
        """`formats` are those of the columns: none for text, one for all, or one each."""
        self.statement = statement
        self._values = values
        self._formats = formats
        self._reply: Reply | None = None
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._rest: pa.RecordBatch | None = None
        self._ended = False
        self._entry: AuditEntry | None = None
        self._rows_sent = 0

    def description(self, desk: ClientDesk) -> bytes:
        """RowDescription, or NoData. Runs the statement only where nothing else tells its columns."""
        told = self.statement.told(desk)
        columns = told.columns
        if not told.is_known:
            result = self._start(desk).result
            columns = result.columns if result is not None else None
        if not columns:
            return messages.NO_DATA
        return messages.row_description([oids.field(c) for c in columns], self._forms(len(columns)))

    def whole(self, desk: ClientDesk) -> Iterator[bytes]:
        """Everything that a simple query answers: the columns, the rows, the end."""
        if (said := desk.said(self.statement.sql)) is not None:
            desk.ledger.begin().end(self.statement.sql, rows=1)
            yield said
            return
        yield from desk.say(self.statement.sql, self._whole(desk))

    def _whole(self, desk: ClientDesk) -> Iterator[bytes]:
        reply = self._start(desk)
        if reply.has_rows and reply.result is not None:
            columns = reply.result.columns
            yield messages.row_description([oids.field(c) for c in columns], self._forms(len(columns)))
        yield from self.run(desk)

    def run(self, desk: ClientDesk, limit: int = 0) -> Iterator[bytes]:
        """Up to `limit` of the next rows (0: all), and how it ended: suspended, or complete."""
        try:
            yield from self._run(desk, limit)
        except Exception as error:
            self._note(error)
            raise

    def _note(self, error: BaseException | None = None, rows: int = 0) -> None:
        """Tell the ledger that the statement has ended."""
        if self._entry is not None:
            reply = self._reply
            changes = 0 if reply is None or error is not None else rows if reply.is_change else reply.changes
            self._entry.end(self.statement.sql, rows=rows, changes=changes, error=error)

    def _run(self, desk: ClientDesk, limit: int) -> Iterator[bytes]:
        reply = self._start(desk)
        if reply.copy is not None and reply.result is not None:
            yield from self._copied(reply, reply.result)
        elif reply.has_rows and reply.result is not None:
            yield from self._rows(reply, reply.result, limit)
        elif self._ended:
            raise InvalidStatement("a portal without rows was executed twice", sqlstate="55000")
        else:
            self._ended = True
            self._note()
            if reply.spent is not None:
                yield from self._outcome(reply.spent)
            yield from map(messages.notice, reply.notices)
            yield messages.complete(reply.tag) if reply.tag else messages.EMPTY_QUERY

    def close(self) -> None:
        """Let go of the rows that were not sent."""
        if self._reply is not None and self._reply.result is not None:
            self._reply.result.close()
            self._note(rows=self._rows_sent)

    def _start(self, desk: ClientDesk) -> Reply:
        if self._reply is None:
            if self.statement.sql.strip(" \t\r\n;"):
                self._entry = desk.ledger.begin(is_free=desk.is_free(self.statement.sql))
                try:
                    self._reply = desk.execute(self.statement.sql, self._values)
                except Exception as error:
                    self._note(error)
                    raise
            else:
                self._reply = Reply(None, "")
        return self._reply

    def _forms(self, columns: int) -> list[int]:
        if len(self._formats) not in (0, 1, columns):
            raise ProtocolViolation(f"{len(self._formats)} formats were given for {columns} columns")
        forms = list(self._formats) if len(self._formats) == columns else list(self._formats or (0,)) * columns
        if any(form not in (0, 1) for form in forms):
            raise InvalidProperty("a column's format is 0 (text) or 1 (binary)")
        return forms

    def _rows(self, reply: Reply, result: Result, limit: int) -> Iterator[bytes]:
        types = self._types(result)
        forms = self._forms(len(types))
        count = 0
        while not limit or count < limit:
            batch = self._next(result, min(_AT_ONCE, limit - count) if limit else _AT_ONCE)
            if batch is None:
                self._note(rows=self._rows_sent)
                yield from self._outcome(result)
                yield messages.complete(reply.tag if reply.tag in ("SHOW", "EXPLAIN") else f"{reply.tag} {count}")
                return
            count += batch.num_rows
            self._rows_sent += batch.num_rows
            yield data_rows(batch, types, forms)
        yield messages.SUSPENDED

    def _types(self, result: Result) -> list[str]:
        """The types of the columns: as the client was told, where it was. A parameter told as smallint comes back as an integer."""
        types = [c.type for c in result.columns]
        told = self.statement.described
        if told is None or told.columns is None or len(told.columns) != len(types):
            return types
        return [t.type if oids.oid_of(t.type) != oids.oid_of(kind) else kind for t, kind in zip(told.columns, types, strict=True)]

    def _copied(self, reply: Reply, result: Result) -> Iterator[bytes]:
        copy = reply.copy
        assert copy is not None
        types = [c.type for c in result.columns]
        yield messages.copy_out(len(types), is_binary=copy.is_binary)
        head, count = copy.head([c.name for c in result.columns]), 0
        while (batch := self._next(result, _AT_ONCE)) is not None:
            count += batch.num_rows
            yield copy.messages(batch, types, head)
            head = b""
        if head:
            yield messages.message(b"d", head)
        self._note(rows=count)
        yield copy.tail() + messages.COPY_DONE
        yield from self._outcome(result)
        yield messages.complete(f"COPY {count}")

    def _outcome(self, result: Result) -> Iterator[bytes]:
        """What could not be read, and what else there is to say."""
        for failure in result.failures:
            yield messages.notice(str(failure), "HV000", "NOTICE", detail=failure.request_id and f"request {failure.request_id}")
        for said in result.notices:
            yield messages.notice(said, "00000", "NOTICE")

    def _next(self, result: Result, most: int) -> pa.RecordBatch | None:
        """The next rows, at most so many."""
        if self._batches is None:
            self._batches = result.batches()
        batch = self._rest
        while batch is None or batch.num_rows == 0:
            batch = next(self._batches, None)
            if batch is None:
                self._rest = None
                return None
        self._rest = batch.slice(most) if batch.num_rows > most else None
        return batch.slice(0, most)
