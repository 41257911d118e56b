"""Bringing a scan's rows to rest before the merge: typed, in one order, on disk when they are many.

Staging happens before the write lock is taken, so a slow producer keeps nobody waiting, and in bounded memory: beyond
`IN_MEMORY_ROWS` rows the stream goes to a file in the writer's own workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import Internal
from cirql.inventory.model import KEY, ScanRecord
from cirql.sql.quoting import name, stored_type, text
from cirql.startup.records import dataclass
from cirql.types import ColumnType, from_arrow

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

IN_MEMORY_ROWS = 20_000
BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Staged:
    """A scan's rows as the relation `incoming`: `$pos` (order of arrival), `_key`, and the fetched columns."""

    types: Mapping[str, ColumnType]
    rows: int
    duplicates: int


def stage(
    con: duckdb.DuckDBPyConnection,
    scan: ScanRecord,
    rows: pa.Table | Iterable[pa.RecordBatch],
    key: str,
    known_types: Mapping[str, ColumnType],
    scratch: Callable[[], Path],
) -> Staged:
    """Make `incoming` from what a scan gave; of several rows under one key the last counts.

    `scratch` names a file that may be written, for rows too many for memory. The partition's parent values fill their columns
    where the rows do not have them, since they are what was asked for.
    Raises Internal where a column of the scan is missing, or a row has no key.
    """
    schema, first, batches = _batches(rows)
    present = {f.name: from_arrow(f.type) for f in schema} if schema is not None else {}
    wanted = sorted(scan.columns - {KEY})
    missing = [c for c in [key, *wanted] if c not in present]
    if schema is not None and missing:
        raise Internal(f"a scan of {scan.partition.table} lacks the columns {', '.join(missing)}")
    types = {c: present.get(c, known_types.get(c, ColumnType.VARCHAR)) for c in wanted}
    fillers = {c: v for c, v in scan.partition.parent if c not in types and c != KEY}
    select = [name("$pos"), f"{name(key)}::VARCHAR AS _key", *(f"{_normal(c, t)} AS {name(c)}" for c, t in types.items())]
    for column, value in fillers.items():
        types[column] = known_types.get(column, ColumnType.VARCHAR)
        select.append(f"CAST({text(value)} AS {stored_type(types[column])}) AS {name(column)}")
    if first is None:
        empty = 'NULL::BIGINT AS "$pos", NULL::VARCHAR AS _key'
        nothing = "".join(f", NULL::{stored_type(t)} AS {name(c)}" for c, t in types.items())
        con.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {empty}{nothing} WHERE false").fetchall()
        return Staged(types, 0, 0)
    source = _settle(con, _numbered(chain([first], batches), sorted({key, *wanted})), ", ".join(select), scratch)
    return _distinct(con, source, types, scan)


def _batches(
    rows: pa.Table | Iterable[pa.RecordBatch],
) -> tuple[pa.Schema | None, pa.RecordBatch | None, Iterator[pa.RecordBatch]]:
    """The schema where there is one, the first batch, and the others."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        batches = iter(rows.to_batches(max_chunksize=BATCH_ROWS))
        return rows.schema, next(batches, None), batches
    batches = iter(rows)
    first = next(batches, None)
    return (None if first is None else first.schema), first, batches


def _numbered(batches: Iterator[pa.RecordBatch], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The batches with only the wanted columns, JSON as plain text, and `$pos`."""
    import pyarrow as pa

    start = 0
    for batch in batches:
        arrays = [batch.column(c) for c in columns]
        plain = [a.storage if isinstance(a, pa.ExtensionArray) else a for a in arrays]
        position = pa.array(range(start, start + batch.num_rows), pa.int64())
        start += batch.num_rows
        yield pa.RecordBatch.from_arrays([*plain, position], names=[*columns, "$pos"])


def _settle(con: duckdb.DuckDBPyConnection, batches: Iterator[pa.RecordBatch], select: str, scratch: Callable[[], Path]) -> str:
    """Keep the rows somewhere that can be read several times; the relation's name."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows > IN_MEMORY_ROWS:
            break
    else:
        con.register("given", pa.Table.from_batches(held))
        con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT {select} FROM given").fetchall()
        con.unregister("given")
        return "staged"
    target = scratch()
    failure: list[Exception] = []
    stream = pa.RecordBatchReader.from_batches(held[0].schema, _watched(chain(_draining(held), batches), failure))
    _copy(con, stream, select, target, failure)
    return f"read_parquet({text(str(target))})"


def _copy(con: duckdb.DuckDBPyConnection, stream: pa.RecordBatchReader, select: str, target: Path, failure: list[Exception]) -> None:
    import duckdb

    con.register("given", stream)
    try:
        con.execute(f"COPY (SELECT {select} FROM given) TO {text(str(target))} (FORMAT parquet, COMPRESSION lz4_raw)").fetchall()
    except duckdb.Error:
        if failure:
            raise failure[0] from None
        raise
    finally:
        con.unregister("given")


def _draining(held: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while held:
        yield held.pop(0)


def _watched(batches: Iterator[pa.RecordBatch], failure: list[Exception]) -> Iterator[pa.RecordBatch]:
    """Pass batches on, keeping the producer's own exception: DuckDB would turn it into text."""
    try:
        yield from batches
    except Exception as error:
        failure.append(error)
        raise


def _distinct(con: duckdb.DuckDBPyConnection, source: str, types: Mapping[str, ColumnType], scan: ScanRecord) -> Staged:
    rows, keys, distinct = con.sql(f"SELECT count(*), count(_key), count(DISTINCT _key) FROM {source}").fetchall()[0]
    if keys < rows:
        raise Internal(f"a scan of {scan.partition.table} gave {rows - keys} rows without a key")
    last = 'QUALIFY row_number() OVER (PARTITION BY _key ORDER BY "$pos" DESC) = 1' if distinct < rows else ""
    con.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT * FROM {source} {last}").fetchall()
    return Staged(types, distinct, rows - distinct)


def _normal(column: str, column_type: ColumnType) -> str:
    """The column in its stored type; maps in the order of their keys, so that equal maps are equal."""
    if column_type.is_hstore:
        return f"map_from_entries(list_sort(map_entries({name(column)})))"
    return f"CAST({name(column)} AS {stored_type(column_type)})"
