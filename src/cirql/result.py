"""What a statement gives back: rows as Arrow, what failed on the way, and what it cost.

    Result         the rows, read once and in order, as Arrow batches or as Python values
    ResultColumn   the name and SQL type of one column
    Stats          requests sent, retries, throttles, rows, time
    ProgressEvent  what a running scan tells whoever watches

A `Result` is lazy: rows are fetched as they are read. What failed, and what it cost, is final once the last row has been read.
This module knows nothing of SQL, AWS or DuckDB: a `Session` builds a `Result` out of a source of batches and a few callables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from cirql.errors import CloudFailure, InterfaceError
from cirql.rows import as_schema, plain_schema, sql_type, to_rows, without_extensions
from cirql.startup.records import dataclass, field, replace
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

# What somebody who looks at a result is shown of it.
_PREVIEW_ROWS, _PREVIEW_WIDTH = 10, 60
_INVISIBLE = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

PLAN = "QUERY PLAN"
"""The one column of what EXPLAIN gives, as psql users know it."""


def visible_text(text: str) -> str:
    """A text for a page: what would steer a reader, or turn the direction of text around, is replaced; ends of lines stay."""
    return _INVISIBLE.sub("�", text.replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result: its name, and its type as SQL spells it (`VARCHAR`, `JSON`, `hstore`, `TIMESTAMP`, `VARCHAR[]`)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How far one scan is: the table it reads, requests sent and rows received so far, and whether it has ended.

    `relation` tells scans of one table apart.
    """

    scan: str
    calls: int
    rows: int
    done: bool
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a statement cost.

    `calls` counts HTTP requests really sent by `service:Operation`, retries included. `rows` is the number of rows of the result.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    throttles: int = 0
    rows: int = 0
    wall_ms: int = 0
    failures: tuple[CloudFailure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object that `cirql query --stats` writes: calls by name, then the counters, then the failures."""
        return {
            "calls": {name: count for name, count in sorted(self.calls.items()) if count},
            "retries": self.retries,
            "throttles": self.throttles,
            "rows": self.rows,
            "wall_ms": round(self.wall_ms),
            "failures": [f.to_json() for f in self.failures],
        }


class BatchSource(Protocol):
    """Where rows come from: a `pyarrow.RecordBatchReader`, or anything with a schema that gives record batches."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch."""
        ...

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Give the batches, in order, once."""
        ...


def _nothing() -> tuple[()]:
    return ()


def _no_op() -> None:
    return None


class Result:
    """The answer to one statement.

    Rows are read once, in order: `fetchone`, `fetchmany`, `fetchall`, iteration and `batches` all take the next ones.
    `to_arrow` takes everything that is left and keeps it, so `to_arrow`, `to_pandas` and then `fetchall` can follow one another.

    As Python values: TIMESTAMP is a naive `datetime` (it is UTC), TIMESTAMPTZ an aware one in UTC, JSON is parsed, hstore is a `dict`,
    INTERVAL a `timedelta` (as psycopg has it: a month is 30 days and a year 365), NUMERIC a `Decimal`, BLOB `bytes`.

    `failures`, `notices` and `stats` say what is known so far; they are final once the last row has been read.
    Any error of the statement may also be raised while rows are read.
    """

    def __init__(
        self,
        source: BatchSource,
        *,
        columns: Sequence[ResultColumn] | None = None,
        failures: Callable[[], Iterable[CloudFailure]] = _nothing,
        notices: Callable[[], Iterable[str]] = _nothing,
        stats: Callable[[], Stats] = Stats,
        close: Callable[[], None] = _no_op,
    ) -> None:
        """Take a source of batches, and callables that say what happened.

        `columns` gives the SQL types where Arrow's do not say them (JSON that comes as plain text); there must be one for each
        field of the schema. `close` frees what the source holds; it is called once, after the last row or when the result is closed.
        """
        described = columns if columns is not None else [ResultColumn(f.name, sql_type(f.type)) for f in source.schema]
        if len(described) != len(source.schema):
            raise InterfaceError(f"{len(described)} columns were described and {len(source.schema)} are in the data")
        self.columns: tuple[ResultColumn, ...] = tuple(described)
        self._schema = plain_schema(source.schema, [c.type for c in described])
        self._source = iter(source)
        self._failures = failures
        self._notices = notices
        self._stats = stats
        self._close = close
        self._final: Stats | None = None
        self._closed = False
        self._exhausted = False
        self._table: pa.Table | None = None
        self._replay: Iterator[pa.RecordBatch] | None = None
        self._batch: pa.RecordBatch | None = None
        self._values: list[tuple[Any, ...]] = []
        self._position = 0
        self._row_count = 0

    # What is known about the statement.

    @property
    def row_count(self) -> int:
        """How many rows have been read; all of them once the last one has been."""
        return self._row_count

    @property
    def failures(self) -> tuple[CloudFailure, ...]:
        """What failed at AWS, one entry for each target that could not answer."""
        return tuple(self._failures())

    @property
    def notices(self) -> tuple[str, ...]:
        """What the reader of the rows should know: columns left NULL, limits met."""
        return tuple(self._notices())

    @property
    def stats(self) -> Stats:
        """What the statement has cost so far."""
        return self._final if self._final is not None else self._count()

    @property
    def complete(self) -> bool:
        """Whether every row has been read and no target failed."""
        return self._exhausted and not self.failures

    # Rows as Arrow.

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of every batch; JSON columns are of the canonical extension type `arrow.json`, HUGEINT is `decimal128`."""
        return self._schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows not yet read, batch by batch, as they come; nothing is kept."""
        while (batch := self._next_batch()) is not None:
            yield batch

    def to_arrow(self) -> pa.Table:
        """All rows not yet read, as one table. It is kept: asked again, the same table is given."""
        if self._table is None:
            import pyarrow as pa

            self._table = pa.Table.from_batches(list(self.batches()), schema=self._schema)
            self._replay = iter(self._table.to_batches())
        return self._table

    def to_pandas(self, *, parse_json: bool = False) -> pd.DataFrame:
        """All rows not yet read, as a pandas DataFrame; hstore (`tags`) as dicts, JSON as text or, where asked for, parsed.

        Raises:
            InterfaceError: pandas is not installed; no row has been read.
        """
        try:
            import pandas  # noqa: F401 (pyarrow uses it)
        except ModuleNotFoundError:
            raise InterfaceError(
                "to_pandas needs the package pandas", hint="pip install pandas, or take to_arrow() or fetchall()"
            ) from None
        frame = self.to_arrow().to_pandas(maps_as_pydicts="strict")
        for number, column in enumerate(self.columns if parse_json else ()):
            if column.type in ("JSON", "JSONB"):
                texts = frame.iloc[:, number]
                frame.isetitem(number, texts.map(json.loads, na_action="ignore"))
        return frame

    def to_polars(self) -> pl.DataFrame:
        """All rows not yet read, as a polars DataFrame; JSON as text, hstore (`tags`) as what polars makes of Arrow's maps.

        Raises:
            InterfaceError: polars is not installed; no row has been read.
        """
        try:
            import polars
        except ModuleNotFoundError:
            raise InterfaceError(
                "to_polars needs the package polars", hint="pip install polars, or take to_arrow() or fetchall()"
            ) from None
        return polars.DataFrame(polars.from_arrow(without_extensions(self.to_arrow())))

    # Rows as Python values.

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Up to `size` of the next rows; an empty list after the last."""
        rows: list[tuple[Any, ...]] = []
        while len(rows) < size and self._has_row():
            taken = self._values[self._position : self._position + size - len(rows)]
            self._position += len(taken)
            rows.extend(taken)
        return rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows not yet read."""
        return list(self)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """The rows not yet read, one by one."""
        while self._has_row():
            self._position += 1
            yield self._values[self._position - 1]

    # For whoever looks at it.

    def __repr__(self) -> str:
        """The first rows as a table, for a prompt; they are still there to be read."""
        lines = [[c.name for c in self.columns], *self._texts()]
        widths = [max(len(line[n]) for line in lines) for n in range(len(self.columns))]
        shown = [" │ ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
        shown.insert(1, "─┼─".join("─" * width for width in widths))
        return "\n".join([*shown, self._rest(len(lines) - 1)])

    def _repr_html_(self) -> str:
        """The first rows as a table, for a notebook; they are still there to be read."""
        from html import escape

        rows = self._texts()
        head = "".join(f"<th>{escape(c.name)}</th>" for c in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(self._rest(len(rows)))}</p>"

    def _texts(self) -> list[list[str]]:
        """The cells of the next rows, cut to what a person looks at."""
        if self._batch is None:
            while (batch := self._next_batch()) is not None and not batch.num_rows:
                pass
            self._batch, self._values, self._position = batch, [], 0
        if self._batch is None:
            return []
        rows = to_rows(self._batch.slice(self._position, _PREVIEW_ROWS), [c.type for c in self.columns])
        texts = [["NULL" if v is None else v if isinstance(v, str) else str(v) for v in row] for row in rows]
        return [
            [t if len(t) <= _PREVIEW_WIDTH else f"{t[: _PREVIEW_WIDTH - 1]}…" for t in (_CONTROL.sub("�", t) for t in row)] for row in texts
        ]

    def _rest(self, shown: int) -> str:
        left = 0 if self._batch is None else self._batch.num_rows - self._position - shown
        if left:
            return f"the next {shown} rows; more follow"
        if not shown:
            return "no rows left" if self._row_count else "no rows"
        return f"{shown} row{'s' * (shown != 1)}" if self._exhausted else f"the next {shown} row{'s' * (shown != 1)}; more may follow"

    # Closing.

    @property
    def is_open(self) -> bool:
        """Whether it holds what must be let go: there is something, and it was neither read to its end nor closed."""
        return not self._closed and self._close is not _no_op

    def hand_over(self, close: Callable[[], None]) -> Callable[[], None]:
        """Let closing do that from now on; gives what it would have done."""
        before, self._close = self._close, close
        return before

    def close(self) -> None:
        """Stop reading and free what the statement holds; rows not yet read are gone. Closing twice is fine."""
        if self._final is None:
            self._final = self._count()
        if not self._exhausted:
            self._batch, self._values, self._position = None, [], 0
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # Reading.

    def _has_row(self) -> bool:
        """Whether `_values[_position]` is a row, after turning the next batches into rows where need be."""
        while self._position == len(self._values):
            batch = self._next_batch()
            if batch is None:
                return False
            self._batch, self._position = batch, 0
            self._values = to_rows(batch, [c.type for c in self.columns])
        return True

    def _next_batch(self) -> pa.RecordBatch | None:
        """The rows after the last one read: what is left of the batch at hand, a kept one, or a new one; None at the end."""
        if self._batch is not None:
            rest = self._batch.slice(self._position)
            self._batch, self._values, self._position = None, [], 0
            if rest.num_rows:
                return rest
        if self._replay is not None:
            return next(self._replay, None)
        return self._pull()

    def _pull(self) -> pa.RecordBatch | None:
        if self._closed:
            return None
        try:
            batch = next(self._source, None)
        except BaseException:
            self.close()
            raise
        if batch is None:
            self._exhausted = True
            self.close()
            return None
        self._row_count += batch.num_rows
        return batch if batch.schema.equals(self._schema) else as_schema(batch, self._schema)

    def _count(self) -> Stats:
        return replace(self._stats(), rows=self._row_count, failures=self.failures)
