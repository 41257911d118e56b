"""One statement's use of the inventory: which targets of a scan it answers, and what is read live and kept.

Freshness, cache, offline reading and time travel are one question: which scans of the store may answer. Rows come as
the scan's own batches, so nothing downstream knows where they are from but by `_source` and `_fetched_at`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cirql.catalog.model import Table
from cirql.cloud.reach import EVERY_REGION
from cirql.cloud.sight import Sight
from cirql.cloud.survey import Account, Survey
from cirql.cloud.target import Target
from cirql.errors import CloudFailure, DatabaseError, NotInInventory
from cirql.fetch.batches import schema_of
from cirql.fetch.rows import naming_columns
from cirql.fetch.runner import ScanOutcome, run_scan
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.targets import Finder
from cirql.inventory.errand import Errand
from cirql.inventory.gathering import Gathering
from cirql.inventory.identities import SEPARATOR, key_of
from cirql.inventory.model import KEY, Clause, Condition, Request
from cirql.inventory.questions import named_values, partitions
from cirql.inventory.recorder import Recorder
from cirql.inventory.reuse import Reuse, may_reuse
from cirql.inventory.scopes import Scopes
from cirql.inventory.store import Store
from cirql.inventory.stored import StoredTable
from cirql.names import Scheme
from cirql.plan.model import Scan
from cirql.plan.places import Wanted
from cirql.sql.bound import column_types
from cirql.startup.records import dataclass, field, replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Emit = Callable[["pa.RecordBatch"], Awaitable[None]]
DATASET_AGE = timedelta(minutes=15).total_seconds()


@dataclass(frozen=True, slots=True)
class Ages:
    """How old rows may be, in seconds: what the statement says, else what is set for the table, else the session, else its kind.

    `tables` is by name or pattern. `not_before`: what was seen earlier does not count (this session has changed something since).
    """

    statement: float | None = None
    tables: Mapping[str, float] = field(default_factory=dict)
    session: float | None = None
    not_before: datetime | None = None

    def of(self, table: Table) -> float:
        """How old rows of that table may be."""
        if self.statement is not None:
            return self.statement
        name = str(table.name)
        for pattern, age in self.tables.items():
            if name == pattern or fnmatchcase(name, pattern):
                return age
        if self.session is not None:
            return self.session
        return DATASET_AGE if table.name.scheme is Scheme.DATASET else 0.0

    def allowed(self, table: Table, now: datetime) -> timedelta | None:
        """The oldest that answers, as an age; None for any age."""
        age = self.of(table)
        if self.not_before is not None:
            age = min(age, (now - self.not_before).total_seconds())
        return None if math.isinf(age) else timedelta(seconds=age)


@dataclass(frozen=True, slots=True)
class Recall:
    """The inventory as one statement sees it.

    `accounts` are those in reach, as far as that is known without asking AWS; empty is every account that the store has.
    `times` are the relations that are read as of a moment, `sight` is what the session may see at all.
    `errand` is what it is run for, where that is not to answer its reader: then
    rows that are fresh already are not read at all.
    """

    gathering: Gathering
    ages: Ages
    accounts: tuple[str, ...] = ()
    times: Mapping[str, datetime] = field(default_factory=dict)
    sight: Sight = field(default_factory=Sight)
    scopes: Scopes = field(default_factory=lambda: Scopes(None))
    errand: Errand | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def store(self) -> Store:
        """Where rows are remembered."""
        return self.gathering.store

    def needs_aws(self, scan: Scan) -> bool:
        """Whether a scan may ask AWS anything at all."""
        return scan.relation not in self.times and not math.isinf(self.ages.of(scan.table))

    async def answer(
        self,
        scan: Scan,
        finder: Finder,
        around: Surroundings,
        emit: Emit,
        report: Callable[[ScanOutcome], None],
        started: datetime,
    ) -> ScanOutcome:
        """Every row of a scan, remembered or live. What is read live is kept."""
        stored = StoredTable(scan.table)
        if not self.needs_aws(scan):
            return await self._remembered(scan, stored, finder, emit)
        want = finder.want(scan, identified=True)
        targets = await asyncio.to_thread(self._known_targets, scan, want, stored, finder)
        if targets is None:
            survey = await finder.survey(want)
            if want.inquiry(finder.reach).is_whole:
                self.scopes.note(survey, self.clock())
            targets = finder.among(self._asked(survey), scan, want)
        around = replace(around, targets=targets, denied={})
        fresh = await asyncio.to_thread(self._fresh, scan, stored, targets)
        stale = tuple(t for t in targets if t not in fresh)
        rows = 0
        async for batch in self._read(scan, stored, fresh if self.errand is None else (), None):
            rows += batch.num_rows
            await emit(batch)
        if not stale:
            return ScanOutcome(scan, targets, rows)
        outcome = await self._live(scan, stored, stale, around, emit, report, started, has_others=bool(fresh))
        outcome.targets, outcome.rows = targets, outcome.rows + rows
        return outcome

    def _known_targets(self, scan: Scan, want: Wanted, stored: StoredTable, finder: Finder) -> tuple[Target, ...] | None:
        """The targets of a scan that the store answers for altogether, without asking AWS which there are; None where it does not."""
        known = self.scopes.known(self.clock()) if stored.key is not None else None
        if known is None or not known.answers(want.inquiry(finder.reach)):
            return None
        targets = finder.among(self._asked(known), scan, want)
        return targets if targets and len(self._fresh(scan, stored, targets)) == len(targets) else None

    def _asked(self, survey: Survey) -> Survey:
        """Those of the accounts and regions that are asked at all."""
        return survey if self.errand is None else survey.within(self.errand.places)

    def answers(self, scan: Scan, stored: StoredTable, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets that AWS need not be asked for."""
        return tuple(targets) if not self.needs_aws(scan) else self._fresh(scan, stored, targets)

    def _fresh(self, scan: Scan, stored: StoredTable, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets for which the store may answer."""
        now = self.clock()
        age = self.ages.allowed(scan.table, now)
        if age is not None and age <= timedelta(0):
            return ()
        return self._answered(scan, stored, [t for t in targets if t.account], age, now)

    def _answered(
        self, scan: Scan, stored: StoredTable, targets: Sequence[Target], age: timedelta | None, now: datetime
    ) -> tuple[Target, ...]:
        """Those of the targets for which scans no older than `age` answer; asked of the store all at once."""
        asked = {target: partitions(stored, scan, target) or [] for target in targets}
        every = list(dict.fromkeys(p for ps in asked.values() for p in ps))
        found = self.store.fresh(every, stored.needed(scan.columns), age, now, self.times.get(scan.relation)) if every else {}
        return tuple(t for t, ps in asked.items() if all(p in found for p in ps))

    async def _live(
        self,
        scan: Scan,
        stored: StoredTable,
        targets: tuple[Target, ...],
        around: Surroundings,
        emit: Emit,
        report: Callable[[ScanOutcome], None],
        started: datetime,
        *,
        has_others: bool,
    ) -> ScanOutcome:
        wanted = list(scan.columns)

        async def only_wanted(batch: pa.RecordBatch) -> None:
            await emit(batch.select(wanted))

        errand = self.errand
        dated = errand.dated if errand is not None else None
        clock = self.clock if dated is None else lambda: dated
        recorder = Recorder(self.gathering, stored, scan, around, errand, dated or started, clock)
        if errand is not None and errand.reuses and may_reuse(scan):
            around = replace(around, known=Reuse(self.store, stored, scan, self.clock, errand.ledger.count_reused))
        keyed = scan if stored.key is None or stored.key in scan.columns else replace(scan, columns=(*scan.columns, stored.key))
        return await run_scan(keyed, targets, around, only_wanted, report, recorder, has_others=has_others)

    # -- from the store alone

    async def _remembered(self, scan: Scan, stored: StoredTable, finder: Finder, emit: Emit) -> ScanOutcome:
        """The rows of a scan that asks AWS nothing; each target that the store cannot answer for is named as failed."""
        targets, known = await asyncio.to_thread(self._places_known, scan, stored, finder)
        outcome = ScanOutcome(scan, targets)
        for target in targets:
            if target not in known:
                outcome.errors[target] = self._missing(scan, stored, target)
        if not targets and partitions(stored, scan, Target("", "")) is not None:
            raise self._missing(scan, stored, None)
        outcome.raise_if_nothing_answered()
        async for batch in self._read(scan, stored, known, self.times.get(scan.relation)):
            outcome.rows += batch.num_rows
            await emit(batch)
        return outcome

    def _places_known(self, scan: Scan, stored: StoredTable, finder: Finder) -> tuple[tuple[Target, ...], Sequence[Target]]:
        """Where the statement looks, and which of those places the store can answer for."""
        targets = self._places(scan, stored, finder)
        return targets, self._answered(scan, stored, targets, None, self.clock())

    def _places(self, scan: Scan, stored: StoredTable, finder: Finder) -> tuple[Target, ...]:
        """Where the statement looks: the session's reach where it is known, else every place that the table was ever read in."""
        seen: dict[str, list[str]] = {account: [] for account in self.accounts}
        for account, region in self.store.places(stored.name):
            if (not self.accounts or account in seen) and self.sight.sees(account, region):
                seen.setdefault(account, []).append(region)
        survey = Survey(tuple(Account(a, enabled=None if stored.is_global else tuple(regions)) for a, regions in seen.items()))
        reach = finder.reach if finder.reach.regions else replace(finder.reach, regions=(EVERY_REGION,))
        targets = replace(finder, reach=reach).among(survey, scan, finder.want(scan))
        return tuple(t for t in targets if named_values(stored, scan, t) is not None)

    def _missing(self, scan: Scan, stored: StoredTable, target: Target | None) -> DatabaseError:
        at = self.times.get(scan.relation)
        when = f" as of {at.isoformat(timespec='seconds')}" if at is not None else ""
        where = f" for {target}" if target is not None else ""
        message = f"{stored.name} is not in the inventory{where}{when}: it was never read completely there with these columns"
        hint = f"cirql sync {stored.name} reads it"
        since = self._since(scan, stored, target) if at is not None else None
        if since is not None:
            message = f"{stored.name} is not in the inventory{where}{when}: with these columns it is known there since {since}"
            hint = "name that moment or a later one"
        account, region = (target.account, target.region) if target is not None else ("", "")
        failure = CloudFailure(account, region, scan.table.service, "inventory", "NotInInventory", message, table=stored.name)
        return NotInInventory(message, hint=hint, failure=failure)

    def _since(self, scan: Scan, stored: StoredTable, target: Target | None) -> str | None:
        """When the inventory first knew a scan's rows in a target, where that was later than the moment asked for."""
        at, columns = self.times[scan.relation], stored.needed(scan.columns)
        asked = partitions(stored, scan, target) or () if target is not None else ()
        since = self.store.fresh_since(asked, columns, at) if asked else None
        return None if since is None else since.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _keys(self, scan: Scan, stored: StoredTable, targets: Sequence[Target]) -> tuple[str, ...] | None:
        """The keys of the only rows that matter, where the scan names them and rows are kept under them alone."""
        found: set[str] = set()
        for target in targets:
            for values in named_values(stored, scan, target) or ():
                if stored.key is None or stored.key not in values:
                    return None
                found.add(str(values[stored.key]))
        return tuple(sorted(found)) if self.store.note(stored.twins()) is None else None

    async def _read(
        self, scan: Scan, stored: StoredTable, targets: Sequence[Target], as_of: datetime | None
    ) -> AsyncIterator[pa.RecordBatch]:
        """The rows of some targets, in the columns of the scan."""
        by_regions: dict[tuple[str, ...], list[Target]] = {}
        regions: dict[str, list[Target]] = {}
        for target in targets:
            regions.setdefault(target.account, []).append(target)
        for same in regions.values():
            by_regions.setdefault(tuple(sorted({stored.place(t)[1] for t in same})), []).extend(same)
        for places, group in by_regions.items():
            kept = [c for c in scan.columns if c not in ("_fetched_at", "_source") and not (c == "region" and stored.is_global)]
            types = column_types(stored.table, kept)
            request = Request(
                stored.name,
                {stored.spelled(c): types[c] for c in kept},
                accounts=tuple(sorted({t.account for t in group})),
                regions=places,
                as_of=as_of,
                where=tuple(_clauses(stored, scan)),
                order=tuple(stored.spelled(c) for c in naming_columns(stored.table)),
                abridged={stored.spelled(c): paths for c, paths in scan.members.items()},
            )
            reader, batch = await asyncio.to_thread(self._begin, scan, stored, group, request)
            while batch is not None:
                yield _delivered(scan, stored, batch, group[0].region)
                batch = await asyncio.to_thread(next, iter(reader), None)

    def _begin(
        self, scan: Scan, stored: StoredTable, targets: Sequence[Target], request: Request
    ) -> tuple[pa.RecordBatchReader, pa.RecordBatch | None]:
        """Ask the store, of no more than the rows that the scan names: what reads, and what was read first."""
        reader = self.store.read(replace(request, keys=self._keys(scan, stored, targets)))
        return reader, next(iter(reader), None)


def _keys_alone(identities: pa.Array) -> pa.Array:
    """The keys of rows, where some are kept under more than that."""
    import pyarrow as pa

    text = identities.buffers()[2]
    if text is None or SEPARATOR.encode() not in text.to_pybytes():
        return identities
    return pa.array([key_of(i) for i in identities.to_pylist()], identities.type)


def _clauses(stored: StoredTable, scan: Scan) -> Iterator[Clause]:
    """The conditions of a scan that say which constants a stored column, or a member of one, may have."""
    types = {c.name: c.type for c in stored.table.columns}
    for text in scan.texts:
        if types[text.column] is ColumnType.JSON:
            yield (Condition(stored.spelled(text.column), ColumnType.JSON, text.values, text.path),)
    for row_filter in scan.filters:
        if row_filter.allowed is not None and all(isinstance(v, (str, int)) for v in row_filter.allowed):
            for column in row_filter.columns & stored.kept(row_filter.columns) - {stored.key}:
                yield (Condition(stored.spelled(column), types[column], tuple(sorted(row_filter.allowed, key=repr))),)


def _delivered(scan: Scan, stored: StoredTable, batch: pa.RecordBatch, region: str) -> pa.RecordBatch:
    """A batch of the store's in the columns of a scan."""
    import pyarrow as pa

    schema = schema_of(column_types(stored.table, scan.columns))
    arrays = []
    for at, column in enumerate(scan.columns):
        if column == "region" and stored.is_global:
            arrays.append(pa.array([region] * batch.num_rows, pa.string()))
            continue
        name = column if column in ("_fetched_at", "_source") else stored.spelled(column)
        array = batch.column(name)
        wanted = schema.field(at).type
        array = _keys_alone(array) if name == KEY else array
        arrays.append(array if array.type == wanted else array.cast(wanted))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
