"""Limits: who may send a request now. One line per (account, region, service, operation), and one door for all of them.

A line has a pace (`cirql.cloud.pace`, the learned rate) and a gate (how many requests may be under way). While nothing is known of
an API's limit, the gate opens in rounds: so many requests, then a look at their answers, then about as many as there were so far.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cirql.cloud.pace import FIRST_WINDOW, Pace
from cirql.cloud.rates import STARTING_RATES, Rate
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.cloud.learned import LearnedRates

IDLE_LINES = 20_000
_SMALL_ROUND = 5
_MOMENT = 1.0


class Gate:
    """A limit of how many are inside at once that serves its waiters in order and survives their cancellation.

    `first`: the size of the first round, for a gate that opens in rounds until it is as wide as `limit`. A round ends when all but
    a tenth of those who came in with it have left, so one slow answer does not hold up the next. Each is as large as all before it
    together but the first: what runs past the end of a server's bucket is less than the bucket held. After one whose end is in doubt a
    small one follows.
    """

    __slots__ = ("_before", "_busy", "_entries", "_first", "_limit", "_round", "_waiters")

    def __init__(self, limit: int, first: int | None = None) -> None:
        self._limit = limit
        self._busy = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._round = limit if first is None else min(first, limit)
        self._first, self._before = self._round, 0
        self._entries: float = math.inf if self._round == limit else self._round

    @property
    def is_idle(self) -> bool:
        """Whether nobody is inside or waiting."""
        return not self._busy and not self._waiters

    def try_enter(self) -> bool:
        """Take a place if there is one and nobody waits."""
        if self._waiters or self._busy >= self._limit or self._entries <= 0:
            return False
        self._busy += 1
        self._entries -= 1
        return True

    async def enter(self) -> None:
        """Wait for a place."""
        if self.try_enter():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self, *, in_doubt: bool = False) -> None:
        """Free a place, for the first waiter still there."""
        self._busy -= 1
        if self._entries <= 0 and self._busy <= self._round // 10:
            self._begin_round(in_doubt)
        self._admit()

    def open(self) -> None:
        """No more rounds: as many as the limit from now on."""
        self._entries = math.inf
        self._admit()

    def _begin_round(self, in_doubt: bool) -> None:
        self._before += self._round
        self._round = min(self._limit, _SMALL_ROUND if in_doubt else max(self._first, self._before - self._first))
        self._entries = math.inf if self._round == self._limit else self._round - self._busy

    def _admit(self) -> None:
        while self._waiters and self._busy < self._limit and self._entries > 0:
            turn = self._waiters.popleft()
            if not turn.done():
                self._busy += 1
                self._entries -= 1
                turn.set_result(None)


class Line:
    """The waiting line of one API's requests: the gate, then a token of the pace, then the door for all."""

    __slots__ = ("_all", "_gate", "_head", "_is_unknown", "_pace")

    def __init__(self, rate: Rate, everything: Gate, now: float) -> None:
        self._all = everything
        self._is_unknown = math.isinf(rate.per_second) and math.isinf(rate.ceiling)
        self._pace = Pace(rate.per_second, rate.ceiling, now, rate.expected, rate.burst)
        self._gate = Gate(rate.concurrency, None if self._pace.is_limited else FIRST_WINDOW)
        # The head of the queue waits for its token alone: whoever comes later is paced by the rate as it is then.
        self._head = Gate(1)

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way or waiting."""
        return self._gate.is_idle

    @property
    def served(self) -> int:
        """How many requests have been answered without a throttle."""
        return self._pace.served

    @property
    def learned(self) -> float | None:
        """The rate that the API was found to allow; None where nobody found out, or was told beforehand."""
        return self._pace.found if self._is_unknown else None

    def has_served(self, before: int, now: float) -> bool:
        """Whether the API gets on: it has answered calls since `served` was `before`, or a moment ago."""
        return self._pace.served > before or now - self._pace.served_at < _MOMENT

    async def enter(self) -> None:
        """Wait for the turn of one request; `leave` must follow."""
        await self._gate.enter()
        try:
            if self._pace.is_limited:
                await self._take_token()
            await self._all.enter()
        except BaseException:
            self._gate.leave()
            raise

    async def _take_token(self) -> None:
        await self._head.enter()
        try:
            delay = self._pace.reserve(asyncio.get_running_loop().time())
            if delay > 0.0:
                try:
                    await asyncio.sleep(delay)
                except asyncio.CancelledError:
                    self._pace.give_back()
                    raise
        finally:
            self._head.leave()

    def leave(self) -> None:
        """The request has been answered, or given up."""
        self._all.leave()
        self._gate.leave(in_doubt=self._pace.is_in_doubt)

    def succeed(self, now: float, sent: float) -> None:
        """Learn from an answer, before `leave`."""
        self._pace.succeed(now, sent)

    def throttle(self, now: float, sent: float) -> None:
        """Learn from a throttle answer, before `leave`."""
        self._pace.throttle(now, sent)
        if self._pace.is_limited:
            self._gate.open()


class Limits:
    """All lines of a client.

    `max_rps` are the user's ceilings, by `service` or `service:Operation`; `learned` is what other processes found.
    """

    def __init__(self, concurrency: int, max_rps: Mapping[str, float], learned: LearnedRates | None = None) -> None:
        self._learned = learned
        self._all = Gate(concurrency)
        self._max_rps = dict(max_rps)
        self._rates: dict[tuple[str, str], Rate] = {}
        self._lines: OrderedDict[tuple[str, str, str, str], Line] = OrderedDict()

    def line(self, account: str, region: str, service: str, operation: str, now: float) -> Line:
        """The line of an operation there; one for the whole service where its operations share a bucket."""
        rate = self._rates.get((service, operation))
        if rate is None:
            rate = self._rates[service, operation] = self.rate(service, operation)
        key = (account, region, service, "" if rate.shared else operation)
        line = self._lines.get(key)
        if line is None:
            known = self._learned.find(key) if self._learned is not None and account else None
            line = self._lines[key] = Line(rate if known is None else replace(rate, expected=known), self._all, now)
            if len(self._lines) > IDLE_LINES:
                self._forget_one()
        else:
            self._lines.move_to_end(key)
        return line

    def rate(self, service: str, operation: str) -> Rate:
        """The starting rate of an operation, with the user's ceiling applied."""
        name = f"{service}:{operation}"
        start = STARTING_RATES.get(name) or STARTING_RATES.get(service) or Rate()
        own, whole = self._max_rps.get(name), self._max_rps.get(service)
        ceiling = whole if own is None else own
        if ceiling is None:
            return start
        return replace(start, per_second=min(start.per_second, ceiling), ceiling=ceiling, shared=own is None)

    def _forget_one(self) -> None:
        """Drop the line that was used longest ago, so that memory does not grow with accounts times regions."""
        for key, line in self._lines.items():
            if line.is_idle:
                self._learn(key, line)
                del self._lines[key]
                return

    def _learn(self, key: tuple[str, str, str, str], line: Line) -> None:
        rate = line.learned
        if self._learned is not None and key[0] and rate is not None:
            self._learned.learn(key, rate)

    def save(self) -> None:
        """Keep what was learned for the processes to come. Writes a file."""
        if self._learned is None:
            return
        for key, line in self._lines.items():
            self._learn(key, line)
        self._learned.save()
