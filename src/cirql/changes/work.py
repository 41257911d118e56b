"""What a write needs of the session it belongs to, and the work it does at AWS: on the session's loop, every request counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cirql.changes.apply import Applier
from cirql.changes.drafting import Drafting
from cirql.changes.model import Change, JournalEntry
from cirql.changes.places import Places
from cirql.cloud.stats import CallStats, recording
from cirql.errors import AccessDenied, DatabaseError
from cirql.result import ProgressEvent, Stats
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.journal import Journal
    from cirql.changes.plan import ChangePlan
    from cirql.cloud import Cloud
    from cirql.cloud.reach import Reach
    from cirql.fetch.loop import Work
    from cirql.result import Result
    from cirql.settings import Settings
    from cirql.sql.parse import Statement

T = TypeVar("T")


class WriterHome(Protocol):
    """What a writer needs of its session."""

    settings: Settings
    confirm: Callable[[ChangePlan], bool] | None
    user: str | None

    @property
    def reach(self) -> Reach:
        """The accounts and regions that statements ask now."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The tables."""
        ...

    @property
    def cloud(self) -> Cloud:
        """The door to AWS."""
        ...

    @property
    def journal(self) -> Journal:
        """Where changes are written down."""
        ...

    def start(self, work: Coroutine[Any, Any, T]) -> Work[T]:
        """Run a coroutine on the session's loop."""
        ...

    def wait(self, work: Work[T]) -> T:
        """Wait for it, unless the statement is stopped."""
        ...

    def select(self, statement: Statement, *, live: bool = False) -> Result:
        """Run a query; `live` asks AWS, whatever the inventory knows."""
        ...

    def tell(self, event: ProgressEvent) -> None:
        """Say how far work has come."""
        ...


class ChangeWork:
    """The work of one session's writes. `stats` are of the statement that runs, from `begin` on."""

    def __init__(self, home: WriterHome) -> None:
        self.home = home
        self.stats = CallStats()
        self._places: Places | None = None

    def begin(self) -> None:
        """A statement begins: nothing has been asked for it yet."""
        self.stats = CallStats()

    @property
    def drafting(self) -> Drafting:
        """Makes changes of rows, for the accounts and regions in reach now."""
        return Drafting(self.home.catalog, self.home.cloud, self.where)

    @property
    def where(self) -> Places:
        """Says which target a row's change goes to."""
        reach = self.home.reach
        if self._places is None or self._places.reach != reach:
            self._places = Places(self.home.cloud, reach)
        return self._places

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the session's loop, counting calls; the one error of a task group is raised as itself."""

        async def counted() -> T:
            with recording() as stats:
                try:
                    return await work
                finally:
                    self.stats.calls.update(stats.calls)
                    self.stats.retries += stats.retries
                    self.stats.throttles += stats.throttles

        try:
            return self.home.wait(self.home.start(counted()))
        except BaseExceptionGroup as group:
            raise _first_error(group) from None

    def require_writable(self) -> None:
        """Raises AccessDenied where the session only reads."""
        if not self.home.settings.writable:
            raise AccessDenied("this session is read-only", hint="cirql query --write, or connect(writable=True); EXPLAIN shows the plan")

    def add(self, stats: Stats) -> None:
        """Count what a query of this statement cost."""
        self.stats.calls.update(stats.calls)
        self.stats.retries += stats.retries
        self.stats.throttles += stats.throttles

    def cost(self, started: float) -> Stats:
        """What the statement has cost; `started` is in seconds of the monotonic clock."""
        wall = round((time.monotonic() - started) * 1000)
        return Stats(calls=dict(self.stats.calls), retries=self.stats.retries, throttles=self.stats.throttles, wall_ms=wall)

    async def targeted(self, changes: Sequence[Change]) -> list[Change]:
        """The changes of a saved plan with this session's own credentials for their accounts."""
        return [replace(c, target=await self.where.of_row(c.target.region, c.target.account)) for c in changes]

    def applier(self, total: int) -> Applier:
        """Carries out `total` changes and tells how many have ended."""
        done: set[str] = set()

        def tell(entry: JournalEntry) -> None:
            if not entry.state.is_open:
                done.add(entry.change.id)
            self.home.tell(ProgressEvent(entry.change.title, self.stats.requests, len(done), len(done) == total))

        return Applier(self.home.cloud, self.home.journal, time.time, self.home.settings.change_timeout, tell=tell)


def _first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first_error(error)
        if isinstance(error, DatabaseError):
            return error
    return group.exceptions[0]
