"""Pace: how fast one API may be asked, learned from its answers. Free of clock and I/O.

AWS counts requests with token buckets (EC2 User Guide, "Request throttling"), whose size and rate are seldom published. A throttle says
that the bucket was empty when that request was sent; what was served between two such moments divided by the time between them
therefore **is** the rate, whatever the size of the bucket, and the rate that was throttled is too high. The next rate lies between the
two, and climbs back to the higher one within seconds: limits change, and other programs share them.

That holds where load is what empties the bucket. Some throttles come whatever this program does: at random, or because another program
empties the bucket. Each decrease is therefore an experiment. Where throttles go on at the same share after several, they are noise: the
decreases are undone, and throttles count again when there are clearly more of them. Until the first decrease nothing is held back.
"""

from __future__ import annotations

import math

from cirql.startup.records import dataclass, replace

FLOOR = 0.5
"""No API is asked less often than this, in requests a second, however much it throttles; a ceiling of the user's may be lower."""
FIRST_GUESS = 10.0
"""The least rate after the first decrease of an API of which nothing is known."""
FIRST_WINDOW = 20
"""Requests under way at once at first, as many as TCP begins with twice over (RFC 6928)."""
PAUSE = 0.2
"""Seconds without requests after the first decrease: time for what is under way to be answered, and for a few tokens to measure by."""
MEASURE = 0.5
"""Seconds that a measurement takes: throttles that come sooner after one another are of the same moment."""
BACK_OFF = 0.97
TRIAL = 0.8
"""The share of what was delivered that is tried where throttles are few, and may come whatever is asked: less than load can explain."""
RETURN_SECONDS, RETURN_REQUESTS = 4.0, 200
"""How long a well-known rate takes to climb back to the one that was throttled: each time costs a throttle or two."""
FEW_REQUESTS = 15
"""The least to send before a rate that is not yet well known is back at the one that was throttled."""
SLOWEST_CLIMB, FASTEST_CLIMB, FREE_CLIMB = 0.001, 1.2, 5.0
"""Bounds of the climb, as shares of the rate a second; the last where a decrease turned out to be for nothing."""

_OVERRUN, _LOST = 12, 8
"""So many answers, and how many of them are throttles, where a round has run past the end of a bucket: most of it is lost."""
_FEW = 3
"""Throttles among the latest 64 answers that are worth a trial at a lower rate."""
_LATEST = 24
"""Answers that say what share is throttled now."""
_ROUNDS = 512
"""Answers after which rounds have ended to grow: from then on a small share of throttles may be what a limit close by looks like."""
_CLEAR = 0.3
"""A share of throttles that is taken for load while slowing down makes it smaller."""
_BELOW = 0.85
"""The share of a measured rate at which load cannot empty the bucket."""
_FUTILE = 3
"""Throttles below that, after which they are noise."""
_MEASURED = 10.0
"""Seconds for which a measured rate is held against what comes."""
_FIRST_NOISE, _LEAST_NOISE, _HIGHEST_NOISE = 0.02, 0.005, 0.9
_BLOCK = 256
_SETTLED = 50
_MEMORY = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class _Reference:
    """What share was throttled at a rate: as the latest answers looked, or measured.

    `mark`: since when half that rate is tried; `highest`: the rate to go back to where that makes no difference.
    """

    rate: float
    share: float
    highest: float
    is_measured: bool = False
    mark: tuple[float, int, int] | None = None


