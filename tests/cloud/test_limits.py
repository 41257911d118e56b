"""Rate limits: the pace learns what an API allows, and nobody waits longer, or less, than they must."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import time
from collections import Counter, deque
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cirql.cloud.limits import Gate, Limits
from cirql.cloud.pace import FIRST_WINDOW, FLOOR, Pace
from cirql.cloud.rates import Rate

UNKNOWN = Rate()


@dataclass
class Server:
    """A token bucket, as AWS counts: `rate` tokens a second, `burst` of them at most. `changes`: another rate from a moment on."""

    rate: float
    burst: float
    changes: tuple[float, float] = (math.inf, 0.0)
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def takes(self, now: float) -> bool:
        rate = self.rate if now < self.changes[0] else self.changes[1]
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken


@dataclass
class Client:
    """One API's calls: all of them wanted at once, sent as its gate and its pace let them."""

    pace: Pace
    gate: Gate
    waiting: deque[int]
    head_waits: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a simulated load: calls answered, throttles by second, when the last answer came, and the pace at the end."""

    answered: int
    throttles: Counter[int]
    ended: float
    pace: Pace

    @property
    def throttled(self) -> float:
        """The share of requests that were throttled."""
        return self.throttles.total() / (self.answered + self.throttles.total())


def simulate(server: Server, calls: int, *, start: Rate = UNKNOWN, clients: int = 1, latency: float = 0.05) -> Outcome:
    """Calls through a gate and a pace as `Line` uses them, on a simulated clock; throttled ones are tried again after a while."""
    dice = random.Random(7)
    events: list[tuple[float, int, str, Client, float]] = []
    order, answered, throttles, now = 0, 0, Counter[int](), 0.0

    def later(when: float, kind: str, client: Client, sent: float = 0.0) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (when, order, kind, client, sent))

    def admit(client: Client) -> None:
        while client.waiting and not client.head_waits and client.gate.try_enter():
            client.waiting.popleft()
            delay = client.pace.reserve(now)
            client.head_waits = delay > 0
            later(now + delay + dice.random() / 500, "sent late" if delay else "sent", client)

    first = None if start.per_second < math.inf else FIRST_WINDOW
    everyone = [
        Client(Pace(start.per_second, start.ceiling, 0.0, start.expected), Gate(start.concurrency, first), deque(range(calls // clients)))
        for _ in range(clients)
    ]
    for client in everyone:
        admit(client)
    while events:
        now, _, kind, client, sent = heapq.heappop(events)
        match kind:
            case "sent" | "sent late":
                client.head_waits = client.head_waits and kind == "sent"
                later(now + latency * (1 + dice.random() / 10), "served" if server.takes(now) else "throttled", client, now)
            case "served":
                answered += 1
                client.pace.succeed(now, sent)
                client.gate.leave()
            case "throttled":
                throttles[int(now)] += 1
                client.pace.throttle(now, sent)
                client.gate.open()
                client.gate.leave()
                later(now + dice.random() / 4, "again", client)
            case _:
                client.waiting.append(0)
        admit(client)
    return Outcome(answered, throttles, now, everyone[0].pace)


@pytest.mark.parametrize("rate", [5.0, 10.0, 25.0, 100.0, 500.0])
@pytest.mark.parametrize("burst", [0.3, 1.0, 2.0, 5.0])
def test_the_pace_finds_what_an_api_allows(rate: float, burst: float) -> None:
    calls = int(rate * (max(60, 800 / rate) + burst))
    found = simulate(Server(rate, rate * burst), calls)
    assert found.answered == calls
    assert found.ended * rate * 0.95 <= calls  # what the bucket held at first may make up for what was not used
    settled = sum(n for second, n in found.throttles.items() if second >= max(10, 400 / rate))
    assert settled / calls < 0.02
    # Before that: no more than one round, some to measure with, and one or two each time the rate climbs back.
    assert found.throttles.total() - settled <= min(max(rate * burst, FIRST_WINDOW), 96) + 30 + rate / 10


@pytest.mark.parametrize("start", [Rate(25.0), Rate(expected=25.0), Rate(20.0), Rate(60.0)], ids=["known", "expected", "less", "more"])
def test_a_limit_known_beforehand_is_not_overrun(start: Rate) -> None:
    found = simulate(Server(25, 25), 2000, start=start)
    assert found.throttled < 0.02
    assert found.ended * 25 * 0.95 <= 2000


def test_a_limit_that_falls_is_found_within_two_seconds() -> None:
    found = simulate(Server(100, 100, changes=(10.0, 25.0)), 3000)
    assert sum(n for second, n in found.throttles.items() if second >= 13) / 2000 < 0.02
    assert found.throttles[10] + found.throttles[11] + found.throttles[12] < 60
    assert found.ended < 10 + (3000 - 1100) / 25 * 1.05


def test_a_limit_that_rises_is_found_within_half_a_minute() -> None:
    found = simulate(Server(25, 25, changes=(10.0, 100.0)), 6000)
    assert found.ended < 10 + 35 + (6000 - 275) / 100 * 1.05
    assert found.throttled < 0.02


def test_apis_that_share_a_bucket_share_its_rate() -> None:
    found = simulate(Server(25, 25), 2000, clients=2)
    assert found.ended * 25 * 0.95 <= 2000
    assert found.throttled < 0.035


def test_without_a_limit_a_thousand_calls_take_little_longer_than_all_at_once() -> None:
    found = simulate(Server(1e9, 1e9), 1000)
    assert found.throttled == 0
    assert found.ended < 1.25 * math.ceil(1000 / 64) * 0.05


def test_a_ceiling_is_never_passed() -> None:
    found = simulate(Server(1000, 1000), 600, start=Rate(20, ceiling=20))
    assert found.pace.rate == 20
    assert found.ended >= 600 / 20.5


def test_an_api_that_never_throttles_is_never_waited_for() -> None:
    pace = Pace(math.inf, math.inf, 0.0)
    assert [pace.reserve(0.0) for _ in range(10_000)] == [0.0] * 10_000


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.1, 500),
    st.lists(st.tuples(st.sampled_from(["take", "ok", "throttle"]), st.floats(0, 0.5)), max_size=300),
)
def test_whatever_happens_no_more_leave_than_the_fastest_rate_allows(start: float, steps: list[tuple[str, float]]) -> None:
    pace = Pace(start, ceiling=start, now=0.0)
    now, departures = 0.0, []
    for step, pause in steps:
        now += pause
        if step == "take":
            delay = pace.reserve(now)
            assert delay >= 0.0
            now += delay  # the head of the queue waits alone
            departures.append(now)
        elif step == "ok":
            pace.succeed(now, now)
        else:
            pace.throttle(now, now)
        assert min(FLOOR, start) <= pace.rate <= start
    for first in range(len(departures)):
        span = departures[-1] - departures[first]
        burst = max(1.0, start / 5.0)
        assert len(departures) - first <= burst + start * span + 1 + 1e-6


def test_a_burst_of_throttles_counts_once() -> None:
    once, often = Pace(100.0, math.inf, 0.0), Pace(100.0, math.inf, 0.0)
    once.throttle(10.0, 9.9)
    for _ in range(50):
        often.throttle(10.0, 9.9)
    assert often.rate == once.rate < 100.0


def test_a_gate_opens_in_rounds_until_it_is_told_or_wide() -> None:
    gate = Gate(30, first=10)
    sizes = []
    for _ in range(5):
        size = 0
        while gate.try_enter():
            size += 1
        sizes.append(size)
        for _ in range(size):
            gate.leave()
    assert sizes == [10, 14, 21, 30, 30]  # a round begins when all but a tenth of the one before have left
    told = Gate(30, first=10)
    told.open()
    assert sum(told.try_enter() for _ in range(50)) == 30


def test_one_slow_answer_does_not_hold_up_the_next_round() -> None:
    gate = Gate(30, first=10)
    while gate.try_enter():
        pass
    for _ in range(8):
        gate.leave()
    assert not gate.try_enter()
    gate.leave()
    assert sum(gate.try_enter() for _ in range(50)) == 14


def test_starting_rates_and_the_users_own() -> None:
    limits = Limits(100, {"ec2": 7.0, "sagemaker:ListImages": 3.0, "cloudcontrol": 90.0})
    assert limits.rate("cloudcontrol", "GetResource") == Rate(25.0, 32, shared=True, ceiling=90.0)
    assert limits.rate("ec2", "DescribeVpcs") == Rate(7.0, shared=True, ceiling=7.0, expected=20.0)
    assert limits.rate("sagemaker", "ListImages") == Rate(3.0, ceiling=3.0)
    assert limits.rate("sagemaker", "ListTags") == Rate()


def test_one_account_does_not_wait_for_another() -> None:
    async def scenario() -> float:
        limits = Limits(100, {"ec2": 2.0})

        async def ask(account: str) -> None:
            line = limits.line(account, "us-east-1", "ec2", "DescribeVpcs", asyncio.get_running_loop().time())
            await line.enter()
            line.leave()

        before = time.monotonic()
        await asyncio.gather(*(ask(f"{n:012}") for n in range(50)))
        return time.monotonic() - before

    assert asyncio.run(scenario()) < 10  # one after the other they would take 24


def test_requests_leave_at_the_rate_given() -> None:
    async def scenario() -> float:
        limits = Limits(100, {"ec2": 50.0})

        async def ask() -> None:
            line = limits.line("a", "r", "ec2", "DescribeVpcs", asyncio.get_running_loop().time())
            await line.enter()
            line.leave()

        before = time.monotonic()
        await asyncio.gather(*(ask() for _ in range(30)))
        return time.monotonic() - before

    assert 0.38 <= asyncio.run(scenario()) < 10  # ten at once, twenty at 50 a second


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4), st.lists(st.booleans(), min_size=1, max_size=25))
def test_a_gate_survives_any_cancellations(limit: int, cancelled: list[bool]) -> None:
    async def scenario() -> None:
        gate, inside, most, served = Gate(limit), 0, 0, []

        async def visit(n: int) -> None:
            nonlocal inside, most
            await gate.enter()
            inside += 1
            most = max(most, inside)
            try:
                await asyncio.sleep(0)
                served.append(n)
            finally:
                inside -= 1
                gate.leave()

        tasks = [asyncio.create_task(visit(n)) for n in range(len(cancelled))]
        await asyncio.sleep(0)
        for task, cancel in zip(tasks, cancelled, strict=True):
            if cancel:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        kept = [n for n, cancel in enumerate(cancelled) if not cancel]
        assert [n for n in served if n in kept] == kept  # in order, and all of them
        assert most <= limit
        assert gate.is_idle

    asyncio.run(scenario())
