"""A simulated API: a token bucket behind a latency, with random throttles, asked through `cirql.cloud.limits` in made-up time.

The limits are the real ones, in a real event loop whose time is made up: where nothing is left to do but wait, it is later at once. So
minutes take milliseconds, nothing depends on the machine, and the same seed gives the same figures.
"""

from __future__ import annotations

import asyncio
import math
import random
import selectors
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cirql.cloud.limits import Limits, Line
from cirql.cloud.retry import Verdict, backoff

Found = TypeVar("Found")


class _Impatient(selectors.SelectSelector):
    """Waits for nothing: what it was to wait is added to the time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits, and nothing will end it")
        if not ready and timeout:
            self.now += timeout + 1e-9
        return ready


class MadeUpTime(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._impatient.now


def in_made_up_time(work: Coroutine[Any, Any, Found]) -> Found:
    """What the work gives."""
    loop = MadeUpTime()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@dataclass
class Server:
    """A token bucket, as AWS counts: `rate` tokens a second, `burst` of them at most. `changes`: another rate from a moment on.

    `noise`: the share of requests that are throttled whatever the bucket holds.
    """

    rate: float = math.inf
    burst: float = math.inf
    changes: tuple[float, float] = (math.inf, 0.0)
    noise: float = 0.0
    latency: float = 0.05
    filled_at: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def takes(self, now: float) -> bool:
        if self.dice.random() < self.noise:
            return False
        if math.isinf(self.rate):
            return True
        rate = self.rate if now < self.changes[0] else self.changes[1]
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken


@dataclass
class Outcome:
    """What came of a load: calls answered, throttles by second, seconds until the last answer, tries of the unluckiest call."""

    answered: int = 0
    throttles: Counter[int] = field(default_factory=Counter)
    wall: float = 0.0
    most_tries: int = 0

    @property
    def throttled(self) -> float:
        """The share of requests that were throttled."""
        return self.throttles.total() / max(1, self.answered + self.throttles.total())


async def ask(server: Server, line: Line, calls: int, outcome: Outcome) -> None:
    """That many calls, all wanted at once, each tried until it is answered."""
    loop = asyncio.get_running_loop()

    async def one() -> None:
        tries = 0
        while True:
            tries += 1
            before = line.served
            await line.enter()
            try:
                await asyncio.sleep(server.dice.random() / 500)
                sent = loop.time()
                is_served = server.takes(sent)
                await asyncio.sleep(server.latency * (1 + server.dice.random() / 10))
                if is_served:
                    line.succeed(loop.time(), sent)
                    outcome.answered += 1
                    outcome.most_tries = max(outcome.most_tries, tries)
                    return
                line.throttle(loop.time(), sent)
                outcome.throttles[int(loop.time())] += 1
            finally:
                line.leave()
            others = line.has_served(before, loop.time())
            await asyncio.sleep(backoff(tries, Verdict.THROTTLE, server.dice.random(), others_served=others))

    began = loop.time()
    await asyncio.gather(*(one() for _ in range(calls)))
    outcome.wall = loop.time() - began


def simulate(server: Server, calls: int, *, api: str = "sagemaker:ListTags", ceiling: float | None = None, clients: int = 1) -> Outcome:
    """The calls of `clients` programs that know nothing of each other, as one outcome."""

    async def work() -> Outcome:
        outcome = Outcome()
        service, operation = api.split(":")
        rates = {} if ceiling is None else {service: ceiling}
        lines = [Limits(256, rates).line("a", "r", service, operation, 0.0) for _ in range(clients)]
        await asyncio.gather(*(ask(server, line, calls // clients, outcome) for line in lines))
        outcome.wall = asyncio.get_running_loop().time()
        return outcome

    return in_made_up_time(work())


def statements(server: Server, calls: int, times: int, *, pause: float = 1.0) -> list[Outcome]:
    """The same load over and over in one session."""

    async def work() -> list[Outcome]:
        line = Limits(256, {}).line("a", "r", "sagemaker", "ListTags", 0.0)
        outcomes = []
        for _ in range(times):
            outcomes.append(Outcome())
            await ask(server, line, calls, outcomes[-1])
            await asyncio.sleep(pause)
        return outcomes

    return in_made_up_time(work())
