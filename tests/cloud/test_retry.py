"""Retry judgement, without a network or a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from cirql.cloud.retry import MAX_DELAY, RetryBudget, Verdict, backoff, classify, retry_after, skew

LIST_IMAGES = ServiceModel(create_loader().load_service_model("sagemaker", "service-2"), "sagemaker").operation_model("ListImages")


@pytest.mark.parametrize(
    ("code", "status", "verdict"),
    [
        ("ThrottlingException", 400, Verdict.THROTTLE),
        ("RequestLimitExceeded", 503, Verdict.THROTTLE),
        ("SlowDown", 503, Verdict.THROTTLE),
        ("Whatever", 429, Verdict.THROTTLE),
        ("InternalFailure", 500, Verdict.TRANSIENT),
        ("503", 503, Verdict.TRANSIENT),
        ("RequestTimeout", 400, Verdict.TRANSIENT),
        ("ExpiredToken", 400, Verdict.EXPIRED),
        ("RequestTimeTooSkewed", 403, Verdict.SKEWED),
        ("ValidationException", 400, Verdict.FINAL),
        ("AccessDenied", 403, Verdict.FINAL),
        ("NotImplemented", 501, Verdict.FINAL),
    ],
)
def test_codes_are_judged(code: str, status: int, verdict: Verdict) -> None:
    assert classify(code, status, LIST_IMAGES) is verdict


@given(st.integers(1, 200), st.sampled_from([Verdict.THROTTLE, Verdict.TRANSIENT]), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_negative_and_never_longer_than_the_cap(attempt: int, verdict: Verdict, draw: float) -> None:
    assert 0 <= backoff(attempt, verdict, draw) <= MAX_DELAY


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "9999"}, 60.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:50 GMT"}, 10.0),
        ({"x-amz-retry-after": "1500", "retry-after": "9"}, 1.5),
        ({"x-amz-retry-after": "-5"}, None),
    ],
)
def test_the_servers_wish_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=100.0) == seconds


def test_the_servers_clock_is_read_from_its_date() -> None:
    local = datetime(2026, 1, 1, tzinfo=UTC)
    assert skew({"date": "Thu, 01 Jan 2026 00:10:00 GMT"}, local) == 600
    assert skew({}, local) is None


def test_a_spent_budget_stops_retries_until_successes_or_time_fill_it() -> None:
    now = 0.0
    budget = RetryBudget(lambda: now, capacity=10, per_second=0.5)
    assert [budget.spend(Verdict.TRANSIENT) for _ in range(3)] == [True, True, False]
    for _ in range(5):
        budget.succeed()
    assert budget.spend(Verdict.TRANSIENT)
    now = 10.0
    assert budget.spend(Verdict.TRANSIENT)
