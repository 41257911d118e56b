"""Keeping what scans saw: small ones from Arrow data in memory, several in one commit, the others through DuckDB's merge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from cirql.inventory.coverage import rivals
from cirql.inventory.embedded import upkeep
from cirql.inventory.embedded.index import Closure, Index, Segment
from cirql.inventory.embedded.segments import Contents, Reader, Writer, inline, pack
from cirql.inventory.embedded.shelved import Shelved
from cirql.inventory.embedded.small_scans import is_news
from cirql.inventory.model import Observation, ScanRecord, WriteSummary, micros
from cirql.inventory.premises import Premises
from cirql.inventory.versions.engines import StoreEngine
from cirql.inventory.versions.merge import ColumnSets, Merge
from cirql.inventory.versions.recording import Consequences, as_kept, digest_of, record, summary
from cirql.inventory.versions.small_scans import News, SmallScan, head, versions
from cirql.inventory.versions.staging import Staged, stage
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import duckdb
    import pyarrow as pa

MOST_TOGETHER = 200
"""How many small scans one commit keeps: other processes wait for no more."""


@dataclass(frozen=True, slots=True)
class _Few:
    """A small scan in the order it came: its rows are all at hand."""

    observation: Observation
    rows: pa.Table


class Writing:
    """What a store does to keep scans, and to keep its segments few. `standing` is used under the write lock only."""

    def __init__(self, premises: Premises[Index], engine: StoreEngine, standing: Index) -> None:
        self._premises = premises
        self._engine = engine
        self._standing = standing
        self._sets_seen: dict[int, frozenset[str]] = {}

    def keep(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Merge observations in their order; see `Store.write_all`."""
        done: list[WriteSummary] = []
        waiting: list[_Few] = []
        for observation in observations:
            few, rows = head(observation.rows)
            if few is not None:
                waiting.append(_Few(observation, few))
            if few is None or len(waiting) >= MOST_TOGETHER:
                done.extend(self._keep_waiting(waiting))
            if few is None:
                done.append(self._keep_many(replace(observation, rows=rows)))
        done.extend(self._keep_waiting(waiting))
        return done

    def _keep_waiting(self, waiting: list[_Few]) -> Iterator[WriteSummary]:
        """Empty the list of small scans: a commit for as many in a row as need no merge."""
        while waiting:
            done: list[WriteSummary] = []
            with self._premises.writing():
                with self._standing.commit():
                    for few in waiting:
                        summary = self._keep_few(self._standing, few)
                        if summary is None:
                            break
                        done.append(summary)
                self.sweep(self._standing)
            yield from done
            del waiting[: len(done)]
            if waiting:
                few = waiting.pop(0)
                yield self._keep_many(replace(few.observation, rows=few.rows))

    def _keep_few(self, index: Index, few: _Few) -> WriteSummary | None:
        """Keep a small scan without DuckDB; None where there is more to it."""
        scan, table, token = few.observation.scan, few.observation.scan.partition.table, few.observation.token
        if token is not None and (kept := index.scan_of(token)) is not None:
            return WriteSummary(kept)
        small = SmallScan.of(scan, few.rows, few.observation.key, lambda: self.contents(index, table).types)
        if small is None or upkeep.is_crowded(*index.small_segments(table)):
            return None
        if rivals(index.scans_after(scan.partition, micros(scan.started)), scan):
            return None
        digest = small.digest if scan.complete else None
        is_news = self._is_news(index, small, digest)
        if is_news is None:
            return None
        count = small.rows.num_rows
        segment, sets = None, ColumnSets(dict(self.sets(index)))
        if is_news and count:
            rows = versions([News(small, sets.id(frozenset(small.types)))])
            segment = inline(index.next_id("segment"), table, rows, {c: str(t) for c, t in small.types.items()}, ended=False)
        made = _Made(segment, None, Consequences(segment is not None, segment is not None, digest, sets.added))
        kept = _record(index, replace(scan, columns=frozenset(small.types)), made, token)
        return WriteSummary(kept, created=count if is_news else 0, unchanged=0 if is_news else count)

    def _is_news(self, index: Index, small: SmallScan, digest: bytes | None) -> bool | None:
        """Whether all of the rows are new (True), or all as they were (False), and none is gone; None where neither."""
        partition = small.scan.partition
        if not index.was_touched(partition.table, partition.place):
            return True
        if digest is not None and index.is_as_seen(partition, frozenset(small.types), digest):
            return False
        return is_news(small, self.contents(index, partition.table))

    def _keep_many(self, observation: Observation) -> WriteSummary:
        """Keep a scan by way of DuckDB."""
        scan, table = observation.scan, observation.scan.partition.table
        with closing(self._engine.cursor()) as con, self._premises.scratch() as scratch:
            with self._premises.opened() as index, index.snapshot():
                types = self.contents(index, table).types
            staged = stage(con, scan, observation.rows, observation.key, types, scratch)
            with self._premises.writing(), self._premises.opened() as index:
                if observation.token is not None and (kept := index.scan_of(observation.token)) is not None:
                    return WriteSummary(kept)
                summary = self._merge(con, index, scratch, replace(scan, columns=frozenset(staged.types)), staged, observation)
                self.tend(con, index, scratch, table)
                self.sweep(index)
                return summary

    def _merge(
        self,
        con: duckdb.DuckDBPyConnection,
        index: Index,
        scratch: Callable[[], Path],
        scan: ScanRecord,
        staged: Staged,
        observation: Observation,
    ) -> WriteSummary:
        table = scan.partition.table
        contents = self.contents(index, table)
        others = rivals(index.scans_after(scan.partition, micros(scan.started)), scan)
        naming = frozenset(c for claim in index.claims(table, [scan.partition.place]) for c, _ in claim.scan.partition.parent)
        merged = Merge(con, Shelved(con, Reader(con, self._premises.files), contents), scan, staged, others).run(naming)
        segment = closure = None
        if merged.added:
            number = index.next_id("segment")
            writer = Writer(con, self._premises.files, scratch)
            segment = writer.write(number, table, merged.rows, merged.added, merged.types, ended=False)
        if merged.ending.num_rows:
            body, per_segment = pack(merged.ending.column(0).combine_chunks())
            closure = Closure(index.next_id("closure"), table, micros(scan.started), merged.ending.num_rows, per_segment, body)
        digest = None if others else digest_of(observation, contents.types)
        has_changed = segment is not None or closure is not None
        done = Consequences(has_changed, bool(merged.created), digest, merged.new_sets, merged.moved)
        kept = _record(index, as_kept(scan, others), _Made(segment, closure, done), observation.token)
        return summary(kept, staged, merged)

    # Upkeep --------------------------------------------------------------------------------------------------------------------

    def tend(self, con: duckdb.DuckDBPyConnection, index: Index, scratch: Callable[[], Path], table: str) -> None:
        """Rewrite what is due: folding small segments may make a file that is the eighth of its size."""
        for _ in range(upkeep.MOST_ROUNDS):
            contents = self.contents(index, table)
            chosen = upkeep.due(contents)
            if not chosen:
                return
            self.rewrite(con, index, scratch, contents, chosen)

    def rewrite(
        self,
        con: duckdb.DuckDBPyConnection,
        index: Index,
        scratch: Callable[[], Path],
        contents: Contents,
        chosen: Sequence[Segment],
        forget: datetime | None = None,
    ) -> int:
        """Replace some segments by few; how many versions were forgotten."""
        reader, writer = Reader(con, self._premises.files), Writer(con, self._premises.files, scratch)
        done = upkeep.rewrite(con, reader, writer, contents, chosen, index.next_id, forget)
        with index.commit():
            index.remove_segments(done.removed, self._premises.now())
            index.remove_closures(done.old_closures)
            for segment in done.added:
                index.add_segment(segment)
            for closure in done.new_closures:
                index.add_closure(closure)
        return done.dropped

    def sweep(self, index: Index) -> None:
        """Remove files that nothing can need; see `Premises.sweep`."""

        def clear(since: int) -> None:
            old = index.garbage(since)
            needed = index.files() - set(old)
            for path in self._premises.files.iterdir():
                if path.name not in needed:
                    path.unlink(missing_ok=True)
            if old:
                with index.commit():
                    index.forget_garbage(old)

        self._premises.sweep(clear)

    # What the index says ---------------------------------------------------------------------------------------------------------

    def contents(self, index: Index, table: str) -> Contents:
        """Everything about a table."""
        return Contents(table, tuple(index.segments(table)), tuple(index.closures(table)), self.sets(index))

    def sets(self, index: Index) -> Mapping[int, frozenset[str]]:
        """Every set of columns by its id; sets are only ever added, so those seen before are not read again."""
        seen = self._sets_seen
        added = index.column_sets(after=max(seen, default=0))
        if added:
            self._sets_seen = seen = seen | added
        return seen


def _record(index: Index, scan: ScanRecord, made: _Made, token: str | None) -> ScanRecord:
    """Make what a scan did true, all at once; the scan with its number."""
    with index.commit():
        kept = replace(scan, id=index.next_id("scan"))
        if made.segment is not None:
            index.add_segment(made.segment)
        if made.closure is not None:
            index.add_closure(made.closure)
        record(index, kept, made.consequences, token)
    return kept


@dataclass(frozen=True, slots=True)
class _Made:
    """What a scan adds to a store."""

    segment: Segment | None
    closure: Closure | None
    consequences: Consequences
