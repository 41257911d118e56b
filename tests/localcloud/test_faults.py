"""The fault layer as boto3 sees it, in every protocol."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.localcloud.faults import KINDS

Client = Callable[..., Any]

# One read of each protocol: service, method, members, operation, and the code and status of throttling.
PROTOCOLS = [
    pytest.param("sagemaker", "list_images", {}, "ListImages", "ThrottlingException", 400, id="json-1.1"),
    pytest.param("cloudcontrol", "list_resource_requests", {}, "ListResourceRequests", "ThrottlingException", 400, id="json-1.0"),
    pytest.param("dynamodb", "list_tables", {}, "ListTables", "ThrottlingException", 400, id="dynamodb"),
    pytest.param("iam", "list_roles", {}, "ListRoles", "Throttling", 400, id="query"),
    pytest.param("sns", "list_topics", {}, "ListTopics", "Throttling", 400, id="query-sns"),
    pytest.param("ec2", "describe_vpcs", {}, "DescribeVpcs", "RequestLimitExceeded", 503, id="ec2"),
    pytest.param("s3", "list_buckets", {}, "ListBuckets", "SlowDown", 503, id="rest-xml"),
    pytest.param("route53", "list_hosted_zones", {}, "ListHostedZones", "Throttling", 400, id="rest-xml-route53"),
    pytest.param("lambda", "list_functions", {}, "ListFunctions", "TooManyRequestsException", 429, id="rest-json"),
    pytest.param("eks", "list_clusters", {}, "ListClusters", "ThrottlingException", 429, id="rest-json-eks"),
    pytest.param("cloudwatch", "list_metrics", {}, "ListMetrics", "ThrottlingException", 400, id="cbor-capable"),
    pytest.param("arc-region-switch", "list_plans", {}, "ListPlans", "ThrottlingException", 400, id="json-1.0-arc"),
]


def fail(call: Callable[..., Any], **members: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as error:
        call(**members)
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


@pytest.mark.parametrize(("service", "method", "members", "operation", "code", "status"), PROTOCOLS)
def test_throttling_reads_as_that_service_throttles(
    cloud: LocalCloud, client: Client, service: str, method: str, members: dict[str, Any], operation: str, code: str, status: int
) -> None:
    cloud.faults.add(Rule(service=service, operation=operation, kind="throttle", times=1))
    got = fail(getattr(client(service), method), **members)
    assert got[:2] == (code, status) and got[2]
    (call,) = cloud.calls
    assert (call.service, call.operation, call.status, call.fault) == (service, operation, status, "throttle")


@pytest.mark.parametrize(("service", "method", "members", "operation", "code", "status"), PROTOCOLS)
def test_every_error_kind_can_be_parsed_in_every_protocol(
    cloud: LocalCloud, client: Client, service: str, method: str, members: dict[str, Any], operation: str, code: str, status: int
) -> None:
    call = getattr(client(service), method)
    for kind, words in {
        "server_error": ("Internal",),
        "expired_token": ("ExpiredToken", "RequestExpired"),
        "access_denied": ("AccessDenied", "UnauthorizedOperation"),
        "error": ("Teapot",),
    }.items():
        cloud.faults.clear()
        cloud.faults.add(Rule(kind=kind, code="Teapot" if kind == "error" else None, status=418 if kind == "error" else None))
        got, status, message = fail(call, **members)
        assert got.startswith(words), (kind, got)
        assert message and (status >= 500) == (kind == "server_error")
    assert f"{ACCOUNTS[0]}:user/local" in fail_with(cloud, call, "access_denied", members)


def fail_with(cloud: LocalCloud, call: Callable[..., Any], kind: str, members: dict[str, Any]) -> str:
    cloud.faults.clear()
    cloud.faults.add(Rule(kind=kind))
    return fail(call, **members)[2]


def test_rpc_v2_cbor_errors_are_cbor(cloud: LocalCloud) -> None:
    from botocore.parsers import create_parser

    cloud.faults.add(Rule(service="cloudwatch", kind="throttle"))
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    headers = {
        "smithy-protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
        "Authorization": "AWS4-HMAC-SHA256 Credential=111111111111/20250101/us-east-1/monitoring/aws4_request, Signature=0",
    }
    connection.request("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", b"\xa0", headers)
    answer = connection.getresponse()
    received = {"status_code": answer.status, "headers": dict(answer.getheaders()), "body": answer.read()}
    connection.close()
    parsed = create_parser("smithy-rpc-v2-cbor").parse(received, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("ThrottlingException", "Rate exceeded")
    assert next(iter(cloud.calls)).operation == "ListMetrics"


def test_a_client_that_retries_gets_through(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(service="sagemaker", kind="throttle", times=1), Rule(service="sagemaker", kind="server_error", times=1))
    answer = client("sagemaker", attempts=4).list_images()
    assert len(answer["Images"]) == 6
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.fault for call in cloud.calls] == ["throttle", "server_error", None]


def test_rules_match_by_account_region_service_and_operation_globs(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(account=ACCOUNTS[1], region="eu-*", service="sage*", operation="List*", kind="access_denied"))
    denied = []
    for account in ACCOUNTS:
        for region in REGIONS:
            try:
                client("sagemaker", account, region).list_images()
            except ClientError:
                denied.append((account, region))
    assert denied == [(ACCOUNTS[1], "eu-west-1")]
    client("sagemaker", ACCOUNTS[1], "eu-west-1").describe_image(ImageName="pytorch-training")


def test_a_rate_fires_sometimes_and_the_same_times_on_every_run(cloud: LocalCloud, client: Client) -> None:
    def run() -> list[bool]:
        cloud.reset()
        cloud.faults.add(Rule(kind="throttle", rate=0.5))
        outcomes = []
        for _ in range(20):
            try:
                outcomes.append(bool(client_once.list_images()))
            except ClientError:
                outcomes.append(False)
        return outcomes

    client_once = client("sagemaker")
    first = run()
    assert 0 < sum(first) < 20
    assert run() == first


def test_latency_is_waited_for_and_combines_with_other_faults(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(kind="latency", seconds=0.2), Rule(kind="throttle"))
    started = time.monotonic()
    assert fail(client("sagemaker").list_images)[0] == "ThrottlingException"
    assert time.monotonic() - started >= 0.2
    assert next(iter(cloud.calls)).fault == "latency+throttle"


def test_an_answer_that_comes_late_is_not_in_a_log_that_was_cleared_meanwhile(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(kind="latency", seconds=0.4, times=1))
    asking = threading.Thread(target=client("sagemaker").list_images)
    asking.start()
    time.sleep(0.2)
    cloud.calls.clear()
    asking.join()
    assert len(cloud.calls) == 0
    client("sagemaker").list_images()
    assert len(cloud.calls) == 1


def test_a_read_timeout_is_seen_when_the_answer_hangs(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(kind="hang", seconds=0.6))
    with pytest.raises(ReadTimeoutError):
        client("sagemaker", read_timeout=0.2).list_images()


def test_a_dropped_connection_gives_no_answer_and_does_nothing(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(kind="drop", times=1))
    sagemaker = client("sagemaker")
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        sagemaker.delete_image(ImageName="scratch")
    assert sagemaker.describe_image(ImageName="scratch")["ImageStatus"] == "CREATED"
    assert [(call.status, call.fault) for call in cloud.calls] == [(0, "drop"), (200, None)]


@pytest.mark.parametrize(
    ("service", "headers", "body"),
    [
        ("sagemaker", {"X-Amz-Target": "SageMaker.ListImages"}, b"{}"),
        ("ec2", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=DescribeVpcs&Version=2016-11-15"),
    ],
)
def test_a_cut_body_promises_more_than_it_sends(cloud: LocalCloud, service: str, headers: dict[str, str], body: bytes) -> None:
    # boto3 itself takes a cut JSON body for an empty answer, so this looks at the socket.
    cloud.faults.add(Rule(kind="cut_body"))
    scope = f"111111111111/20250101/us-east-1/{service}/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as error:
        answer.read()
    connection.close()
    assert len(error.value.partial) > 0 and error.value.expected is not None and error.value.expected > 0


def test_spoilt_answers_come_after_the_work_was_done(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(operation="DeleteImage", kind="garbage", times=1))
    sagemaker = client("sagemaker")
    try:
        sagemaker.delete_image(ImageName="scratch")
    except (ClientError, ResponseParserError, UnicodeDecodeError):
        pass
    assert sagemaker.describe_image(ImageName="scratch")["ImageStatus"] == "DELETING"


def test_empty_and_garbage_bodies_are_sent_with_status_200(cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="empty_body", times=1), Rule(kind="garbage", times=1))
    bodies = []
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    for _ in range(2):
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "SageMaker.ListImages"})
        answer = connection.getresponse()
        bodies.append((answer.status, answer.read()))
    connection.close()
    assert bodies[0] == (200, b"")
    assert bodies[1][0] == 200 and bodies[1][1].startswith(b"<html>")


def test_short_pages_reach_our_services_and_moto(cloud: LocalCloud, client: Client) -> None:
    cloud.faults.add(Rule(kind="short_pages", page_size=2))
    pages = list(client("sagemaker").get_paginator("list_images").paginate())
    assert [len(page["Images"]) for page in pages] == [2, 2, 2]
    arguments = {"TypeName": "AWS::SageMaker::ImageVersion", "ResourceModel": '{"ImageName": "xgboost-inference"}'}
    pages = list(client("cloudcontrol").get_paginator("list_resources").paginate(**arguments))
    assert [len(page["ResourceDescriptions"]) for page in pages] == [2, 1]
    cloud.faults.clear()
    cloud.faults.add(Rule(kind="short_pages", page_size=1))
    bucket = f"acme-models-{ACCOUNTS[0]}-us-east-1"
    client("s3").put_object(Bucket=bucket, Key="second", Body=b"")
    pages = list(client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket))
    assert [len(page["Contents"]) for page in pages] == [1, 1]
    pages = list(client("ec2").get_paginator("describe_instances").paginate())
    assert [len(page["Reservations"]) for page in pages] == [1, 1, 1, 1]


def test_stopping_releases_calls_that_hang() -> None:
    with LocalCloud(demo=False) as cloud:
        cloud.faults.add(Rule(kind="hang", seconds=60))
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port)

        def ask() -> None:
            connection.request("POST", "/", b"{}", {"X-Amz-Target": "SageMaker.ListImages"})
            with pytest.raises(http.client.RemoteDisconnected):
                connection.getresponse()

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.1)
        started = time.monotonic()
    asking.join(2)
    assert not asking.is_alive()
    assert time.monotonic() - started < 20  # the calls would hang for a minute
    connection.close()


def test_rules_say_what_is_wrong_with_them() -> None:
    for wrong in ({"kind": "nope"}, {"rate": 2.0}, {"seconds": -1.0}, {"page_size": 0}):
        with pytest.raises(ValueError):
            Rule(**wrong)
    with pytest.raises(ValueError, match="bogus"):
        Rule.from_json({"bogus": 1})
    assert set(KINDS) >= {"throttle", "server_error", "expired_token", "access_denied", "latency", "cut_body", "short_pages", "drop"}
