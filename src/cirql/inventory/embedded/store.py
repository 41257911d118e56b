"""The embedded store: a directory of immutable Parquet segments that DuckDB reads, and one SQLite index that says which count.

Why not one DuckDB file: DuckDB locks it to one process, readers included (docs/decisions, inventory store). Here a reader takes one
SQLite snapshot and then reads files that never change, so no writer can hold it up; writers take turns under a lock file. Layout::

    index.sqlite      segments, closures, scans, claims
    segments/         one Parquet file each
    tmp/<name>/       a living process's workspace, <name>.lock held by it
    write.lock
"""

from __future__ import annotations

import math
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cirql.errors import InterfaceError, InvalidStatement, StoreDamaged
from cirql.inventory.coverage import Claim, covering, narrowed, redundant, rivals
from cirql.inventory.embedded import transfer, upkeep, verification, versions
from cirql.inventory.embedded.engines import StoreEngine
from cirql.inventory.embedded.index import Closure, Index, Segment
from cirql.inventory.embedded.lock import exclusive, is_abandoned
from cirql.inventory.embedded.merge import ColumnSets, Merge, Merged, matches
from cirql.inventory.embedded.reading import held, register_ends, schema_of, select, stream
from cirql.inventory.embedded.segments import Contents, Reader, Writer, inline, pack, register_closures
from cirql.inventory.embedded.small_scans import SmallScan, head
from cirql.inventory.embedded.staging import Staged, stage
from cirql.inventory.faults import worded, wording
from cirql.inventory.model import (
    ALWAYS_KNOWN,
    KEY,
    Partition,
    Problem,
    Request,
    RowChange,
    ScanRecord,
    Version,
    WriteSummary,
    micros,
    moment,
)
from cirql.types import ColumnType

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb
    import pyarrow as pa

GRACE = timedelta(minutes=10)
"""How long a file outlives its use, for readers that began before it was replaced."""

MEMORY = "512MB"
SWEEP_EVERY = 30


def _now() -> datetime:
    return datetime.now(UTC)


