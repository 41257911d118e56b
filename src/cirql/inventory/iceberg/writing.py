"""Keeping what scans saw: rows into the lake, then the scans into the log, whose commit is what makes both count.

Small scans go many to a commit: of places where nothing was, or where all is as it was, as they are; the others through DuckDB's
merge, as large ones do, which have a commit each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from typing import TYPE_CHECKING

from cirql.inventory.coverage import rivals
from cirql.inventory.iceberg.heads import Heads
from cirql.inventory.iceberg.laid import Laid
from cirql.inventory.iceberg.lake import DataFile, Lake, LakeTable
from cirql.inventory.model import Observation, Request, ScanRecord, WriteSummary, micros
from cirql.inventory.premises import Premises
from cirql.inventory.versions.engines import StoreEngine
from cirql.inventory.versions.kept import SYSTEM, plain_arrow
from cirql.inventory.versions.merge import ColumnSets, Merge, Merged
from cirql.inventory.versions.recording import Consequences, as_kept, digest_of, record, summary
from cirql.inventory.versions.small_scans import News, SmallScan, head, versions
from cirql.inventory.versions.staging import Staged, stage
from cirql.sql.quoting import name
from cirql.startup.records import dataclass, field, replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_TOGETHER = 200
"""How many small scans one commit keeps."""

SCAN_BITS = 32
"""A version's number is that of the scan that opened it, and its place among that scan's."""


@dataclass(slots=True)
class _Additions:
    """Rows that a commit adds to one table."""

    types: dict[str, ColumnType] = field(default_factory=dict)
    parts: list[pa.Table] = field(default_factory=list)
    news: list[News] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """What one commit does: rows for tables, the spots where it changes any; the tables as they were before."""

    additions: dict[str, _Additions] = field(default_factory=dict)
    changed: set[tuple[str, str, str]] = field(default_factory=set)
    looks: dict[str, LakeTable] = field(default_factory=dict)
    con: duckdb.DuckDBPyConnection | None = None

    def to(self, scan: ScanRecord, types: Mapping[str, ColumnType]) -> _Additions:
        """Where the rows belong that a scan brings."""
        added = self.additions.setdefault(scan.partition.table, _Additions())
        added.types |= types
        self.changed.add((scan.partition.table, *scan.partition.place))
        return added


class LakeWriting:
    """What a store does to keep scans. `standing` is used under the write lock only."""

    def __init__(
        self, premises: Premises[Heads], lake: Lake, near: Callable[[DataFile], str], engine: StoreEngine, standing: Heads
    ) -> None:
        self._premises = premises
        self._lake = lake
        self._near = near
        self._engine = engine
        self._standing = standing
        self.commits: Counter[str] = Counter()
        """How often rows were added to each table, since somebody last looked."""

    def keep(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Merge observations in their order; see `Store.write_all`."""
        done: list[WriteSummary] = []
        waiting: list[Observation] = []
        for observation in observations:
            few, rows = head(observation.rows)
            if few is not None:
                waiting.append(replace(observation, rows=few))
            if few is None or len(waiting) >= MOST_TOGETHER:
                done.extend(self._keep_waiting(waiting))
            if few is None:
                done.append(self._keep_many(replace(observation, rows=rows)))
        done.extend(self._keep_waiting(waiting))
        return done

    def _keep_waiting(self, waiting: list[Observation]) -> Iterator[WriteSummary]:
        """Empty the list of small scans: a commit for as many in a row as are of places where no other of them changed anything."""
        while waiting:
            done: list[WriteSummary] = []
            batch = _Batch()
            with ExitStack() as held:
                held.enter_context(self._premises.writing())
                held.enter_context(self._standing.commit())
                for observation in waiting:
                    kept = self._keep_few(observation, batch)
                    if kept is None and _spot(observation) in batch.changed:
                        break  # what the other one changed is not to be read yet
                    done.append(kept or self._keep_changed(observation, batch, held))
                for table, added in batch.additions.items():
                    self._add(table, added)
            yield from done
            del waiting[: len(done)]

    def _keep_few(self, observation: Observation, batch: _Batch) -> WriteSummary | None:
        """Keep a small scan whose place had nothing, or has what it had; None where there is more to it."""
        import pyarrow as pa

        log, scan, token = self._standing, observation.scan, observation.token
        table = scan.partition.table
        if token is not None and (known := log.scan_of(token)) is not None:
            return WriteSummary(known)
        if not isinstance(observation.rows, pa.Table) or rivals(log.scans_after(scan.partition, micros(scan.started)), scan):
            return None
        small = SmallScan.of(scan, observation.rows, observation.key, lambda: self._types(table, batch))
        if small is None:
            return None
        digest = small.digest if scan.complete else None
        is_news = not log.was_touched(table, scan.partition.place)
        if not is_news and (digest is None or not log.is_as_seen(scan.partition, frozenset(small.types), digest)):
            return None
        count = small.rows.num_rows
        kept = replace(scan, id=log.next_id("scan"), columns=frozenset(small.types))
        sets = ColumnSets(log.column_sets())
        has_news = is_news and count > 0
        if has_news:
            batch.to(kept, small.types).news.append(News(replace(small, scan=kept), sets.id(frozenset(small.types))))
        record(log, kept, Consequences(has_news, has_news, digest, sets.added), token)
        return WriteSummary(kept, created=count if is_news else 0, unchanged=0 if is_news else count)

    def _keep_changed(self, observation: Observation, batch: _Batch, held: ExitStack) -> WriteSummary:
        """Keep a small scan by way of DuckDB, with others in one commit."""
        scan = observation.scan
        if batch.con is None:
            batch.con = held.enter_context(closing(self._engine.cursor()))
        with self._premises.scratch() as scratch:
            types = self._types(scan.partition.table, batch)
            staged = stage(batch.con, scan, observation.rows, observation.key, types, scratch)
            return self._merge(batch.con, replace(scan, columns=frozenset(staged.types)), staged, observation, batch)

    def _keep_many(self, observation: Observation) -> WriteSummary:
        """Keep a scan by way of DuckDB, in a commit of its own. What it gives is staged before anybody has to wait."""
        scan = observation.scan
        with closing(self._engine.cursor()) as con, self._premises.scratch() as scratch:
            with self._premises.opened() as log, log.snapshot():
                types = self._lake.look(scan.partition.table, log.head(scan.partition.table)).types
            staged = stage(con, scan, observation.rows, observation.key, types, scratch)
            with self._premises.writing(), self._standing.commit():
                if observation.token is not None and (kept := self._standing.scan_of(observation.token)) is not None:
                    return WriteSummary(kept)
                batch = _Batch()
                done = self._merge(con, replace(scan, columns=frozenset(staged.types)), staged, observation, batch)
                for table, added in batch.additions.items():
                    self._add(table, added)
                return done

    def _merge(
        self, con: duckdb.DuckDBPyConnection, scan: ScanRecord, staged: Staged, observation: Observation, batch: _Batch
    ) -> WriteSummary:
        log, partition = self._standing, scan.partition
        look = self._look(partition.table, batch)
        others = rivals(log.scans_after(partition, micros(scan.started)), scan)
        here = Request(partition.table, {}, (partition.account,), (partition.region,))
        laid = Laid(look, log.column_sets(), self._near, here)
        naming = frozenset(c for claim in log.claims(partition.table, [partition.place]) for c, _ in claim.scan.partition.parent)
        merged = Merge(con, laid, scan, staged, others).run(naming)
        kept = replace(as_kept(scan, others), id=log.next_id("scan"))
        rows = list(_rows(con, merged, kept))
        if rows:
            batch.to(kept, merged.types).parts += rows
        digest = None if others else digest_of(observation, self._types(partition.table, batch))
        record(log, kept, Consequences(bool(rows), bool(merged.created), digest, merged.new_sets, merged.moved), observation.token)
        return summary(kept, staged, merged)

    def _look(self, table: str, batch: _Batch) -> LakeTable:
        """A table as it counted when the batch was begun."""
        if table not in batch.looks:
            batch.looks[table] = self._lake.look(table, self._standing.head(table))
        return batch.looks[table]

    def _types(self, table: str, batch: _Batch) -> dict[str, ColumnType]:
        """The types of a table's columns, those that the batch brings with them."""
        added = batch.additions.get(table)
        return self._look(table, batch).types | (added.types if added is not None else {})

    def _add(self, table: str, added: _Additions) -> None:
        import pyarrow as pa

        pieces = list(added.parts)
        if added.news:
            pieces.append(_numbered(versions(added.news), ((n.small.scan, n.small.rows.num_rows) for n in added.news)))
        by_kind: dict[str, list[pa.Table]] = {}
        for part in pieces:
            by_kind.setdefault(part["$kind"][0].as_py(), []).append(part)
        # In one piece: it is filtered for each partition, and hundreds of small pieces take ten times as long.
        parts = [pa.concat_tables(found, promote_options="default").combine_chunks() for found in by_kind.values()]
        self.commits[table] += 1
        self._standing.put_head(table, self._lake.append(table, self._standing.head(table), added.types, parts))


