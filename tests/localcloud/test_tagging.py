"""GetResources for a list of ARNs, asked by boto3: what AWS's reference says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import ACCOUNTS, LocalCloud

Client = Callable[..., Any]
TAGS = [{"Key": "team", "Value": "ml"}]
ROLE = "arn:aws:iam::111111111111:role/images"


def tagged(client: Any, arns: list[str]) -> dict[str, list[dict[str, str]]]:
    """The tags by ARN; AWS gives all in one answer."""
    answer = client.get_resources(ResourceARNList=arns)
    assert answer["PaginationToken"] == ""
    return {m["ResourceARN"]: m["Tags"] for m in answer["ResourceTagMappingList"]}


def test_what_is_tagged_here_is_in_the_answer_and_nothing_else(client: Client, cloud: LocalCloud) -> None:
    sagemaker = client("sagemaker")
    arns = [sagemaker.create_image(ImageName=f"i{n}", RoleArn=ROLE, Tags=TAGS[: n % 2])["ImageArn"] for n in range(60)]
    config = sagemaker.create_app_image_config(AppImageConfigName="kernel", Tags=TAGS)["AppImageConfigArn"]
    other = client("sagemaker", region="us-west-2").create_image(ImageName="there", RoleArn=ROLE, Tags=TAGS)["ImageArn"]
    topic = client("sns").create_topic(Name="news", Tags=TAGS)["TopicArn"]
    tagging = client("resourcegroupstaggingapi")
    unknown = f"arn:aws:sagemaker:us-east-1:{ACCOUNTS[0]}:image/nothing"
    expected = dict.fromkeys([*arns[1::2], config, topic], TAGS)
    cloud.calls.clear()
    assert tagged(tagging, [*arns, config, other, topic, unknown, topic]) == expected
    assert cloud.calls.counts() == {"resourcegroupstaggingapi:GetResources": 1}
    assert tagged(client("resourcegroupstaggingapi", region="us-west-2"), [other, topic]) == {other: TAGS}
    assert tagged(client("resourcegroupstaggingapi", ACCOUNTS[1]), [arns[1]]) == {}


def test_what_aws_does_not_know_there_is_not_in_the_answer(client: Client) -> None:
    sagemaker = client("sagemaker")
    arn = sagemaker.list_image_versions(ImageName="xgboost-inference")["ImageVersions"][0]["ImageVersionArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=TAGS)
    assert tagged(client("resourcegroupstaggingapi"), [arn]) == {}


def test_a_bucket_is_known_in_its_own_region(client: Client) -> None:
    client("s3", region="eu-west-1").create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client("s3", region="eu-west-1").put_bucket_tagging(Bucket="there", Tagging={"TagSet": TAGS})
    assert tagged(client("resourcegroupstaggingapi"), ["arn:aws:s3:::there"]) == {}
    assert tagged(client("resourcegroupstaggingapi", region="eu-west-1"), ["arn:aws:s3:::there"]) == {"arn:aws:s3:::there": TAGS}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ResourceARNList": ["arn:aws:sns:us-east-1:111111111111:a"] * 101}, "1 to 100"),
        ({"ResourceARNList": ["a topic"]}, "a topic is not a valid ARN"),
        ({"ResourceARNList": ["arn:aws:sns:us-east-1:111111111111:a"], "ResourcesPerPage": 10}, "together with ResourcesPerPage"),
        (
            {"ResourceARNList": ["arn:aws:sns:us-east-1:111111111111:a"], "ResourceTypeFilters": ["sns"]},
            "together with ResourceTypeFilters",
        ),
    ],
)
def test_a_request_that_aws_refuses_is_refused(asked: dict[str, Any], said: str, client: Client) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException") as caught:
        client("resourcegroupstaggingapi").get_resources(**asked)
    assert said in str(caught.value)


def test_requests_without_a_list_are_left_to_moto(client: Client) -> None:
    topic = client("sns").create_topic(Name="news", Tags=TAGS)["TopicArn"]
    found = client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["sns"])["ResourceTagMappingList"]
    assert {"ResourceARN": topic, "Tags": TAGS} in found


def test_without_a_list_all_that_is_tagged_comes_page_by_page(client: Client, cloud: LocalCloud) -> None:
    tagging = client("resourcegroupstaggingapi")
    queue = client("sqs").create_queue(QueueName="jobs", tags={"team": "ml"})["QueueUrl"]
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = client("sns").create_topic(Name="news", Tags=TAGS)["TopicArn"]
    untagged = client("sns").create_topic(Name="plain")["TopicArn"]
    image = client("sagemaker").create_image(ImageName="tagged", RoleArn=ROLE, Tags=TAGS)["ImageArn"]

    found: dict[str, Any] = {}
    pages = 0
    for page in tagging.get_paginator("get_resources").paginate(ResourcesPerPage=7):
        pages += 1
        found |= {m["ResourceARN"]: m["Tags"] for m in page["ResourceTagMappingList"]}
    assert pages == -(-len(found) // 7) > 1
    assert {arn: found.get(arn) for arn in (queue_arn, topic, untagged, image)} == {
        queue_arn: TAGS,
        topic: TAGS,
        untagged: None,
        image: TAGS,
    }

    some = tagging.get_resources(ResourceTypeFilters=["sns"], TagFilters=[{"Key": "team", "Values": ["ml"]}])["ResourceTagMappingList"]
    assert [m["ResourceARN"] for m in some] == [topic]
    assert tagging.get_resources(TagFilters=[{"Key": "nobody"}])["ResourceTagMappingList"] == []


def test_a_service_of_no_region_is_whole_wherever_it_is_asked_first(client: Client, cloud: LocalCloud) -> None:
    far = client("route53", region="us-west-2").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in far] == [zone["Name"] for zone in client("route53").list_hosted_zones()["HostedZones"]] != []
