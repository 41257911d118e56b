"""The embedded store: a directory of immutable Parquet segments that DuckDB reads, and one SQLite index that says which count.

Why not one DuckDB file: DuckDB locks it to one process, readers included (docs/decisions, inventory store). Here a reader takes one
SQLite snapshot and then reads files that never change, so no writer can hold it up; writers take turns under a lock file. Layout::

    index.sqlite      segments, closures, scans, claims
    segments/         one Parquet file each
    tmp/<name>/       a living process's workspace, <name>.lock held by it
    write.lock
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.inventory.embedded import transfer, verification
from cirql.inventory.embedded.index import Index, Segment
from cirql.inventory.embedded.segments import Contents, Reader, Writer
from cirql.inventory.embedded.shelved import Shelved
from cirql.inventory.embedded.writing import Writing
from cirql.inventory.faults import worded, wording
from cirql.inventory.model import (
    KEY,
    Archive,
    Observation,
    Partition,
    Problem,
    Request,
    ScanRecord,
    WriteSummary,
    micros,
)
from cirql.inventory.premises import Premises
from cirql.inventory.versions.kept import KeptVersions
from cirql.inventory.versions.reading import all_know
from cirql.inventory.versions.versioned import MEMORY, Versioned

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def _now() -> datetime:
    return datetime.now(UTC)


class DuckDBStore(Versioned[Index]):
    """`Store` over a directory. Threads may share one; it opens DuckDB when first needed, and SQLite per call."""

    def __init__(
        self, path: Path | None, *, patience: timedelta = timedelta(seconds=60), clock: Callable[[], datetime] = _now, memory: str = MEMORY
    ) -> None:
        super().__init__(Premises(path, patience, clock, Index, "segments"), memory)
        self._index = self._premises.index
        with worded(self.place):
            self._writer = Writing(self._premises, self._merging, self._premises.enter())

    # Writing -------------------------------------------------------------------------------------------------------------------

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Keep what one scan saw; see `Store.write`."""
        return self.write_all([Observation(scan, rows, key)])[0]

    @wording
    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Keep what scans saw; see `Store.write_all`."""
        return self._writer.keep(observations)

    # Reading -------------------------------------------------------------------------------------------------------------------

    def all_know(self, log: Index, partitions: Collection[Partition], columns: frozenset[str], at: datetime) -> Collection[Partition]:
        """Those of which every row knew the columns: a later scan of fewer columns may have found new ones."""
        contents = self._contents(log, next(iter(partitions)).table)
        short = {i for i, known in contents.column_sets.items() if not columns <= known}
        old = [s for s in contents.segments if s.known & short and s.first <= micros(at)]
        doubtful = {p for p in partitions if any(_may_be_in(s, p.place) for s in old)}
        if not doubtful:
            return partitions
        with closing(self._reading.cursor()) as con:
            kept = Shelved(con, Reader(con, self._premises.files), contents)
            return [p for p in partitions if p not in doubtful or all_know(con, kept, p, columns, at)]

    # Upkeep --------------------------------------------------------------------------------------------------------------------

    @wording
    def expire(self, before: datetime) -> int:
        """Forget what ended before a moment; see `Store.expire`."""
        forgotten = 0
        with self._writing() as (con, index, scratch):
            for table in index.tables():
                contents = self._contents(index, table)
                late = {n for c in contents.closures if c.at <= micros(before) for n in c.per_segment}
                chosen = [s for s in contents.segments if s.id in late or (s.ended and s.first < micros(before))]
                if chosen:
                    forgotten += self._writer.rewrite(con, index, scratch, contents, chosen, forget=before)
            with index.commit():
                index.put_setting("horizon", max(micros(before), index.setting("horizon") or 0))
                index.forget_scans(micros(before))
        return forgotten

    @wording
    def compact(self, tables: Sequence[str] | None = None) -> None:
        """Rewrite as few segments; see `Store.compact`."""
        with self._writing() as (con, index, scratch):
            for table in index.tables() if tables is None else tables:
                contents = self._contents(index, table)
                is_tidy = not contents.closures and len(contents.open) <= 1 and len(contents.segments) <= 2
                if not is_tidy:
                    self._writer.rewrite(con, index, scratch, contents, contents.segments)

    @wording
    def verify(self) -> list[Problem]:
        """Check everything; see `Store.verify`. Writers wait meanwhile, so that nothing moves."""
        problems: list[Problem] = []
        with self._writing() as (con, index, _):
            state = index.is_sound()
            if state != "ok":
                return [Problem("index", state)]
            for table in index.tables():
                contents = self._contents(index, table)
                damage = list(verification.damaged_segments(self._premises.files, contents.segments))
                problems += damage
                if not damage:
                    reader = Reader(con, self._premises.files)
                    problems += verification.misfitting_closures(con, reader, contents)
                    problems += self.broken_rules(con, index, table)
        return problems

    # Transfer ------------------------------------------------------------------------------------------------------------------

    @wording
    def restore(self, archive: Archive) -> None:
        """Keep another store's table; see `Store.restore`."""
        with self._writing() as (con, index, scratch):
            transfer.restore(con, Writer(con, self._premises.files, scratch), index, archive, scratch())

    # Connections and files -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Index, Callable[[], Path]]]:
        with (
            closing(self._merging.cursor()) as con,
            self._premises.scratch() as scratch,
            self._premises.writing(),
            Index.open(self._index) as index,
        ):
            yield con, index, scratch
            self._writer.sweep(index)

    def _contents(self, index: Index, table: str) -> Contents:
        return self._writer.contents(index, table)

    @contextmanager
    def writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Index]]:
        """Nobody else writes meanwhile."""
        with self._writing() as (con, index, _):
            yield con, index

    def kept(self, con: duckdb.DuckDBPyConnection, log: Index, table: str, request: Request | None = None) -> KeptVersions:
        """A table's segments, as versions."""
        return Shelved(con, Reader(con, self._premises.files), self._contents(log, table))


def _may_be_in(segment: Segment, place: tuple[str, str]) -> bool:
    return all(segment.same.get(c, v) == v for c, v in zip(("$account", "$region"), place, strict=True))
