"""Crew: the workers of a crawl and the ways to them. Here they are processes of this machine; `ray_crew.py` has Ray's actors.

A crew hands shards to workers that are idle and replaces those that die: their shards are begun again. It knows no table and no inventory.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Protocol, Self

from cirql.errors import Error
from cirql.filling.shards import Shard
from cirql.filling.sync import Summary
from cirql.filling.worker import Job, StoreCall, Worker
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Idle:
    """A worker has nothing to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """A shard has ended: what came of it, or what went wrong with all of it."""

    shard: Shard
    outcome: Summary | Error


Heard = Idle | Done | StoreCall


class Crew(Protocol):
    """Workers by number. Used in a `with`, at whose end all are gone."""

    def __enter__(self) -> Self:
        """Hire them."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Dismiss them, whatever they do."""
        ...

    def hear(self) -> Iterable[tuple[int, Heard]]:
        """Wait until any of them says something. One that has ended a shard says `Done`, and is idle."""
        ...

    def give(self, worker: int, shard: Shard) -> None:
        """Have an idle worker read a shard. If it dies, the one in its place reads it."""
        ...

    def answer(self, worker: int, token: str, answer: Any) -> None:
        """Tell a worker what it asked, from any thread. One that is gone is told nothing."""
        ...


class _Hand:
    """A process, the way to it, and what it reads."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self.door, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, job), daemon=True)
        self.process.start()
        theirs.close()  # so that the door is heard to close when the process dies
        self.shard: Shard | None = None
        self._lock = threading.Lock()

    def tell(self, what: object) -> None:
        """Send something; where it has died meanwhile the door says so when it is listened at."""
        with self._lock:
            try:
                self.door.send(what)
            except OSError:
                pass

    def end(self) -> None:
        """Kill it: it holds nothing that is not in the inventory."""
        self.process.kill()
        self.process.join()
        with self._lock:
            self.door.close()


class Processes:
    """A crew of processes, each with an interpreter of its own."""

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._workers = workers
        self._hands: dict[int, _Hand] = {}
        self._idle: list[int] = []

    def __enter__(self) -> Self:
        for number in range(1, self._workers + 1):
            self._hands[number] = _Hand(self._job)
            self._idle.append(number)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for hand in self._hands.values():
            hand.end()

    def give(self, worker: int, shard: Shard) -> None:
        """As in `Crew`."""
        self._hands[worker].shard = shard
        self._hands[worker].tell(shard)

    def answer(self, worker: int, token: str, answer: Any) -> None:
        """As in `Crew`."""
        self._hands[worker].tell((token, answer))

    def hear(self) -> Iterable[tuple[int, Heard]]:
        """As in `Crew`."""
        if self._idle:
            idle, self._idle = self._idle, []
            return [(number, Idle()) for number in idle]
        ways: dict[Any, int] = {hand.door: number for number, hand in self._hands.items()}
        heard: list[tuple[int, Heard]] = []
        for door in wait(list(ways)):
            said = self._listen(ways[door], door)
            if said is not None:
                heard.append((ways[door], said))
        return heard

    def _listen(self, worker: int, door: Any) -> Heard | None:
        """What a worker says; None where it has died, and is replaced."""
        try:
            said: Heard = door.recv()
        except (EOFError, OSError):
            hand = self._hands[worker]
            hand.end()
            self._hands[worker] = _Hand(self._job)
            if hand.shard is not None:
                self.give(worker, hand.shard)
            return None
        if isinstance(said, Done):
            self._hands[worker].shard = None
        return said


def _serve(door: Connection, job: Job) -> None:
    """What a process does: shard after shard, until nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever hired it ends it
    lock = threading.Lock()

    def say(what: Heard) -> None:
        with lock:
            door.send(what)

    worker = Worker(job, say)
    try:
        while True:
            told = door.recv()
            if isinstance(told, Shard):
                threading.Thread(target=lambda shard: say(Done(shard, worker.read(shard))), args=(told,), daemon=True).start()
            else:
                worker.hear(*told)
    except (EOFError, OSError):
        os._exit(0)  # nobody is there to whom anything could matter; what was kept is kept
