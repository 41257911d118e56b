"""Small scans that need no engine: nothing was there and nothing is, all rows are new, or all are as they were.

Nearly every partition of a sync is one of these, and DuckDB takes tens of milliseconds to say so. What is here either gives what the
merge (`merge`) would give, from Arrow data in memory, or leaves the scan to it. It never decides what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from cirql.inventory.model import KEY, ScanRecord, micros
from cirql.inventory.versions.kept import SYSTEM, plain_arrow
from cirql.startup.records import dataclass
from cirql.types import ColumnType, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 2_000
"""Up to so many rows a scan is small: they are all at hand."""


def head(rows: pa.Table | Iterable[pa.RecordBatch]) -> tuple[pa.Table | None, pa.Table | Iterator[pa.RecordBatch]]:
    """The rows as a table where they are few, and all of them again for whoever needs them."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return (rows if rows.num_rows <= MOST_ROWS else None), rows
    batches = iter(rows)
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) > MOST_ROWS:
            return None, chain(held, batches)
    return (pa.Table.from_batches(held) if held else None), iter(held)


@dataclass(frozen=True, slots=True)
class SmallScan:
    """The rows of a scan in physical form (`_key`, then the fetched columns), sorted by key, one for each."""

    scan: ScanRecord
    rows: pa.Table
    types: Mapping[str, ColumnType]

    @classmethod
    def of(cls, scan: ScanRecord, table: pa.Table, key: str, known_types: Callable[[], Mapping[str, ColumnType]]) -> SmallScan | None:
        """None for rows that DuckDB must put in order first: types to be cast, several rows under one key."""
        import pyarrow as pa

        layout = _layout(scan, table, key)
        if layout is None:
            return None
        types = dict(layout.types)
        arrays = [read(table.column(at)) for at, read in layout.readers]
        keys = arrays[0].to_pylist()
        if None in keys or len(set(keys)) < len(keys):
            return None
        for column, value in scan.partition.parent:
            if column not in types and column != KEY:
                types[column] = known_types().get(column, ColumnType.VARCHAR)
                if types[column] is not ColumnType.VARCHAR:
                    return None
                arrays.append(pa.chunked_array([[value] * len(keys)], pa.string()))
        rows = pa.Table.from_arrays(arrays, names=[KEY, *types])
        return cls(scan, rows if keys == sorted(keys) else rows.sort_by(KEY), types)

    @property
    def digest(self) -> bytes:
        """What the rows are known by: the same for the same rows in the same columns and types, and for no others."""
        return hashlib.blake2b(serialised(self.rows), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class News:
    """A small scan whose rows are all new; `known` is the number of its column set."""

    small: SmallScan
    known: int


def versions(news: Sequence[News]) -> pa.Table:
    """The rows of scans as new versions, in physical columns: those of one after those of another."""
    import pyarrow as pa

    rows = pa.concat_tables([n.small.rows for n in news], promote_options="default")
    told = [(n, n.small.scan, n.small.rows.num_rows) for n in news]

    def each(value: Callable[[News, ScanRecord], Any], column: str) -> pa.Array:
        return pa.array([v for n, scan, count in told for v in [value(n, scan)] * count], plain_arrow(None, column))

    system = {
        "$account": each(lambda _, scan: scan.partition.account, "$account"),
        "$region": each(lambda _, scan: scan.partition.region, "$region"),
        "$from": each(lambda _, scan: micros(scan.started), "$from"),
        "$known": each(lambda n, _: n.known, "$known"),
    }
    system |= {"$got": system["$known"], "$oldest": system["$from"], KEY: rows[KEY]}
    others = [c for c in rows.column_names if c != KEY]
    return pa.Table.from_arrays([*(system[c] for c in SYSTEM), *rows.select(others).columns], names=[*SYSTEM, *others])


@dataclass(frozen=True, slots=True)
class _Layout:
    """How rows of one schema are put into physical form: which columns, of which types, and how each is read; the key first."""

    schema: pa.Schema
    columns: frozenset[str]
    types: Mapping[str, ColumnType]
    readers: Sequence[tuple[int, Callable[[pa.ChunkedArray], pa.ChunkedArray]]]


_layouts: dict[tuple[str, str], _Layout] = {}
"""The last layout of each table and key: nearly all scans of a table have the same."""


def _layout(scan: ScanRecord, table: pa.Table, key: str) -> _Layout | None:
    """None for rows that lack a column, or have one that must be cast."""
    place = scan.partition.table, key
    found = _layouts.get(place)
    if found is not None and found.columns == scan.columns and found.schema.equals(table.schema):
        return found
    wanted = sorted(scan.columns - {KEY})
    if not {key, *wanted} <= set(table.column_names):
        return None
    types = {c: from_arrow(table.schema.field(c).type) for c in wanted}
    readers = []
    for column, column_type in ((key, ColumnType.VARCHAR), *types.items()):
        at = table.schema.get_field_index(column)
        read = _reader(table.schema.field(at).type, column_type)
        if read is None:
            return None
        readers.append((at, read))
    found = _layouts[place] = _Layout(table.schema, scan.columns, types, readers)
    return found


def _reader(arrow: pa.DataType, column_type: ColumnType) -> Callable[[pa.ChunkedArray], pa.ChunkedArray] | None:
    """How a column is put into its stored form; None where it must be cast."""
    import pyarrow as pa

    if isinstance(arrow, pa.JsonType):
        return _as_text if arrow.storage_type == pa.string() else None
    if arrow != plain_arrow(column_type):
        return None
    return _in_order if column_type.is_hstore else _as_it_is


def _as_it_is(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([chunk.storage for chunk in column.chunks], pa.string())


def _in_order(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    if column.null_count == len(column):
        return column
    return pa.chunked_array([[None if v is None else sorted(v) for v in column.to_pylist()]], column.type)


def serialised(table: pa.Table) -> memoryview:
    """A table as Arrow's bytes."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    plain = table.combine_chunks()
    with pa.ipc.new_stream(sink, plain.schema) as writer:
        writer.write_table(plain)
    return memoryview(sink.getvalue())
