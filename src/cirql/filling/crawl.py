"""Crawl: a sync whose accounts are shared out among processes, each with a runtime of its own, into one inventory.

The plan is data: shards, each some accounts. Limits of AWS hold for an account and a region, so nothing of them is shared between
processes. A process that dies is replaced and its shard is done again: what it had kept since the run began is done, and is not read
again, so nothing is lost and nothing is kept twice.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Any

from cirql.errors import Error, OperationalError, SettingsError
from cirql.filling.sync import Run, Summary, TableReport, sync
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from cirql.session import Session

ACCOUNTS_A_SHARD = 8
"""Blocks of eight cost a third, for each place, of what single accounts cost."""

MOST_DEATHS = 20
"""A shard that so many processes died of is what they die of."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a crawl: some accounts, by their ids. `number` counts from 1."""

    number: int
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process, the way to it, and what it is doing."""

    process: SpawnProcess
    door: Connection
    shard: Shard


def share_out(accounts: Iterable[str], workers: int, most: int = ACCOUNTS_A_SHARD) -> tuple[Shard, ...]:
    """The accounts in shards of at most `most`, and no fewer shards than there are workers, where there are so many accounts.

    >>> [p.accounts for p in share_out(["3", "1", "2"], workers=2)]
    [('1', '2'), ('3',)]
    """
    ids = sorted(set(accounts))
    size = max(1, min(most, -(-len(ids) // max(workers, 1))))
    return tuple(Shard(n + 1, tuple(ids[at : at + size])) for n, at in enumerate(range(0, len(ids), size)))


def accounts_of(session: Session) -> tuple[str, ...]:
    """The ids of the accounts in a session's reach. Raises SettingsError where one would not say who it is."""
    from cirql.cloud.survey import Inquiry

    reach = session.reach
    survey = session.start(session.cloud.survey(Inquiry(reach, reach.regions, identified=True))).result()
    if not all(a.id for a in survey.accounts):
        raise SettingsError("an account in scope does not say its id, and accounts are what is shared out", hint="sync without --workers")
    return tuple(a.id for a in survey.accounts)


def crawl(
    session: Session,
    scope: Mapping[str, Any],
    run: Run,
    workers: int,
    tell: Callable[[Shard, Summary], None] = lambda shard, summary: None,
    *,
    full: bool = False,
) -> Summary:
    """Read the tables of a run in every account, shard by shard, by so many processes; `tell` hears of each shard as it ends.

    `scope` are the arguments that the session was opened with. Raises SettingsError for an inventory in memory, OperationalError
    where processes die of a shard, and what went wrong in one.
    """
    if session.settings.store_place is None:
        raise SettingsError("an inventory in memory cannot be filled by several processes", hint="name a directory with --store")
    began = time.monotonic()
    reports: list[TableReport] = []
    for shard, summary in _done(scope, replace(run, note=None), share_out(accounts_of(session), workers), workers, full=full):
        reports += summary.tables
        tell(shard, summary)
    if run.note is not None:
        session.memory.store(session.settings).swap_note(*run.note, None)
    return Summary(run, list(_added_up(reports)), time.monotonic() - began)


def _done(scope: Mapping[str, Any], run: Run, shards: Sequence[Shard], workers: int, *, full: bool) -> Iterator[tuple[Shard, Summary]]:
    """The shards as they end."""
    waiting, deaths = deque(shards), dict.fromkeys(shards, 0)
    crew: dict[Connection, _Worker] = {}
    with _dismissed(crew):
        while waiting or crew:
            while waiting and len(crew) < workers:
                worker = _hire(scope, run, waiting.popleft(), full=full)
                crew[worker.door] = worker
            for door in wait(list(crew)):
                assert isinstance(door, Connection)
                worker = crew.pop(door)
                answer = _answer(worker)
                if answer is None:
                    deaths[worker.shard] += 1
                    if deaths[worker.shard] > MOST_DEATHS:
                        accounts = ", ".join(worker.shard.accounts)
                        raise OperationalError(f"{MOST_DEATHS} processes died of accounts {accounts}", hint="sync them without --workers")
                    waiting.appendleft(worker.shard)
                    continue
                if isinstance(answer, BaseException):
                    raise answer
                yield worker.shard, answer
                if waiting:
                    following = replace(worker, shard=waiting.popleft())
                    crew[door] = following
                    _ask(following)
                else:
                    _dismiss(worker)


def _hire(scope: Mapping[str, Any], run: Run, shard: Shard, *, full: bool) -> _Worker:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, dict(scope), run, full), daemon=True)
    process.start()
    theirs.close()  # so that the door is heard to close when the process dies
    worker = _Worker(process, mine, shard)
    _ask(worker)
    return worker


def _ask(worker: _Worker) -> None:
    try:
        worker.door.send(worker.shard)
    except OSError:
        pass  # it has died meanwhile, and the door says so when it is listened at


def _answer(worker: _Worker) -> Summary | Error | None:
    """What came of a shard; None where the process died."""
    try:
        answer: Summary | Error = worker.door.recv()
    except (EOFError, OSError):
        worker.door.close()
        worker.process.join()
        return None
    return answer


def _dismiss(worker: _Worker) -> None:
    try:
        worker.door.send(None)
    except OSError:
        pass  # it has gone already
    worker.door.close()
    worker.process.join()


@contextmanager
def _dismissed(crew: Mapping[Connection, _Worker]) -> Iterator[None]:
    """However the block ends, nobody goes on working."""
    try:
        yield
    finally:
        for worker in crew.values():
            worker.process.terminate()
            worker.process.join()
            worker.door.close()


def _serve(door: Connection, scope: Mapping[str, Any], run: Run, full: bool) -> None:
    """What a process does: shard after shard, until there is none or nobody asks."""
    from cirql.runtime import Runtime
    from cirql.settings import Settings

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever hired it ends it
    with Runtime(Settings.load(**scope)) as runtime:
        while True:
            try:
                shard = door.recv()
            except (EOFError, OSError):
                return
            if shard is None:
                return
            try:
                with runtime.session(accounts=list(shard.accounts)) as session:
                    door.send(sync(session, run, full=full))
            except Error as error:
                door.send(error)


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
        notices = tuple(dict.fromkeys(before.notices + report.notices))
        by_table[report.table] = replace(before, failures=before.failures + report.failures, notices=notices, **sums)
    yield from by_table.values()
