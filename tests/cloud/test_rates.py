"""Rates that are known beforehand: what AWS's own references say of single operations, as botocore carries it."""

from __future__ import annotations

import re

import botocore.session
import pytest

from cirql.cloud.rates import STARTING_RATES
from tests.cloud.simulation import Server, simulate

_SAID = re.compile(
    r"(?:limit of|throttled at|up to|maximum rate of|maximum of|no more than) (\w+) (?:transactions?|times|requests?) per second"
)
_WORDS = {"one": 1, "five": 5}
_SCOPE = re.compile(r"per second,? per (?!account(?! per))")
SERVICES = ("cognito-identity", "dax", "dynamodb", "dynamodbstreams", "firehose", "kinesis", "logs", "ses", "sesv2", "sns")
READS = ("Describe", "Get", "List")


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_reference_says_of_an_operation_that_reads_is_known(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    said, known = {}, {}
    for name in model.operation_names:
        text = re.sub(r"<[^>]+>", "", model.operation_model(name).documentation)
        found = _SAID.search(re.sub(r"\s+", " ", text))
        if name.startswith(READS) and found is not None and not _SCOPE.search(text):
            said[name] = float(_WORDS.get(found[1]) or found[1])
        if (rate := STARTING_RATES.get(f"{service}:{name}")) is not None and rate.expected is None:
            known[name] = rate.per_second
    assert said
    assert said.items() <= known.items()
    assert set(known) <= set(said)


@pytest.mark.parametrize("holds", [0.4, 1.0])
@pytest.mark.parametrize("api", ["kinesis:ListTagsForStream", "dynamodb:ListTagsOfResource", "sns:ListTopics"])
def test_a_documented_rate_is_used_and_not_overrun(api: str, holds: float) -> None:
    rate = STARTING_RATES[api].per_second
    server = Server(rate, max(1.0, rate * holds))
    calls = int(rate * 60)
    found = simulate(server, calls, api=api)
    assert found.throttled < 0.02
    assert calls / (found.wall * rate + server.burst) > 0.9


def test_a_few_calls_of_a_low_rate_do_not_wait() -> None:
    assert simulate(Server(5.0, 5.0), 4, api="kinesis:ListTagsForStream").wall < 0.1
