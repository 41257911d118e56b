"""Rows: those of one result, as Arrow, by number; sorted and filtered as whoever looks wishes, without asking anybody again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cirql.rendering.encode import plain_moment, to_texts
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.result import Result

MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Rows from `start`, of those that have `words` somewhere, in the order of a column, or as they came."""

    start: int = 0
    count: int = 1
    sort: int | None = None
    descending: bool = False
    words: str = ""

    @property
    def order(self) -> tuple[int | None, bool, str]:
        """What decides which row has which number."""
        return (self.sort, self.descending, self.words)


class Rows:
    """Usable from any thread: one adds, others look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: list[pa.RecordBatch] = []
        self._types: list[str] = []
        self._schema: pa.Schema | None = None
        self._table: pa.Table | None = None
        self._ordered: tuple[Any, pa.Array] | None = None
        self.count = 0

    def add(self, batch: pa.RecordBatch, result: Result) -> None:
        """Keep the next rows."""
        with self._lock:
            self._schema, self._types = result.schema, [c.type for c in result.columns]
            self._batches.append(batch)
            self._table = None
            self.count += batch.num_rows

    def clear(self) -> None:
        """Let go of them."""
        with self._lock:
            self._batches, self._table, self._ordered, self.count = [], None, None, 0

    def table(self) -> pa.Table:
        """All that are there."""
        import pyarrow as pa

        with self._lock:
            if self._table is None:
                self._table = pa.Table.from_batches(self._batches, schema=self._schema) if self._schema is not None else pa.table({})
            return self._table

    def slice(self, wanted: RowsWanted) -> tuple[pa.Table, int]:
        """The rows that are wanted, and how many there are in all."""
        table = self.table()
        count = min(wanted.count, MOST_AT_ONCE)
        if wanted.sort is None and not wanted.words:
            return table.slice(wanted.start, count), table.num_rows
        numbers = self._numbers(table, wanted)
        return table.take(numbers.slice(wanted.start, count)), len(numbers)

    def ordered(self, wanted: RowsWanted) -> pa.Table:
        """All rows that are wanted, however many."""
        table = self.table()
        return table if wanted.sort is None and not wanted.words else table.take(self._numbers(table, wanted))

    def _numbers(self, table: pa.Table, wanted: RowsWanted) -> pa.Array:
        """The numbers of the rows that are shown, in their order."""
        key = (wanted.order, table.num_rows)
        kept = self._ordered
        if kept is not None and kept[0] == key:
            return kept[1]
        made = self._ordered_numbers(table, wanted)
        self._ordered = (key, made)
        return made

    def _ordered_numbers(self, table: pa.Table, wanted: RowsWanted) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = pa.array(range(table.num_rows), pa.int64())
        if wanted.words:
            among, words = self._among(table, wanted.words)
            found = [pc.fill_null(pc.match_substring(self._text(table, n), words, ignore_case=True), False) for n in among]
            holds = found[0]
            for more in found[1:]:
                holds = pc.or_(holds, more)
            numbers = numbers.filter(holds)
        if wanted.sort is None or wanted.sort not in self._columns:
            return numbers
        column = table.column(wanted.sort)
        values = column if _is_ordered(column.type) else self._text(table, wanted.sort)
        sorting = pa.table({"value": pc.take(values, numbers)})
        order = pc.sort_indices(sorting, sort_keys=[("value", "descending" if wanted.descending else "ascending")])
        return numbers.take(order)

    @property
    def _columns(self) -> range:
        return range(len(self._types))

    def _among(self, table: pa.Table, words: str) -> tuple[Sequence[int], str]:
        """The columns that words are looked for in: `name:words` means one."""
        column, colon, rest = words.partition(":")
        named = [n for n in self._columns if table.schema.names[n] == column]
        return (named, rest.strip()) if colon and named else (self._columns, words)

    def _text(self, table: pa.Table, number: int) -> pa.ChunkedArray:
        import pyarrow as pa

        column = table.column(number)
        if pa.types.is_string(column.type):
            return column
        chunks = [pa.array(to_texts(chunk, self._types[number], plain_moment), pa.string()) for chunk in column.chunks]
        return pa.chunked_array(chunks, pa.string())


def _is_ordered(kind: pa.DataType) -> bool:
    import pyarrow as pa

    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_temporal, pa.types.is_boolean, pa.types.is_string)
    return any(holds(kind) for holds in plain) and not pa.types.is_interval(kind)
