"""Worker: reads shard after shard of a crawl in a runtime of its own, and asks whoever holds the inventory for all that touches it.

It signs in by itself: what it is told are settings (which profiles, which roles), so credentials are assumed where it runs. How it talks
with the holder is not known here.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cirql.errors import Error, OperationalError
from cirql.filling.shards import Shard
from cirql.filling.sync import Run, Summary, sync
from cirql.inventory.proxy import ProxyStore
from cirql.runtime import Runtime
from cirql.settings import Settings
from cirql.startup.records import dataclass, field

BEGIN = "begin"
"""StoreCall before a shard is read: it is answered when nothing that an earlier worker saw of it is still being written."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker of a crawl is told: the settings that its session has, and what to read. `full`: describe what is unchanged too."""

    scope: dict[str, Any] = field(repr=False)
    run: Run
    full: bool = False


@dataclass(frozen=True, slots=True)
class StoreCall:
    """A worker wants something of the inventory: a method of `Store` with its arguments. No other question has its `token`."""

    shard: int
    token: str
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """What a worker says to `begin`: in which process it reads."""

    pid: int


class Worker:
    """Reads one shard at a time. `send` takes what it asks, from any thread; `hear` is told the answers, from any thread."""

    def __init__(self, job: Job, send: Callable[[StoreCall], None]) -> None:
        self._job = job
        self._send = send
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._numbers = itertools.count()
        self._name = os.urandom(8).hex()
        self._shard = 0
        self._runtime = Runtime(Settings.load(**job.scope), store=ProxyStore(self._ask))

    def read(self, shard: Shard) -> Summary | Error:
        """Read all tables of the run in the accounts of a shard; what came of it, or what went wrong with all of it."""
        self._shard = shard.number
        try:
            self._ask(BEGIN, (Started(os.getpid()),))
            with self._runtime.session(accounts=list(shard.accounts)) as session:
                return sync(session, self._job.run, full=self._job.full)
        except Error as error:
            return error

    def hear(self, token: str, answer: Any) -> None:
        """An answer has come; one to a question that nobody here asked is passed over."""
        with self._lock:
            waiting = self._waiting.pop(token, None)
        if waiting is None:
            return
        if isinstance(answer, BaseException):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    def close(self) -> None:
        """End what runs: nobody answers any more."""
        with self._lock:
            left, self._waiting = list(self._waiting.values()), {}
        for waiting in left:
            waiting.set_exception(OperationalError("the crawl has ended"))
        self._runtime.close()

    def _ask(self, method: str, arguments: tuple[Any, ...]) -> Any:
        answer: Future[Any] = Future()
        token = f"{self._name}-{next(self._numbers)}"
        with self._lock:
            self._waiting[token] = answer
        self._send(StoreCall(self._shard, token, method, arguments))
        return answer.result()
