"""The SageMaker image operations, asked by boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import ACCOUNTS, LocalCloud

Client = Callable[..., Any]
ROLE = f"arn:aws:iam::{ACCOUNTS[0]}:role/ml-execution"
BASE = f"{ACCOUNTS[0]}.dkr.ecr.us-east-1.amazonaws.com/ml/pytorch:2.4"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


def test_the_demo_world_has_every_version_state_and_alias_count(client: Client) -> None:
    sagemaker = client("sagemaker")
    versions = sagemaker.list_image_versions(ImageName="pytorch-training", SortBy="VERSION", SortOrder="ASCENDING")["ImageVersions"]
    assert [v["ImageVersionStatus"] for v in versions] == ["CREATED", "CREATED", "CREATE_FAILED", "CREATED", "CREATED", "CREATING"]
    assert "FailureReason" in versions[2] and "FailureReason" not in versions[0]
    aliases = [sagemaker.list_aliases(ImageName="pytorch-training", Version=number)["SageMakerImageVersionAliases"] for number in (3, 4, 5)]
    assert aliases == [[], ["stable"], ["2.4", "latest"]]


def test_the_demo_world_is_the_same_every_time(cloud: LocalCloud, client: Client) -> None:
    def look() -> Any:
        return [client("sagemaker", account).describe_image_version(ImageName="xgboost-inference") for account in ACCOUNTS]

    first = look()
    cloud.reset()
    second = look()
    for answer in (*first, *second):
        del answer["ResponseMetadata"]
    assert first == second
    assert first[0]["BaseImage"] != first[1]["BaseImage"]
    assert first[0]["CreationTime"].year == 2025


def test_accounts_and_regions_are_apart(client: Client) -> None:
    names = {
        (account, region): sorted(image["ImageName"] for image in client("sagemaker", account, region).list_images()["Images"])
        for account, region in ((ACCOUNTS[0], "us-east-1"), (ACCOUNTS[1], "us-west-2"), ("333333333333", "us-east-1"))
    }
    assert names[ACCOUNTS[1], "us-west-2"] == ["notebook-kernel"]
    assert names["333333333333", "us-east-1"] == []
    assert len(names[ACCOUNTS[0], "us-east-1"]) == 6


def test_describe_takes_the_latest_a_number_or_an_alias(client: Client) -> None:
    sagemaker = client("sagemaker")
    describe = sagemaker.describe_image_version
    assert describe(ImageName="pytorch-training")["Version"] == 6
    assert describe(ImageName="pytorch-training", Version=2)["Version"] == 2
    assert describe(ImageName="pytorch-training", Alias="stable")["Version"] == 4
    for missing in ({"Version": 99}, {"Alias": "nope"}):
        with pytest.raises(ClientError) as error:
            describe(ImageName="pytorch-training", **missing)
        assert code_of(error) == "ResourceNotFound"


def test_lists_filter_sort_and_page(client: Client) -> None:
    sagemaker = client("sagemaker")
    names = [i["ImageName"] for i in sagemaker.list_images(SortBy="IMAGE_NAME", SortOrder="ASCENDING")["Images"]]
    assert names == sorted(names)
    assert [i["ImageName"] for i in sagemaker.list_images(NameContains="training")["Images"]] == ["tensorflow-training", "pytorch-training"]
    scratch = sagemaker.describe_image(ImageName="scratch")["CreationTime"]
    assert [i["ImageName"] for i in sagemaker.list_images(CreationTimeAfter=scratch)["Images"]] == ["broken-role", "scratch"]
    assert "scratch" in [i["ImageName"] for i in sagemaker.list_images(CreationTimeBefore=scratch)["Images"]]

    first = sagemaker.list_image_versions(ImageName="notebook-kernel", MaxResults=5)
    second = sagemaker.list_image_versions(ImageName="notebook-kernel", MaxResults=5, NextToken=first["NextToken"])
    third = sagemaker.list_image_versions(ImageName="notebook-kernel", MaxResults=5, NextToken=second["NextToken"])
    assert [v["Version"] for page in (first, second, third) for v in page["ImageVersions"]] == list(range(12, 0, -1))
    assert "NextToken" not in third
    assert len(sagemaker.list_image_versions(ImageName="notebook-kernel")["ImageVersions"]) == 10
    with pytest.raises(ClientError) as error:
        sagemaker.list_images(NextToken=first["NextToken"])
    assert code_of(error) == "ValidationException"


def test_an_image_lives_and_dies(client: Client) -> None:
    sagemaker = client("sagemaker")
    arn = sagemaker.create_image(ImageName="mine", RoleArn=ROLE, Tags=[{"Key": "env", "Value": "test"}])["ImageArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{ACCOUNTS[0]}:image/mine"
    assert sagemaker.describe_image(ImageName="mine")["ImageStatus"] == "CREATING"
    assert sagemaker.describe_image(ImageName="mine")["ImageStatus"] == "CREATED"
    with pytest.raises(ClientError) as error:
        sagemaker.create_image(ImageName="mine", RoleArn=ROLE)
    assert code_of(error) == "ResourceInUse"

    sagemaker.update_image(ImageName="mine", Description="Mine", DisplayName="My image")
    sagemaker.update_image(ImageName="mine", DeleteProperties=["DisplayName"])
    described = sagemaker.describe_image(ImageName="mine")
    assert described["Description"] == "Mine" and "DisplayName" not in described

    sagemaker.delete_image(ImageName="mine")
    assert sagemaker.describe_image(ImageName="mine")["ImageStatus"] == "DELETING"
    with pytest.raises(ClientError) as error:
        sagemaker.describe_image(ImageName="mine")
    assert code_of(error) == "ResourceNotFound"


def test_a_version_lives_and_dies(client: Client) -> None:
    sagemaker = client("sagemaker")
    asked = {"ImageName": "scratch", "BaseImage": BASE, "ClientToken": "one", "Aliases": ["a", "b"], "Horovod": True, "JobType": "TRAINING"}
    arn = sagemaker.create_image_version(**asked)["ImageVersionArn"]
    assert arn.endswith(":image-version/scratch/1")
    assert sagemaker.create_image_version(**asked)["ImageVersionArn"] == arn
    with pytest.raises(ClientError) as error:
        sagemaker.create_image_version(**{**asked, "Horovod": False})
    assert code_of(error) == "ValidationException"

    sagemaker.update_image_version(ImageName="scratch", Alias="a", AliasesToAdd=["c"], AliasesToDelete=["b"], VendorGuidance="STABLE")
    described = sagemaker.describe_image_version(ImageName="scratch", Version=1)
    assert (described["VendorGuidance"], described["Horovod"], described["JobType"]) == ("STABLE", True, "TRAINING")
    assert sagemaker.list_aliases(ImageName="scratch", Version=1)["SageMakerImageVersionAliases"] == ["a", "c"]

    second = sagemaker.create_image_version(ImageName="scratch", BaseImage=BASE, ClientToken="two", Aliases=["a"])["ImageVersionArn"]
    assert second.endswith("/2")
    assert sagemaker.list_aliases(ImageName="scratch", Version=1)["SageMakerImageVersionAliases"] == ["c"]

    sagemaker.delete_image_version(ImageName="scratch", Version=2)
    with pytest.raises(ClientError) as error:
        sagemaker.update_image_version(ImageName="scratch", Version=2, Horovod=True)
    assert code_of(error) == "ResourceInUse"
    sagemaker.describe_image_version(ImageName="scratch", Version=2)
    with pytest.raises(ClientError):
        sagemaker.describe_image_version(ImageName="scratch", Version=2)
    third = sagemaker.create_image_version(ImageName="scratch", BaseImage=BASE, ClientToken="three")["ImageVersionArn"]
    assert third.endswith("/3"), "version numbers are never used again"


def test_versions_need_an_image_that_is_ready(client: Client) -> None:
    sagemaker = client("sagemaker")
    with pytest.raises(ClientError) as error:
        sagemaker.create_image_version(ImageName="nope", BaseImage=BASE, ClientToken="t")
    assert code_of(error) == "ResourceNotFound"
    with pytest.raises(ClientError) as error:
        sagemaker.create_image_version(ImageName="broken-role", BaseImage=BASE, ClientToken="t")
    assert code_of(error) == "ValidationException" and "invalid state" in str(error.value)


def test_tags_of_images_and_versions(client: Client) -> None:
    sagemaker = client("sagemaker")
    arn = sagemaker.describe_image_version(ImageName="pytorch-training", Version=4)["ImageVersionArn"]
    assert {"Key": "scanned", "Value": "true"} in sagemaker.list_tags(ResourceArn=arn)["Tags"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "ada"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["scanned", "env"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "ada"}]


@pytest.mark.parametrize(
    ("operation", "members", "text"),
    [
        ("describe_image", {}, "Value null at 'imageName' failed to satisfy constraint: Member must not be null"),
        ("describe_image", {"ImageName": "-x"}, "regular expression pattern"),
        ("describe_image", {"ImageName": "x", "Bogus": 1}, "Member 'bogus' is not part of the request"),
        ("list_images", {"MaxResults": 101}, "less than or equal to 100"),
        ("list_images", {"SortBy": "SIZE"}, "Member must satisfy enum value set: [CREATION_TIME"),
        ("create_image", {"ImageName": "x" * 64}, "3 validation errors detected"),
    ],
)
def test_requests_that_break_the_model_are_refused(client: Client, operation: str, members: dict[str, Any], text: str) -> None:
    sagemaker = client("sagemaker", parameter_validation=False)
    # What the client's own serialiser would drop is sent too.
    sagemaker.meta.events.register("before-call", lambda params, **_: params.update(body=_body(members)))
    with pytest.raises(ClientError) as error:
        getattr(sagemaker, operation)()
    assert code_of(error) == "ValidationException"
    assert text in str(error.value)


def _body(members: dict[str, Any]) -> bytes:
    import json

    return json.dumps(members).encode()
