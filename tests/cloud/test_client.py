"""The client against a scripted endpoint: scope, answers, errors of every protocol, retries, paging, counting."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cirql.catalog.model import Paging
from cirql.cloud.client import CloudClient
from cirql.cloud.reach import Reach
from cirql.cloud.stats import recording
from cirql.cloud.target import Target
from cirql.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    CredentialsError,
    Error,
    InvalidText,
    NotSupported,
    ResourceNotFound,
    Throttled,
    Unreachable,
)
from cirql.fetch.targets import find_targets
from cirql.plan.places import Wanted
from cirql.settings import Credential, Settings

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS, Request

T = TypeVar("T")

ANA = Credential("ana", "111111111111", "ana-secret")
BEN = Credential("ben", "222222222222", "ben-secret", token="ben-token")
HERE = Target("111111111111", "us-east-1", "ana")
IMAGES = Paging(("NextToken",), ("NextToken",), limit="MaxResults", size=100)


def using(aws: FakeAWS, scenario: Callable[[CloudClient], Awaitable[T]], **settings: Any) -> T:
    """Run a scenario with a client of its own."""
    given = {"credentials": (ANA,), "regions": ("us-east-1",), "endpoint_url": aws.url, "read_timeout": 2.0, **settings}

    async def run() -> T:
        client = CloudClient(Settings(**given))
        try:
            return await scenario(client)
        finally:
            await client.close()

    return asyncio.run(run())


async def find(client: CloudClient, **want: Any) -> tuple[Target, ...]:
    """Whom a statement asks that wants this, in the reach of the client's own settings."""
    return await find_targets(client, Reach.of(client.settings), Wanted(**want))


