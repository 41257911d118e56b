"""Segments: writing row versions as immutable Parquet files (or Arrow bytes, when few), and the SQL that reads them back.

The physical columns of a version, beside the table's own: `_key`; `$account`, `$region`; `$from`, and in ended segments `$to`;
`$known` and `$got`, the column sets that it knows and that the scan which opened it fetched; `$oldest`, when the oldest of its values
was read. A version's id is its segment's number and its position in it. JSON stays text, exactly as it came; large files
carry the scalar members that most documents have once more as columns of their own (`$p0`, `$p1`, …; see `members`).
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.inventory.embedded.index import Closure, Segment
from cirql.inventory.versions.kept import SYSTEM, nothing, plain_arrow
from cirql.inventory.versions.members import NO_HINTS, Hints, choose, column_of, fragments
from cirql.inventory.versions.small_scans import MOST_ROWS, serialised
from cirql.sql.quoting import name, stored_type, text
from cirql.startup.records import dataclass, replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

INLINE_ROWS = MOST_ROWS
"""Up to this many versions are kept in the index itself: a file for each of thousands of small scans would cost every reader an open."""

MEMBERS_ROWS = 10_000
"""From this many rows on, members of JSON columns as columns of their own pay: below, parsing the text is as fast."""

FORM = "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw, ROW_GROUP_SIZE 20480)"
"""Measured over 1 M rows: LZ4 reads in half the time that Zstandard takes, in 70 MB instead of 40. Larger groups make point lookups
slower (4.9 ms; 7.2 at twice as many rows), smaller ones filters on properties (14 ms; 18 at half)."""

POSITION_BITS = 32


@dataclass(frozen=True, slots=True)
class Contents:
    """What the index says about one table at one moment."""

    table: str
    segments: tuple[Segment, ...]
    closures: tuple[Closure, ...]
    column_sets: Mapping[int, frozenset[str]]

    @property
    def types(self) -> dict[str, ColumnType]:
        """The table's stored columns; where segments differ, the newest type."""
        return {c: ColumnType(t) for s in self.segments for c, t in s.columns.items()}

    @property
    def open(self) -> tuple[Segment, ...]:
        """The segments that may hold open versions."""
        return tuple(s for s in self.segments if not s.ended)


def pack(ids: pa.Array) -> tuple[bytes, dict[int, int]]:
    """Version ids as compressed differences, and how many lie in each segment."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ordered = ids.cast(pa.int64()).sort()
    steps = pc.fill_null(pc.pairwise_diff(ordered, 1), ordered[0])
    owners = pc.value_counts(pc.shift_right(ordered, pa.scalar(POSITION_BITS, pa.int64())))
    counts = {int(e["values"]): int(e["counts"]) for e in owners.to_pylist()}
    plain = pa.array(steps, pa.int64()).buffers()[1].slice(0, 8 * len(ordered))
    return pa.compress(plain, codec="zstd", asbytes=True), counts


def unpack(closure: Closure) -> pa.Array:
    """The ids that `pack` packed, ascending."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pa.decompress(closure.body, decompressed_size=8 * closure.rows, codec="zstd")
    return pc.cumulative_sum(pa.Array.from_buffers(pa.int64(), closure.rows, [None, plain]))


def register_closures(con: duckdb.DuckDBPyConnection, closures: Sequence[Closure], view: str = "ends") -> None:
    """Make the closures a relation of (`$id`, `$end`)."""
    import pyarrow as pa

    ids = [unpack(c) for c in closures]
    ends = [pa.repeat(pa.scalar(c.at, pa.timestamp("us")), c.rows) for c in closures]
    con.register(
        view,
        pa.table(
            {"$id": pa.chunked_array(ids, pa.int64()), "$end": pa.chunked_array(ends, pa.timestamp("us"))},
        ),
    )


