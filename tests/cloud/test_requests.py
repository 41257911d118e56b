"""The requests that leave are those that boto3 sends: byte for byte, but for ids, times and what depends on them."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from cirql.cloud.client import CloudClient
from cirql.cloud.credentials import Keys
from cirql.cloud.services import Services
from cirql.cloud.target import Target
from cirql.errors import CloudError, InvalidText
from cirql.settings import Credential, Settings

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS, Request

KEYS = Credential("k", "AKIAEXAMPLE", "very-secret", token="session/token+==", account="111111111111")

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker", "ListImages", {"MaxResults": 100, "NameContains": "ü €"}),
    ("sagemaker", "DescribeImageVersion", {"ImageName": "a", "Version": 3}),
    ("sagemaker", "ListTags", {"ResourceArn": "arn:aws:sagemaker:us-east-1:111111111111:image/a"}),
    (
        "cloudcontrol",
        "GetResource",
        {"TypeName": "AWS::SageMaker::ImageVersion", "Identifier": "arn:aws:sagemaker:us-east-1:1:image-version/a/1"},
    ),
    ("cloudcontrol", "ListResources", {"TypeName": "AWS::S3::Bucket"}),
    ("dynamodb", "ListTables", {"Limit": 10}),
    ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/aws/"}),
    ("sqs", "ListQueues", {"QueueNamePrefix": "q"}),
    ("kms", "ListKeys", {}),
    ("cloudtrail", "LookupEvents", {"StartTime": "2026-01-02T03:04:05Z"}),
    ("ec2", "DescribeInstances", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}], "MaxResults": 1000}),
    ("ec2", "DescribeRegions", {}),
    ("iam", "ListUsers", {"PathPrefix": "/team a/", "MaxItems": 1000}),
    ("sts", "GetCallerIdentity", {}),
    ("rds", "DescribeDBInstances", {"Filters": [{"Name": "engine", "Values": ["postgres"]}]}),
    ("cloudformation", "ListStacks", {"StackStatusFilter": ["CREATE_COMPLETE"]}),
    ("s3", "ListBuckets", {}),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": "a b/ü+", "MaxKeys": 5}),
    ("s3", "GetObject", {"Bucket": "bucket", "Key": "a/b c.txt"}),
    ("s3", "PutBucketTagging", {"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "k", "Value": "<v>"}]}}),
    ("efs", "DescribeAccountPreferences", {"MaxResults": 5}),  # a GET with a body
    ("route53", "ListResourceRecordSets", {"HostedZoneId": "/hostedzone/Z1", "MaxItems": "100"}),
    ("cloudfront", "ListDistributions", {"MaxItems": "5"}),
    ("lambda", "ListFunctions", {"MaxItems": 50}),
    ("lambda", "GetFunction", {"FunctionName": "arn:aws:lambda:us-east-1:111111111111:function:f"}),
    ("eks", "ListClusters", {"include": ["all"]}),
    ("apigateway", "GetRestApis", {"limit": 500}),
    ("glacier", "ListVaults", {}),
    ("bedrock", "ListFoundationModels", {"byProvider": "x"}),
    ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"], "MaxRecords": 3}),
]
# Ids and times differ from request to request, and the signature with them; it is checked on its own below.
PASSING = {"amz-sdk-invocation-id", "x-amz-date", "authorization", "user-agent", "date"}


def sent_by_boto3(aws: FakeAWS, service: str, operation: str, params: dict[str, Any]) -> Request:
    """The request of boto3 itself."""
    session = boto3.session.Session(KEYS.access_key, KEYS.secret_key, KEYS.token, region_name="us-east-1")
    style: Any = {"addressing_style": "path"}
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, s3=style)
    client: Any = session._session.create_client(
        service,
        region_name="us-east-1",
        endpoint_url=aws.url,
        config=config,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=KEYS.token,
    )
    with pytest.raises(ClientError):
        client._make_api_call(operation, params)
    client.close()
    return aws.requests[-1]


def sent_by_cirql(aws: FakeAWS, service: str, operation: str, params: dict[str, Any]) -> Request:
    async def run() -> None:
        client = CloudClient(Settings(credentials=(KEYS,), endpoint_url=aws.url, max_attempts=1))
        with pytest.raises(CloudError):
            await client.call(Target("111111111111", "us-east-1", "k"), service, operation, params)
        await client.close()

    asyncio.run(run())
    return aws.requests[-1]


def lasting_headers(request: Request) -> list[tuple[str, str]]:
    """The headers in order, without those that differ between any two requests. http.client orders nothing but Host first."""
    return sorted((name, value) for name, value in request.raw_headers if name.lower() not in PASSING)


def signature_is_right(request: Request, url: str) -> bool:
    """Whether botocore's signer, given this very request, comes to the signature that it carries."""
    authorization = request.headers["authorization"]
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)", authorization)
    assert scope is not None
    region, name, signed, signature = scope.groups()
    headers = {k: v for k, v in request.headers.items() if k in signed.split(";")}
    copy: Any = AWSRequest(request.method, f"{url}{request.target}", data=request.body, headers=headers)
    copy.context["timestamp"] = request.headers["x-amz-date"]
    signer: Any = SigV4Auth(_Keys(), name, region)
    if name == "s3":
        signer._normalize_url_path = lambda path: path
    text = signer.string_to_sign(copy, signer.canonical_request(copy))
    return bool(signer.signature(text, copy) == signature)