class Pace:
    """A token bucket with a learned rate. Times are seconds on any one monotonic clock, given by the caller.

    `rate` infinite: nothing is known yet. `expected` is the rate that AWS documents, tried first after the first decrease; `burst`
    what its bucket is known to hold.
    """

    __slots__ = (
        "_answers",
        "_before",
        "_best",
        "_best_at",
        "_block",
        "_burst",
        "_ceiling",
        "_climb",
        "_counted_from",
        "_decreased_at",
        "_emptied_at",
        "_expected",
        "_futile",
        "_high",
        "_history",
        "_idle",
        "_last",
        "_limited_from",
        "_outcomes",
        "_reference",
        "_return",
        "_served",
        "_served_before",
        "_served_since",
        "_sparse_since",
        "_tokens",
        "_totals",
        "_window",
        "_worst_noise",
        "noise",
        "rate",
        "served_at",
    )

    def __init__(self, rate: float, ceiling: float, now: float, expected: float | None = None, burst: float | None = None) -> None:
        self.rate = min(rate, ceiling)
        self.noise = self._worst_noise = 0.0
        self._block = (0, 0, 0.0)
        self._ceiling = ceiling
        self.served_at = -math.inf
        self._expected = expected
        self._last = now
        self._burst = self._burst_of(self.rate) if burst is None or ceiling <= rate else burst
        self._tokens = self._burst
        self._climb = SLOWEST_CLIMB
        self._return = RETURN_SECONDS
        self._decreased_at, self._emptied_at = now, -math.inf
        self._served_since = 0
        self._idle = 0.0
        self._counted_from = now
        self._served = self._served_before = 0
        self._history = 0  # the latest 64 answers as bits, 1 for a throttle
        self._outcomes = self._answers = 0  # the same since the last decrease, and how many there were
        self._limited_from = 0
        self._sparse_since = math.inf
        self._totals = (0, 0)  # served, throttled
        self._window = self._before = (now, 0)  # when the last two windows of about a round trip began, and what had been served until then
        self._best, self._best_at, self._futile, self._high = 0.0, now, 0, (math.inf, 0, 0)
        self._reference: _Reference | None = None

    @staticmethod
    def _burst_of(rate: float) -> float:
        """A fifth of a second's worth may go at once: enough to fill pipelines, too little to overrun the server's own bucket."""
        return max(1.0, rate / 5.0)

    @property
    def is_limited(self) -> bool:
        """Whether requests must wait for tokens; an API that never throttled may go as fast as its answers come."""
        return not math.isinf(self.rate)

    @property
    def found(self) -> float | None:
        """The rate, once calls enough have been served under one; None before, and where throttles say nothing of it."""
        is_settled = self.is_limited and not self.noise and self._totals[0] - self._limited_from >= _SETTLED
        return self.rate if is_settled else None

    @property
    def served(self) -> int:
        """Answers that were no throttles."""
        return self._totals[0]

    @property
    def is_in_doubt(self) -> bool:
        """Whether the latest answers look like the end of a bucket: by chance, throttles seldom come together."""
        return (self._history & 15).bit_count() >= 2

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
        self.served_at = now
        self._totals = (self._totals[0] + 1, self._totals[1])
        self._turn_window(now, max(0.1, now - sent))
        if sent > self._emptied_at:
            self._served_since += 1
        self._note(sent, 0)
        if math.isinf(self.rate) or self.rate >= self._ceiling or sent < self._decreased_at:
            return
        self._refill(now)
        if self._tokens < self._burst / 2:
            # Past the rate that was throttled, the limit must have been raised: faster and faster.
            overdue = max(1.0, (now - self._decreased_at) / self._return)
            climb = min(max(FASTEST_CLIMB, self._climb), self._climb * overdue**3)
            # One success stands for 1/rate seconds, so this many add up to the climb in a second.
            self._set_rate(self.rate + climb)

    def throttle(self, now: float, sent: float) -> None:
        """Learn from a throttle answer; of those to requests sent before the last decrease only that the bucket was still empty."""
        self._note(sent, 1)
        self._totals = (self._totals[0], self._totals[1] + 1)
        if self.is_limited:
            self._refill(now)
        served, since = self._served_since, max(1e-3, sent - self._emptied_at - self._idle)
        if sent < self._decreased_at:
            self._mark_empty(sent)
        elif math.isinf(self.rate):
            self._judge_unlimited(now, sent)
        elif not self.noise or self._is_beyond(32):
            self._mark_empty(sent)
            self._tokens = min(self._tokens, 0.0)
            if self.noise or not self._was_futile(served, since, now):
                self.noise = 0.0
                self._settle_between(self.rate, served, since)
            self._begin_experiment(now)

    def _note(self, sent: float, outcome: int) -> None:
        self._history = (self._history << 1 | outcome) & _MEMORY
        if sent < self._decreased_at:
            return
        self._outcomes = (self._outcomes << 1 | outcome) & _MEMORY
        self._answers += 1
        if self.noise:
            self._count_noise(outcome)

    def _count_noise(self, outcome: int) -> None:
        """Noise is what the latest two blocks of answers had; it ends by itself."""
        answers, throttled, before = self._block
        if answers < _BLOCK:
            self._block = (answers + 1, throttled + outcome, before)
            return
        share = throttled / answers
        self.noise = min(max(share, before), self._worst_noise)
        self._block = (1, outcome, share)
        if self.noise < _LEAST_NOISE:
            self.noise = 0.0

    def _begin_noise(self, share: float) -> None:
        self.noise = min(_HIGHEST_NOISE, max(_FIRST_NOISE, share))
        self._worst_noise = min(_HIGHEST_NOISE, 1.5 * self.noise + _FIRST_NOISE)
        self._block = (0, 0, self.noise)
        self._best, self._reference = 0.0, None

    def _turn_window(self, now: float, length: float) -> None:
        if now - self._window[0] >= 3.0 * length:  # nothing was asked for meanwhile
            self._before = self._window = (now - length, self._totals[0] - 1)
        elif now - self._window[0] >= length:
            self._before, self._window = self._window, (now, self._totals[0])

    def _mark_empty(self, sent: float) -> None:
        if sent - self._emptied_at > MEASURE:
            self._emptied_at, self._served_since, self._idle = sent, 0, 0.0

    def _begin_experiment(self, now: float) -> None:
        self._decreased_at, self._outcomes, self._answers, self._sparse_since = now, 0, 0, math.inf

    def _throttled_of(self, latest: int) -> int:
        return (self._outcomes & ((1 << latest) - 1)).bit_count()

    def _is_beyond(self, latest: int) -> bool:
        """Whether there are clearly more throttles among the latest answers than noise makes."""
        usual = latest * self.noise
        return self._throttled_of(latest) >= min(latest, usual + 4.0 * math.sqrt(usual * (1.0 - self.noise)) + 2.0)

    def _judge_unlimited(self, now: float, sent: float) -> None:
        """The first decrease: at once where the bucket is plainly empty, else to see whether it makes a difference."""
        if self._throttled_of(_OVERRUN) >= _LOST and self._is_beyond(_OVERRUN):
            self._last = now + PAUSE
            self._best, self._reference = 0.0, None
            self._set_rate(self._expected or max(FIRST_GUESS, self._served_lately(now)))
        elif self._answers >= _ROUNDS and self._is_sparse(now, sent) and self._is_beyond(64) and self._before != self._window:
            self._last = now
            delivered = self._delivered(now)
            self._measure(delivered, now)
            self._set_rate(max(FIRST_GUESS, TRIAL * delivered))
        else:
            return
        self._mark_empty(sent)
        self._limited_from = self._totals[0]
        self.noise, self._tokens = 0.0, 0.0
        self._climb, self._return = FASTEST_CLIMB, 1.0
        self._begin_experiment(now + PAUSE / 4)  # a few may have been let through

    def _is_sparse(self, now: float, sent: float) -> bool:
        """Whether a few of many answers have been throttles for a round trip: sooner, it may be the end of a bucket that begins."""
        if self._throttled_of(64) < _FEW:
            self._sparse_since = math.inf
            return False
        self._sparse_since = min(self._sparse_since, now)
        return now - self._sparse_since >= max(0.1, now - sent)

    def _measure(self, rate: float, now: float) -> None:
        """Hold what the API has just given against the throttles that follow."""
        if self._best == 0.0:
            self._futile, self._high = 0, (self.rate, *self._totals)
        self._best, self._best_at = rate, now

    def _was_futile(self, served: int, since: float, now: float) -> bool:
        """Whether a decrease would make no difference, and those before made none. Then they are undone."""
        share = (self._history & ((1 << _LATEST) - 1)).bit_count() / _LATEST
        if share > _CLEAR:
            return self._is_hopeless(share, now)
        if now - self._best_at > _MEASURED:
            self._best = 0.0
        if since >= MEASURE / 2 and served >= 10 and (served + 1) / since > self._best:
            self._measure((served + 1) / since, now)
        if self.rate >= _BELOW * self._best:
            return False
        self._futile += 1
        if self._futile < _FUTILE:
            return False
        high, served, throttled = self._high
        served, throttled = self._totals[0] - served, self._totals[1] - throttled
        self._begin_noise(throttled / (served + throttled))
        self.rate = high
        self._tokens = self._burst = self._burst_of(self.rate)
        self._climb, self._return = FREE_CLIMB, 1.0
        return True

    def _is_hopeless(self, share: float, now: float) -> bool:
        """Whether most is throttled at half the rate as well: then another program empties the bucket, and gets what is given up."""
        self._best = 0.0
        if self._reference is None:
            self._reference = _Reference(self.rate, share, self.rate)
        reference = self._reference
        if self.rate > reference.rate / 2:
            return False
        if reference.mark is None:
            self._reference = replace(reference, mark=(now, *self._totals))
            return False
        began, served, throttled = reference.mark
        served, throttled = self._totals[0] - served, self._totals[1] - throttled
        if now - began < 1.0 or served + throttled < _LATEST:
            return True  # the rate stays until that is known
        share = throttled / (served + throttled)
        if not reference.is_measured or share < 0.7 * reference.share:
            highest = reference.highest if share >= 0.7 * reference.share else self.rate
            self._reference = _Reference(self.rate, share, highest, is_measured=True)
            return False
        self._begin_noise(share)
        self.rate = reference.highest
        self._tokens = self._burst = self._burst_of(self.rate)
        self._climb, self._return = FASTEST_CLIMB, 1.0
        return True

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

    def _delivered(self, now: float) -> float:
        """Successes a second in this round trip or the one before, whichever brought more."""
        (before, first), (window, second) = self._before, self._window
        latest = (self._totals[0] - second) / max(0.05, now - window)
        return max(latest, (second - first) / max(0.05, window - before))

    def _refill(self, now: float) -> None:
        tokens = self._tokens + max(0.0, now - self._last) * self.rate
        if tokens > self._burst:  # nobody waited for a token that long: what was served then says nothing about the rate
            self._idle += (tokens - self._burst) / self.rate
        self._tokens = min(self._burst, tokens)
        self._last = max(self._last, now)

    def _set_rate(self, rate: float) -> None:
        self.rate = min(max(rate, FLOOR), self._ceiling)
        self._burst = self._burst_of(self.rate)
