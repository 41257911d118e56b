"""The services moto answers: the demo world in them, accounts and regions, and honest errors for what is not there."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud

Client = Callable[..., Any]


def test_the_caller_is_the_account_of_the_key(client: Client) -> None:
    for account in ACCOUNTS:
        assert client("sts", account).get_caller_identity()["Account"] == account


def test_keys_of_an_assumed_role_belong_to_the_roles_account(cloud: LocalCloud, client: Client) -> None:
    role = f"arn:aws:iam::{ACCOUNTS[1]}:role/ml-execution"
    keys = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-west-2")
    assert session.client("sts", endpoint_url=cloud.endpoint_url).get_caller_identity()["Account"] == ACCOUNTS[1]
    images = session.client("sagemaker", endpoint_url=cloud.endpoint_url).list_images()["Images"]
    assert [image["ImageName"] for image in images] == ["notebook-kernel"]


def test_other_keys_are_a_fixed_account(cloud: LocalCloud, client: Client) -> None:
    client("iam").list_roles()
    client("sagemaker", account="AKIAIOSFODNN7EXAMPLE").list_images()
    assert cloud.calls[-1].account == "000000000000"


def test_the_demo_world_has_objects_in_five_more_services(client: Client) -> None:
    ec2 = client("ec2")
    instances = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    assert {tag["Value"] for i in instances for tag in i.get("Tags", ()) if tag["Key"] == "Name"} == {"web-1", "web-2", "trainer"}
    assert {v["CidrBlock"] for v in ec2.describe_vpcs()["Vpcs"]} > {"10.1.0.0/16"}
    assert {g["GroupName"] for g in ec2.describe_security_groups()["SecurityGroups"]} >= {"web", "database"}
    assert [v["Encrypted"] for v in ec2.describe_volumes()["Volumes"] if v["VolumeType"] == "gp3"] == [False, True]
    assert {r["RoleName"] for r in client("iam").list_roles()["Roles"]} == {
        "ci-deploy",
        "ml-execution",
        "tasks",
        "vendor-audit",
        "web-server",
    }
    assert len(client("s3").list_buckets()["Buckets"]) == 8
    functions = client("lambda", ACCOUNTS[1], REGIONS[2]).list_functions()["Functions"]
    assert {f["Role"] for f in functions} == {f"arn:aws:iam::{ACCOUNTS[1]}:role/ml-execution"}


def test_image_versions_join_the_registry_they_were_built_from(client: Client) -> None:
    version = client("sagemaker").describe_image_version(ImageName="pytorch-training", Version=5)
    ecr = client("ecr")
    uris = {repository["repositoryUri"]: repository["repositoryName"] for repository in ecr.describe_repositories()["repositories"]}
    uri, _, tag = version["BaseImage"].rpartition(":")
    image = ecr.describe_images(repositoryName=uris[uri], imageIds=[{"imageTag": tag}])["imageDetails"][0]
    assert version["ContainerImage"] == f"{uri}@{image['imageDigest']}"


def test_ids_and_times_are_the_same_every_time(cloud: LocalCloud, client: Client) -> None:
    def look() -> Any:
        instances = client("ec2").describe_instances()["Reservations"][0]["Instances"][0]
        bucket = client("s3").list_buckets()["Buckets"][0]
        user = client("iam").list_users()["Users"][0]
        return instances["InstanceId"], instances["LaunchTime"], bucket["CreationDate"], user["UserId"], user["CreateDate"]

    first = look()
    client("iam").create_user(UserName="passer-by")
    cloud.reset()
    client("elbv2", region="us-west-2").describe_load_balancers()  # other services, and their needs, asked first
    client("rds").describe_db_instances()
    assert look() == first
    assert (first[1].year, first[2].year, first[4].year) == (2025, 2025, 2022)


def test_a_world_without_the_demo_is_empty() -> None:
    with LocalCloud(demo=False) as cloud:
        arguments = {"region_name": "us-east-1", "aws_access_key_id": ACCOUNTS[0], "aws_secret_access_key": "local"}
        assert boto3.client("sagemaker", endpoint_url=cloud.endpoint_url, **arguments).list_images()["Images"] == []
        assert boto3.client("s3", endpoint_url=cloud.endpoint_url, **arguments).list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("service", "method", "members", "code"),
    [
        ("sagemaker", "list_hubs", {}, "UnknownOperationException"),
        ("gamelift", "list_fleets", {}, "UnknownOperationException"),
        ("lambda", "get_account_settings", {}, "UnknownOperationException"),
        ("iam", "list_organizations_features", {}, "InvalidAction"),
        ("ec2", "describe_instance_topology", {}, "InvalidAction"),
    ],
)
def test_what_is_not_implemented_is_an_error_that_says_so(
    client: Client, service: str, method: str, members: dict[str, Any], code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(client(service), method)(**members)
    assert error.value.response["Error"]["Code"] == code
    assert "does not implement" in error.value.response["Error"]["Message"]
    assert capfd.readouterr() == ("", "")


def test_objects_go_in_and_out_of_buckets(cloud: LocalCloud, client: Client) -> None:
    s3 = client("s3")
    bucket = f"acme-models-{ACCOUNTS[0]}-us-east-1"
    s3.put_object(Bucket=bucket, Key="a b/ü.txt", Body=b"x" * 100_000)
    assert s3.get_object(Bucket=bucket, Key="a b/ü.txt")["Body"].read() == b"x" * 100_000
    assert s3.head_object(Bucket=bucket, Key="a b/ü.txt")["ContentLength"] == 100_000
    s3.delete_object(Bucket=bucket, Key="a b/ü.txt")
    assert list(cloud.calls.counts()) == ["s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:DeleteObject"]


@pytest.mark.parametrize(
    ("method", "path", "service", "expected"),
    [
        ("GET", "/bucket?list-type=2&prefix=a", "s3", "s3:ListObjectsV2"),
        ("GET", "/bucket", "s3", "s3:ListObjects"),
        ("GET", "/bucket?tagging", "s3", "s3:GetBucketTagging"),
        ("GET", "/bucket/a/b/c?tagging", "s3", "s3:GetObjectTagging"),
        ("DELETE", "/bucket/key", "s3", "s3:DeleteObject"),
        ("DELETE", "/bucket/key?uploadId=1", "s3", "s3:AbortMultipartUpload"),
        ("GET", "/2015-03-31/functions/f/versions", "lambda", "lambda:ListVersionsByFunction"),
        ("GET", "/clusters/c/node-groups", "eks", "eks:ListNodegroups"),
        ("GET", "/v2/apis", "apigateway", "apigatewayv2:GetApis"),
        ("GET", "/restapis", "apigateway", "apigateway:GetRestApis"),
        ("GET", "/no/such/path", "lambda", "lambda:Unknown"),
    ],
)
def test_rest_operations_are_recognised(cloud: LocalCloud, method: str, path: str, service: str, expected: str) -> None:
    scope = f"111111111111/20250101/us-east-1/{service}/aws4_request"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    connection.request(method, path, headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"})
    connection.getresponse().read()
    connection.close()
    assert list(cloud.calls.counts()) == [expected]
