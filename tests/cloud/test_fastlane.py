"""The fast lane against botocore itself: the same requests, and the same reading of answers, over whole services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from botocore.exceptions import BotoCoreError, ParamValidationError
from botocore.parsers import JSONParser
from botocore.utils import parse_timestamp as botocore_timestamp

from cirql.cloud.answers import read_success
from cirql.cloud.credentials import Keys
from cirql.cloud.drafts import FastDraft, RequestDraft
from cirql.cloud.fastlane import as_bytes, new_invocation
from cirql.cloud.http import Headers
from cirql.cloud.service import Service
from cirql.cloud.services import Services
from cirql.settings import Settings
from tests.cloud.xml_documents import models

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
            params = request_params(operation.model.input_shape)
            slow = service.draft(operation, params, keys)
            assert isinstance(slow, RequestDraft)
            signed = service.sign_as_botocore(slow, keys, 1)
            fast = service.draft(operation, params, keys)
            if isinstance(fast, FastDraft):
                assert fast.body == signed.body
                assert fast.lane.reproduces(signed, keys)
                compared += 1
    assert compared > 300


def all_params(shape: Any, operation: str) -> dict[str, Any]:
    """All parameters of an operation, but for those that say how the request is to be made."""
    if shape is None:
        return {}
    own = {"Bucket": f"a-bucket-of-{operation.lower()}"} if "Bucket" in shape.members else {}
    members = [(n, m) for n, m in shape.members.items() if m.serialization.get("location") != "header" and n != "DryRun"]
    return request_params(shape) | {n: request_value(m, 3) for n, m in members} | own


def is_drafted(service: Service, operation: Any, params: dict[str, Any], keys: Keys) -> bool:
    """Whether botocore takes the parameters: its endpoint rules know what an account id looks like."""
    try:
        service.draft(operation, dict(params), keys)
    except BotoCoreError:
        return False
    return True


ASKED_MOST = ["s3", "ec2", "iam", "route53", "cloudfront", "rds", "cloudformation", "sns"]


@pytest.mark.parametrize(
    ("names", "keys", "endpoint"),
    [([model.service_name for model in models()], KEYS[0], None), (ASKED_MOST, KEYS[1], "http://127.0.0.1:4566")],
    ids=["all", "session-token-and-local-endpoint"],
)
def test_the_services_of_the_xml_protocols_are_sent_what_botocore_sends(names: list[str], keys: Keys, endpoint: str | None) -> None:
    compared, protocols = 0, set()
    for service in services(names, endpoint):
        for operation in reads(service):
            shape = operation.model.input_shape
            first = request_params(shape) | ({"Bucket": "first"} if shape is not None and "Bucket" in shape.members else {})
            if not is_drafted(service, operation, first, keys):
                continue
            for params in (first, all_params(shape, operation.model.name), request_params(shape) | first):
                if not is_drafted(service, operation, params, keys):
                    continue
                fast = service.draft(operation, dict(params), keys)
                if isinstance(fast, FastDraft):
                    signed = service.sign_as_botocore(
                        service.slower(FastDraft(fast.model, fast.lane, "", b"", ""), {**params}, keys), keys, 1
                    )
                    assert (fast.lane.method, fast.url, fast.body) == (signed.method, signed.url, as_bytes(signed.body)), operation.model
                    assert fast.lane.reproduces(signed, keys)
                    service._elsewhere.clear()
                    compared += 1
                    protocols.add(operation.model.service_model.resolved_protocol)
    assert compared > 1000
    assert protocols == {"query", "ec2", "rest-xml"}


ODD_BUCKETS = [
    "a.b",
    "arn:aws:s3:eu-west-1:111111111111:accesspoint/p",
    "a--use1-az4--x-s3",
    "p-s3alias",
    "Upper",
    "x" * 64,
    "127.0.0.1",
    "a",
]


@pytest.mark.parametrize("bucket", ODD_BUCKETS)
def test_a_bucket_whose_name_means_something_is_for_botocore(bucket: str) -> None:
    (service,) = services(["s3"])
    operation = service.operation("GetBucketTagging")
    service.draft(operation, {"Bucket": "usual"}, KEYS[0])
    assert isinstance(service.draft(operation, {"Bucket": "another"}, KEYS[0]), FastDraft)
    try:
        draft: Any = service.draft(operation, {"Bucket": bucket}, KEYS[0])
    except (ParamValidationError, BotoCoreError):
        return
    if isinstance(draft, FastDraft):
        assert draft.url == service.slower(draft, {"Bucket": bucket}, KEYS[0]).request["url"]


PLAIN: list[dict[str, Any]] = [
    {},
    {"ImageName": "a"},
    {"ImageName": "ü €\ud800"},
    {"ImageName": ""},
    {"ImageName": "a", "Version": 3},
    {"Version": 3, "ImageName": "a", "Alias": "b"},
    {"ImageName": "a", "Version": -1},
    {"ImageName": "a", "Version": True},
    {"ImageName": "a", "Version": 2**70},
    {"ImageName": "a", "Version": "3"},
    {"ImageName": 7},
    {"ImageName": None},
    {"ImageName": "a", "Nonsense": 1},
]


@pytest.mark.parametrize("params", PLAIN, ids=repr)
def test_a_body_is_written_as_botocore_writes_it_or_refused_as_it_refuses_it(params: dict[str, Any]) -> None:
    def body(fast: bool) -> bytes | str:
        (service,) = services(["sagemaker"])
        operation = service.operation("DescribeImageVersion")
        if fast:
            service.draft(operation, {"ImageName": "learn"}, KEYS[0])
        try:
            draft = service.draft(operation, params, KEYS[0])
        except ParamValidationError as error:
            return str(error)
        assert isinstance(draft, FastDraft) is fast
        return draft.body if isinstance(draft, FastDraft) else bytes(draft.request["body"])

    assert body(fast=True) == body(fast=False)


TEXTS = ["a", "a b/c+d", "ü €", "%41&x=y?z#", "~-._*", "\ud800", ""]
PLAIN_XML: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("iam", "ListAttachedRolePolicies", {"RoleName": "learn"}, {"MaxItems": 7}),
    ("rds", "DescribeDBInstances", {}, {"MaxRecords": 20}),
    ("ec2", "DescribeInstances", {}, {"MaxResults": 7, "DryRun": True}),
    ("sns", "ListSubscriptionsByTopic", {"TopicArn": "arn:aws:sns:eu-west-1:111111111111:t"}, {}),
    ("cloudfront", "GetDistribution", {"Id": "learn"}, {}),
    ("cloudfront", "ListDistributions", {}, {"MaxItems": "7"}),
    ("s3", "ListBuckets", {}, {"MaxBuckets": 7}),
    ("s3", "GetBucketTagging", {"Bucket": "learn"}, {}),
    ("route53", "ListResourceRecordSets", {"HostedZoneId": "learn"}, {}),
]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566/", None])
def test_plain_requests_in_xml_are_written_as_botocore_writes_them_or_refused_as_it_refuses_them(endpoint: str | None) -> None:
    compared = 0
    for name, operation_name, first, more in PLAIN_XML:
        fast, slow = services([name], endpoint), services([name], endpoint)
        (lane,), (without,) = fast, slow
        operation = lane.operation(operation_name)
        lane.draft(operation, dict(first), KEYS[0])
        texts = [n for n, m in operation.model.input_shape.members.items() if m.type_name == "string" and n != "ExpectedBucketOwner"]
        for params in [first, first | more, *({**first, n: text} for n in texts for text in TEXTS)]:
            without._lanes.clear()
            assert written(lane, operation, params) == written(without, operation, params), (name, params)
            compared += 1
    assert compared > 150


def written(service: Service, operation: Any, params: dict[str, Any]) -> tuple[str, str, bytes] | str:
    """A request's method, URL and body; or what is wrong with its parameters."""
    try:
        signed = service.sign(service.draft(operation, dict(params), KEYS[0]), KEYS[0], 1)
    except (BotoCoreError, UnicodeEncodeError) as error:
        return type(error).__name__
    return signed.method, signed.url, signed.body


def test_ids_of_calls_are_version_4_uuids_and_differ() -> None:
    made = [UUID(new_invocation()) for _ in range(200)]
    assert {(m.version, m.variant) for m in made} == {(4, RFC_4122)}
    assert len(set(made)) == 200


def test_answers_are_read_as_botocore_reads_them() -> None:
    theirs = JSONParser(timestamp_parser=botocore_timestamp)
    compared = 0
    for service in services(SERVICES):
        for operation in reads(service):
            model = operation.model
            if model.output_shape is None or model.has_event_stream_output:
                continue
            for full in (True, False):
                value = sample(model.output_shape, full=full)
                if value:  # what nobody knows is left out beside what is known; alone it is refused
                    value |= {"NobodyKnowsThis": 1, "x": None}
                body = json.dumps(value).encode()
                response = {"body": body, "headers": Headers(), "status_code": 200, "context": {}}
                expected = theirs.parse(response, model.output_shape)
                del expected["ResponseMetadata"]
                assert read_success(model, response) == expected
                compared += 1
    assert compared > 600