def call(aws: FakeAWS, service: str, operation: str, params: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    return using(aws, lambda c: c.call(HERE, service, operation, params or {}), **settings)


def identity(account: str) -> bytes:
    return (
        "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
        f"<Arn>arn:aws:iam::{account}:user/u</Arn><UserId>U</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    ).encode()


# answers


def test_an_answer_has_typed_members_and_no_metadata(aws: FakeAWS) -> None:
    aws.then(body=b'{"Images": [{"ImageName": "a", "CreationTime": 1700000000.25}]}')
    answer = call(aws, "sagemaker", "ListImages")
    assert answer == {"Images": [{"ImageName": "a", "CreationTime": datetime(2023, 11, 14, 22, 13, 20, 250000, tzinfo=UTC)}]}


def test_an_xml_answer_is_read_by_its_protocol(aws: FakeAWS) -> None:
    aws.then(body=identity("333333333333"))
    assert call(aws, "sts", "GetCallerIdentity")["Account"] == "333333333333"


def test_a_raw_body_comes_back_as_bytes(aws: FakeAWS) -> None:
    aws.then(body=b"\x00\xff\x10", headers={"Content-Type": "application/octet-stream"})
    answer = call(aws, "s3", "GetObject", {"Bucket": "bucket", "Key": "k"})
    assert answer["Body"] == b"\x00\xff\x10"
    assert aws.requests[0].target == "/bucket/k"  # no bucket.127.0.0.1


def test_a_bucket_of_another_region_is_found_when_the_lane_is_open(aws: FakeAWS) -> None:
    tagging = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"

    def give(request: Request) -> dict[str, Any]:
        if "/there" in request.target and "/us-east-1/s3/" in request.headers["authorization"]:
            moved = b"<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"
            return {"status": 301, "body": moved, "headers": {"x-amz-bucket-region": "eu-west-1"}}
        return {"body": tagging}

    aws.answer(give)

    async def scenario(client: CloudClient) -> list[str]:
        names = ("here", "also-here", "there", "there", "here")
        answers = [await client.call(HERE, "s3", "GetBucketTagging", {"Bucket": name}) for name in names]
        return [answer["TagSet"][0]["Value"] for answer in answers]

    assert using(aws, scenario) == ["v"] * 5
    regions = [r.headers["authorization"].split("/")[2] for r in aws.requests]
    assert regions == ["us-east-1", "us-east-1", "us-east-1", "eu-west-1", "eu-west-1", "us-east-1"]


def test_members_in_headers_are_read(aws: FakeAWS) -> None:
    aws.then(body=b"", headers={"x-amz-bucket-region": "eu-west-1"})
    assert call(aws, "s3", "HeadBucket", {"Bucket": "bucket"})["BucketRegion"] == "eu-west-1"


@pytest.mark.parametrize(
    ("service", "operation", "params", "body", "reason"),
    [
        ("sagemaker", "ListImages", {}, b'{"Images": [{"Ima', "cut"),
        ("sagemaker", "ListImages", {}, b"", "cut"),
        ("sagemaker", "ListImages", {}, b"<html>sign in to the wifi</html>", "garbage"),
        ("sagemaker", "ListImages", {}, b'["a"]', "garbage"),
        ("sagemaker", "ListImages", {}, b'{"Images": "none"}', "garbage"),
        ("lambda", "ListFunctions", {}, b'{"Functions": [', "cut"),
        ("ec2", "DescribeVpcs", {}, b"<html><body>hello</body></html>", "garbage"),
        ("ec2", "DescribeVpcs", {}, b"", "cut"),
        ("ec2", "DescribeVpcs", {}, b"<DescribeVpcsResponse><vpcSet>", "cut"),
        ("iam", "ListUsers", {}, b"<ListUsersResponse></ListUsersResponse>", "garbage"),
        ("s3", "ListObjectsV2", {"Bucket": "bucket"}, b"", "cut"),
        ("s3", "ListBuckets", {}, b"upstream timed out", "garbage"),
    ],
)
def test_a_success_that_cannot_be_read_is_an_error_and_never_no_rows(
    aws: FakeAWS, service: str, operation: str, params: dict[str, Any], body: bytes, reason: str
) -> None:
    aws.always(body=body)
    with pytest.raises(Unreachable) as caught:
        call(aws, service, operation, params, max_attempts=2)
    assert caught.value.failure is not None
    assert caught.value.failure.code == reason
    assert len(aws.requests) == 2


def test_an_error_in_a_200_of_s3_is_an_error(aws: FakeAWS) -> None:
    aws.always(body=b"<Error><Code>InternalError</Code><Message>try again</Message></Error>")
    with pytest.raises(CloudError, match="InternalError"):
        call(aws, "s3", "CopyObject", {"Bucket": "bucket", "Key": "k", "CopySource": "b/k"}, max_attempts=1)


# errors of every protocol


def refusal(service: str, code: str) -> dict[str, Any]:
    """One error, written the way the service's protocol writes it."""
    match service:
        case "sagemaker":
            return {"status": 400, "body": json.dumps({"__type": f"com.amazonaws#{code}", "message": "why"}).encode()}
        case "lambda":
            return {"status": 400, "body": b'{"message": "why"}', "headers": {"x-amzn-ErrorType": f"{code}:http://internal/"}}
        case "ec2":
            errors = f"<Errors><Error><Code>{code}</Code><Message>why</Message></Error></Errors>"
            return {"status": 400, "body": f"<Response>{errors}<RequestID>req-1</RequestID></Response>".encode()}
        case "iam":
            body = f"<ErrorResponse><Error><Code>{code}</Code><Message>why</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
            return {"status": 400, "body": body.encode()}
        case _:
            body = f"<Error><Code>{code}</Code><Message>why</Message><RequestId>req-1</RequestId></Error>"
            return {"status": 400, "body": body.encode(), "headers": {"x-amz-request-id": "req-1"}}


LISTS = {
    "sagemaker": ("ListImages", b'{"Images": []}'),
    "lambda": ("ListFunctions", b'{"Functions": []}'),
    "ec2": ("DescribeVpcs", b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"),
    "iam": ("ListUsers", b"<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>"),
    "s3": ("ListBuckets", b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
}


@pytest.mark.parametrize(
    ("service", "code", "expected"),
    [
        ("sagemaker", "AccessDeniedException", AccessDenied),
        ("lambda", "AccessDeniedException", AccessDenied),
        ("ec2", "UnauthorizedOperation", AccessDenied),
        ("iam", "AccessDenied", AccessDenied),
        ("s3", "AccessDenied", AccessDenied),
        ("sagemaker", "ResourceNotFound", ResourceNotFound),
        ("sagemaker", "ResourceNotFoundException", ResourceNotFound),
        ("ec2", "InvalidInstanceID.NotFound", ResourceNotFound),
        ("iam", "NoSuchEntity", ResourceNotFound),
        ("s3", "NoSuchBucket", ResourceNotFound),
        ("s3", "ServerSideEncryptionConfigurationNotFoundError", ResourceNotFound),
        ("sagemaker", "UnrecognizedClientException", CredentialsError),
        ("iam", "InvalidClientTokenId", CredentialsError),
        ("ec2", "AuthFailure", CredentialsError),
        ("s3", "InvalidAccessKeyId", CredentialsError),
        ("lambda", "ExpiredTokenException", CredentialsError),
        ("iam", "EntityAlreadyExists", AlreadyExists),
        ("sagemaker", "ValidationException", CloudError),
        ("ec2", "InvalidInstanceID.Malformed", CloudError),
    ],
)
def test_an_aws_code_becomes_the_right_error_and_is_not_tried_again(aws: FakeAWS, service: str, code: str, expected: type[Error]) -> None:
    operation, _ = LISTS[service]
    aws.always(**refusal(service, code))
    with pytest.raises(Error) as caught:
        call(aws, service, operation)
    assert type(caught.value) is expected
    failure = caught.value.failure
    assert failure is not None
    assert (failure.account, failure.region, failure.service, failure.operation) == ("111111111111", "us-east-1", service, operation)
    assert (failure.code, failure.message, failure.request_id) == (code, "why", "req-1")
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("sagemaker", "ThrottlingException"),
        ("lambda", "TooManyRequestsException"),
        ("ec2", "RequestLimitExceeded"),
        ("iam", "Throttling"),
        ("s3", "SlowDown"),
    ],
)
def test_throttles_are_tried_again_and_counted_on_every_protocol(aws: FakeAWS, service: str, code: str) -> None:
    operation, success = LISTS[service]
    aws.then(**refusal(service, code))
    aws.then(**refusal(service, code))
    aws.then(body=success)

    async def scenario(client: CloudClient) -> dict[str, Any]:
        with recording() as stats:
            await client.call(HERE, service, operation, {})
        return stats.to_json()

    counted = using(aws, scenario)
    assert counted["calls"] == {f"{service}:{operation}": 3}
    assert (counted["retries"], counted["throttles"]) == (2, 2)
    assert [r.headers["amz-sdk-request"] for r in aws.requests] == [f"attempt={n}; max=8" for n in (1, 2, 3)]


def test_throttling_without_end_is_an_error_with_a_hint(aws: FakeAWS) -> None:
    aws.always(**refusal("sagemaker", "ThrottlingException"))
    with pytest.raises(Throttled, match="3 attempts") as caught:
        call(aws, "sagemaker", "ListImages", max_attempts=3)
    assert "max_rps" in (caught.value.hint or "")
    assert len(aws.requests) == 3


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "body": b""},
        {"status": 502, "body": b"<html>bad gateway</html>"},
        {"status": 503, "body": b"{}"},
        {"status": 429, "body": b"slow down"},
        {"drop": True},
        {"body": b'{"Images": []}', "cut": 5},
        {"body": b'{"Images'},
        {"raw": b"garbage\r\n\r\n"},
    ],
)
def test_a_passing_trouble_is_overcome(aws: FakeAWS, trouble: dict[str, Any]) -> None:
    aws.then(**trouble)
    aws.then(body=b'{"Images": []}')
    assert call(aws, "sagemaker", "ListImages") == {"Images": []}
    assert len(aws.requests) == 2


