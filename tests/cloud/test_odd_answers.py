"""Answers as no AWS service gives them, and as networks, gateways and attackers do: read rightly, or refused in words."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, InvalidText, ResourceNotFound, Throttled, Unreachable
from cirql.settings import Credential, Settings

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS

IMAGES = b'{"Images": []}'
VPCS = b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"
DENIED = b'{"__type": "AccessDeniedException", "message": "no"}'


def call(aws: FakeAWS, service: str = "sagemaker", operation: str = "ListImages", params: dict[str, Any] | None = None) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        keys = (Credential("ana", "111111111111", "secret"),)
        client = CloudClient(Settings(credentials=keys, endpoint_url=aws.url, read_timeout=2, max_attempts=1))
        try:
            return await client.call(Target("111111111111", "us-east-1", "ana"), service, operation, params or {})
        finally:
            await client.close()

    return asyncio.run(run())


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate), ("identity", bytes)],
)
def test_a_packed_body_is_unpacked_in_every_protocol(aws: FakeAWS, coding: str, packed: Any) -> None:
    headers = {"Content-Encoding": coding}
    aws.then(body=packed(IMAGES), headers=headers)
    assert call(aws) == {"Images": []}
    aws.then(body=packed(VPCS), headers=headers)
    assert call(aws, "ec2", "DescribeVpcs") == {"Vpcs": []}
    aws.then(body=packed(DENIED), headers=headers, status=400)
    with pytest.raises(AccessDenied):
        call(aws)


def test_a_header_that_is_no_moment_is_kept_as_text(aws: FakeAWS) -> None:
    aws.then(body=b"", headers={"Expires": "never"})
    answer = call(aws, "s3", "HeadObject", {"Bucket": "bucket", "Key": "k"})
    assert answer["ExpiresString"] == "never"
    assert "Expires" not in answer


def test_an_object_that_was_stored_packed_stays_so(aws: FakeAWS) -> None:
    aws.then(body=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"})
    assert gzip.decompress(call(aws, "s3", "GetObject", {"Bucket": "bucket", "Key": "k"})["Body"]) == b"x"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({"body": gzip.compress(IMAGES)[:20], "headers": {"Content-Encoding": "gzip"}}, "ends early"),
        ({"body": IMAGES, "headers": {"Content-Encoding": "gzip"}}, "cannot be unpacked"),
        ({"body": IMAGES, "headers": {"Content-Encoding": "br"}}, "nobody asked for: br"),
        ({"raw": b"HTTP/1.1 204 No Content\r\n\r\n"}, "body is empty"),
        ({"body": b'{"Images": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"}, "too deeply"),
        ({"body": b"\xff\xfe"}, "not JSON"),
        ({"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Length: 15\r\n\r\n" + IMAGES}, "not HTTP"),
        ({"raw": b"HTTP/1.1 200 OK\r\n" + b"X-Junk: " + b"y" * 400_000}, "longer than 262144 bytes"),
        ({"raw": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000}, "longer than 262144 bytes"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(aws: FakeAWS, reply: dict[str, Any], says: str) -> None:
    aws.always(**reply)
    with pytest.raises(Unreachable, match=says):
        call(aws)


@pytest.mark.parametrize("body", [b"<a/>", b"<!-- x --><soap:Envelope/>", b"<?xml version='1.0'?><!DOCTYPE html><html/>", b"<Error/>"])
def test_xml_that_is_not_of_the_operation_is_no_empty_list(aws: FakeAWS, body: bytes) -> None:
    aws.always(body=body)
    with pytest.raises(Unreachable, match="not an AWS answer"):
        call(aws, "ec2", "DescribeVpcs")


EC2_ERROR = (
    b"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>"
)
QUERY_ERROR = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
S3_ERROR = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"


@pytest.mark.parametrize("error", [EC2_ERROR, QUERY_ERROR, S3_ERROR], ids=["ec2", "query", "s3"])
@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("ec2", "DescribeVpcs", {}),
        ("ec2", "DeleteVpc", {"VpcId": "vpc-1"}),
        ("iam", "ListUsers", {}),
        ("iam", "DeleteUser", {"UserName": "u"}),
        ("s3", "ListBuckets", {}),
        ("s3", "GetBucketTagging", {"Bucket": "bucket"}),
        ("s3", "CopyObject", {"Bucket": "bucket", "Key": "k", "CopySource": "b/k"}),
        ("route53", "ListHostedZones", {}),
        ("cloudfront", "ListDistributions", {}),
        ("s3control", "ListAccessPoints", {"AccountId": "111111111111"}),
    ],
)
def test_an_error_document_that_comes_with_a_success_is_that_error(
    aws: FakeAWS, service: str, operation: str, params: dict[str, Any], error: bytes
) -> None:
    aws.always(body=error)
    with pytest.raises(AccessDenied, match="no"):
        call(aws, service, operation, params)


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("ec2", "DescribeVpcs", b"<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>"),
        ("ec2", "DescribeVpcs", b"<SomethingResponse><vpcSet/></SomethingResponse>"),
        ("ec2", "DescribeVpcs", b"<Response/>"),
        ("ec2", "DescribeVpcs", b"<Response><Problem>x</Problem></Response>"),
        ("ec2", "DescribeVpcs", b"<DescribeVpcsResponse><requestId>r</requestId><subnetSet/></DescribeVpcsResponse>"),
        ("iam", "ListUsers", b"<ListUsersResponse><ListRolesResult><Roles/></ListRolesResult></ListUsersResponse>"),
        ("iam", "ListUsers", b"<ListUsersResponse><ListUsersResult><Roles/></ListUsersResult></ListUsersResponse>"),
        ("iam", "ListUsers", b"<ListRolesResponse><ListUsersResult><Users/></ListUsersResult></ListRolesResponse>"),
        ("route53", "ListHostedZones", b"<ListHostedZonesResponse><Weather>fine</Weather></ListHostedZonesResponse>"),
        ("s3", "ListBuckets", b"<ListBucketResult><Weather>fine</Weather></ListBucketResult>"),
        ("cloudfront", "ListDistributions", b"<Weather><Wind>3</Wind></Weather>"),
        ("sagemaker", "ListImages", b'{"Weather": "fine"}'),
        ("lambda", "ListFunctions", b'{"Weather": "fine"}'),
    ],
)
def test_members_of_something_else_are_no_empty_list(aws: FakeAWS, service: str, operation: str, body: bytes) -> None:
    aws.always(body=body)
    with pytest.raises(Unreachable) as caught:
        call(aws, service, operation)
    assert caught.value.failure is not None and caught.value.failure.code == "garbage"


def test_an_entity_bomb_is_refused_unread(aws: FakeAWS) -> None:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10 if i else b"ha" * 10) for i in range(20))
    aws.always(body=b"<?xml version='1.0'?><!DOCTYPE x [" + entities + b"]><DescribeVpcsResponse>&a19;</DescribeVpcsResponse>")
    with pytest.raises(Unreachable, match="document type"):
        call(aws, "ec2", "DescribeVpcs")


def test_a_member_that_is_new_beside_known_ones_is_left_out(aws: FakeAWS) -> None:
    aws.always(body=b"<DescribeVpcsResponse><vpcSet/><newSet/></DescribeVpcsResponse>")
    assert call(aws, "ec2", "DescribeVpcs") == {"Vpcs": []}
    aws.always(body=b'{"Images": [], "Weather": "fine"}')
    assert call(aws) == {"Images": []}


def test_an_xml_answer_may_have_a_declaration_comments_and_a_prefix(aws: FakeAWS) -> None:
    aws.always(body=b"<?xml version='1.0'?>\n<!-- c --> " + VPCS)
    assert call(aws, "ec2", "DescribeVpcs") == {"Vpcs": []}


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"], ids=["headers", "body"])
def test_an_answer_that_only_trickles_ends(aws: FakeAWS, start: bytes) -> None:
    aws.always(raw=start, drip=0.05, more=b"x: y\r\n")
    before = time.monotonic()
    with pytest.raises(Unreachable, match=r"no (answer|complete answer) for"):
        call(aws)
    assert time.monotonic() - before < 20  # two are meant; the server trickles for ever


@pytest.mark.parametrize("status", [302, 407, 413])
def test_an_error_that_is_not_of_aws_says_where_to_look(aws: FakeAWS, status: int) -> None:
    aws.always(status=status, body=b"<html>who are you?</html>")
    with pytest.raises(CloudError) as caught:
        call(aws)
    assert "proxy" in (caught.value.hint or "")


@pytest.mark.parametrize("body", [b"", b"<html>404 Not Found</html>", b'{"message": "Not Found"}', b'{"code": 404, "message": "no route"}'])
@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sagemaker", "ListImages", {}),
        ("lambda", "GetFunction", {"FunctionName": "f"}),
        ("ec2", "DescribeVpcs", {}),
        ("iam", "GetUser", {"UserName": "u"}),
        ("s3", "GetBucketTagging", {"Bucket": "bucket"}),
        ("route53", "GetHostedZone", {"Id": "Z1"}),
        ("eventbridgev2", "ListEventBuses", {}),
    ],
)
def test_a_404_without_a_name_is_no_resource_that_is_gone(
    aws: FakeAWS, service: str, operation: str, params: dict[str, Any], body: bytes
) -> None:
    aws.always(status=404, body=body)
    with pytest.raises(CloudError) as caught:
        call(aws, service, operation, params)
    assert type(caught.value) is CloudError
    assert "proxy" in (caught.value.hint or "")


def test_a_404_to_a_head_request_says_that_it_is_not_there(aws: FakeAWS) -> None:
    aws.always(raw=b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ResourceNotFound):
        call(aws, "s3", "HeadBucket", {"Bucket": "bucket"})


@pytest.mark.parametrize("value", ["1\r\nEvil: 1", "1\nEvil: 1", "\u20ac"])
def test_no_value_begins_a_header_of_its_own(aws: FakeAWS, value: str) -> None:
    with pytest.raises(InvalidText, match="x-amz-expected-bucket-owner"):
        call(aws, "s3", "ListObjectsV2", {"Bucket": "bucket", "ExpectedBucketOwner": value})
    assert aws.requests == []


def text(value: str) -> bytes:
    """A short text as CBOR writes it (RFC 8949 §3.1)."""
    head = bytes([0x60 + len(value)]) if len(value) < 24 else bytes([0x78, len(value)])
    return head + value.encode()


CBOR = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
BUSES = b"\xa1" + text("EventBuses") + b"\x80"


def cbor_error(code: str) -> dict[str, Any]:
    return {
        "status": 400,
        "headers": CBOR,
        "body": b"\xa2" + text("__type") + text(f"com.amazonaws#{code}") + text("message") + text("why"),
    }


def test_the_cbor_protocol_is_read_and_its_errors_are_known(aws: FakeAWS) -> None:
    aws.then(body=BUSES, headers=CBOR)
    assert call(aws, "eventbridgev2", "ListEventBuses") == {"EventBuses": []}
    aws.then(**cbor_error("ThrottlingException"))
    with pytest.raises(Throttled):
        call(aws, "eventbridgev2", "ListEventBuses")
    aws.then(**cbor_error("AccessDeniedException"))
    with pytest.raises(AccessDenied, match="why"):
        call(aws, "eventbridgev2", "ListEventBuses")


@pytest.mark.parametrize(
    "body",
    [BUSES[:5], b"", b"\x7b" + b"\x00\x00\x00\x10" + b"\x00" * 4, b"<html/>", b"\x80", b"\xa1" + text("EventBuses") + b"\x81" * 100_000],
)
def test_cbor_that_cannot_be_read_is_an_error(aws: FakeAWS, body: bytes) -> None:
    aws.always(body=body, headers=CBOR)
    with pytest.raises(Unreachable):
        call(aws, "eventbridgev2", "ListEventBuses")


def test_an_odd_value_stays_as_it_was_written_and_costs_no_other(aws: FakeAWS) -> None:
    aws.then(body=b'{"Images": [{"ImageName": "a", "CreationTime": 1700000000000}, {"ImageName": "b", "CreationTime": 1700000000}]}')
    first, second = call(aws)["Images"]
    assert first == {"ImageName": "a", "CreationTime": 1700000000000}
    assert second["CreationTime"].year == 2023
    aws.then(body=b'{"Functions": [{"FunctionName": "f", "CodeSize": 7.5, "Timeout": "long"}]}')
    assert call(aws, "lambda", "ListFunctions")["Functions"] == [{"FunctionName": "f", "CodeSize": 7.5, "Timeout": "long"}]
    item = b"<item><volumeId>v</volumeId><size>7.5</size><createTime>1700000000000</createTime></item>"
    aws.then(body=b"<DescribeVolumesResponse><volumeSet>" + item + b"</volumeSet></DescribeVolumesResponse>")
    assert call(aws, "ec2", "DescribeVolumes")["Volumes"] == [{"VolumeId": "v", "Size": "7.5", "CreateTime": "1700000000000"}]
    assert len(aws.requests) == 3
