"""Rate limits: how fast each API may be asked, learned from its throttle answers.

`Pace` is the rule for one API, free of clock and I/O: a token bucket whose rate falls by a factor on throttles and climbs back slowly
(AIMD). `Limits` holds one pace and one concurrency limit per (account, region, service, operation) and lets tasks wait
their turn. Starting values are data, in `STARTING_RATES`.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

FLOOR = 0.5
"""No API is asked less often than this, in requests a second, however much it throttles; a ceiling of the user's may be lower."""
FIRST_GUESS = 10.0
"""Where an unlimited API starts after its first throttle, if it has not been seen to answer faster."""
GENTLE, HARD = 0.9, 0.5
CLIMB, SLOW_CLIMB_SHARE, CLIMB_SHARE = 0.25, 0.02, 0.01
"""How much a rate in use climbs each second soon after a throttle: a quarter of a request a second.

Slow rates climb by a fiftieth of themselves, fast ones by a hundredth.
"""
SETTLE = 0.2
"""Seconds after a decrease in which the server's own bucket is still in debt for the requests before it."""
IDLE_PACES = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known about an API before it is first asked.

    `per_second` infinite: unlimited until it throttles. `shared`: all operations of the service draw on one bucket.
    `ceiling`: never faster than this, whatever is learned.
    """

    per_second: float = math.inf
    concurrency: int = 64
    shared: bool = False
    ceiling: float = math.inf


STARTING_RATES: Mapping[str, Rate] = {
    # Observed near 30 requests a second over all operations; tools settle on 25 (aws-nuke#508, #510).
    "cloudcontrol": Rate(25.0, concurrency=32, shared=True),
    "organizations": Rate(8.0, concurrency=8, shared=True),
    "sts": Rate(100.0, concurrency=32),
    # Route 53 documents five requests a second for an account.
    "route53": Rate(5.0, concurrency=4, shared=True),
    # Cost Explorer bills each request.
    "ce": Rate(2.0, concurrency=2, shared=True),
    "cloudtrail:LookupEvents": Rate(2.0, concurrency=2),
}
"""Starting values by `service` or `service:Operation`; everything else starts with `Rate()`."""


class Pace:
    """A token bucket with a learned rate. Times are seconds on any one monotonic clock, given by the caller."""

    __slots__ = ("_burst", "_ceiling", "_decreased_at", "_last", "_succeeded", "_throttled", "_tokens", "_window_at", "_window_ok", "rate")

    def __init__(self, rate: float, ceiling: float, now: float) -> None:
        self.rate = min(rate, ceiling)
        self._ceiling = ceiling
        self._last = now
        self._tokens = self._burst = self._burst_of(self.rate)
        self._decreased_at = -math.inf
        self._succeeded = self._throttled = 0
        self._window_at = now
        self._window_ok = 0

    @staticmethod
    def _burst_of(rate: float) -> float:
        """A fifth of a second's worth may go at once: enough to fill pipelines, too little to overrun the server's own bucket."""
        return max(1.0, rate / 5.0)

    @property
    def is_limited(self) -> bool:
        """Whether requests must wait for tokens; an API that never throttled may go as fast as it can."""
        return not math.isinf(self.rate)

    def reserve(self, now: float) -> float:
        """Take a token and return the seconds to wait before using it (0: go ahead)."""
        if math.isinf(self.rate):
            return 0.0
        self._refill(now)
        self._tokens -= 1.0
        return 0.0 if self._tokens >= 0.0 else -self._tokens / self.rate

    def give_back(self) -> None:
        """Return a reserved token that was not used."""
        if not math.isinf(self.rate):
            self._tokens = min(self._burst, self._tokens + 1.0)

    def succeed(self, now: float, sent: float) -> None:
        """Learn from an answer: a rate that is being used up climbs, the faster the longer ago the last throttle was."""
        if sent >= self._decreased_at:
            self._succeeded += 1
        if now - self._window_at >= 1.0:
            self._window_at, self._window_ok = now, 0
        self._window_ok += 1
        if math.isinf(self.rate) or self.rate >= self._ceiling or sent < self._decreased_at:
            return
        self._refill(now)
        if self._tokens < self._burst / 2:
            # One success stands for 1/rate seconds, so this many add up to the climb in a second.
            quiet = min(60.0, now - self._decreased_at)
            climb = max(min(CLIMB, SLOW_CLIMB_SHARE * self.rate), CLIMB_SHARE * self.rate)
            self._set_rate(self.rate + climb * (1.0 + quiet / 10.0) / self.rate)

    def throttle(self, now: float, sent: float) -> None:
        """Learn from a throttle answer: requests sent before the last decrease (and shortly after it) say nothing new.

        A decrease is hard when throttles are more than a quarter of the answers since the last one.
        """
        if sent < self._decreased_at + SETTLE:
            return
        self._throttled += 1
        if math.isinf(self.rate):
            # The first throttle of an unlimited API: start from what it has been answering.
            self._last = now
            self._tokens = 0.0
            self._set_rate(max(FIRST_GUESS, GENTLE * self._window_ok / max(now - self._window_at, 0.2)))
        else:
            self._refill(now)
            # Four imagined successes keep a single early throttle from counting as a trend.
            share = self._throttled / (self._throttled + self._succeeded + 4)
            self._set_rate(self.rate * (HARD if share > 0.25 else GENTLE))
            self._tokens = min(self._tokens, 0.0)
        self._decreased_at = now
        self._succeeded = self._throttled = 0

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._last) * self.rate)
        self._last = max(self._last, now)

    def _set_rate(self, rate: float) -> None:
        self.rate = min(max(rate, FLOOR), self._ceiling)
        self._burst = self._burst_of(self.rate)


class Gate:
    """A concurrency limit that serves its waiters in order and survives their cancellation."""

    __slots__ = ("_busy", "_limit", "_waiters")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._busy = 0
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is inside or waiting."""
        return not self._busy and not self._waiters

    async def enter(self) -> None:
        """Wait for a place."""
        if self._busy < self._limit and not self._waiters:
            self._busy += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Free a place, for the first waiter still there."""
        while self._waiters:
            turn = self._waiters.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._busy -= 1


@dataclass(slots=True)
class _Lane:
    pace: Pace
    gate: Gate
    # The head of the queue waits for its token alone: whoever comes later is paced by the rate as it is then.
    head: Gate


async def _wait_for_token(lane: _Lane) -> None:
    loop = asyncio.get_running_loop()
    await lane.head.enter()
    try:
        delay = lane.pace.reserve(loop.time())
        if delay > 0.0:
            try:
                await asyncio.sleep(delay)
            except asyncio.CancelledError:
                lane.pace.give_back()
                raise
    finally:
        lane.head.leave()


class Limits:
    """All paces of a client. `max_rps` are the user's ceilings, by `service` or `service:Operation`."""

    def __init__(self, concurrency: int, max_rps: Mapping[str, float]) -> None:
        self._all = Gate(concurrency)
        self._max_rps = dict(max_rps)
        self._lanes: OrderedDict[tuple[str, str, str], _Lane] = OrderedDict()

    @asynccontextmanager
    async def turn(self, account: str, region: str, service: str, operation: str) -> AsyncIterator[Pace]:
        """Wait for the turn of one request; report to the yielded pace how it went."""
        loop = asyncio.get_running_loop()
        lane = self._lane(account, region, service, operation, loop.time())
        await lane.gate.enter()
        try:
            if lane.pace.is_limited:
                await _wait_for_token(lane)
            await self._all.enter()
            try:
                yield lane.pace
            finally:
                self._all.leave()
        finally:
            lane.gate.leave()

    def rate(self, service: str, operation: str) -> Rate:
        """The starting rate of an operation, with the user's ceiling applied."""
        name = f"{service}:{operation}"
        start = STARTING_RATES.get(name) or STARTING_RATES.get(service) or Rate()
        own, whole = self._max_rps.get(name), self._max_rps.get(service)
        if own is not None:
            return Rate(min(start.per_second, own), start.concurrency, shared=False, ceiling=own)
        if whole is not None:
            return Rate(min(start.per_second, whole), start.concurrency, shared=True, ceiling=whole)
        return start

    def _lane(self, account: str, region: str, service: str, operation: str, now: float) -> _Lane:
        rate = self.rate(service, operation)
        key = (account, region, service if rate.shared else f"{service}:{operation}")
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(Pace(rate.per_second, rate.ceiling, now), Gate(rate.concurrency), Gate(1))
            if len(self._lanes) > IDLE_PACES:
                self._forget_one()
        else:
            self._lanes.move_to_end(key)
        return lane

    def _forget_one(self) -> None:
        """Drop the lane that was used longest ago, so that memory does not grow with accounts times regions."""
        for key, lane in self._lanes.items():
            if lane.gate.is_idle:
                del self._lanes[key]
                return
