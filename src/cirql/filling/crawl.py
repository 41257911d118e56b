"""Crawl: a sync whose accounts are shared out among workers, into one inventory that this process alone touches.

Workers read AWS and send what they saw; one committer keeps it, what many of them saw together. A worker that dies is replaced and its
shard is done again: what it had kept since the run began is done, and is not read again, so nothing is lost and nothing is kept twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from cirql.errors import Error, OperationalError, SettingsError
from cirql.filling.crews import Crew, Done, Processes
from cirql.filling.shards import CrawlPlan, Shard, planned
from cirql.filling.sync import Run, Summary, TableReport, expected_calls
from cirql.filling.worker import BEGIN, Job, Started, StoreCall
from cirql.inventory.proxy import WRITE, answered, unpacked
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.fetch.loop import Work
    from cirql.session import Session

MOST_DEATHS = 20
"""A shard that so many workers died of is what they die of."""
RAY = "ray"


class Watching(Protocol):
    """Who hears how a crawl goes on."""

    def began(self, plan: CrawlPlan) -> None:
        """The plan is made."""
        ...

    def reading(self, worker: int, pid: int, shard: Shard, again: bool) -> None:
        """A worker reads a shard from now on; again, after it or another died of it or beside it."""
        ...

    def ended(self, shard: Shard, summary: Summary) -> None:
        """A shard is done."""
        ...


class Unwatched:
    """Nobody hears."""

    def began(self, plan: CrawlPlan) -> None:
        """As in `Watching`."""

    def reading(self, worker: int, pid: int, shard: Shard, again: bool) -> None:
        """As in `Watching`."""

    def ended(self, shard: Shard, summary: Summary) -> None:
        """As in `Watching`."""


def crawl(
    session: Session,
    scope: Mapping[str, Any],
    run: Run,
    workers: int,
    watch: Watching | None = None,
    *,
    full: bool = False,
    on: str | None = None,
) -> Summary:
    """Read the tables of a run in every account, shard by shard, by so many workers.

    They are processes of this machine, or with `on` actors of a Ray cluster: `ray` starts one here, `ray://host:port` and `host:port`
    name one. `scope` are the arguments that the session was opened with. Raises SettingsError for an inventory in memory, without the
    extra `scale`, and for a key that would leave this machine; OperationalError where workers die of a shard, and what went wrong in one.
    """
    if session.settings.store_place is None:
        raise SettingsError("an inventory in memory cannot be filled by several processes", hint="name a directory with --store")
    began, watch = time.monotonic(), watch or Unwatched()
    plan = planned(session, run.tables, expected_calls(session, run.tables), workers)
    watch.began(plan)
    crew = _crew(session, Job(dict(scope), replace(run, note=None), full), workers, on)
    reports: list[TableReport] = []
    for shard, summary in _done(session, crew, plan, watch):
        reports += summary.tables
        watch.ended(shard, summary)
    if run.note is not None:
        session.memory.store(session.settings).swap_note(*run.note, None)
    return Summary(run, list(_added_up(reports)), time.monotonic() - began)


def _crew(session: Session, job: Job, workers: int, on: str | None) -> Crew:
    if on is None:
        return Processes(job, workers)
    from cirql.filling.ray_crew import RayCrew

    if on != RAY and session.settings.credentials:
        raise SettingsError("keys do not leave this machine", hint="name profiles and roles: they are assumed where the workers run")
    return RayCrew(job, workers, None if on == RAY else on)


def _done(session: Session, crew: Crew, plan: CrawlPlan, watch: Watching) -> Iterator[tuple[Shard, Summary]]:
    """The shards as they end."""
    waiting, left = deque(plan.shards), len(plan.shards)
    if not left:
        return
    with crew:
        holder = _Holder(session, crew, plan, watch)
        try:
            while left:
                for worker, heard in crew.hear():
                    if isinstance(heard, StoreCall):
                        holder.asked(worker, heard)
                        continue
                    if isinstance(heard, Done):
                        left -= 1
                        if isinstance(heard.outcome, Error):
                            raise heard.outcome
                        yield heard.shard, heard.outcome
                    if waiting:
                        crew.give(worker, waiting.popleft())
        finally:
            holder.rest()


class _Holder:
    """Answers what workers ask of the inventory. What they saw is kept by the session's committer, of many workers at once."""

    def __init__(self, session: Session, crew: Crew, plan: CrawlPlan, watch: Watching) -> None:
        self._session = session
        self._crew = crew
        self._watch = watch
        self._gathering = session.memory.gathering(session.settings)
        self._shards = {shard.number: shard for shard in plan.shards}
        self._writes: dict[int, list[Work[None]]] = {}
        self._begun: dict[int, int] = dict.fromkeys(self._shards, 0)

    def asked(self, worker: int, asked: StoreCall) -> None:
        """Begin to answer. Raises OperationalError where workers die of a shard."""
        if asked.method == BEGIN:
            self._begin(worker, asked)
            return
        work = self._session.start(self._answer(worker, asked))
        if asked.method == WRITE:
            under_way = [w for w in self._writes.get(asked.shard, ()) if not w.done()]
            self._writes[asked.shard] = [*under_way, work]

    def _begin(self, worker: int, asked: StoreCall) -> None:
        """A shard begins, perhaps again: what a worker that died had sent of it is kept first, so that it is known and not read again."""
        shard, times = self._shards[asked.shard], self._begun[asked.shard]
        self._begun[asked.shard] += 1
        if times > MOST_DEATHS:
            accounts = ", ".join(shard.accounts)
            raise OperationalError(f"{MOST_DEATHS} workers died of accounts {accounts}", hint="sync them without --workers")
        started: Started = asked.arguments[0]
        self._watch.reading(worker, started.pid, shard, times > 0)
        for write in self._writes.pop(asked.shard, ()):
            write.result()
        self._crew.answer(worker, asked.token, None)

    async def _answer(self, worker: int, asked: StoreCall) -> None:
        answer: Any
        try:
            if asked.method == WRITE:
                sent = await asyncio.to_thread(lambda: [unpacked(o) for o in asked.arguments[0]])
                answer = await self._gathering.keep(sent)
            else:
                answer = await asyncio.to_thread(answered, self._gathering.store, asked.method, asked.arguments)
        except (Error, OSError) as fault:
            answer = fault
        await asyncio.to_thread(self._crew.answer, worker, asked.token, answer)

    def rest(self) -> None:
        """Wait until what was sent is kept."""
        for writes in self._writes.values():
            for write in writes:
                write.result()


def _added_up(reports: Iterable[TableReport]) -> Iterator[TableReport]:
    """One report a table, of those of its shards."""
    by_table: dict[str, TableReport] = {}
    counts = ("places", "rows", "calls", "created", "changed", "gone", "reused", "seconds")
    for report in reports:
        before = by_table.get(report.table)
        if before is None:
            by_table[report.table] = report
            continue
        sums = {name: getattr(before, name) + getattr(report, name) for name in counts}
        failing = tuple(sorted((Counter(dict(before.failing)) + Counter(dict(report.failing))).items()))
        notices = tuple(dict.fromkeys(before.notices + report.notices))
        by_table[report.table] = replace(before, failures=before.failures + report.failures, notices=notices, failing=failing, **sums)
    yield from by_table.values()
