"""Retries: whether an answer is worth another try, how long to wait, and when the budget is spent.

Which codes are throttles and which are transient is botocore's classification (`botocore.retries.standard`), for every protocol,
POST included. Nothing here sleeps, reads a clock or draws a random number: those arrive as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from cirql.startup.records import dataclass, field

BASE_DELAY = 0.05
THROTTLE_DELAYS = (0.02, 0.05, 0.1, 0.5, 2.0)
"""The longest waits after the first throttles of a call whose API answers nobody."""
BRISK_DELAYS = (0.0, 0.02, 0.05, 0.1)
"""The same where others are served: the pace of the API sees to the load, and by chance the call is served at once."""
MAX_DELAY = 20.0
MAX_RETRY_AFTER = 60.0
"""No answer may hold a statement longer than this between two tries."""

_SKEW_CODES = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"})
_EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_MORE_THROTTLES = frozenset({"RequestThrottledException", "ThrottledException", "Throttled", "TooManyRequests", "ReduceYourRequestRate"})
_MORE_TRANSIENTS = frozenset(
    {"InternalFailure", "InternalError", "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException"}
)


class Verdict(StrEnum):
    """What to do about an answer that is not a success."""

    FINAL = "final"
    THROTTLE = "throttle"
    TRANSIENT = "transient"
    SKEWED = "skewed"
    EXPIRED = "expired"


def classify(code: str, status: int, operation_model: Any) -> Verdict:
    """Judge an AWS error by its code, its HTTP status and the operation's modelled errors."""
    from botocore.retries.standard import RetryContext

    conditions, throttling = _checkers()
    context = RetryContext(
        attempt_number=1,
        operation_model=operation_model,
        parsed_response={"Error": {"Code": code}},
        http_response=_Status(status),
    )
    if code in _MORE_THROTTLES or throttling.is_throttling_error_from_context(context):
        return Verdict.THROTTLE
    if code in _EXPIRED_CODES:
        return Verdict.EXPIRED
    if code in _SKEW_CODES:
        return Verdict.SKEWED
    if code in _MORE_TRANSIENTS or (status >= 500 and status != 501) or conditions.is_retryable(context):
        return Verdict.TRANSIENT
    return Verdict.FINAL


@cache
def _checkers() -> tuple[Any, Any]:
    """The checkers of botocore; the attempt number is ours to count, so theirs is out of reach."""
    from botocore.retries.standard import StandardRetryConditions, ThrottlingErrorDetector

    return StandardRetryConditions(max_attempts=1_000_000), ThrottlingErrorDetector(None)


@dataclass(frozen=True, slots=True)
class _Status:
    """The part of an HTTP response that botocore's checkers look at; no headers, so DynamoDB's checksum is not checked a second time."""

    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)


def backoff(attempt: int, verdict: Verdict, draw: float, *, others_served: bool = False) -> float:
    """Seconds to wait after the `attempt`-th try failed: full jitter over an exponential (`draw` is uniform in [0, 1)).

    `others_served`: the API goes on to answer other calls, so that waiting longer and longer would only be bad luck made worse.
    """
    if others_served and verdict is Verdict.THROTTLE:
        return draw * BRISK_DELAYS[min(attempt, len(BRISK_DELAYS)) - 1]
    if others_served:
        attempt = min(attempt, 4)
    if verdict is not Verdict.THROTTLE:
        return draw * min(MAX_DELAY, BASE_DELAY * 2.0 ** min(attempt - 1, 30))
    if attempt <= len(THROTTLE_DELAYS):
        return draw * THROTTLE_DELAYS[attempt - 1]
    return draw * min(MAX_DELAY, THROTTLE_DELAYS[-1] * 2.0 ** min(attempt - len(THROTTLE_DELAYS), 30))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks for: `x-amz-retry-after` (milliseconds) or `Retry-After` (seconds or a date, RFC 9110 §10.2.3)."""
    if (milliseconds := headers.get("x-amz-retry-after")) is not None and re.fullmatch(r"\d{1,9}", milliseconds):
        return min(int(milliseconds) / 1000.0, MAX_RETRY_AFTER)
    text = headers.get("retry-after")
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return min(float(text), MAX_RETRY_AFTER)
    when = server_time(text)
    return None if when is None else min(max(0.0, when - now), MAX_RETRY_AFTER)


def server_time(text: str | None) -> float | None:
    """Seconds since the epoch in an HTTP date; None where it is not one."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp()


def skew(headers: Mapping[str, str], local_now: datetime) -> float | None:
    """How many seconds the server's clock is ahead of ours, by its Date header; None where it does not say."""
    when = server_time(headers.get("date"))
    return None if when is None else when - local_now.replace(tzinfo=local_now.tzinfo or UTC).timestamp()


class RetryBudget:
    """A token bucket that stops retry storms: retries cost, successes pay back.

    When most calls fail, retrying all of them only feeds the outage; the budget lets about one retry
    in `1 / refund` successes through once it is empty. Clock skew and expired credentials do not cost.
    """

    def __init__(self, clock: Callable[[], float], *, capacity: float = 1000.0, refund: float = 1.0, per_second: float = 5.0) -> None:
        self._clock = clock
        self._capacity = capacity
        self._refund = refund
        self._per_second = per_second
        self._tokens = capacity
        self._at = clock()

    def spend(self, verdict: Verdict) -> bool:
        """Take what one retry costs; False where the budget is spent."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        cost = 5.0 if verdict is Verdict.TRANSIENT else 2.0
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def succeed(self) -> None:
        """Pay back for a call that worked."""
        self._tokens = min(self._capacity, self._tokens + self._refund)
