"""Rate limits: the pace learns what an API allows, and nobody waits longer, or less, than they must."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cirql.cloud.limits import Gate, Limits
from cirql.cloud.pace import FIRST_WINDOW, FLOOR, Pace
from cirql.cloud.rates import Rate
from tests.cloud.simulation import Outcome, Server, simulate, statements


def used(outcome: Outcome, server: Server) -> float:
    """The share of what the bucket gave that was taken."""
    return outcome.answered / (outcome.wall * server.rate + server.burst)


@pytest.mark.parametrize("rate", [5.0, 25.0, 100.0])
@pytest.mark.parametrize("burst", [0.4, 1.0, 5.0])
def test_the_pace_finds_what_an_api_allows(rate: float, burst: float) -> None:
    server = Server(rate, max(1.0, rate * burst))
    calls = int(rate * (max(30, 200 / rate) + burst))
    found = simulate(server, calls)
    assert found.answered == calls
    assert used(found, server) > 0.95
    settled = sum(n for second, n in found.throttles.items() if second >= max(10, 100 / rate))
    assert settled / calls < 0.02
    # Before that: two rounds past the end of the bucket, which are no larger than it, and of a large one no larger than the gate of 256.
    assert found.throttles.total() - settled <= min(max(2 * rate * burst, 3 * FIRST_WINDOW), 2 * 256 + 3 * FIRST_WINDOW)


@pytest.mark.parametrize("api", ["cloudcontrol:GetResource", "lambda:ListTags"], ids=["paced", "expected"])
@pytest.mark.parametrize("rate", [15.0, 25.0, 60.0])
def test_a_limit_near_what_is_known_beforehand_is_used_and_not_overrun(api: str, rate: float) -> None:
    server = Server(rate, rate)
    found = simulate(server, 2000, api=api)
    assert used(found, server) > 0.95 or api.startswith("cloudcontrol")  # faster than it was told takes it a while to find out
    assert found.throttled < 0.05 if rate < 25 or api.startswith("lambda") else found.throttled < 0.02


@pytest.mark.parametrize("calls", [200, 2000])
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_throttles_that_come_whatever_is_asked_cost_little(calls: int, noise: float) -> None:
    free = simulate(Server(), calls).wall
    noisy = statistics.median(simulate(Server(noise=noise, dice=random.Random(n)), calls).wall for n in range(3))
    # A call that is throttled three times over ends three round trips later, whatever the pace.
    assert noisy <= 1.5 * free + 3 * 0.05


@pytest.mark.parametrize(("noise", "seconds"), [(0.2, 1), (0.4, 25)])
def test_more_of_them_cost_more_but_end(noise: float, seconds: float) -> None:
    # Two of five is what an empty bucket looks like: it takes a few slower rates to find out that they make no difference.
    assert simulate(Server(noise=noise), 500).wall < seconds


@pytest.mark.parametrize("seed", range(2))
def test_a_session_that_meets_noise_does_not_get_slower_with_each_statement(seed: int) -> None:
    walls = [outcome.wall for outcome in statements(Server(noise=0.1, dice=random.Random(seed)), 200, 12)]
    assert statistics.median(walls[6:]) <= statistics.median(walls[:5])
    assert max(walls) < 1.5


def test_noise_on_top_of_a_limit_leaves_the_limit_used() -> None:
    server = Server(100.0, 100.0, noise=0.1)
    found = simulate(server, 2000)
    assert used(found, server) > 0.9
    assert found.throttled < 0.35


def test_another_program_that_empties_the_bucket_does_not_stop_this_one() -> None:
    found = simulate(Server(noise=0.8), 300)
    assert found.answered == 300
    assert found.wall < 300


def test_a_limit_that_falls_is_found_within_two_seconds() -> None:
    found = simulate(Server(100, 100, changes=(10.0, 25.0)), 3000)
    assert sum(n for second, n in found.throttles.items() if second >= 13) / 2000 < 0.02
    assert found.throttles[10] + found.throttles[11] + found.throttles[12] < 60
    assert found.wall < 10 + (3000 - 1100) / 25 * 1.05


def test_a_limit_that_rises_is_found_within_half_a_minute() -> None:
    found = simulate(Server(25, 25, changes=(10.0, 100.0)), 6000)
    assert found.wall < 10 + 35 + (6000 - 275) / 100 * 1.05
    assert found.throttled < 0.02


def test_programs_that_share_a_bucket_share_its_rate() -> None:
    server = Server(25, 25)
    found = simulate(server, 2000, clients=2)
    assert used(found, server) > 0.95
    assert found.throttled < 0.06


def test_without_a_limit_a_thousand_calls_take_little_longer_than_all_at_once() -> None:
    found = simulate(Server(), 1000)
    assert found.throttles.total() == 0
    assert found.wall < 0.5  # 20, 20, 20, 40, 80, 160, 256 and again, with what is left: nine round trips of 50 ms


def test_a_few_calls_fit_into_a_second_of_cloud_controls_rate() -> None:
    assert simulate(Server(25, 25), 25, api="cloudcontrol:GetResource").wall < 0.2


def test_a_ceiling_is_never_passed() -> None:
    assert simulate(Server(1000, 1000), 600, ceiling=20.0).wall >= 600 / 20.5


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
    for _ in range(7):
        size = 0
        while gate.try_enter():
            size += 1
        sizes.append(size)
        for _ in range(size):
            gate.leave()
    assert sizes == [10, 9, 9, 19, 30, 30, 30]  # a round begins when all but a tenth of the one before have left
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
    assert sum(gate.try_enter() for _ in range(50)) == 9


def test_after_a_round_whose_end_is_in_doubt_a_small_one_follows() -> None:
    gate = Gate(300, first=20)
    while gate.try_enter():
        pass
    for n in range(20):
        gate.leave(in_doubt=n >= 16)
    assert sum(gate.try_enter() for _ in range(50)) <= 5


@pytest.mark.parametrize("burst", [36, 44, 60])
def test_a_bucket_far_larger_than_its_rate_is_not_taken_for_another_programs_load(burst: int) -> None:
    found = simulate(Server(5.0, burst), 330)
    assert found.throttled < 0.25
    assert found.wall < (330 - burst) / 5 * 1.05 + 1


def test_starting_rates_and_the_users_own() -> None:
    limits = Limits(100, {"ec2": 7.0, "sagemaker:ListImages": 3.0, "cloudcontrol": 90.0})
    assert limits.rate("cloudcontrol", "GetResource") == Rate(25.0, 32, shared=True, ceiling=90.0, burst=25.0)
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
