"""Rows: those of one result, as Arrow, by number; sorted and filtered as whoever looks wishes, without asking anybody again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cirql.rendering.columntexts import holding, sortable
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


class _Found:
    """Which rows have some words, of those that were there when it was looked."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.rows = 0
        self.numbers: list[pa.Array] = []


class Rows:
    """Usable from any thread: one adds, others look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: list[pa.RecordBatch] = []
        self._types: list[str] = []
        self._schema: pa.Schema | None = None
        self._table: pa.Table | None = None
        self._ordered: tuple[Any, pa.Array] | None = None
        self._found: _Found | None = None
        self._searching = threading.Lock()
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
            self._batches, self._table, self._ordered, self._found, self.count = [], None, None, None, 0

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
        if self._is_as_it_came(wanted):
            return table.slice(wanted.start, count), table.num_rows
        numbers = self._numbers(table, wanted)
        return table.take(numbers.slice(wanted.start, count)), len(numbers)

    def ordered(self, wanted: RowsWanted) -> pa.Table:
        """All rows that are wanted, however many."""
        table = self.table()
        return table if self._is_as_it_came(wanted) else table.take(self._numbers(table, wanted))

    def _is_as_it_came(self, wanted: RowsWanted) -> bool:
        return not wanted.words and wanted.sort not in self._columns

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

        numbers = self._found_in(table, wanted.words) if wanted.words else None
        if wanted.sort is None or wanted.sort not in self._columns:
            return numbers
        values = pa.chunked_array([sortable(chunk, self._types[wanted.sort]) for chunk in table.column(wanted.sort).chunks])
        sorting = pa.table({"value": values if numbers is None else values.take(numbers)})
        order = pc.sort_indices(sorting, sort_keys=[("value", "descending" if wanted.descending else "ascending")])
        return order if numbers is None else numbers.take(order)

    def _found_in(self, table: pa.Table, words: str) -> pa.Array:
        """The numbers of the rows that have the words; those that were looked through before are not again."""
        import pyarrow as pa
        import pyarrow.compute as pc

        with self._searching:
            if self._found is None or self._found.words != words:
                self._found = _Found(words)
            found = self._found
            among, text = self._among(table, words)
            for batch in table.slice(found.rows).to_batches():
                holds = None
                for n in among:
                    of_column = holding(batch.column(n), self._types[n], text)
                    holds = of_column if holds is None else pc.or_(holds, of_column)
                if holds is not None:
                    found.numbers.append(pc.add(pc.indices_nonzero(holds), pa.scalar(found.rows, pa.uint64())))
                found.rows += batch.num_rows
            return pa.concat_arrays(found.numbers) if found.numbers else pa.array([], pa.uint64())

    @property
    def _columns(self) -> range:
        return range(len(self._types))

    def _among(self, table: pa.Table, words: str) -> tuple[Sequence[int], str]:
        """The columns that words are looked for in: `name:words` means one."""
        column, colon, rest = words.partition(":")
        named = [n for n in self._columns if table.schema.names[n] == column]
        return (named, rest.strip()) if colon and named else (self._columns, words)
