"""RayCrew: the workers of a crawl as actors of a Ray cluster. Where they run, that a dead one is replaced, and that what it was told to
read is given to the one in its place are Ray's doing.

The one who asks for the crawl keeps the inventory, wherever the cluster is: actors hand out what they ask when it is fetched, and are told
the answers. Ray is imported here alone, and here when a crawl on it begins (the extra `scale`).
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import sys
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stdout
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cirql.errors import Error, OperationalError, SettingsError
from cirql.filling.crews import Done, Heard, Idle
from cirql.filling.shards import Shard
from cirql.filling.sync import Summary
from cirql.filling.worker import Job, StoreCall, Worker

if TYPE_CHECKING:
    from cirql.inventory.model import WriteSummary

CALLS_AT_ONCE = 4
"""One that reads, one that is fetched from, two that bring answers."""
FETCH_SECONDS = 5.0
"""How long an actor lets wait who fetches what it asks, when it asks nothing."""
OBJECT_STORE_BYTES = 128 * 1024 * 1024
INSTALL = "pip install 'cirql[scale]'"


class RayWorker:
    """The actor: a `Worker`, and a queue of what it asks."""

    def __init__(self, job: Job) -> None:
        self._asked: queue.SimpleQueue[StoreCall] = queue.SimpleQueue()
        self._worker = Worker(job, self._asked.put)
        self._meters = _Meters()

    def ready(self) -> None:
        """Answered when it is there."""

    def read(self, shard: Shard) -> Summary | Error:
        """Read a shard."""
        outcome = self._worker.read(shard)
        self._meters.count(outcome)
        return outcome

    def fetch(self) -> list[StoreCall]:
        """What it asks; nothing after a while."""
        try:
            found = [self._asked.get(timeout=FETCH_SECONDS)]
        except queue.Empty:
            return []
        while not self._asked.empty():
            found.append(self._asked.get())
        return found

    def hear(self, token: str, answer: Any) -> None:
        """The answer to something that it asked."""
        if isinstance(answer, list):
            self._meters.kept(answer)
        self._worker.hear(token, answer)


class _Meters:
    """What Ray's own metrics show of a crawl, by account."""

    def __init__(self) -> None:
        from ray.util.metrics import Counter

        tags = ("account",)
        self._places = Counter("cirql_places", "Places (account, region and table) that were kept.", tags)
        self._rows = Counter("cirql_rows", "Rows that were read.", tags)
        self._calls = Counter("cirql_calls", "Calls of AWS's API.", tags)
        self._failures = Counter("cirql_incomplete_places", "Places that were not read completely.", tags)

    def kept(self, written: list[WriteSummary]) -> None:
        """So much was kept."""
        for scan in (w.scan for w in written):
            tags = {"account": scan.partition.account}
            for counter, value in ((self._places, int(scan.complete)), (self._rows, scan.rows), (self._calls, scan.calls)):
                if value:
                    counter.inc(value, tags)

    def count(self, outcome: Summary | Error) -> None:
        """A shard has ended."""
        for account, failures in outcome.failures_by_account().items() if isinstance(outcome, Summary) else ():
            self._failures.inc(failures, {"account": account})


def _told_before(address: str | None) -> None:
    """What Ray reads of the environment when it is imported.

    A cluster that is started here tells its makers nothing. Its ports are open to the network, whatever address it is given; who has
    not the token is refused there.
    """
    told = {"RAY_USAGE_STATS_ENABLED": "0"}
    if address is None:
        told |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in told.items():
        os.environ.setdefault(name, value)


class RayCrew:
    """Actors of the cluster at an address; without one, of a cluster that is started here and ends with the crawl."""

    def __init__(self, job: Job, workers: int, address: str | None) -> None:
        if "ray" not in sys.modules:
            _told_before(address)
        try:
            import ray
        except ImportError:
            raise SettingsError("a crawl on Ray needs the package 'ray'", hint=INSTALL) from None
        self._ray: Any = ray
        self._job = job
        self._workers = workers
        self._address = address
        self._cleanup = ExitStack()
        self._actors: dict[int, Any] = {}
        self._waits: dict[Any, tuple[int, Shard | str]] = {}

    def __enter__(self) -> Self:
        ray = self._ray
        # Ray says on stdout, of this whole process, what befalls its workers; what is there is somebody's result.
        self._cleanup.enter_context(redirect_stdout(sys.stderr))
        with self._cleanup.pop_all() as cleanup:
            self._connect()
            cleanup.callback(ray.shutdown)  # its actors end with the one who made them
            self._cleanup = cleanup.pop_all()
        options = {"max_restarts": -1, "max_task_retries": -1, "max_concurrency": CALLS_AT_ONCE, "num_cpus": 1}
        kind = ray.remote(RayWorker).options(**options)
        for number in range(1, self._workers + 1):
            self._actors[number] = actor = kind.remote(self._job)
            self._waits[actor.ready.remote()] = number, "ready"
        return self

    def _connect(self) -> None:
        ray = self._ray
        quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
        try:
            if self._address is not None:
                ray.init(self._address, **quiet)
                return
            cores = max(self._workers, os.cpu_count() or 1)
            ray.init(
                "local",
                num_cpus=cores,
                object_store_memory=OBJECT_STORE_BYTES,
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                **quiet,
            )
        except (ConnectionError, RuntimeError, ValueError) as fault:
            where = self._address or "this machine"
            raise OperationalError(f"no Ray cluster at {where}: {fault}", hint="--on ray starts one on this machine") from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._cleanup.close()

    def give(self, worker: int, shard: Shard) -> None:
        """As in `Crew`."""
        self._waits[self._actors[worker].read.remote(shard)] = worker, shard

    def answer(self, worker: int, token: str, answer: Any) -> None:
        """As in `Crew`."""
        self._actors[worker].hear.remote(token, answer)

    def hear(self) -> Iterable[tuple[int, Heard]]:
        """As in `Crew`."""
        heard: list[tuple[int, Heard]] = []
        ready, _ = self._ray.wait(list(self._waits), num_returns=1)
        for way in ready:
            worker, about = self._waits.pop(way)
            found = self._found(way, worker)
            if isinstance(about, Shard):
                heard.append((worker, Done(about, found)))
                continue
            self._waits[self._actors[worker].fetch.remote()] = worker, "fetch"
            heard += [(worker, Idle())] if about == "ready" else [(worker, asked) for asked in found]
        return heard

    def _found(self, way: Any, worker: int) -> Any:
        try:
            return self._ray.get(way)
        except self._ray.exceptions.RayError as fault:
            raise OperationalError(f"worker {worker} of the Ray cluster failed: {str(fault).strip().splitlines()[-1]}") from None
