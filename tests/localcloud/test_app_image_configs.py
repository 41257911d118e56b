"""SageMaker's app image configs and what moto knows by an older name, asked by boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import ACCOUNTS

Client = Callable[..., Any]
KERNEL = {"KernelSpecs": [{"Name": "python3"}]}


def test_a_config_is_created_described_updated_and_deleted(client: Client) -> None:
    sagemaker = client("sagemaker")
    arn = sagemaker.create_app_image_config(AppImageConfigName="kernel", KernelGatewayImageConfig=KERNEL)["AppImageConfigArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{ACCOUNTS[0]}:app-image-config/kernel"
    container = {"ContainerConfig": {"ContainerEnvironmentVariables": {"STAGE": "test"}}}
    sagemaker.update_app_image_config(AppImageConfigName="kernel", JupyterLabAppImageConfig=container)
    said = sagemaker.describe_app_image_config(AppImageConfigName="kernel")
    assert (said["KernelGatewayImageConfig"], said["JupyterLabAppImageConfig"]) == (KERNEL, container)
    assert said["LastModifiedTime"] >= said["CreationTime"]
    sagemaker.delete_app_image_config(AppImageConfigName="kernel")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.describe_app_image_config(AppImageConfigName="kernel")


def test_a_name_is_taken_once_in_each_account_and_region(client: Client) -> None:
    client("sagemaker").create_app_image_config(AppImageConfigName="kernel")
    with pytest.raises(ClientError, match="ResourceInUse"):
        client("sagemaker").create_app_image_config(AppImageConfigName="kernel")
    client("sagemaker", ACCOUNTS[1]).create_app_image_config(AppImageConfigName="kernel")
    assert client("sagemaker", ACCOUNTS[0], "eu-west-1").list_app_image_configs()["AppImageConfigs"] == []


def test_configs_are_listed_in_order_and_page_by_page(client: Client) -> None:
    sagemaker = client("sagemaker")
    for name in ("one", "two", "three"):
        sagemaker.create_app_image_config(AppImageConfigName=name)
    pages = list(sagemaker.get_paginator("list_app_image_configs").paginate(MaxResults=2, SortBy="Name", SortOrder="Ascending"))
    assert [[c["AppImageConfigName"] for c in page["AppImageConfigs"]] for page in pages] == [["one", "three"], ["two"]]
    assert [c["AppImageConfigName"] for c in sagemaker.list_app_image_configs(NameContains="w")["AppImageConfigs"]] == ["two"]


def test_configs_are_tagged_by_their_arn(client: Client) -> None:
    sagemaker = client("sagemaker")
    arn = sagemaker.create_app_image_config(AppImageConfigName="kernel", Tags=[{"Key": "env", "Value": "test"}])["AppImageConfigArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ml"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["env"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]


def test_a_map_member_is_checked_like_any_other(client: Client) -> None:
    container = {"ContainerConfig": {"ContainerEnvironmentVariables": {" ": "x"}}}
    with pytest.raises(ClientError, match="regular expression pattern"):
        client("sagemaker").create_app_image_config(AppImageConfigName="kernel", JupyterLabAppImageConfig=container)


def test_a_stream_s_tags_are_told_by_its_arn(client: Client) -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    kinesis.add_tags_to_stream(StreamName="clicks", Tags={"env": "test"})
    arn = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "env", "Value": "test"}]
