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

from cirql.errors import InvalidStatement
from cirql.inventory.coverage import Claim, covering, told_apart, unknown_then
from cirql.inventory.embedded import transfer, verification, versions
from cirql.inventory.embedded.engines import StoreEngine
from cirql.inventory.embedded.index import Index
from cirql.inventory.embedded.merge import matches
from cirql.inventory.embedded.premises import Premises
from cirql.inventory.embedded.reading import held, register_ends, schema_of, select, stream
from cirql.inventory.embedded.segments import Contents, Reader, Writer, register_closures
from cirql.inventory.embedded.writing import Writing
from cirql.inventory.faults import worded, wording
from cirql.inventory.model import (
    ALWAYS_KNOWN,
    KEY,
    Archive,
    Observation,
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

MEMORY = "512MB"
SCANS_AT_ONCE = 2_000


def _now() -> datetime:
    return datetime.now(UTC)


class DuckDBStore:
    """`Store` over a directory. Threads may share one; it opens DuckDB when first needed, and SQLite per call."""

    def __init__(
        self, path: Path | None, *, patience: timedelta = timedelta(seconds=60), clock: Callable[[], datetime] = _now, memory: str = MEMORY
    ) -> None:
        self._premises = Premises(path, patience, clock)
        self._root, self._segments, self._index = self._premises.root, self._premises.segments, self._premises.index
        self._reading = StoreEngine(lambda: self._premises.workspace() / "reading", memory)
        self._merging = StoreEngine(lambda: self._premises.workspace() / "merging", memory, threads=1)
        with worded(self.place):
            self._writer = Writing(self._premises, self._merging, self._premises.enter())

    @property
    def place(self) -> str:
        """The directory, as messages name it."""
        return str(self._root)

    def __enter__(self) -> DuckDBStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # Writing -------------------------------------------------------------------------------------------------------------------

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Keep what one scan saw; see `Store.write`."""
        return self.write_all([Observation(scan, rows, key)])[0]

    @wording
    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Keep what scans saw; see `Store.write_all`."""
        return self._writer.keep(observations)

    # Reading -------------------------------------------------------------------------------------------------------------------

    @wording
    def fresh(
        self,
        partitions: Collection[Partition],
        columns: Iterable[str],
        max_age: timedelta | None,
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[Partition, list[ScanRecord]]:
        """The scans that answer; see `Store.fresh`. Touches only the index, but for moments at which some rows knew fewer columns."""
        wanted, oldest = frozenset(columns), None if max_age is None else now - max_age
        found: dict[Partition, list[ScanRecord]] = {}
        with Index.open(self._index) as index, index.snapshot():
            for table, asked in _by_table(partitions).items():
                if as_of is None:
                    places = {p.place for p in asked}
                    found |= _covered(index.claims(table, places), asked, wanted, oldest)
                    continue
                then = _covered(index.claims_at(table, micros(as_of)), asked, wanted, oldest)
                contents = self._contents(index, table) if then else None
                if contents is not None:
                    found |= {p: scans for p, scans in then.items() if self._all_know(contents, p, wanted - ALWAYS_KNOWN, as_of)}
        return found

    @wording
    def fresh_since(self, partitions: Collection[Partition], columns: Iterable[str], after: datetime) -> datetime | None:
        """When all are first answered for; see `Store.fresh_since`."""
        wanted = frozenset(columns)
        with Index.open(self._index) as index:
            begun = {at for table in _by_table(partitions) for at in index.beginnings(table, micros(after))}
        moments = (moment(at) for at in sorted(begun))
        return next((at for at in moments if len(self.fresh(partitions, wanted, None, at, at)) == len(set(partitions))), None)

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
            with worded(self.place), Index.open(self._index) as index:
                self._check_horizon(index, min(earlier, later))
                known = {c.scan.partition for c in index.claims_at(table, micros(earlier))}
                begun = index.beginnings(table, micros(earlier))
            if not known:
                raise unknown_then(table, earlier, moment(begun[0]) if begun else None)
            for change in versions.diff(con, Reader(con, self._segments), self._look(table), earlier, later):
                yield told_apart(change, table, known)

    def scans(self, table: str | None = None) -> Iterator[ScanRecord]:
        """The scan log; see `Store.scans`."""
        last = 0
        while stretch := self._scans(table, last):
            yield from stretch
            last = stretch[-1].id

    @wording
    def _scans(self, table: str | None, after: int) -> list[ScanRecord]:
        with Index.open(self._index) as index:
            return index.scans(table, after, SCANS_AT_ONCE)

    @wording
    def places(self, table: str) -> list[tuple[str, str]]:
        """Where a table was ever scanned."""
        with Index.open(self._index) as index:
            return index.places(table)

    @wording
    def last_calls(self, tables: Collection[str], by: str) -> dict[str, int]:
        """The calls of the last complete scans; see `Store.last_calls`."""
        with Index.open(self._index) as index:
            return index.last_calls(tables, by)

    @wording
    def note(self, name: str) -> str | None:
        """A short text that is kept; see `Store.note`."""
        with Index.open(self._index) as index:
            return index.note(name)

    @wording
    def swap_note(self, name: str, before: str | None, after: str | None) -> bool:
        """Replace a note if it still is what it was; see `Store.swap_note`."""
        with self._premises.writing(), Index.open(self._index) as index, index.commit():
            is_same = index.note(name) == before
            if is_same:
                index.put_note(name, after)
        return is_same

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

    @contextmanager
    def archive(self, table: str) -> Iterator[Archive]:
        """All of a table; see `Store.archive`. Writers wait meanwhile."""
        with worded(self.place), self._writing() as (con, index, _):
            yield transfer.archive(con, Reader(con, self._segments), self._contents(index, table), index)

    @wording
    def restore(self, archive: Archive) -> None:
        """Keep another store's table; see `Store.restore`."""
        with self._writing() as (con, index, scratch):
            transfer.restore(con, Writer(con, self._segments, scratch), index, archive, scratch())

    # Connections and files -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close DuckDB and remove the workspace."""
        self._reading.close()
        self._merging.close()
        self._premises.leave()

    @contextmanager
    def _writing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Index, Callable[[], Path]]]:
        with (
            closing(self._merging.cursor()) as con,
            self._premises.scratch() as scratch,
            self._premises.writing(),
            Index.open(self._index) as index,
        ):
            yield con, index, scratch
            self._premises.sweep(index)

    def _contents(self, index: Index, table: str) -> Contents:
        return self._writer.contents(index, table)

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


def _by_table(partitions: Iterable[Partition]) -> dict[str, list[Partition]]:
    found: dict[str, list[Partition]] = {}
    for partition in partitions:
        found.setdefault(partition.table, []).append(partition)
    return found


def _covered(
    claims: Iterable[Claim], partitions: Iterable[Partition], columns: frozenset[str], oldest: datetime | None
) -> dict[Partition, list[ScanRecord]]:
    """The partitions that claims cover, each by those of its own place."""
    by_place: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        by_place.setdefault(claim.scan.partition.place, []).append(claim)
    found = ((p, covering(by_place.get(p.place, ()), p, columns, oldest)) for p in partitions)
    return {p: scans for p, scans in found if scans is not None}