class DuckDBStore:
    """`Store` over a directory. Threads may share one; it opens DuckDB when first needed, and SQLite per call."""

    def __init__(
        self, path: Path | None, *, patience: timedelta = timedelta(seconds=60), clock: Callable[[], datetime] = _now, memory: str = MEMORY
    ) -> None:
        self._cleanup = ExitStack()
        self._root = Path(self._cleanup.enter_context(TemporaryDirectory(prefix="cirql-store-"))) if path is None else path
        self._patience = patience.total_seconds()
        self._clock = clock
        self._guard = threading.Lock()
        self._owns_workspace = False
        self._reading = StoreEngine(lambda: self._own_workspace() / "reading", memory)
        self._merging = StoreEngine(lambda: self._own_workspace() / "merging", memory, threads=1)
        self._workspace = self._root / "tmp" / uuid.uuid4().hex
        self._segments = self._root / "segments"
        self._index = self._root / "index.sqlite"
        with worded(self.place):
            self._create()
            # One idle connection: SQLite checkpoints, and syncs, whenever the last one closes.
            self._standing = self._cleanup.enter_context(Index.open(self._index))
            self._standing.is_ready()
        self._sets_seen: dict[int, frozenset[str]] = {}
        self._swept = -math.inf

    @property
    def place(self) -> str:
        """The directory, as messages name it."""
        return str(self._root)

    def __enter__(self) -> DuckDBStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # Writing -------------------------------------------------------------------------------------------------------------------

    @wording
    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Merge what a scan saw; see `Store.write`."""
        few, rows = head(rows)
        if few is not None:
            with exclusive(self._root / "write.lock", self._patience):
                summary = self._write_few(self._standing, scan, few, key)
                if summary is not None:
                    self._sweep(self._standing)
                    return summary
        with closing(self._merging.cursor()) as con, self._scratch() as scratch:
            types = self._look(scan.partition.table).types
            staged = stage(con, scan, rows, key, types, scratch)
            with exclusive(self._root / "write.lock", self._patience), Index.open(self._index) as index:
                summary = self._merge(con, index, scratch, replace(scan, columns=frozenset(staged.types)), staged)
                self._tend(con, index, scratch, self._contents(index, scan.partition.table))
                self._sweep(index)
                return summary

    def _write_few(self, index: Index, scan: ScanRecord, rows: pa.Table, key: str) -> WriteSummary | None:
        """Keep a small scan without DuckDB; None where there is more to it."""
        table = scan.partition.table
        contents = self._contents(index, table)
        small = SmallScan.of(scan, rows, key, contents.types)
        if small is None or upkeep.due(contents) or rivals(index.scans_after(scan.partition, micros(scan.started)), scan):
            return None
        is_news = small.is_news(contents)
        if is_news is None:
            return None
        count = small.rows.num_rows
        segment, sets = None, ColumnSets(dict(self._sets(index)))
        if is_news and count:
            versions = small.versions(sets.id(frozenset(small.types)))
            segment = inline(index.next_id("segment"), table, versions, {c: str(t) for c, t in small.types.items()}, ended=False)
        kept = self._record(
            index, replace(scan, columns=frozenset(small.types)), sets.added, segment, None, has_new_rows=segment is not None
        )
        return WriteSummary(kept, created=count if is_news else 0, unchanged=0 if is_news else count)

    def _merge(
        self, con: duckdb.DuckDBPyConnection, index: Index, scratch: Callable[[], Path], scan: ScanRecord, staged: Staged
    ) -> WriteSummary:
        table = scan.partition.table
        contents = self._contents(index, table)
        others = rivals(index.scans_after(scan.partition, micros(scan.started)), scan)
        register_closures(con, contents.closures)
        naming = frozenset(c for claim in index.claims(table, scan.partition.place) for c, _ in claim.scan.partition.parent)
        merged = Merge(con, Reader(con, self._segments), contents, scan, staged, others).run(naming)
        segment = closure = None
        if merged.added:
            number = index.next_id("segment")
            writer = Writer(con, self._segments, scratch)
            segment = writer.write(number, table, merged.rows, merged.added, merged.types, ended=False)
        if len(merged.ending):
            body, per_segment = pack(merged.ending)
            closure = Closure(index.next_id("closure"), table, micros(scan.started), len(merged.ending), per_segment, body)
        kept = self._record(
            index, _as_kept(scan, others), merged.new_sets, segment, closure, has_new_rows=bool(merged.created), moves=merged.moved
        )
        return _summary(kept, staged, merged)

    def _record(
        self,
        index: Index,
        scan: ScanRecord,
        new_sets: Mapping[int, frozenset[str]],
        segment: Segment | None,
        closure: Closure | None,
        *,
        has_new_rows: bool,
        moves: bool = False,
    ) -> ScanRecord:
        """Make what a scan did true, all at once; the scan with its number."""
        with index.commit():
            kept = replace(scan, id=index.next_id("scan"))
            index.add_column_sets(new_sets.items())
            if segment is not None:
                index.add_segment(segment)
            if closure is not None:
                index.add_closure(closure)
            index.add_scan(kept)
            self._claim(index, kept, has_new_rows, moves)
        return kept

    def _claim(self, index: Index, scan: ScanRecord, has_new_rows: bool, moves: bool) -> None:
        """Let a scan narrow what earlier ones answer for, and answer itself if it is complete.

        New rows may lack columns anywhere; rows that moved only in the partitions that they may have moved to.
        """
        claims = index.claims(scan.partition.table, scan.partition.place)
        touched = claims if has_new_rows else [c for c in claims if moves and c.scan.partition.parent]
        if touched:
            fewer = {c.scan.id: c for c in narrowed(touched, scan.partition, scan.columns)}
            index.put_claims(fewer.values())
            claims = [fewer.get(c.scan.id, c) for c in claims]
        if scan.complete:
            claim = Claim(scan, scan.columns)
            index.remove_claims(redundant(claims, claim))
            index.put_claims([claim])

    # Reading -------------------------------------------------------------------------------------------------------------------

    @wording
    def fresh(
        self, partition: Partition, columns: Iterable[str], max_age: timedelta | None, now: datetime, as_of: datetime | None = None
    ) -> list[ScanRecord] | None:
        """The scans that answer; see `Store.fresh`. Touches only the index, but for moments at which some rows knew fewer columns."""
        with Index.open(self._index) as index, index.snapshot():
            if as_of is None:
                return covering(
                    index.claims(partition.table, partition.place), partition, columns, None if max_age is None else now - max_age
                )
            found = covering(
                index.claims_at(partition.table, micros(as_of)), partition, columns, None if max_age is None else now - max_age
            )
            contents = self._contents(index, partition.table)
        return found if found and self._all_know(contents, partition, frozenset(columns) - ALWAYS_KNOWN, as_of) else None

    def _all_know(self, contents: Contents, partition: Partition, columns: frozenset[str], at: datetime) -> bool:
        """Whether every row that a partition held at a moment knew the columns: a later scan of fewer columns may have found new ones."""
        short = {i for i, known in contents.column_sets.items() if not columns <= known}
        account, region = partition.place
        here = (s for s in contents.segments if s.same.get("$account", account) == account and s.same.get("$region", region) == region)
        if not any(s.known & short and s.first <= micros(at) for s in here):
            return True
        types = {c: contents.types.get(c, ColumnType.VARCHAR) for c, _ in partition.parent}
        with closing(self._reading.cursor()) as con:
            register_ends(con, contents, at)
            request = Request(partition.table, types, (account,), (region,), at)
            rows = held(Reader(con, self._segments), contents, types, at, request)
            lacking = f'"$known" IN ({", ".join(map(str, sorted(short)))}) AND ({matches(partition)})'
            return not con.sql(f"SELECT 1 FROM ({rows}) WHERE {lacking} LIMIT 1").fetchall()

    def read(self, request: Request) -> pa.RecordBatchReader:
        """Stream rows; see `Store.read`."""
        import pyarrow as pa

        con = self._reading.cursor()
        try:
            query = self.bind(con, request)
        except BaseException:
            con.close()
            raise
        schema = schema_of(request)
        return pa.RecordBatchReader.from_batches(schema, stream(con, query, schema))

    @wording
    def bind(self, con: duckdb.DuckDBPyConnection, request: Request) -> str:
        """The SQL of a read on a DuckDB connection of the caller's, with what it needs registered there.

        For an engine that is DuckDB itself: as a subquery it lets the whole statement's filters and joins reach the segments. JSON
        columns come as VARCHAR. The names it registers are `ends`, `inline_*` and `seen_*`, so one connection takes one read.
        """
        with Index.open(self._index) as index, index.snapshot():
            contents = self._contents(index, request.table)
            self._check_horizon(index, request.as_of)
            if request.as_of is None:
                claims = [Claim(c.scan, c.scan.columns) for c in index.claims(request.table)]
            else:
                claims = index.claims_at(request.table, micros(request.as_of))
        return select(con, Reader(con, self._segments), contents, claims, request)

    def history(self, table: str, key: str | None = None) -> Iterator[Version]:
        """Every version; see `Store.history`."""
        with closing(self._merging.cursor()) as con:
            contents = self._look(table)
            register_closures(con, contents.closures)
            yield from versions.history(con, Reader(con, self._segments), contents, key)

    def diff(self, table: str, earlier: datetime, later: datetime) -> Iterator[RowChange]:
        """What differs between two moments; see `Store.diff`."""
        with closing(self._merging.cursor()) as con:
            with Index.open(self._index) as index:
                self._check_horizon(index, min(earlier, later))
            yield from versions.diff(con, Reader(con, self._segments), self._look(table), earlier, later)

    @wording
    def scans(self, table: str | None = None) -> list[ScanRecord]:
        """The scan log; see `Store.scans`."""
        with Index.open(self._index) as index:
            return index.scans(table)

    @wording
    def tables(self) -> list[str]:
        """The tables that anything is known about."""
        with Index.open(self._index) as index:
            return index.tables()

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
                    forgotten += self._rewrite(con, index, scratch, contents, chosen, forget=before)
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
                    self._rewrite(con, index, scratch, contents, contents.segments)

    def _tend(self, con: duckdb.DuckDBPyConnection, index: Index, scratch: Callable[[], Path], contents: Contents) -> None:
        chosen = upkeep.due(contents)
        if chosen:
            self._rewrite(con, index, scratch, contents, chosen)

    def _rewrite(
        self,
        con: duckdb.DuckDBPyConnection,
        index: Index,
        scratch: Callable[[], Path],
        contents: Contents,
        chosen: Sequence[Segment],
        forget: datetime | None = None,
    ) -> int:
        reader, writer = Reader(con, self._segments), Writer(con, self._segments, scratch)
        done = upkeep.rewrite(con, reader, writer, contents, chosen, index.next_id, forget)
        with index.commit():
            index.remove_segments(done.removed, micros(self._clock()))
            index.remove_closures(done.old_closures)
            for segment in done.added:
                index.add_segment(segment)
            for closure in done.new_closures:
                index.add_closure(closure)
        return done.dropped

    def _sweep(self, index: Index) -> None:
        """Remove files that nothing can need: replaced long enough ago, or left by a process that died. Call under the lock.

        A process looks for them every `SWEEP_EVERY` seconds, and when it first writes.
        """
        if time.monotonic() - self._swept < SWEEP_EVERY:
            return
        self._swept = time.monotonic()
        old = index.garbage(micros(self._clock() - GRACE))
        needed = index.files() - set(old)
        for path in self._segments.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)
        if old:
            with index.commit():
                index.forget_garbage(old)
        for folder in (self._root / "tmp").iterdir():
            if folder.is_dir() and is_abandoned(folder.with_suffix(".lock")):
                shutil.rmtree(folder, ignore_errors=True)
                folder.with_suffix(".lock").unlink(missing_ok=True)

    @wording
    def verify(self) -> list[Problem]:
        """Check everything; see `Store.verify`. Writers wait meanwhile, so that nothing moves."""
        problems: list[Problem] = []
        with self._writing() as (con, index, _):
            state = index.is_sound()
            if state != "ok":
                return [Problem("index", state)]
            horizon = index.setting("horizon") or 0
            for table in index.tables():
                contents = self._contents(index, table)
                damage = list(verification.damaged_segments(self._segments, contents.segments))
                problems += damage
                if not damage:
                    reader = Reader(con, self._segments)
                    problems += verification.broken_history(con, reader, contents)
                    problems += verification.unexplained_versions(con, reader, contents, index.scans(table), horizon)
        return problems

    # Transfer ------------------------------------------------------------------------------------------------------------------

    @wording
    def export(self, directory: Path) -> None:
        """Write plain files; see `Store.export`."""
        directory.mkdir(parents=True, exist_ok=True)
        with self._writing() as (con, index, _):
            tables = {}
            scans: list[tuple[ScanRecord, frozenset[str] | None]] = []
            for table in index.tables():
                contents = self._contents(index, table)
                transfer.write_table(con, Reader(con, self._segments), contents, directory / f"{table}.parquet")
                tables[table] = (f"{table}.parquet", contents.types)
                scans += transfer.claims_of(index.scans(table), index.claims(table))
            horizon = index.setting("horizon") or 0
            transfer.write_manifest(directory, transfer.Export(horizon, index.column_sets(), tables, scans))

    @wording
    def import_(self, directory: Path) -> None:
        """Load an export; see `Store.import_`."""
        export = transfer.read_manifest(directory)
        with self._writing() as (con, index, scratch):
            clash = sorted(export.tables.keys() & set(index.tables()))
            if clash:
                raise InterfaceError(f"the inventory already holds {', '.join(clash)}", hint="import into a new store")
            self._load(con, index, scratch, directory, export)

    def _load(
        self, con: duckdb.DuckDBPyConnection, index: Index, scratch: Callable[[], Path], directory: Path, export: transfer.Export
    ) -> None:
        present = {columns: i for i, columns in index.column_sets().items()}
        first = max(present.values(), default=0) + 1
        fresh = [columns for columns in export.column_sets.values() if columns not in present]
        numbers = present | {columns: first + n for n, columns in enumerate(fresh)}
        renumbered = {i: numbers[columns] for i, columns in export.column_sets.items()}
        writer = Writer(con, self._segments, scratch)
        segments = []
        for table, (file, types) in export.tables.items():
            rows = transfer.read_table(directory / file, types, renumbered)
            for ended in (False, True):
                half = f'SELECT * FROM ({rows}) WHERE "$to" IS {"NOT " if ended else ""}NULL'
                count = con.sql(f"SELECT count(*) FROM ({half})").fetchall()[0][0]
                if count:
                    segments.append(writer.write(index.next_id("segment"), table, half, count, types, ended=ended))
        with index.commit():
            index.add_column_sets((numbers[columns], columns) for columns in fresh)
            for segment in segments:
                index.add_segment(segment)
            for scan, claimed in export.scans:
                numbered = replace(scan, id=index.next_id("scan"))
                index.add_scan(numbered)
                if claimed is not None:
                    index.put_claims([Claim(numbered, claimed)])
            index.put_setting("horizon", max(export.horizon, index.setting("horizon") or 0))

    # Connections and files -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close DuckDB and remove the workspace."""
        self._reading.close()
        self._merging.close()
        with self._guard:
            self._cleanup.close()

    def _create(self) -> None:
        try:
            for folder in (self._root, self._segments, self._root / "tmp"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreDamaged(f"{self._root} cannot hold an inventory: {error}") from error
        if self._index.exists():
            with Index.open(self._index) as index:
                if index.is_ready():
                    return
        with exclusive(self._root / "write.lock", self._patience):
            Index.create(self._index)

    def _own_workspace(self) -> Path:
        """Make this process's workspace, once; its lock is held from before it exists until the store is closed."""
        with self._guard:
            if not self._owns_workspace:
                lock = self._workspace.with_suffix(".lock")
                self._cleanup.callback(lock.unlink, missing_ok=True)
                self._cleanup.enter_context(exclusive(lock, self._patience))
                self._cleanup.callback(shutil.rmtree, self._workspace, ignore_errors=True)
                self._workspace.mkdir()
                self._owns_workspace = True
        return self._workspace

    @contextmanager
    def _scratch(self) -> Iterator[Callable[[], Path]]:
        """Gives names for temporary files in the workspace, and removes what was made of them."""
        names: list[Path] = []

        def name() -> Path:
            names.append(self._workspace / uuid.uuid4().hex)
            return names[-1]

        try:
            yield name
        finally:
            for path in names:
                path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Index, Callable[[], Path]]]:
        with (
            closing(self._merging.cursor()) as con,
            self._scratch() as scratch,
            exclusive(self._root / "write.lock", self._patience),
            Index.open(self._index) as index,
        ):
            yield con, index, scratch
            self._sweep(index)

    def _contents(self, index: Index, table: str) -> Contents:
        return Contents(table, tuple(index.segments(table)), tuple(index.closures(table)), self._sets(index))

    def _sets(self, index: Index) -> Mapping[int, frozenset[str]]:
        """Every set of columns by its id; sets are only ever added, so those seen before are not read again."""
        seen = self._sets_seen
        added = index.column_sets(after=max(seen, default=0))
        if added:
            self._sets_seen = seen = seen | added
        return seen

    def _look(self, table: str) -> Contents:
        with Index.open(self._index) as index, index.snapshot():
            return self._contents(index, table)

    def _check_horizon(self, index: Index, as_of: datetime | None) -> None:
        horizon = index.setting("horizon")
        if as_of is not None and horizon is not None and micros(as_of) < horizon:
            raise InvalidStatement(
                f"the inventory keeps no history from before {moment(horizon).isoformat()}",
                hint="ask for a later moment; `expire` removed what was older",
            )


def _as_kept(scan: ScanRecord, others: Sequence[ScanRecord]) -> ScanRecord:
    """The record to log: it answers for no more than what scans that were recorded first leave it."""
    if not scan.complete or not others:
        return scan
    if any(s.complete and s.partition.covers(scan.partition) for s in others):
        return replace(scan, complete=False, reason="superseded: a scan of the same rows, no older, was recorded first")
    return replace(scan, columns=scan.columns.intersection(*(s.columns for s in others)))


def _summary(scan: ScanRecord, staged: Staged, merged: Merged) -> WriteSummary:
    return WriteSummary(
        scan=scan,
        created=merged.created,
        changed=merged.changed,
        learned=merged.learned,
        unchanged=staged.rows - merged.added - merged.superseded,
        closed=merged.closed,
        duplicates=staged.duplicates,
        superseded=merged.superseded,
    )