class _Keys:
    access_key, secret_key, token = KEYS.access_key, KEYS.secret_key, KEYS.token


@pytest.mark.parametrize(("service", "operation", "params"), CALLS, ids=[f"{s}-{o}" for s, o, _ in CALLS])
def test_a_request_is_the_one_that_boto3_sends(aws: FakeAWS, service: str, operation: str, params: dict[str, Any]) -> None:
    aws.always(status=400, body=b"<ErrorResponse><Error><Code>Enough</Code><Message>seen</Message></Error></ErrorResponse>")
    theirs = sent_by_boto3(aws, service, operation, dict(params))
    ours = sent_by_cirql(aws, service, operation, dict(params))
    assert (ours.method, ours.target, ours.body) == (theirs.method, theirs.target, theirs.body)
    assert lasting_headers(ours) == lasting_headers(theirs)
    assert ours.raw_headers[0] == ("Host", aws.url.removeprefix("http://"))
    pattern = r"Credential=([^,]+), SignedHeaders=([^,]+)"
    assert re.findall(pattern, ours.headers["authorization"]) == re.findall(pattern, theirs.headers["authorization"])
    assert signature_is_right(ours, aws.url)


@pytest.mark.parametrize(
    ("service", "operation"), [("omics", "ListRuns"), ("omics", "ListShares"), ("servicediscovery", "DiscoverInstances")]
)
def test_no_prefix_makes_another_host_of_a_named_endpoint(service: str, operation: str) -> None:
    values = {"ListShares": {"resourceOwner": "SELF"}, "DiscoverInstances": {"NamespaceName": "n", "ServiceName": "s"}}
    opened = asyncio.run(Services(Settings(endpoint_url="https://aws.example.internal:4443")).get(service, "us-east-1", None))
    keys = Keys(KEYS.access_key, KEYS.secret_key)
    signed = opened.sign(opened.draft(opened.operation(operation), values.get(operation, {}), keys), keys, 1)
    assert signed.url.startswith("https://aws.example.internal:4443/")


def test_a_parameter_that_names_another_host_does_not_lead_there(aws: FakeAWS) -> None:
    params = {"MLModelId": "m", "Record": {"a": "b"}, "PredictEndpoint": f"http://localhost:{aws.url.rpartition(':')[2]}"}
    with pytest.raises(InvalidText, match="would leave for localhost"):
        sent_by_cirql(aws, "machinelearning", "Predict", params)
    assert not aws.requests


@pytest.mark.parametrize(
    ("service", "operation", "params", "target"),
    [
        ("s3control", "ListJobs", {"AccountId": "111111111111"}, "/v20180820/jobs"),
        ("s3control", "GetPublicAccessBlock", {"AccountId": "111111111111"}, "/v20180820/configuration/publicAccessBlock"),
        ("omics", "ListRuns", {}, "/run"),
        ("iotsitewise", "ListAssetModels", {}, "/asset-models"),
        ("stepfunctions", "TestState", {"definition": "{}"}, "/"),
    ],
)
def test_nothing_is_put_before_a_bare_address(aws: FakeAWS, service: str, operation: str, params: dict[str, Any], target: str) -> None:
    aws.always(status=400, body=b"{}")
    sent = sent_by_cirql(aws, service, operation, params)
    assert sent.headers["host"] == aws.url.removeprefix("http://")
    assert sent.target.partition("?")[0] == target