class Reader:
    """The SQL over a table's segments, on one DuckDB connection that it registers Arrow data with."""

    def __init__(self, con: duckdb.DuckDBPyConnection, directory: Path) -> None:
        self._con = con
        self._directory = directory
        self._views = 0

    def rows(
        self,
        segments: Iterable[Segment],
        columns: Mapping[str, ColumnType],
        *,
        where: str = "true",
        hints: Hints = NO_HINTS,
    ) -> str:
        """SQL for the versions in the segments: `$id`, the system columns, `$to` (NULL where not written), then `columns`.

        `where` is a condition on system columns. A column that a segment does not have is NULL in it.
        """
        parts = []
        inline: dict[tuple[str, bool], list[Segment]] = {}
        for s in segments:
            if s.file is None:
                inline.setdefault((json.dumps(dict(s.columns)), s.ended), []).append(s)
                continue
            source = f"read_parquet({text(str(self._directory / s.file))}, file_row_number = true)"
            number = f"({s.id << POSITION_BITS}::BIGINT + file_row_number)"
            parts.append(_select(source, number, s, columns, where, hints))
        parts += [_select(self._inline(alike), name("$id"), replace(alike[0], same={}), columns, where, hints) for alike in inline.values()]
        return "\nUNION ALL BY NAME\n".join(parts) if parts else nothing(columns)

    def _inline(self, segments: Sequence[Segment]) -> str:
        import pyarrow as pa

        tables = []
        for s in segments:
            table = load_inline(s)
            schema = pa.schema([(c, plain_arrow(_kind(s, c), c)) for c in table.column_names])
            if not table.schema.equals(schema):
                table = table.cast(schema)  # imports pyarrow.compute
            base = s.id << POSITION_BITS
            tables.append(table.append_column("$id", pa.array(range(base, base + s.rows), pa.int64())))
        self._views += 1
        view = f"inline_{self._views}"
        self._con.register(view, pa.concat_tables(tables))
        return name(view)


def _kind(segment: Segment, column: str) -> ColumnType | None:
    return ColumnType(segment.columns[column]) if column in segment.columns else None


def load_inline(segment: Segment) -> pa.Table:
    """The rows of a segment that is kept in the index."""
    import pyarrow as pa

    return pa.ipc.open_stream(zlib.decompress(segment.body or b"")).read_all()


def _select(source: str, number: str, s: Segment, columns: Mapping[str, ColumnType], where: str, hints: Hints) -> str:
    given = [f"{number} AS {name('$id')}", *(f"{_constant(s, c)} AS {name(c)}" if c in s.same else name(c) for c in SYSTEM)]
    given.append(name("$to") if s.ended else f"NULL::TIMESTAMP AS {name('$to')}")
    given += [f"{_value(s, c, t, hints)} AS {name(c)}" for c, t in columns.items() if c not in SYSTEM]
    conditions = [where, *hints.conditions(s)]
    return f"SELECT {', '.join(given)} FROM {source} WHERE {' AND '.join(conditions)}"


def _constant(s: Segment, column: str) -> str:
    """A system column that is the same in all rows, as a literal: the file's column need not be read."""
    value = s.same[column]
    if column in ("$from", "$oldest"):
        return f"make_timestamp({value}::BIGINT)"
    return text(value) if isinstance(value, str) else f"{value}::INTEGER"


def _value(s: Segment, column: str, wanted: ColumnType, hints: Hints) -> str:
    stored = s.columns.get(column)
    if stored is None:
        return f"NULL::{stored_type(wanted)}"
    if wanted is ColumnType.JSON and (abridged := hints.document(s, column)) is not None:
        return abridged
    if stored_type(ColumnType(stored)) == stored_type(wanted):
        return name(column)
    return f"TRY_CAST({name(column)} AS {stored_type(wanted)})"


def inline(number: int, table: str, rows: pa.Table, columns: Mapping[str, str], *, ended: bool) -> Segment:
    """A segment of a few versions in physical columns, sorted by place and key, that is kept in the index."""
    # Compressed as a whole: Arrow's own compression works per buffer, and for a few rows costs more than it saves.
    body, b = zlib.compress(serialised(rows), 1), _bounds_of(rows)
    digest = hashlib.sha256(body).hexdigest()
    size = len(body)
    return Segment(number, table, ended, None, body, rows.num_rows, size, digest, b.first, b.last, b.last_end, columns, (), b.known, b.same)


