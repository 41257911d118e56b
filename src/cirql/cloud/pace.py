"""Pace: how fast one API may be asked, learned from its answers. Free of clock and I/O.

AWS counts requests with token buckets (EC2 User Guide, "Request throttling"), whose size and rate are seldom published. Three
things follow. Until the first throttle nothing is known, so the number of requests under way grows as TCP's slow start does: by
one for each answer, which doubles it each round trip, and an unknown limit is overrun by no more than a round trip's worth.
A throttle says that the bucket was empty when that request was sent; what was served between two such moments divided by
the time between them therefore **is** the rate, whatever the size of the bucket. And the rate that was throttled is too high.
The next rate lies between the two, and climbs back to the higher one within seconds: limits change, and other programs share them.
"""

from __future__ import annotations

import math

FLOOR = 0.5
"""No API is asked less often than this, in requests a second, however much it throttles; a ceiling of the user's may be lower."""
FIRST_GUESS = 10.0
"""The rate after the first throttle of an API that has served less than this in the second before."""
FIRST_WINDOW = 20
"""Requests under way at once at first, as many as TCP begins with (RFC 6928)."""
PAUSE = 0.2
"""Seconds without requests after the first throttle: time for what is under way to be answered, and for a few tokens to measure by."""
MEASURE = 0.5
"""Seconds that a measurement takes: throttles that come sooner after one another are of the same moment."""
BACK_OFF = 0.97
RETURN_SECONDS, RETURN_REQUESTS = 4.0, 200
"""How long a well-known rate takes to climb back to the one that was throttled: each time costs a throttle or two."""
FEW_REQUESTS = 15
"""The least to send before a rate that is not yet well known is back at the one that was throttled."""
SLOWEST_CLIMB, FASTEST_CLIMB = 0.001, 1.2
"""Bounds of the climb, as shares of the rate a second."""


class Pace:
    """A token bucket with a learned rate. Times are seconds on any one monotonic clock, given by the caller.

    `rate` infinite: nothing is known yet. `expected` is the rate that AWS documents, tried first after the first throttle.
    """

    __slots__ = (
        "_burst",
        "_ceiling",
        "_climb",
        "_counted_from",
        "_decreased_at",
        "_emptied_at",
        "_expected",
        "_last",
        "_return",
        "_served",
        "_served_before",
        "_served_since",
        "_tokens",
        "rate",
    )

    def __init__(self, rate: float, ceiling: float, now: float, expected: float | None = None) -> None:
        self.rate = min(rate, ceiling)
        self._ceiling = ceiling
        self._expected = expected
        self._last = now
        self._tokens = self._burst = self._burst_of(self.rate)
        self._climb = SLOWEST_CLIMB
        self._return = RETURN_SECONDS
        self._decreased_at, self._emptied_at = now, -math.inf
        self._served_since = 0
        self._counted_from = now
        self._served = self._served_before = 0

    @staticmethod
    def _burst_of(rate: float) -> float:
        """A fifth of a second's worth may go at once: enough to fill pipelines, too little to overrun the server's own bucket."""
        return max(1.0, rate / 5.0)

    @property
    def is_limited(self) -> bool:
        """Whether requests must wait for tokens; an API that never throttled may go as fast as its answers come."""
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
        """Learn from an answer: a rate that is being used up climbs."""
        if now - self._counted_from >= 1.0:
            self._served_before = self._served if now - self._counted_from < 2.0 else 0
            self._counted_from, self._served = now, 0
        self._served += 1
        if sent > self._emptied_at:
            self._served_since += 1
        if math.isinf(self.rate) or self.rate >= self._ceiling or sent < self._decreased_at:
            return
        self._refill(now)
        if self._tokens < self._burst / 2:
            # Past the rate that was throttled, the limit must have been raised: faster and faster.
            overdue = max(1.0, (now - self._decreased_at) / self._return)
            climb = min(FASTEST_CLIMB, self._climb * overdue**3)
            # One success stands for 1/rate seconds, so this many add up to the climb in a second.
            self._set_rate(self.rate + climb)

    def throttle(self, now: float, sent: float) -> None:
        """Learn from a throttle answer; of those to requests sent before the last decrease only that the bucket was still empty."""
        served, since = self._served_since, sent - self._emptied_at
        if since > MEASURE:
            self._emptied_at, self._served_since = sent, 0
        if sent < self._decreased_at:
            return
        if math.isinf(self.rate):
            self._last = now + PAUSE
            self._tokens = 0.0
            self._climb, self._return = FASTEST_CLIMB, 1.0
            self._set_rate(self._expected or max(FIRST_GUESS, self._served_lately(now)))
        else:
            self._refill(now)
            self._tokens = min(self._tokens, 0.0)
            self._settle_between(self.rate, served, since)
        self._decreased_at = now

    def _settle_between(self, high: float, served: int, since: float) -> None:
        """Choose a rate below `high`, which was too much, given what was served in the time since the bucket was last empty."""
        if 0.0 < since < math.inf:
            # But for a token at either end, the bucket gave out what came in; the more there were, the surer.
            low, trust = min(high, (served + 1) / since), (served + 1) / (served + 4)
        else:
            low, trust = high / 2.0, 0.25
        self._set_rate(BACK_OFF * high ** (1.0 - trust) * low**trust)
        longest = max(RETURN_SECONDS, RETURN_REQUESTS / self.rate)
        self._return = min(longest, max(1.0, FEW_REQUESTS / self.rate, 3.0 * since))
        self._climb = max(SLOWEST_CLIMB, math.log(high / self.rate) / self._return)

    def _served_lately(self, now: float) -> float:
        """Successes in about the last second."""
        return self._served + self._served_before * max(0.0, 1.0 - (now - self._counted_from))

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._last) * self.rate)
        self._last = max(self._last, now)

    def _set_rate(self, rate: float) -> None:
        self.rate = min(max(rate, FLOOR), self._ceiling)
        self._burst = self._burst_of(self.rate)
