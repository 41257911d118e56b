"""The store on Iceberg: tables that other engines read as they are, and one SQLite file that says what of them counts. Layout::

    catalog.sqlite    pyiceberg's catalog: where each table's metadata is
    index.sqlite      the scan log: scans, claims, and the snapshot of each table that counts; where several machines share the inventory,
                      a PostgreSQL has it, and the lock (`log_server.py`)
    warehouse/        metadata and Parquet files of the tables, where no object store has them
    near/             copies of files that an object store has
    tmp/<name>/       a living process's workspace
    write.lock

Rows are committed to Iceberg first, then the log says so. Who dies between the two leaves a snapshot that no log names: readers never
look at it, and the next writer puts the table back (docs/decisions, a store on Iceberg).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.inventory.faults import worded, wording
from cirql.inventory.iceberg import upkeep
from cirql.inventory.iceberg.catalogs import owner_of
from cirql.inventory.iceberg.heads import Heads
from cirql.inventory.iceberg.laid import Laid
from cirql.inventory.iceberg.lake import BUCKETED_FROM, Lake
from cirql.inventory.iceberg.log_server import log_server
from cirql.inventory.iceberg.nearby import Nearby
from cirql.inventory.iceberg.writing import LakeWriting
from cirql.inventory.model import KEY, Archive, Observation, Partition, Problem, Request, ScanRecord, WriteSummary, micros
from cirql.inventory.premises import Premises
from cirql.inventory.versions.reading import all_know
from cirql.inventory.versions.versioned import MEMORY, Versioned

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb
    import pyarrow as pa


TEND_EVERY = 64
"""After so many commits to a table a process looks whether it has too many files."""


def _now() -> datetime:
    return datetime.now(UTC)


class IcebergStore(Versioned[Heads]):
    """`Store` over a directory with an Iceberg catalog. Threads may share one; pyiceberg is imported when first needed.

    `options` are pyiceberg's (`s3.endpoint`), `warehouse`, where the tables are: the directory itself by default, and `log`, the
    address of a PostgreSQL that has the log for several machines.
    Tables of `bucketed_from` rows are split by account.
    """

    def __init__(
        self,
        path: Path,
        options: Mapping[str, str] | None = None,
        *,
        patience: timedelta = timedelta(seconds=60),
        clock: Callable[[], datetime] = _now,
        memory: str = MEMORY,
        bucketed_from: int = BUCKETED_FROM,
    ) -> None:
        told = dict(options or {})
        server = log_server(told)
        super().__init__(Premises(path, patience, clock, Heads, "warehouse", server), memory)
        owner = server.owner if server is not None else lambda: owner_of(path)
        self._lake = Lake(path, told.pop("warehouse", None), told, owner, bucketed_from)
        self._near = Nearby(path / "near", self._lake)
        with worded(self.place):
            self._standing = self._premises.enter()
        self._writer = LakeWriting(self._premises, self._lake, self._near, self._merging, self._standing)

    # LakeWriting -------------------------------------------------------------------------------------------------------------------

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Keep what one scan saw; see `Store.write`."""
        return self.write_all([Observation(scan, rows, key)])[0]

    @wording
    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Keep what scans saw; see `Store.write_all`."""
        done = self._writer.keep(observations)
        self._tend()
        return done

    def _tend(self) -> None:
        """Rewrite tables that were added to often, and by now have many small files."""
        often = [table for table, count in self._writer.commits.items() if count >= TEND_EVERY]
        for table in often:
            del self._writer.commits[table]
            with self.writing() as (con, log), log.commit():
                kept = self.kept(con, log, table)
                if upkeep.is_crowded(kept.look):
                    upkeep.rewrite(con, log, self._lake, kept, self._premises.now())

    # Reading -------------------------------------------------------------------------------------------------------------------

    def kept(self, con: duckdb.DuckDBPyConnection, log: Heads, table: str, request: Request | None = None) -> Laid:
        """A table's files as versions; of a request, those that it is about."""
        return Laid(self._lake.look(table, log.head(table)), log.column_sets(), self._near, request)

    def all_know(self, log: Heads, partitions: Collection[Partition], columns: frozenset[str], at: datetime) -> Collection[Partition]:
        """Those of which every row knew the columns: a later scan of fewer columns may have found new ones."""
        if all(columns <= known for known in log.column_sets().values()):
            return partitions
        with closing(self._reading.cursor()) as con:
            kept = self.kept(con, log, next(iter(partitions)).table)
            return [p for p in partitions if all_know(con, kept, p, columns, at)]

    # Upkeep --------------------------------------------------------------------------------------------------------------------

    @wording
    def expire(self, before: datetime) -> int:
        """Forget what ended before a moment; see `Store.expire`."""
        forgotten = 0
        with self.writing() as (con, log), log.commit():
            for table in log.tables():
                forgotten += upkeep.rewrite(con, log, self._lake, self.kept(con, log, table), self._premises.now(), forget=before)
            log.put_setting("horizon", max(micros(before), log.setting("horizon") or 0))
            log.forget_scans(micros(before))
        return forgotten

    @wording
    def compact(self, tables: Sequence[str] | None = None) -> None:
        """Rewrite as few files; see `Store.compact`."""
        with self.writing() as (con, log):
            for table in log.tables() if tables is None else tables:
                with log.commit():
                    upkeep.rewrite(con, log, self._lake, self.kept(con, log, table), self._premises.now())

    @wording
    def verify(self) -> list[Problem]:
        """Check everything; see `Store.verify`. Writers wait meanwhile, so that nothing moves."""
        problems: list[Problem] = []
        with self.writing() as (con, log):
            state = log.is_sound()
            if state != "ok":
                return [Problem("index", state)]
            for table in log.tables():
                found = list(upkeep.damaged(con, self._lake, self._lake.look(table, log.head(table)), self._near))
                problems += found
                if not found:
                    problems += self.broken_rules(con, log, table)
        return problems

    @wording
    def restore(self, archive: Archive) -> None:
        """Keep another store's table; see `Store.restore`."""
        with self.writing() as (con, log), self._premises.scratch() as scratch, log.commit():
            upkeep.restore(con, log, self._lake, archive, scratch())

    @contextmanager
    def writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Heads]]:
        """Nobody else writes meanwhile."""
        with closing(self._merging.cursor()) as con, self._premises.writing():
            yield con, self._standing
            self._premises.sweep(self._sweep)

    def _sweep(self, since: int) -> None:
        upkeep.sweep(self._standing, self._lake, since)
        self._near.tidy()

    def close(self) -> None:
        """Let go of DuckDB, the catalog and the workspace."""
        self._lake.close()
        super().close()