class Writer:
    """Makes segments. A segment counts for nobody until the index names it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, directory: Path, scratch: Callable[[], Path]) -> None:
        self._con = con
        self._directory = directory
        self._scratch = scratch

    def write(self, number: int, table: str, rows: str, count: int, columns: Mapping[str, ColumnType], *, ended: bool) -> Segment:
        """Write `count` > 0 versions, given as SQL with the physical columns (and `$to` if ended), sorted by place and key."""
        physical = [*SYSTEM, *(["$to"] if ended else []), *(c for c in columns if c not in SYSTEM)]
        ordered = f'SELECT {", ".join(name(c) for c in physical)} FROM ({rows}) ORDER BY "$account", "$region", _key, "$from"'
        stored = {c: str(t) for c, t in columns.items() if c not in SYSTEM}
        if count <= INLINE_ROWS:
            return inline(number, table, self._con.sql(ordered).to_arrow_table(), stored, ended=ended)
        file = f"{number:08d}.parquet"
        temporary = self._scratch()
        members = choose(self._con, rows, columns) if count >= MEMBERS_ROWS else ()
        given = "".join(f", {e} AS {name(column_of(n))}" for n, e in enumerate(fragments(members)))
        self._con.execute(f"COPY (SELECT *{given} FROM ({ordered})) TO {text(str(temporary))} {FORM}").fetchall()
        b = self._bounds(f"read_parquet({text(str(temporary))})", ended)
        digest, size = settle(temporary, self._directory / file)
        return Segment(number, table, ended, file, None, count, size, digest, b.first, b.last, b.last_end, stored, members, b.known, b.same)

    def _bounds(self, source: str, ended: bool) -> Bounds:
        columns = [*SYSTEM[1:], *(["$to"] if ended else [])]
        wanted = ", ".join(f"min({_plain(c)}), max({_plain(c)})" for c in columns)
        values = self._con.sql(f"SELECT {wanted} FROM {source}").fetchall()[0]
        ends = {c: (values[2 * i], values[2 * i + 1]) for i, c in enumerate(columns)}
        known = {i for pair in self._con.sql(f'SELECT DISTINCT "$known", "$got" FROM {source}').fetchall() for i in pair}
        return Bounds.of(ends, frozenset(known))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the index keeps about a segment's system columns."""

    first: int
    last: int
    last_end: int | None
    known: frozenset[int]
    same: Mapping[str, str | int]

    @classmethod
    def of(cls, ends: Mapping[str, tuple[Any, Any]], known: frozenset[int]) -> Bounds:
        """From the least and greatest value of each column, times in microseconds."""
        same = {c: low for c, (low, high) in ends.items() if low == high and c in SYSTEM}
        return cls(*ends["$from"], ends["$to"][1] if "$to" in ends else None, known, same)


def _plain(column: str) -> str:
    return f"epoch_us({name(column)})" if column in ("$from", "$oldest", "$to") else name(column)


def _bounds_of(table: pa.Table) -> Bounds:
    """The bounds of a few versions at hand."""
    import pyarrow as pa

    values = {c: table[c] for c in (*SYSTEM[1:], "$to") if c in table.column_names}
    plain = {c: (v.cast(pa.int64()) if pa.types.is_timestamp(v.type) else v).to_pylist() for c, v in values.items()}
    return Bounds.of({c: (min(v), max(v)) for c, v in plain.items()}, frozenset(plain["$known"]) | frozenset(plain["$got"]))


def settle(temporary: Path, target: Path) -> tuple[str, int]:
    """Flush a finished file to disk and give it its name; its SHA-256 and size."""
    with temporary.open("rb+") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        os.fchmod(handle.fileno(), 0o600)
        os.fsync(handle.fileno())
    size = temporary.stat().st_size
    temporary.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest, size
