"""One statement being answered: scans run as their keys become known, DuckDB runs last, failures are kept to the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cirql.cloud.reach import Reach
from cirql.cloud.stats import CallStats, gated, recording
from cirql.errors import CloudFailure, DatabaseError, Error
from cirql.fetch.batches import schema_of
from cirql.fetch.calls import Calls
from cirql.fetch.channel import Channel
from cirql.fetch.last_scans import incomplete
from cirql.fetch.runner import ScanOutcome, run_scan
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.targets import Finder
from cirql.plan.model import Plan, Scan
from cirql.records import dataclass, field, replace
from cirql.result import ProgressEvent, Result, ResultColumn, Stats

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.cloud import Cloud
    from cirql.engine import Engine
    from cirql.fetch.loop import Work
    from cirql.inventory.recall import Recall
    from cirql.settings import Settings
    from cirql.statements.alarm import Alarm
    from cirql.statements.running import Running

T = TypeVar("T")
_PATIENCE = 5.0
"""Seconds that a cancelled fetch may take to come to rest: it waits for nothing any more."""


class Home(Protocol):
    """What an execution needs from its session."""

    settings: Settings

    @property
    def reach(self) -> Reach:
        """The accounts and regions that statements ask now."""
        ...

    @property
    def cloud(self) -> Cloud:
        """The door to AWS."""
        ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that calls run on."""
        ...

    @property
    def alarm(self) -> Alarm:
        """What does what must not be done on the loop."""
        ...

    @property
    def is_on_loop(self) -> bool:
        """Whether the caller runs on the loop."""
        ...

    def start(self, work: Coroutine[Any, Any, T]) -> Work[T]:
        """Run a coroutine on the loop."""
        ...

    def wait(self, work: Work[T]) -> T:
        """Wait for it, unless the statement is stopped."""
        ...


@dataclass(slots=True)
class _Progress:
    """What is known so far; read by the caller's thread, written by the loop's."""

    stats: CallStats = field(default_factory=CallStats)
    outcomes: list[ScanOutcome] = field(default_factory=list)
    started: dict[str, ScanOutcome] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    error: BaseException | None = None