def _spot(observation: Observation) -> tuple[str, str, str]:
    """The table, account and region that a scan is of."""
    return (observation.scan.partition.table, *observation.scan.partition.place)


def _rows(con: duckdb.DuckDBPyConnection, merged: Merged, scan: ScanRecord) -> Iterator[pa.Table]:
    """The versions that a merge adds, by place and key, and the ends of those that it ends."""
    import pyarrow as pa

    if merged.added:
        columns = ", ".join(name(c) for c in (*SYSTEM, *(c for c in merged.types if c not in SYSTEM)))
        ordered = con.sql(f'SELECT {columns} FROM ({merged.rows}) ORDER BY "$account", "$region", _key')
        rows = ordered.to_arrow_table()
        yield _numbered(rows, [(scan, rows.num_rows)])
    count = merged.ending.num_rows
    if count:
        at = pa.scalar(micros(scan.started), pa.int64()).cast(pa.timestamp("us"))
        partition = scan.partition
        yield pa.table(
            {
                "$id": merged.ending["$id"],
                "$kind": pa.repeat("end", count),
                "$account": pa.repeat(partition.account, count),
                "$region": pa.repeat(partition.region, count),
                "_key": merged.ending["_key"],
                "$to": pa.repeat(at, count),
            }
        )


def _numbered(rows: pa.Table, scans: Iterable[tuple[ScanRecord, int]]) -> pa.Table:
    """New versions with their numbers, of scans that have so many each, one after the other; system columns in their types."""
    import pyarrow as pa

    numbers = chain.from_iterable(range(scan.id << SCAN_BITS, (scan.id << SCAN_BITS) + count) for scan, count in scans)
    system = {c: rows[c].cast(plain_arrow(None, c)) for c in SYSTEM}
    own = {c: rows[c] for c in rows.column_names if c not in SYSTEM}
    count = rows.num_rows
    return pa.table({"$id": pa.array(numbers, pa.int64()), "$kind": pa.repeat("version", count), **system, **own})