def test_a_hanging_endpoint_ends_in_an_error(aws: FakeAWS) -> None:
    aws.always(hang=True)
    with pytest.raises(Unreachable, match=r"no answer for 0\.2 s"):
        call(aws, "sagemaker", "ListImages", read_timeout=0.2, max_attempts=2)


def test_a_refusing_endpoint_ends_in_an_error_that_counts_no_call(aws: FakeAWS) -> None:
    aws.stop()

    async def scenario(client: CloudClient) -> None:
        with pytest.raises(Unreachable) as caught:
            await client.call(HERE, "sagemaker", "ListImages", {})
        assert aws.url in caught.value.message
        assert client.stats.requests == 0

    using(aws, scenario, max_attempts=2)


def test_a_write_that_may_have_happened_is_not_repeated(aws: FakeAWS) -> None:
    aws.always(drop=True)
    with pytest.raises(Unreachable) as caught:
        call(aws, "sagemaker", "CreateAlgorithm", {"AlgorithmName": "a", "TrainingSpecification": training()})
    assert "may have been carried out" in (caught.value.hint or "")
    assert len(aws.requests) == 1


def training() -> dict[str, Any]:
    channel = {"Name": "c", "SupportedContentTypes": ["t"], "SupportedInputModes": ["File"]}
    return {"TrainingImage": "i", "SupportedTrainingInstanceTypes": ["ml.m4.xlarge"], "TrainingChannels": [channel]}


def test_a_write_with_a_client_token_is_repeated(aws: FakeAWS) -> None:
    aws.then(drop=True)
    aws.then(body=b'{"ProgressEvent": {"RequestToken": "t"}}')
    answer = call(aws, "cloudcontrol", "CreateResource", {"TypeName": "AWS::S3::Bucket", "DesiredState": "{}"})
    assert answer["ProgressEvent"]["RequestToken"] == "t"
    tokens = [json.loads(r.body)["ClientToken"] for r in aws.requests]
    assert tokens[0] == tokens[1]