class Execution:
    """Runs one plan on one engine, which it closes at the end."""

    def __init__(
        self,
        plan: Plan,
        columns: list[ResultColumn],
        engine: Engine,
        home: Home,
        running: Running,
        started: float,
        progress: Callable[[ProgressEvent], None] | None,
        recall: Recall | None = None,
    ) -> None:
        self._plan = plan
        self._recall = recall
        self._columns = columns
        self._engine = engine
        self._home = home
        self._cloud = home.cloud
        self._reach = home.reach
        self._running = running
        self._started = started
        self._tell = progress
        self._so_far = _Progress()
        self._began = datetime.now(UTC)
        self._fetching: Work[None] | None = None
        self._channel: Channel | None = None
        self._is_closed = False
        running.at_stop(self._stop)
        running.at_end(self.close)

    def note(self, *notices: str) -> None:
        """Add to what the reader of the rows should know."""
        self._so_far.notices.extend(notices)

    def result(self) -> Result:
        """Start fetching, wait for all but a streamed relation, and give the rows."""
        if self._plan.streamed is not None and not self._home.settings.strict:
            self._stream(self._plan.streamed)
        elif self._plan.scans:
            self._fetching = self._home.start(self._fetch())
            try:
                self._home.wait(self._fetching)
            except BaseException:
                self.close()
                raise
            if self._home.settings.strict:
                self._refuse_partial()
        try:
            rows = _Rows(self._engine, self._plan.sql, self._running, self._settle, self._cause)
        except BaseException:
            self.close()
            raise
        return Result(
            rows,
            columns=self._columns,
            failures=self._failures,
            notices=self._notices,
            stats=self._stats,
            close=self.close,
        )

    def _stream(self, relation: str) -> None:
        import pyarrow as pa

        self._channel = Channel(self._home.loop)
        self._home.alarm.ready()
        self._running.goes_on = True
        self._fetching = self._home.start(self._fetch())
        schema = schema_of(self._plan.relations[relation])
        self._engine.register(relation, pa.RecordBatchReader.from_batches(schema, iter(self._channel)))

    def _refuse_partial(self) -> None:
        for outcome in self._so_far.outcomes:
            for error in outcome.troubles.values():
                self.close()
                raise error

    @property
    def outcomes(self) -> tuple[ScanOutcome, ...]:
        """How each scan ended, as far as they have."""
        return tuple(self._so_far.outcomes)

    @property
    def scans(self) -> tuple[ScanOutcome, ...]:
        """How each scan stands, those included that failed or were stopped."""
        return tuple(self._so_far.started.values())

    @property
    def bytes(self) -> int:
        """Bytes of answers received so far."""
        return self._so_far.stats.bytes

    # -- on the event loop

    async def _fetch(self) -> None:
        with recording() as stats, gated(self._running.ask):
            self._so_far.stats = stats
            calls = Calls(self._cloud, self._plan.scans, self._home.settings.concurrency)
            around = Surroundings(calls, self._engine.passes, _now, self._home.settings.concurrency, notices=self._so_far.notices)
            try:
                await self._all_scans(around)
            except BaseException as error:
                if not isinstance(error, asyncio.CancelledError):
                    self._so_far.error = error
                if self._channel is not None:
                    self._channel.end(error)
                raise
            finally:
                await calls.close()
            if self._channel is not None:
                self._channel.end()

    async def _all_scans(self, around: Surroundings) -> None:
        """Every scan as soon as those it takes keys from are done; the first error stops the others."""
        tasks: dict[str, asyncio.Task[None]] = {}
        for scan in self._plan.scans:
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
        finder = Finder(self._cloud, self._reach, scan, self._engine.passes, around.notice)
        scan = self._with_keys(scan)
        if self._channel is not None:
            self._so_far.outcomes.append(await self._watched(scan, finder, around, self._channel.put))
            return
        batches: list[pa.RecordBatch] = []

        async def keep(batch: pa.RecordBatch) -> None:
            batches.append(batch)

        self._so_far.outcomes.append(await self._watched(scan, finder, around, keep))
        import pyarrow as pa

        self._engine.register(scan.relation, pa.Table.from_batches(batches, schema=schema_of(self._plan.relations[scan.relation])))

    def _with_keys(self, scan: Scan) -> Scan:
        """The scan planned again with the key values that the scans before it gave."""
        queries = {g.query.sql for g in scan.keys if g.query is not None}
        if not queries or self._plan.replan is None:
            return scan
        rows = {sql: tuple(r for r in self._engine.rows(sql) if None not in r) for sql in queries}
        return self._plan.replan(scan.relation, rows)

    async def _watched(self, scan: Scan, finder: Finder, around: Surroundings, emit: Any) -> ScanOutcome:
        def report(outcome: ScanOutcome) -> None:
            self._so_far.started[scan.relation] = outcome
            if outcome.rows:
                self._report(scan, outcome.rows, done=False)

        if self._recall is not None:
            outcome = await self._recall.answer(scan, finder, around, emit, report, self._began)
            if scan.limit is None:  # the targets that the inventory answered for
                outcome.ended.update(t for t in outcome.targets if t not in outcome.troubles)
            self._so_far.started[scan.relation] = outcome
        else:
            targets = await finder.find(scan)
            outcome = await run_scan(scan, targets, replace(around, targets=targets), emit, report)
        self._report(scan, outcome.rows, done=True)
        return outcome

    def _report(self, scan: Scan, rows: int, *, done: bool) -> None:
        if self._tell is not None:
            self._tell(ProgressEvent(str(scan.table.name), self._so_far.stats.requests, rows, done))

    # -- on the caller's thread

    def _settle(self) -> None:
        """After the last row: let the fetch end, so that failures and statistics are final."""
        if self._channel is not None:
            self._channel.stop()
        if self._fetching is not None:
            if self._channel is not None and not self._fetching.done() and not self._channel.ended:
                self._fetching.cancel()
            with contextlib.suppress(Exception):
                self._fetching.result()
        if self._home.settings.strict:
            self._refuse_partial()

    def _cause(self) -> BaseException | None:
        """What ended the fetch, if anything did: an error of AWS's, or Ctrl-C while waiting for rows."""
        if self._channel is not None and self._channel.interrupt is not None:
            return self._channel.interrupt
        return self._so_far.error

    def _failures(self) -> tuple[CloudFailure, ...]:
        return tuple(f for outcome in self._so_far.outcomes for f in outcome.failures)

    def _notices(self) -> tuple[str, ...]:
        missing = incomplete(self._so_far.outcomes) if self._plan.compares_rows else ()
        return (*self._so_far.notices, *missing)

    def _stats(self) -> Stats:
        stats = self._so_far.stats
        wall = round((time.monotonic() - self._started) * 1000)
        return Stats(calls=dict(stats.calls), retries=stats.retries, throttles=stats.throttles, wall_ms=wall)

    def _stop(self) -> None:
        """End all waiting: for AWS, for rows."""
        if self._fetching is not None:
            self._fetching.cancel()
        if self._channel is not None:
            self._channel.stop()

    def close(self) -> None:
        """Stop everything, and free the engine once nothing of the fetch goes on. Closing twice is fine."""
        if self._is_closed:
            return
        self._is_closed = True
        self._stop()
        if self._home.is_on_loop:  # the garbage collector, most likely
            self._home.alarm.soon(self._free)
        else:
            self._free()

    def _free(self) -> None:
        if self._fetching is not None:
            self._fetching.wait(_PATIENCE)
        self._engine.close()


class _Rows:
    """The rows of the final query, as a source for `Result`; the error that was the cause is the one that is raised."""

    def __init__(
        self, engine: Engine, sql: str, running: Running, settle: Callable[[], None], cause: Callable[[], BaseException | None]
    ) -> None:
        self._running = running
        self._settle = settle
        self._cause = cause
        with self._blaming():
            self._reader = engine.run(sql)

    @property
    def schema(self) -> pa.Schema:
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> pa.RecordBatch | None:
        """The next rows; None after the last, when all has come to rest."""
        with self._running.at_work():
            with self._blaming():
                batch = next(self._reader, None)
            if batch is None:
                self._settle()
                cause = self._cause()
                if isinstance(cause, DatabaseError):
                    raise cause
            else:
                self._running.give(batch.num_rows)
            return batch

    @contextlib.contextmanager
    def _blaming(self) -> Iterator[None]:
        """DuckDB wraps an error of the fetch that feeds it: raise the one that was first."""
        import duckdb
        import pyarrow as pa

        from cirql.engine import engine_error

        try:
            yield
        except (Error, duckdb.Error, pa.ArrowException, OSError) as fault:
            cause = self._cause()
            if cause is not None:
                raise cause from None
            if isinstance(fault, Error):
                raise
            raise engine_error(fault) from None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
