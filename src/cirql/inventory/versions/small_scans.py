"""Small scans that need no engine: nothing was there and nothing is, all rows are new, or all are as they were.

Nearly every partition of a sync is one of these, and DuckDB takes tens of milliseconds to say so. What is here either gives what the
merge (`merge`) would give, from Arrow data in memory, or leaves the scan to it. It never decides what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

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

        wanted = sorted(scan.columns - {KEY})
        if not {key, *wanted} <= set(table.column_names):
            return None
        types = {c: from_arrow(table.schema.field(c).type) for c in wanted}
        arrays = [_plain(table.column(c), t) for c, t in [(key, ColumnType.VARCHAR), *types.items()]]
        keys = arrays[0].to_pylist() if arrays[0] is not None else [None]
        if any(a is None for a in arrays) or None in keys or len(set(keys)) < len(keys):
            return None
        for column, value in scan.partition.parent:
            if column not in types and column != KEY:
                types[column] = known_types().get(column, ColumnType.VARCHAR)
                if types[column] is not ColumnType.VARCHAR:
                    return None
                arrays.append(pa.chunked_array([[value] * len(keys)], pa.string()))
        return cls(scan, pa.Table.from_arrays(arrays, names=[KEY, *types]).sort_by(KEY), types)

    @property
    def digest(self) -> bytes:
        """What the rows are known by: the same for the same rows in the same columns and types, and for no others."""
        return hashlib.blake2b(serialised(self.rows), digest_size=16).digest()

    def versions(self, known: int) -> pa.Table:
        """The rows as new versions, in physical columns."""
        import pyarrow as pa

        partition, count = self.scan.partition, self.rows.num_rows
        at = pa.scalar(micros(self.scan.started), pa.int64()).cast(pa.timestamp("us"))
        values = {
            "$account": pa.scalar(partition.account),
            "$region": pa.scalar(partition.region),
            "$from": at,
            "$known": pa.scalar(known, pa.int32()),
            "$got": pa.scalar(known, pa.int32()),
            "$oldest": at,
        }
        system = {c: self.rows[KEY] if c == KEY else pa.repeat(values[c], count) for c in SYSTEM}
        return pa.table(system | {c: self.rows[c] for c in self.types})


def _plain(column: pa.ChunkedArray, column_type: ColumnType) -> pa.ChunkedArray | None:
    """A column in its stored form; None where it must be cast."""
    import pyarrow as pa

    if isinstance(column.type, pa.JsonType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], pa.string())
    if column.type != plain_arrow(column_type):
        return None
    if column_type.is_hstore:
        return pa.chunked_array([[None if v is None else sorted(v) for v in column.to_pylist()]], column.type)
    return column


def serialised(table: pa.Table) -> memoryview:
    """A table as Arrow's bytes."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    plain = table.combine_chunks()
    with pa.ipc.new_stream(sink, plain.schema) as writer:
        writer.write_table(plain)
    return memoryview(sink.getvalue())
