"""Rate limits: the pace learns what an API allows, and nobody waits longer, or less, than they must."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import time
from collections import deque
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cirql.cloud.limits import FLOOR, Gate, Limits, Pace, Rate


@dataclass(frozen=True)
class Outcome:
    """What came of a simulated load: shares of the allowed rate used and of requests throttled, over the second half."""

    use: float
    throttled: float
    rate: float


def simulate(limit: float, start: float, *, seconds: float = 60.0, workers: int = 64, ceiling: float = math.inf) -> Outcome:
    """Workers that always want more, against a server that throttles beyond `limit` a second; a simulated clock."""
    pace = Pace(start, ceiling, 0.0)
    dice = random.Random(7)
    events: list[tuple[float, int, str, float]] = []
    waiting, order, head_is_waiting = deque(range(workers)), 0, False
    tokens, refilled, succeeded, throttled = limit, 0.0, 0, 0

    def later(when: float, kind: str, sent: float = 0.0) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (when, order, kind, sent))

    def admit(now: float) -> None:
        nonlocal head_is_waiting
        while waiting and not head_is_waiting:
            waiting.popleft()
            delay = pace.reserve(now)
            head_is_waiting = delay > 0
            later(now + delay, "sent" if delay else "sent-now")

    admit(0.0)
    while events and events[0][0] < seconds:
        now, _, kind, sent = heapq.heappop(events)
        if kind.startswith("sent"):
            head_is_waiting = head_is_waiting and kind != "sent"
            tokens, refilled = min(limit, tokens + (now - refilled) * limit), now
            later(now + 0.05, "ok" if tokens >= 1 else "throttle", now)
            tokens -= tokens >= 1
        elif kind == "ok":
            succeeded += now > seconds / 2
            pace.succeed(now, sent)
            waiting.append(0)
        elif kind == "throttle":
            throttled += now > seconds / 2
            pace.throttle(now, sent)
            later(now + dice.random() / 4, "again")
        else:
            waiting.appendleft(0)
        admit(now)
    return Outcome(succeeded / (limit * seconds / 2), throttled / max(1, throttled + succeeded), pace.rate)


@pytest.mark.parametrize(("limit", "start"), [(25, 25), (25, math.inf), (25, 5), (100, math.inf), (400, math.inf), (50, 25)])
def test_the_pace_finds_what_an_api_allows(limit: float, start: float) -> None:
    found = simulate(limit, start)
    assert found.use >= 0.95
    assert found.throttled < 0.02


def test_a_ceiling_is_never_passed() -> None:
    found = simulate(1000, math.inf, ceiling=20)
    assert found.rate <= 20
    assert found.use * 1000 <= 20.5


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
    pace = Pace(100.0, math.inf, 0.0)
    for _ in range(50):
        pace.throttle(10.0, 9.9)
    assert pace.rate == pytest.approx(90.0)


def test_starting_rates_and_the_users_own() -> None:
    limits = Limits(100, {"ec2": 7.0, "sagemaker:ListImages": 3.0, "cloudcontrol": 90.0})
    assert limits.rate("cloudcontrol", "GetResource") == Rate(25.0, 32, shared=True, ceiling=90.0)
    assert limits.rate("ec2", "DescribeVpcs") == Rate(7.0, shared=True, ceiling=7.0)
    assert limits.rate("sagemaker", "ListImages") == Rate(3.0, ceiling=3.0)
    assert limits.rate("sagemaker", "ListTags") == Rate()


def test_one_account_does_not_wait_for_another() -> None:
    async def scenario() -> float:
        limits = Limits(100, {"ec2": 2.0})

        async def ask(account: str) -> None:
            async with limits.turn(account, "us-east-1", "ec2", "DescribeVpcs"):
                pass

        before = time.monotonic()
        await asyncio.gather(*(ask(f"{n:012}") for n in range(50)))
        return time.monotonic() - before

    assert asyncio.run(scenario()) < 0.4


def test_requests_leave_at_the_rate_given() -> None:
    async def scenario() -> float:
        limits = Limits(100, {"ec2": 50.0})

        async def ask() -> None:
            async with limits.turn("a", "r", "ec2", "DescribeVpcs"):
                pass

        before = time.monotonic()
        await asyncio.gather(*(ask() for _ in range(30)))
        return time.monotonic() - before

    assert 0.38 <= asyncio.run(scenario()) < 0.8  # ten at once, twenty at 50 a second


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
