"""One statement being answered: scans run as their keys become known, DuckDB runs last, failures are kept to the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cirql.errors import CloudFailure, DatabaseError, DataError, Error
from cirql.fetch.batches import schema_of
from cirql.plan.model import Plan
from cirql.result import ProgressEvent, Result, ResultColumn, Stats
from cirql.statements.standing import Home, Standing

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.engine import Engine
    from cirql.fetch.channel import Channel
    from cirql.fetch.loop import Work
    from cirql.fetch.runner import ScanOutcome
    from cirql.inventory.recall import Recall
    from cirql.statements.fetching import Fetching
    from cirql.statements.running import Running

_LARGEST = 2**30 - 1
"""The most bytes of a value, as PostgreSQL has it."""
_PATIENCE = 5.0
"""Seconds that a cancelled fetch may take to come to rest: it waits for nothing any more."""


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
        self._running = running
        self._started = started
        self._tell = progress
        self._so_far = Standing()
        self._began = datetime.now(UTC)
        self._fetching: Work[None] | None = None
        self._channel: Channel | None = None
        self._streamed: Generator[pa.RecordBatch, None, None] | None = None
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
            self._fetching = self._home.start(self._scans().run())
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

        from cirql.fetch.channel import Channel

        self._channel = Channel(self._home.loop)
        self._home.alarm.ready()
        self._running.goes_on = True
        self._fetching = self._home.start(self._scans().run())
        schema = schema_of(self._plan.relations[relation])
        self._streamed = self._channel.batches()
        self._engine.register(relation, pa.RecordBatchReader.from_batches(schema, self._streamed))

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

    def _scans(self) -> Fetching:
        from cirql.statements.fetching import Fetching

        return Fetching(
            self._plan, self._engine, self._home, self._running, self._so_far, self._channel, self._recall, self._tell, self._began
        )

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
        if not (self._plan.compares_rows and self._so_far.outcomes):
            return tuple(self._so_far.notices)
        from cirql.fetch.last_scans import incomplete

        return (*self._so_far.notices, *incomplete(self._so_far.outcomes))

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
        if self._streamed is not None:
            with contextlib.suppress(ValueError):  # DuckDB is in it still, and lets go of it soon
                self._streamed.close()  # a connection keeps what it was given: a ring that no garbage collector sees


def _refuse_giants(batch: pa.RecordBatch) -> None:
    """Raise DataError for a value of more than a gigabyte, which PostgreSQL has none of and no client can be sent."""
    if batch.nbytes <= _LARGEST:
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            longest = pc.max(pc.binary_length(column)).as_py()
            if longest is not None and longest > _LARGEST:
                hint = f"ask for a part of it: left({name}, 100000)"
                raise DataError(f"a value of {name} is too long: it has {longest} bytes, and 1 GB is the most", hint=hint, sqlstate="54000")


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
        self._engine = engine
        self._sql = sql

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
                batch = self._engine.waiting(self._sql, lambda: next(self._reader, None))
            if batch is None:
                self._settle()
                cause = self._cause()
                if isinstance(cause, DatabaseError):
                    raise cause
            else:
                _refuse_giants(batch)
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
