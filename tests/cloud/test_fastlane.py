"""The fast lane against botocore itself: the same requests, and the same reading of answers, over whole services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import JSONParser
from botocore.utils import parse_timestamp as botocore_timestamp

from cirql.cloud.answers import read_success
from cirql.cloud.credentials import Keys
from cirql.cloud.http import Headers
from cirql.cloud.services import Service, Services
from cirql.settings import Settings

KEYS = [Keys("AKIAEXAMPLE", "secret"), Keys("AKIAEXAMPLE", "secret/+", "token/+==")]
SERVICES = ["sagemaker", "cloudcontrol", "logs", "kms", "ecs", "ssm", "organizations", "sqs"]
READS = ("List", "Describe", "Get", "BatchGet")


def services(names: list[str], endpoint: str | None = None) -> Iterator[Service]:
    async def make() -> list[Service]:
        maker = Services(Settings(endpoint_url=endpoint))
        made = [await maker.get(name, "eu-west-1", None) for name in names]
        maker.close()
        return made

    yield from asyncio.run(make())


def sample(shape: Any, depth: int = 0, *, full: bool = True) -> Any:
    """A value of a shape as JSON writes it, with all members (`full`) or the required ones."""
    match shape.type_name:
        case "structure":
            members = shape.members.items() if full and depth < 4 else [(n, shape.members[n]) for n in shape.required_members]
            if shape.is_tagged_union:
                members = list(shape.members.items())[:1]
            return {n if depth < 0 else m.serialization.get("name", n): sample(m, depth + 1, full=full) for n, m in members if depth < 6}
        case "list":
            return [sample(shape.member, depth + 1, full=full)] * 2 if depth < 6 else []
        case "map":
            return {"k": sample(shape.value, depth + 1, full=full)} if depth < 6 else {}
        case "timestamp":
            return 1700000000.25
        case "blob":
            return "AAEC/w=="
        case "integer" | "long":
            return max(7, int(shape.metadata.get("min", 0)))
        case "float" | "double":
            return 1.5
        case "boolean":
            return True
        case _:
            return "ü" + "x" * max(3, int(shape.metadata.get("min", 0)))


def request_params(shape: Any, depth: int = 0) -> dict[str, Any]:
    """The required parameters of an operation, in botocore's spelling."""
    return {n: request_value(shape.members[n], depth) for n in shape.required_members} if shape is not None else {}


def request_value(shape: Any, depth: int) -> Any:
    match shape.type_name:
        case "structure":
            return request_params(shape, depth + 1)
        case "list":
            return [request_value(shape.member, depth + 1)] * max(1, int(shape.metadata.get("min", 0)))
        case "map":
            return {"k": request_value(shape.value, depth + 1)}
        case "timestamp":
            return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        case "blob":
            return b"\x00\x01"
        case "string" if "ARN" in shape.name.upper():
            return "arn:aws:kinesis:eu-west-1:111111111111:stream/s/consumer/c:1700000000"
        case _:
            return sample(shape)


def reads(service: Service) -> Iterator[Any]:
    for name in service.operation_names:
        if name.startswith(READS):
            yield service.operation(name)


@pytest.mark.parametrize(("keys", "endpoint"), [(KEYS[0], "http://127.0.0.1:4566"), (KEYS[1], None)], ids=["long-term", "session"])
def test_a_lane_sends_what_botocore_sends(keys: Keys, endpoint: str | None) -> None:
    compared = 0
    for service in services(SERVICES, endpoint):
        for operation in reads(service):
            params = request_params(operation.input_shape)
            slow = service.draft(operation, params, keys)
            assert slow.lane is None
            signed = service.sign(slow, keys, 1)
            fast = service.draft(operation, params, keys)
            if fast.lane is not None:
                assert fast.request["body"] == signed.body
                assert fast.lane.reproduces(signed, keys)
                compared += 1
    assert compared > 300


def test_answers_are_read_as_botocore_reads_them() -> None:
    theirs = JSONParser(timestamp_parser=botocore_timestamp)
    compared = 0
    for service in services(SERVICES):
        for operation in reads(service):
            if operation.output_shape is None or operation.has_event_stream_output:
                continue
            for full in (True, False):
                value = sample(operation.output_shape, full=full)
                value |= {"NobodyKnowsThis": 1, "x": None}
                body = json.dumps(value).encode()
                response = {"body": body, "headers": Headers(), "status_code": 200, "context": {}}
                expected = theirs.parse(response, operation.output_shape)
                del expected["ResponseMetadata"]
                assert read_success(operation, response) == expected
                compared += 1
    assert compared > 600
