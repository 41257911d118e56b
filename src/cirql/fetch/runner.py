"""One scan over all its targets at once: batches out, failures noted, nothing dropped silently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from cirql.cloud.target import Target
from cirql.errors import CloudFailure, DatabaseError
from cirql.fetch.batches import record_batch
from cirql.fetch.enough import Enough
from cirql.fetch.merge import each, in_order, in_waves
from cirql.fetch.rows import Row, in_key_order
from cirql.fetch.scanner import Scanner
from cirql.fetch.spread import Spreading
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.unread import Unread
from cirql.plan.model import Scan
from cirql.startup.records import dataclass, field, replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

CONCURRENT_TARGETS = 256
ROWS_A_BATCH = 2048
SECONDS_A_BATCH = 0.05


class Watcher(Protocol):
    """Sees what a scan reads, target by target, before any LIMIT cuts it."""

    def page(self, target: Target, rows: Sequence[Row]) -> None:
        """A page of complete rows."""
        ...

    async def ended(self, target: Target, error: DatabaseError | None) -> None:
        """A target has given all it will; not called where the scan was stopped first."""
        ...


@dataclass(slots=True)
class ScanOutcome:
    """How a scan ended: rows delivered, and the error of every target that could not answer completely.

    `seen` counts the rows of each target that AWS was asked for, before a limit cuts any off; `ended` are the targets that gave all.
    """

    scan: Scan
    targets: tuple[Target, ...] = ()
    rows: int = 0
    errors: dict[Target, DatabaseError] = field(default_factory=dict)
    seen: dict[Target, int] = field(default_factory=dict)
    ended: set[Target] = field(default_factory=set)
    unread: Unread = field(default_factory=Unread)

    @property
    def failures(self) -> tuple[CloudFailure, ...]:
        """The failures, each naming the table that was read: of whole targets, then of single rows."""
        return (*self._of_targets(), *self.unread.failures)

    @property
    def troubles(self) -> dict[Target, DatabaseError]:
        """The error of every target of which something is missing, be it single rows."""
        return {**self.unread.errors, **self.errors}

    def _of_targets(self) -> Iterator[CloudFailure]:
        return (
            replace(e.failure, table=str(self.scan.table.name))
            if e.failure is not None
            else CloudFailure(
                t.account,
                t.region,
                self.scan.table.service,
                self.scan.root.operation,
                e.sqlstate,
                e.message,
                table=str(self.scan.table.name),
            )
            for t, e in self.errors.items()
        )

    def raise_if_nothing_answered(self) -> None:
        """Raise the first error where every target failed: an empty result would be a lie."""
        if self.targets and len(self.errors) == len(self.targets):
            raise next(iter(self.errors.values()))


async def run_scan(
    scan: Scan,
    targets: Sequence[Target],
    around: Surroundings,
    emit: Callable[[pa.RecordBatch], Awaitable[None]],
    report: Callable[[ScanOutcome], None] = lambda outcome: None,
    watcher: Watcher | None = None,
    *,
    has_others: bool = False,
) -> ScanOutcome:
    """Read the scan from every target, hand batches to `emit` as they fill, and stop at the scan's limit.

    `has_others`: targets besides these have answered already, so that it is no error if all of these fail.
    """
    around = replace(around, unread=Unread(), spreading=Spreading())
    outcome = ScanOutcome(scan, tuple(targets), seen=dict.fromkeys(targets, 0), unread=around.unread)
    report(outcome)
    batcher = _Batcher(scan, emit, around.unread)
    async with aclosing(_pages(scan, targets, around, outcome, watcher)) as pages:
        async for page in pages:
            if scan.limit is not None:
                page = page[: scan.limit - outcome.rows]
            outcome.rows += len(page)
            await batcher.add(page)
            report(outcome)
            if scan.limit is not None and outcome.rows >= scan.limit:
                break
    await batcher.flush()
    outcome.unread.tell(around.notice)
    if not has_others:
        outcome.raise_if_nothing_answered()
    return outcome


async def _pages(
    scan: Scan, targets: Sequence[Target], around: Surroundings, outcome: ScanOutcome, watcher: Watcher | None
) -> AsyncGenerator[list[Row]]:
    enough = Enough(scan.limit)

    async def of_target(target: Target) -> AsyncGenerator[list[Row]]:
        try:
            async with aclosing(Scanner(scan, target, around, enough, also=() if watcher is None else None).pages()) as pages:
                async for page in pages:
                    outcome.seen[target] += len(page)
                    if watcher is not None:
                        watcher.page(target, page)
                    yield in_key_order(scan.table, page)
            if target not in outcome.unread.errors:
                outcome.ended.add(target)
        except DatabaseError as error:
            outcome.errors[target] = error
        if watcher is not None:
            await watcher.ended(target, outcome.troubles.get(target))

    if len(targets) == 1:
        async with aclosing(of_target(targets[0])) as pages:
            async for page in pages:
                yield page
        return
    places = each(sorted(targets, key=lambda t: (t.account, t.region)))
    pages = (
        in_order(places, of_target, CONCURRENT_TARGETS, around.patience)
        if scan.limit is None
        else in_waves(places, of_target, CONCURRENT_TARGETS)
    )
    async with aclosing(pages) as merged:
        async for page in merged:
            yield page


class _Batcher:
    """Collects rows until there are enough of them, or the last batch was long enough ago: the first page goes out at once."""

    def __init__(self, scan: Scan, emit: Callable[[pa.RecordBatch], Awaitable[None]], unread: Unread) -> None:
        self._scan = scan
        self._unread = unread
        self._emit = emit
        self._rows: list[Row] = []
        self._flushed = 0.0

    async def add(self, page: list[Row]) -> None:
        now = asyncio.get_running_loop().time()
        self._rows += page
        if len(self._rows) >= ROWS_A_BATCH or now - self._flushed >= SECONDS_A_BATCH:
            self._flushed = now
            await self.flush()

    async def flush(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            table, unread = self._scan.table, self._unread

            def odd(at: int, column: str, value: Any, wanted: ColumnType) -> None:
                unread.note_odd(table, rows[at], column, value, str(wanted))

            await self._emit(record_batch(table, self._scan.columns, rows, odd))
