"""Keeping a table's segments few: which to rewrite (pure), and rewriting them with the ends of their versions beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cirql.inventory.embedded.index import Closure, Segment
from cirql.inventory.embedded.segments import POSITION_BITS, Contents, Reader, Writer, pack, unpack
from cirql.inventory.embedded.shelved import Shelved
from cirql.sql.quoting import timestamp
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

MOST_ROUNDS = 4
MOST_INLINE = 64
MOST_INLINE_ROWS = 20_000
MOST_ALIKE = 8
DEAD_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What replaces some segments. `dropped` counts versions that were forgotten."""

    removed: tuple[Segment, ...]
    added: tuple[Segment, ...]
    old_closures: tuple[int, ...]
    new_closures: tuple[Closure, ...]
    dropped: int


def is_crowded(segments: int, rows: int) -> bool:
    """Whether so many small segments are to be folded together."""
    return segments > MOST_INLINE or rows > MOST_INLINE_ROWS


def due(contents: Contents) -> tuple[Segment, ...]:
    """The segments to rewrite now, or none.

    Small ones are folded together when they are many; files of about one size are merged by eights, so a row is rewritten
    a logarithmic number of times; a large file is rewritten when most of its versions have ended.
    """
    inline = [s for s in contents.segments if s.file is None]
    if is_crowded(len(inline), sum(s.rows for s in inline)):
        return tuple(inline)
    tiers: dict[tuple[bool, int], list[Segment]] = {}
    for s in contents.segments:
        if s.file is not None:
            tiers.setdefault((s.ended, len(oct(s.rows))), []).append(s)
    for alike in tiers.values():
        if len(alike) >= MOST_ALIKE:
            return tuple(alike)
    for s in contents.open:
        dead = sum(c.per_segment.get(s.id, 0) for c in contents.closures)
        if dead > DEAD_ROWS and dead > s.rows / 2:
            return (s,)
    return ()


def rewrite(
    con: duckdb.DuckDBPyConnection,
    reader: Reader,
    writer: Writer,
    contents: Contents,
    chosen: Sequence[Segment],
    next_id: Callable[[str], int],
    forget: datetime | None = None,
) -> Rewritten:
    """Write the versions of some segments as at most two new ones, open and ended, without those that ended by `forget`."""
    numbers = {s.id for s in chosen}
    touched = [c for c in contents.closures if numbers & c.per_segment.keys()]
    part = replace(contents, segments=tuple(chosen), closures=tuple(touched))
    versions = Shelved(con, reader, part).every(part.types)
    kept = f' AND "$to" > {timestamp(forget)}' if forget is not None else ""
    halves = ((False, '"$to" IS NULL'), (True, f'"$to" IS NOT NULL{kept}'))
    added, rows_kept = [], 0
    for ended, condition in halves:
        count = con.sql(f"SELECT count(*) FROM ({versions}) WHERE {condition}").fetchall()[0][0]
        rows_kept += count
        if count:
            rows = f"SELECT * FROM ({versions}) WHERE {condition}"
            added.append(writer.write(next_id("segment"), contents.table, rows, count, part.types, ended=ended))
    remaining = tuple(c for c in (_without(c, numbers, next_id) for c in touched) if c is not None)
    dropped = sum(s.rows for s in chosen) - rows_kept
    return Rewritten(tuple(chosen), tuple(added), tuple(c.id for c in touched), remaining, dropped)


def _without(closure: Closure, segments: set[int], next_id: Callable[[str], int]) -> Closure | None:
    """The closure without the ids in some segments; None when nothing is left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = unpack(closure)
    owners = pc.shift_right(ids, pa.scalar(POSITION_BITS, pa.int64()))
    ids = ids.filter(pc.invert(pc.is_in(owners, pa.array(sorted(segments), pa.int64()))))
    if not len(ids):
        return None
    body, counts = pack(ids)
    return Closure(next_id("closure"), closure.table, closure.at, len(ids), counts, body)
