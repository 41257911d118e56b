"""Whether a small scan is news: what it says against the segments that are kept in the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cirql.inventory.embedded.segments import POSITION_BITS, Contents, load_inline, unpack
from cirql.inventory.model import KEY, Partition
from cirql.inventory.versions.kept import SYSTEM, plain_arrow
from cirql.inventory.versions.small_scans import SmallScan

if TYPE_CHECKING:
    import pyarrow as pa

MOST_HELD = 10_000
"""More rows than this in the inline segments of a table are for DuckDB to look through."""


def is_news(small: SmallScan, contents: Contents) -> bool | None:
    """Whether all of the rows are new (True) or all as they were (False), and none is gone; None where neither, or it is not plain."""
    near = _near(small, contents)
    if near is None:
        return None
    if near.num_rows == 0:
        return True
    fetched = small.types.keys()
    if near.num_rows != small.rows.num_rows or any(not fetched <= contents.column_sets[k] for k in set(near["$known"].to_pylist())):
        return None
    return False if near.select([KEY, *small.types]).equals(small.rows) else None


def _near(small: SmallScan, contents: Contents) -> pa.Table | None:
    """The versions now open that the scan speaks of, by key: those with the keys of its rows, and those that it should have seen.

    None where they are not all in memory, or not kept in the columns and types of the scan.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    place = {"$account": small.scan.partition.account, "$region": small.scan.partition.region}
    here = [s for s in contents.open if all(s.same.get(c, v) == v for c, v in place.items())]
    if any(s.file is not None for s in here) or sum(s.rows for s in here) > MOST_HELD:
        return None
    wanted = [*SYSTEM, *small.types]
    empty = pa.schema([(c, plain_arrow(small.types.get(c), c)) for c in wanted]).empty_table()
    found = []
    for segment in here:
        rows = load_inline(segment)
        ended = [unpack(c) for c in contents.closures if segment.id in c.per_segment]
        if ended:
            ids = pa.array(range(segment.id << POSITION_BITS, (segment.id << POSITION_BITS) + segment.rows), pa.int64())
            rows = rows.filter(pc.invert(pc.is_in(ids, pa.concat_arrays(ended))))
        for column, value in place.items():
            if column not in segment.same:
                rows = rows.filter(pc.equal(rows[column], value))
        if not rows.num_rows:
            continue
        if any(segment.columns.get(c) != t for c, t in small.types.items()):
            return None
        found.append(rows.select(wanted).cast(empty.schema))
    near = pa.concat_tables([empty, *found])
    is_near = pc.is_in(near[KEY], small.rows[KEY].combine_chunks())
    if small.scan.complete:
        is_near = pc.or_(is_near, _belonging(near, small.scan.partition))
    return near.filter(is_near).sort_by(KEY)


def _belonging(rows: pa.Table, partition: Partition) -> Any:
    """For each row of a place whether it is in the partition; where that is not known it is not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    belongs: Any = pa.chunked_array([[True] * rows.num_rows], pa.bool_())
    for column, value in partition.parent:
        belongs = pc.and_(belongs, pc.fill_null(pc.equal(pc.cast(rows[column], pa.string()), value), False))
    return belongs