def test_retry_after_is_obeyed(aws: FakeAWS) -> None:
    aws.then(status=503, body=b"", headers={"Retry-After": "1"})
    aws.then(body=b'{"Images": []}')
    before = time.monotonic()
    call(aws, "sagemaker", "ListImages")
    assert time.monotonic() - before >= 1.0


def test_a_wrong_clock_is_corrected_by_the_servers(aws: FakeAWS) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=3)
    refused = refusal("sagemaker", "InvalidSignatureException")
    aws.then(**{**refused, "headers": {"Date": format_datetime(ahead, usegmt=True)}})
    aws.always(body=b'{"Images": []}')

    async def scenario(client: CloudClient) -> None:
        await client.call(HERE, "sagemaker", "ListImages", {})
        await client.call(HERE, "sagemaker", "ListImages", {})

    using(aws, scenario)
    stamps = [datetime.strptime(r.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for r in aws.requests]
    assert len(stamps) == 3
    assert ahead - stamps[0] > timedelta(hours=2)
    assert all(abs(ahead - stamp) < timedelta(minutes=1) for stamp in stamps[1:])


def test_a_wrong_clock_is_corrected_for_calls_that_were_all_under_way(aws: FakeAWS) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=3)

    def give(request: Request) -> dict[str, Any]:
        stamp = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if ahead - stamp > timedelta(minutes=5):
            headers = {"Date": format_datetime(ahead, usegmt=True)}
            return {**refusal("sagemaker", "InvalidSignatureException"), "headers": headers, "delay": 0.05}
        return {"body": b'{"ImageName": "a"}'}

    aws.answer(give)

    async def scenario(client: CloudClient) -> int:
        calls = (client.call(HERE, "sagemaker", "DescribeImage", {"ImageName": f"i-{n}"}) for n in range(30))
        return len(await asyncio.gather(*calls))

    assert using(aws, scenario) == 30


