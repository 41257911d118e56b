"""The scans of one plan, on the event loop: each as soon as those that it takes keys from are done."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.cloud.stats import gated, recording
from cirql.fetch.batches import schema_of
from cirql.fetch.calls import Calls
from cirql.fetch.runner import ScanOutcome, run_scan
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.targets import Finder
from cirql.plan.model import Plan, Scan
from cirql.result import ProgressEvent
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.engine import Engine
    from cirql.fetch.channel import Channel
    from cirql.inventory.recall import Recall
    from cirql.statements.running import Running
    from cirql.statements.standing import Home, Standing

FEW_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Fetching:
    """What the scans of a plan need; `run` reads them all, into the engine or, for the relation that is streamed, into the channel.

    How far it is, and how each scan ended, is in `so_far`, which the caller's thread reads.
    """

    plan: Plan
    engine: Engine
    home: Home
    running: Running
    so_far: Standing
    channel: Channel | None
    recall: Recall | None
    tell: Callable[[ProgressEvent], None] | None
    began: datetime

    async def run(self) -> None:
        """Read every scan of the plan; the first error stops the others."""
        with recording() as stats, gated(self.running.ask):
            self.so_far.stats = stats
            calls = Calls(self.home.cloud, self.plan.scans, self.home.settings.concurrency)
            asked = self.home.settings
            patience = asked.order_patience if self.channel is not None else math.inf  # nothing is handed on before all is there
            around = Surroundings(calls, self.engine.passes, _now, asked.concurrency, patience, notices=self.so_far.notices)
            try:
                await self._all_scans(around)
            except BaseException as error:
                if not isinstance(error, asyncio.CancelledError):
                    self.so_far.error = error
                if self.channel is not None:
                    self.channel.end(error)
                raise
            finally:
                await calls.close()
            if self.channel is not None:
                self.channel.end()

    async def _all_scans(self, around: Surroundings) -> None:
        """Every scan as soon as those it takes keys from are done; the first error stops the others."""
        tasks: dict[str, asyncio.Task[None]] = {}
        for scan in self.plan.scans:
            self._report(scan, 0, done=False)
        for scan in self.plan.scans:
            before = [tasks[r] for r in scan.depends]
            tasks[scan.relation] = asyncio.create_task(self._one_scan(scan, before, around))
        try:
            await asyncio.gather(*tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _one_scan(self, scan: Scan, before: list[asyncio.Task[None]], around: Surroundings) -> None:
        if before:
            await asyncio.gather(*(asyncio.shield(task) for task in before))
        finder = Finder(self.home.cloud, self.home.reach, scan, self.engine.passes, around.notice)
        scan = self._with_keys(scan)
        if self.channel is not None:
            self.so_far.outcomes.append(await self._watched(scan, finder, around, self.channel.put))
            return
        batches: list[pa.RecordBatch] = []

        async def keep(batch: pa.RecordBatch) -> None:
            batches.append(batch)

        self.so_far.outcomes.append(await self._watched(scan, finder, around, keep))
        import pyarrow as pa

        rows = pa.Table.from_batches(batches, schema=schema_of(self.plan.relations[scan.relation]))
        # One piece is read by one thread: what DuckDB makes of few rows is in the same order each time.
        self.engine.register(scan.relation, rows.combine_chunks() if rows.num_rows <= FEW_ROWS else rows)

    def _with_keys(self, scan: Scan) -> Scan:
        """The scan planned again with the key values that the scans before it gave."""
        queries = {g.query.sql for g in scan.keys if g.query is not None}
        if not queries or self.plan.replan is None:
            return scan
        rows = {sql: tuple(r for r in self.engine.rows(sql) if None not in r) for sql in queries}
        return self.plan.replan(scan.relation, rows, self.engine)

    async def _watched(self, scan: Scan, finder: Finder, around: Surroundings, emit: Any) -> ScanOutcome:
        try:
            return await self._told(scan, finder, around, emit)
        except BaseException:
            started = self.so_far.started.get(scan.relation)
            self._report(scan, started.rows if started is not None else 0, done=False)  # what it cost is known though it failed
            raise

    async def _told(self, scan: Scan, finder: Finder, around: Surroundings, emit: Any) -> ScanOutcome:
        def report(outcome: ScanOutcome) -> None:
            self.so_far.started[scan.relation] = outcome
            if outcome.rows:
                self._report(scan, outcome.rows, done=False)

        if self.recall is not None:
            outcome = await self.recall.answer(scan, finder, around, emit, report, self.began)
            if scan.limit is None:  # the targets that the inventory answered for
                outcome.ended.update(t for t in outcome.targets if t not in outcome.troubles)
            self.so_far.started[scan.relation] = outcome
        else:
            targets = await finder.find(scan)
            outcome = await run_scan(scan, targets, replace(around, targets=targets), emit, report)
        self._report(scan, outcome.rows, done=True)
        return outcome

    def _report(self, scan: Scan, rows: int, *, done: bool) -> None:
        if self.tell is not None:
            self.tell(ProgressEvent(str(scan.table.name), self.so_far.stats.requests, rows, done, scan.relation))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
