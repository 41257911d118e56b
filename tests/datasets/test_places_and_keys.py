"""Rows that are in one place, keys that are the same in every plan, and tags that are told from no tags."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cirql import connect
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import Aws

Open = Callable[..., Session]
REGIONS = ("us-east-1", "eu-west-1", "us-west-2")


@pytest.fixture
def bucket(aws: Aws) -> str:
    s3, name = aws("s3"), f"one-place-{aws.account}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="a", Body=b"hello")
    return name


def test_the_objects_of_a_named_bucket_come_once_from_its_own_region(open_session: Open, bucket: str) -> None:
    session = open_session(*REGIONS)
    found = session.execute(f"SELECT count(*), sum(size), min(region) FROM aws.s3_object WHERE bucket = '{bucket}'").fetchall()
    assert found == [(1, 5, "eu-west-1")]
    assert session.execute(f"SELECT region, key FROM aws.s3_object_version WHERE bucket = '{bucket}'").fetchall() == [("eu-west-1", "a")]
    assert session.execute("SELECT count(*) FROM aws.s3_object").fetchall() == [(1,)]


def test_a_named_bucket_that_is_not_in_scope_is_told(open_session: Open, bucket: str) -> None:
    result = open_session("us-east-1", "us-west-2").execute(f"SELECT key FROM aws.s3_object WHERE bucket = '{bucket}'")
    assert result.fetchall() == []
    assert any("is in eu-west-1, which is not in scope" in notice for notice in result.notices)


def test_a_bucket_that_is_not_there_has_no_objects(open_session: Open) -> None:
    result = open_session(*REGIONS).execute("SELECT key FROM aws.s3_object WHERE bucket = 'nobody-has-this'")
    assert result.fetchall() == []
    assert result.failures == ()


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("aws.s3_object", "bucket = '{}'"),
        ("aws.s3_object_version", "bucket IN ('{}', 'nobody-has-this')"),
        ("aws.s3.bucket", "data__identifier = '{}'"),
        ("aws.s3.bucket", "bucket_name = '{}'"),
        ("aws.s3.bucket_policy", "bucket = '{}'"),
    ],
)
def test_of_several_accounts_the_owner_alone_is_asked_for_a_bucket(table: str, condition: str) -> None:
    with connect(local=True) as session:
        owner, name = "111111111111", "acme-models-111111111111-us-west-2"
        result = session.execute(f"SELECT region, account_id FROM {table} WHERE {condition.format(name)}")
        assert result.fetchall() == [("us-west-2", owner)]
        assert result.failures == ()


@pytest.mark.parametrize(
    ("table", "condition", "rows"),
    [
        ("aws.ecs_service", "cluster = 'arn:aws:ecs:eu-west-1:111111111111:cluster/web'", 2),
        ("aws.ecs.service", "data__identifier LIKE 'arn:aws:ecs:eu-west-1:111111111111:service/web/web|%'", 1),
        (
            "aws.ecs.service",
            "data__identifier = 'arn:aws:ecs:eu-west-1:111111111111:service/web/web|arn:aws:ecs:eu-west-1:111111111111:cluster/web'",
            1,
        ),
    ],
)
def test_what_the_arn_of_a_parent_leads_to_is_where_the_parent_is(table: str, condition: str, rows: int) -> None:
    with connect(local=True) as session:
        found = session.execute(f"SELECT region, account_id FROM {table} WHERE {condition}").fetchall()
        assert found == [("eu-west-1", "111111111111")] * rows


def test_regions_are_no_regions_own(open_session: Open) -> None:
    session = open_session(*REGIONS)
    names, distinct = session.execute("SELECT count(*), count(DISTINCT region_name) FROM aws.ec2_region").fetchall()[0]
    assert names == distinct > 1
    assert session.execute("SELECT DISTINCT region FROM aws.ec2_region WHERE region = 'eu-west-1'").fetchall() == [("eu-west-1",)]


def test_a_policy_of_aws_itself_is_found_by_its_arn_in_every_account(open_session: Open, aws: Aws) -> None:
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    arn = aws("iam").create_policy(PolicyName="mine", PolicyDocument=document)["Policy"]["Arn"]
    session = open_session()
    assert session.execute(f"SELECT arn FROM aws.iam_policy WHERE arn = '{arn}'").fetchall() == [(arn,)]
    plan = "\n".join(
        str(row[0]) for row in session.execute("EXPLAIN SELECT arn FROM aws.iam_policy WHERE arn = 'arn:aws:iam::aws:policy/A'")
    )
    assert "in 1 target" in plan


def test_a_key_is_the_same_whatever_is_asked_for_beside_it(open_session: Open, bucket: str) -> None:
    session = open_session(*REGIONS)
    expected = [(f"arn:aws:s3:::{bucket}",)]
    assert session.execute("SELECT _key FROM aws.s3_bucket").fetchall() == expected
    assert session.execute("SELECT _key FROM (SELECT *, _key FROM aws.s3_bucket) b").fetchall() == expected
    assert session.execute(f"SELECT _key FROM aws.s3_bucket WHERE _key = 'arn:aws:s3:::{bucket}'").fetchall() == expected
    assert session.execute(f"SELECT name FROM aws.s3_bucket WHERE _key = 'arn:aws:s3:::{bucket}'").fetchall() == [(bucket,)]


@pytest.mark.parametrize(
    ("table", "column", "make"),
    [
        ("aws.iam_role", "role_name", lambda aws: aws("iam").create_role(RoleName="plain", AssumeRolePolicyDocument="{}")),
        ("aws.sqs_queue", "queue_name", lambda aws: aws("sqs").create_queue(QueueName="plain")),
        ("aws.dynamodb_table", "table_name", None),
        ("aws.sns_topic", "topic_arn", lambda aws: aws("sns").create_topic(Name="plain")),
        ("aws.s3_bucket", "name", lambda aws: aws("s3").create_bucket(Bucket=f"plain-{aws.account}")),
        ("aws.ec2_vpc", "vpc_id", lambda aws: aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")),
    ],
)
def test_untagged_is_one_value_in_every_plan(open_session: Open, aws: Aws, catalog: object, table: str, column: str, make: object) -> None:
    if callable(make):
        make(aws)
    else:
        aws("dynamodb").create_table(
            TableName="plain",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    session = open_session()
    names = [c.name for c in session.execute(f"SELECT * FROM {table}").columns]
    column = column if column in names else next(n for n in names if n.endswith(("name", "_arn", "_id", "arn", "url")))
    rows = session.execute(f"SELECT {column}, tags FROM {table} ORDER BY 1").fetchall()
    assert rows
    assert all(tags == {} for _, tags in rows), rows
    value = rows[0][0]
    for condition in (f"{column} = '{value}'", f"{column} LIKE '{value[:-1]}%'", f"tags = ''::hstore AND {column} = '{value}'"):
        assert (value, {}) in session.execute(f"SELECT {column}, tags FROM {table} WHERE {condition}").fetchall(), condition


def test_tags_that_may_not_be_read_are_null_and_told(open_session: Open, aws: Aws, running: LocalCloud) -> None:
    from cirql.localcloud import Rule

    aws("sns").create_topic(Name="plain")
    running.faults.add(Rule(service="sns", operation="ListTagsForResource", kind="access_denied"))
    try:
        result = open_session().execute("SELECT topic_arn, tags FROM aws.sns_topic")
        assert [tags for _, tags in result.fetchall()] == [None]
        assert result.failures or any("NULL" in notice for notice in result.notices)
    finally:
        running.faults.clear()