def test_keys_without_a_token_may_give_way_to_keys_with_one(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    shared.write_text("[default]\naws_access_key_id = OLDKEY\naws_secret_access_key = s\n")

    def give(request: Request) -> dict[str, Any]:
        if "OLDKEY" in shared.read_text() and len(aws.requests) > 3:
            shared.write_text("[default]\naws_access_key_id = NEWKEY\naws_secret_access_key = s\naws_session_token = t\n")
        if request.access_key == "OLDKEY" and len(aws.requests) > 3:
            return refusal("sagemaker", "ExpiredTokenException")
        return {"body": b'{"Images": []}'}

    aws.answer(give)
    target = Target("", "us-east-1", "default")

    async def scenario(client: CloudClient) -> None:
        for _ in range(6):
            await client.call(target, "sagemaker", "ListImages", {})

    using(aws, scenario, credentials=())
    assert [r.headers.get("x-amz-security-token") for r in aws.requests] == [None] * 4 + ["t"] * 3


def test_expired_credentials_are_read_again_once(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    text = "[default]\naws_access_key_id = {}\naws_secret_access_key = s\naws_session_token = t\n"
    shared.write_text(text.format("OLDKEY"))

    def give(request: Request) -> dict[str, Any]:
        shared.write_text(text.format("NEWKEY"))
        return refusal("sagemaker", "ExpiredTokenException") if request.access_key == "OLDKEY" else {"body": b'{"Images": []}'}

    aws.answer(give)
    target = Target("", "us-east-1", "default")
    assert using(aws, lambda c: c.call(target, "sagemaker", "ListImages", {}), credentials=()) == {"Images": []}
    assert [r.access_key for r in aws.requests] == ["OLDKEY", "NEWKEY"]


def test_credentials_that_expire_under_many_calls_are_read_again_once_for_all(
    aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    text = "[default]\naws_access_key_id = {}\naws_secret_access_key = s\naws_session_token = t\n"
    shared.write_text(text.format("OLDKEY"))

    def give(request: Request) -> dict[str, Any]:
        if len(aws.requests) < 20:
            return {"body": b'{"ImageName": "a"}', "delay": 0.01}
        if "OLDKEY" in shared.read_text():
            shared.write_text(text.format("NEWKEY"))
        return refusal("sagemaker", "ExpiredTokenException") if request.access_key == "OLDKEY" else {"body": b'{"ImageName": "a"}'}

    aws.answer(give)
    target = Target("", "us-east-1", "default")

    async def scenario(client: CloudClient) -> int:
        calls = (client.call(target, "sagemaker", "DescribeImage", {"ImageName": f"i-{n}"}) for n in range(60))
        return len(await asyncio.gather(*calls))

    assert using(aws, scenario, credentials=()) == 60
    keys = [r.access_key for r in aws.requests]
    assert set(keys[-10:]) == {"NEWKEY"}
    assert len(keys) <= 60 + 40  # the second round was under way


def test_no_credentials_at_all_is_an_error_before_any_call(aws: FakeAWS) -> None:
    with pytest.raises(CredentialsError) as caught:
        using(aws, lambda c: c.call(Target("", "us-east-1"), "sagemaker", "ListImages", {}), credentials=())
    assert "aws configure" in (caught.value.hint or "")
    assert aws.requests == []


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected", "says"),
    [
        ("sagemaker", "DescribeImage", {}, InvalidText, "ImageName"),
        ("sagemaker", "DescribeImage", {"ImageName": 7}, InvalidText, "ImageName"),
        ("sagemaker", "ListImagez", {}, NotSupported, "ListImages"),
        ("sagemakr", "ListImages", {}, NotSupported, "sagemaker"),
    ],
)
def test_what_botocore_does_not_know_is_never_sent(
    aws: FakeAWS, service: str, operation: str, params: dict[str, Any], expected: type[Error], says: str
) -> None:
    with pytest.raises(expected) as caught:
        call(aws, service, operation, params)
    assert says in f"{caught.value.message} {caught.value.hint}"
    assert aws.requests == []


# pages


def collect(aws: FakeAWS, paging: Paging | None = IMAGES) -> list[dict[str, Any]]:
    async def scenario(client: CloudClient) -> list[dict[str, Any]]:
        return [page async for page in client.pages(HERE, "sagemaker", "ListImages", {"NameContains": "x"}, paging)]

    return using(aws, scenario)


def test_pages_are_asked_for_one_by_one_with_the_largest_size(aws: FakeAWS) -> None:
    aws.then(body=b'{"Images": [], "NextToken": "t1"}')
    aws.then(body=b'{"Images": [], "NextToken": "t2"}')
    aws.then(body=b'{"Images": []}')
    assert len(collect(aws)) == 3
    sent = [json.loads(r.body) for r in aws.requests]
    assert sent[0] == {"NameContains": "x", "MaxResults": 100}
    assert [s.get("NextToken") for s in sent] == [None, "t1", "t2"]


def test_without_paging_there_is_one_page(aws: FakeAWS) -> None:
    aws.always(body=b'{"Images": [], "NextToken": "t1"}')
    assert len(collect(aws, None)) == 1


@pytest.mark.parametrize("tokens", [["t", "t"], ["t1", "t2", "t1"]])
def test_a_page_token_that_comes_again_is_an_error(aws: FakeAWS, tokens: list[str]) -> None:
    for token in tokens:
        aws.then(body=json.dumps({"Images": [], "NextToken": token}).encode())
    with pytest.raises(CloudError, match="same page token"):
        collect(aws)
    assert len(aws.requests) == len(tokens)


def test_the_next_page_is_not_asked_for_before_it_is_wanted(aws: FakeAWS) -> None:
    aws.always(body=b'{"Images": [], "NextToken": "t1"}')

    async def scenario(client: CloudClient) -> None:
        pages = client.pages(HERE, "sagemaker", "ListImages", {}, IMAGES)
        async for _ in pages:
            break

    using(aws, scenario)
    assert len(aws.requests) == 1


# scope


def test_many_calls_at_once_are_all_answered_and_counted_per_statement(aws: FakeAWS) -> None:
    aws.answer(lambda r: {"body": r.body, "delay": 0.005})

    async def statement(client: CloudClient, count: int) -> int:
        async def one(n: int) -> None:
            answer = await client.call(HERE, "sagemaker", "DescribeImage", {"ImageName": f"image-{n}"})
            assert answer == {"ImageName": f"image-{n}"}

        with recording() as stats:
            await asyncio.gather(*(one(n) for n in range(count)))
        return stats.requests

    async def scenario(client: CloudClient) -> list[int]:
        return list(await asyncio.gather(statement(client, 150), statement(client, 50)))

    assert using(aws, scenario) == [150, 50]


def test_cancelling_a_statement_hangs_up_at_once(aws: FakeAWS) -> None:
    aws.always(hang=True)

    async def scenario(client: CloudClient) -> float:
        task = asyncio.create_task(client.call(HERE, "sagemaker", "ListImages", {}))
        while not aws.requests:
            await asyncio.sleep(0.005)
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - before

    assert using(aws, scenario) < 10  # the server answers never
    assert aws.hung_up.wait(2)
