"""Tags of many rows: one call for a hundred where AWS documents that it knows them, else the service's own; the same tags either way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.datasets.case import LOWER_TAG_LIST, REGION, TAG_LIST, TAGS, Aws

SWEEP = "resourcegroupstaggingapi:GetResources"
ROLE = "arn:aws:iam::111111111111:role/images"


Tags = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def shop(running: LocalCloud) -> Iterator[Aws]:
    """The account that has the images."""
    clients = Aws(running.endpoint_url, "400000000001")
    yield clients
    clients.close()


@pytest.fixture(scope="module")
def images(shop: Aws) -> Tags:
    """250 images, every third of them untagged: their tags by name, as SageMaker itself says."""
    sagemaker = shop("sagemaker")
    said = {}
    for number in range(250):
        tags = [{"Key": "number", "Value": str(number)}, {"Key": "empty", "Value": ""}] if number % 3 else []
        arn = sagemaker.create_image(ImageName=f"image-{number:03}", RoleArn=ROLE, Tags=tags)["ImageArn"]
        said[f"image-{number:03}"] = {t["Key"]: t["Value"] for t in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    return said


@pytest.fixture
def reader(cloud: LocalCloud, shop: Aws, images: Tags, catalog: Catalog) -> Iterator[Session]:
    """A session over that account."""
    cloud.calls.clear()
    credential = Credential(shop.account, shop.account, "local", account=shop.account)
    settings = Settings(credentials=(credential,), regions=(REGION,), endpoint_url=cloud.endpoint_url, read_timeout=30, max_attempts=4)
    with Session(settings, catalog=catalog) as session:
        yield session
    cloud.faults.clear()


def read(reader: Session, condition: str = "true") -> dict[str, Any]:
    sql = f"SELECT image_name, tags FROM aws.sagemaker_image WHERE {condition}"
    return dict(reader.execute(sql).fetchall())


def test_a_hundred_rows_take_one_call(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    assert read(reader) == images
    assert cloud.calls.counts() == {"sagemaker:ListImages": 3, SWEEP: 3}


def test_rows_are_gathered_from_short_pages(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="short_pages", page_size=7))
    assert read(reader) == images
    assert cloud.calls.counts()[SWEEP] == 3


def test_only_rows_that_are_left_are_swept_and_one_alone_takes_its_own_call(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    assert read(reader, "image_name < 'image-101'") == {n: t for n, t in images.items() if n < "image-101"}
    assert cloud.calls.counts() == {"sagemaker:ListImages": 3, SWEEP: 1, "sagemaker:ListTags": 1}
    cloud.calls.clear()
    assert read(reader, "image_name = 'image-001'") == {"image-001": {"number": "1", "empty": ""}}
    assert cloud.calls.counts() == {"sagemaker:DescribeImage": 1, "sagemaker:ListTags": 1}
    cloud.calls.clear()
    assert read(reader, "image_name LIKE '%-002'") == {"image-002": {"number": "2", "empty": ""}}
    assert cloud.calls.counts() == {"sagemaker:ListImages": 1, "sagemaker:ListTags": 1}
    cloud.calls.clear()
    assert read(reader, "tags->'number' = '4'") == {"image-004": {"number": "4", "empty": ""}}
    assert cloud.calls.counts() == {"sagemaker:ListImages": 3, SWEEP: 3}


def test_a_limit_sweeps_no_more_than_it_needs(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    rows = reader.execute("SELECT image_name, tags FROM aws.sagemaker_image LIMIT 5").fetchall()
    assert len(rows) == 5
    assert all(images[name] == tags for name, tags in rows)
    assert cloud.calls.counts() == {"sagemaker:ListImages": 1, SWEEP: 1}


def test_what_two_scans_want_is_asked_for_once(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    sql = "SELECT a.image_name, a.tags, b.tags FROM aws.sagemaker_image a JOIN aws.sagemaker_image b USING (image_arn)"
    assert sorted(reader.execute(sql).fetchall()) == [(name, tags, tags) for name, tags in sorted(images.items())]
    assert cloud.calls.counts() == {"sagemaker:ListImages": 3, SWEEP: 3}
    cloud.calls.clear()
    assert len(reader.execute(f"{sql} WHERE a.image_name LIKE '%-007' AND b.image_name LIKE '%-007'").fetchall()) == 1
    assert cloud.calls.counts() == {"sagemaker:ListImages": 1, "sagemaker:ListTags": 1}


def test_where_it_is_denied_each_row_is_asked_for_and_the_denial_is_heard_once(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    cloud.faults.add(Rule(operation="GetResources", kind="access_denied"))
    result = reader.execute("SELECT image_name, tags FROM aws.sagemaker_image")
    assert dict(result.fetchall()) == images
    assert cloud.calls.counts() == {"sagemaker:ListImages": 3, SWEEP: 1, "sagemaker:ListTags": 250}
    assert result.failures == ()
    (notice,) = result.notices
    assert "tags of aws.sagemaker_image are asked for row by row" in notice
    assert "AccessDenied" in notice


def test_an_endpoint_without_the_operation_is_asked_once(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    cloud.faults.add(Rule(operation="GetResources", kind="error", code="UnknownOperationException", message="No such thing.", status=400))
    assert read(reader) == images
    assert cloud.calls.counts()[SWEEP] == 1


def test_a_request_that_is_refused_does_not_spoil_the_others(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    cloud.faults.add(Rule(operation="GetResources", kind="error", times=1, code="InvalidParameterException", message="No ARN.", status=400))
    result = reader.execute("SELECT image_name, tags FROM aws.sagemaker_image")
    assert dict(result.fetchall()) == images
    counts = cloud.calls.counts()
    assert counts[SWEEP] == 3
    assert counts["sagemaker:ListTags"] in (50, 100)
    assert len(result.notices) == 1


def test_throttles_are_waited_out(images: Tags, cloud: LocalCloud, reader: Session) -> None:
    cloud.faults.add(Rule(operation="GetResources", kind="throttle", times=2), Rule(operation="GetResources", kind="drop", times=1))
    result = reader.execute("SELECT image_name, tags FROM aws.sagemaker_image")
    assert dict(result.fetchall()) == images
    assert (result.notices, result.stats.throttles) == ((), 2)
    assert "sagemaker:ListTags" not in cloud.calls.counts()


@pytest.mark.parametrize("kind", ["garbage", "empty_body", "server_error"])
def test_an_answer_that_says_nothing_leaves_nobody_untagged(images: Tags, cloud: LocalCloud, reader: Session, kind: str) -> None:
    cloud.faults.add(Rule(operation="GetResources", kind=kind))
    assert read(reader, "image_name < 'image-010'") == {n: t for n, t in images.items() if n < "image-010"}
    assert cloud.calls.counts()["sagemaker:ListTags"] == 10


def test_what_aws_does_not_document_keeps_its_own_calls(aws: Aws, cloud: LocalCloud, session: Session) -> None:
    sagemaker = aws("sagemaker")
    sagemaker.create_image(ImageName="base", RoleArn=ROLE)
    while sagemaker.describe_image(ImageName="base")["ImageStatus"] != "CREATED":
        pass
    arns = [sagemaker.create_image_version(ImageName="base", BaseImage="base:1", ClientToken=f"{n}")["ImageVersionArn"] for n in range(2)]
    for arn in arns:
        sagemaker.add_tags(ResourceArn=arn, Tags=TAG_LIST)
    cloud.calls.clear()
    assert session.execute("SELECT tags FROM aws.sagemaker_image_version").fetchall() == [(TAGS,), (TAGS,)]
    assert cloud.calls.counts()["sagemaker:ListTags"] == 2
    assert SWEEP not in cloud.calls.counts()


def make_topic(aws: Aws, name: str, tagged: bool) -> None:
    aws("sns").create_topic(Name=name, Tags=TAG_LIST if tagged else [])


def make_bucket(aws: Aws, name: str, tagged: bool) -> None:
    aws("s3").create_bucket(Bucket=f"{name}-{aws.account}")
    if tagged:
        aws("s3").put_bucket_tagging(Bucket=f"{name}-{aws.account}", Tagging={"TagSet": TAG_LIST})


def make_dynamodb_table(aws: Aws, name: str, tagged: bool) -> None:
    aws("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAG_LIST if tagged else [],
    )


def make_log_group(aws: Aws, name: str, tagged: bool) -> None:
    aws("logs").create_log_group(logGroupName=f"/app/{name}", tags=TAGS if tagged else {"a": "b"})
    if not tagged:
        aws("logs").untag_log_group(logGroupName=f"/app/{name}", tags=["a"])


def make_key(aws: Aws, name: str, tagged: bool) -> None:
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    aws("kms").create_key(Description=name, Tags=tags if tagged else [])


def make_queue(aws: Aws, name: str, tagged: bool) -> None:
    aws("sqs").create_queue(QueueName=name, tags=TAGS if tagged else {})


def make_stream(aws: Aws, name: str, tagged: bool) -> None:
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    if tagged:
        aws("kinesis").add_tags_to_stream(StreamName=name, Tags=TAGS)


def make_state_machine(aws: Aws, name: str, tagged: bool) -> None:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    tags = LOWER_TAG_LIST if tagged else []
    aws("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=f"arn:aws:iam::{aws.account}:role/r", tags=tags)


def make_parameter_group(aws: Aws, name: str, tagged: bool) -> None:
    group = {"DBParameterGroupName": name, "DBParameterGroupFamily": "postgres16", "Description": name}
    aws("rds").create_db_parameter_group(**group, Tags=TAG_LIST if tagged else [])


def make_model(aws: Aws, name: str, tagged: bool) -> None:
    container = {"Image": "registry/app:1"}
    aws("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=TAG_LIST if tagged else [])


MAKERS = (
    ("aws.sns_topic", "topic_arn", make_topic, "sns:ListTagsForResource"),
    ("aws.s3_bucket", "arn", make_bucket, "s3:GetBucketTagging"),
    ("aws.dynamodb_table", "table_arn", make_dynamodb_table, "dynamodb:ListTagsOfResource"),
    ("aws.logs_log_group", "log_group_arn", make_log_group, "logs:ListTagsForResource"),
    ("aws.kms_key", "key_arn", make_key, "kms:ListResourceTags"),
    ("aws.sqs_queue", "queue_arn", make_queue, "sqs:ListQueueTags"),
    ("aws.kinesis_stream", "stream_arn", make_stream, "kinesis:ListTagsForResource"),
    ("aws.stepfunctions_state_machine", "state_machine_arn", make_state_machine, "stepfunctions:ListTagsForResource"),
    ("aws.rds_db_parameter_group", "db_parameter_group_arn", make_parameter_group, "rds:ListTagsForResource"),
    ("aws.sagemaker_model", "model_arn", make_model, "sagemaker:ListTags"),
)


@pytest.mark.parametrize(("table", "arn", "make", "own"), MAKERS, ids=[m[0] for m in MAKERS])
def test_a_sweep_says_what_the_own_calls_say(
    table: str, arn: str, make: Callable[[Aws, str, bool], None], own: str, aws: Aws, cloud: LocalCloud, session: Session
) -> None:
    for number in range(4):
        make(aws, f"thing-{number}", number % 2 == 0)
    sql = f"SELECT {arn}, tags FROM {table}"
    try:
        cloud.faults.add(Rule(account=aws.account, operation="GetResources", kind="access_denied"))
        one_by_one = dict(session.execute(sql).fetchall())
    finally:
        cloud.faults.clear()
    cloud.calls.clear()
    assert dict(session.execute(sql).fetchall()) == {key: tags or {} for key, tags in one_by_one.items()}
    assert list(one_by_one.values()).count(TAGS) == 2
    assert cloud.calls.counts()[SWEEP] == 1
    assert own not in cloud.calls.counts()


def test_tags_of_global_services_are_swept_where_aws_keeps_them(aws: Aws, cloud: LocalCloud, open_session: Callable[..., Session]) -> None:
    origin = {
        "Id": "site",
        "DomainName": "example.org",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    for number in range(3):
        config = {
            "CallerReference": f"{number}",
            "Comment": f"{number}",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"},
        }
        tags = {"Items": [{"Key": "number", "Value": f"{number}"}]}
        aws("cloudfront").create_distribution_with_tags(DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags})
    cloud.calls.clear()
    sql = "SELECT comment, tags->'number' FROM aws.cloudfront_distribution"
    expected = [(f"{n}", f"{n}") for n in range(3)]
    assert sorted(open_session("eu-west-1", "us-west-2").execute(sql).fetchall()) == expected
    assert [(c.region, c.operation) for c in cloud.calls if c.service == "resourcegroupstaggingapi"] == [(REGION, "GetResources")]
    cloud.calls.clear()
    assert sorted(open_session().execute(f"{sql} WHERE region = 'eu-west-1'").fetchall()) == expected
    assert [c.region for c in cloud.calls if c.service == "resourcegroupstaggingapi"] == [REGION]
