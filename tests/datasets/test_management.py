"""Watching, securing and arranging: CloudWatch, logs, CloudTrail, KMS, secrets, parameters, stacks, organizations."""

from __future__ import annotations

import json

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import TAG_LIST, TAGS, Aws, Case, Described
from tests.datasets.check import check

TEMPLATE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "from-stack"}}}}


def make_alarm(aws: Aws) -> str:
    aws("cloudwatch").put_metric_alarm(
        AlarmName="busy",
        AlarmDescription="Too much to do",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": "i-0abc"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=90.0,
        ComparisonOperator="GreaterThanThreshold",
        Tags=TAG_LIST,
    )
    return "busy"


def make_log_group(aws: Aws) -> str:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/app/web", tags=TAGS)
    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=30)
    return "/app/web"


def make_trail(aws: Aws) -> str:
    bucket = f"trail-{aws.account}"
    aws("s3").create_bucket(Bucket=bucket)
    made = aws("cloudtrail").create_trail(
        Name="audit", S3BucketName=bucket, S3KeyPrefix="all", IsMultiRegionTrail=True, EnableLogFileValidation=True, TagsList=TAG_LIST
    )
    return str(made["TrailARN"])


def make_key(aws: Aws) -> str:
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    return str(aws("kms").create_key(Description="For records", Tags=tags)["KeyMetadata"]["KeyId"])


def make_alias(aws: Aws) -> str:
    aws("kms").create_alias(AliasName="alias/records", TargetKeyId=make_key(aws))
    return "alias/records"


def make_secret(aws: Aws) -> str:
    made = aws("secretsmanager").create_secret(Name="db/password", Description="Of the database", SecretString="hidden", Tags=TAG_LIST)
    return str(made["ARN"])


def make_parameter(aws: Aws) -> str:
    aws("ssm").put_parameter(Name="/app/url", Value="https://example.org", Type="String", Description="Where it is", Tags=TAG_LIST)
    return "/app/url"


def describe_parameter(aws: Aws, key: str) -> Described:
    ssm = aws("ssm")
    (listed,) = [p for p in ssm.describe_parameters()["Parameters"] if p["Name"] == key]
    return {**listed, **ssm.get_parameter(Name=key)["Parameter"]}


def make_stack(aws: Aws) -> str:
    made = aws("cloudformation").create_stack(StackName="base", TemplateBody=json.dumps(TEMPLATE), Tags=TAG_LIST)
    return str(made["StackId"])


def make_member(aws: Aws) -> str:
    organizations = aws("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="member@example.org", AccountName="member", Tags=TAG_LIST)
    return str(made["CreateAccountStatus"]["AccountId"])


CASES = (
    Case(
        "aws.cloudwatch_alarm",
        "alarm_name",
        make_alarm,
        lambda aws, key: aws("cloudwatch").describe_alarms(AlarmNames=[key])["MetricAlarms"][0],
        "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource",
    ),
    Case(
        "aws.logs_log_group",
        "log_group_name",
        make_log_group,
        lambda aws, key: aws("logs").describe_log_groups(logGroupNamePrefix=key)["logGroups"][0],
        "logs:DescribeLogGroups logs:ListTagsForResource",
    ),
    Case(
        "aws.cloudtrail_trail",
        "trail_arn",
        make_trail,
        lambda aws, key: aws("cloudtrail").describe_trails(trailNameList=[key])["trailList"][0],
        "cloudtrail:DescribeTrails cloudtrail:ListTags",
    ),
    Case(
        "aws.kms_key",
        "key_id",
        make_key,
        lambda aws, key: {**aws("kms").list_keys()["Keys"][0], **aws("kms").describe_key(KeyId=key)["KeyMetadata"]},
        "kms:ListKeys kms:DescribeKey kms:ListResourceTags",
    ),
    Case(
        "aws.kms_alias",
        "alias_name",
        make_alias,
        lambda aws, key: next(a for a in aws("kms").list_aliases()["Aliases"] if a["AliasName"] == key),
        "kms:ListAliases",
        tags=None,
    ),
    Case(
        "aws.secretsmanager_secret",
        "arn",
        make_secret,
        lambda aws, key: {**aws("secretsmanager").list_secrets()["SecretList"][0], **aws("secretsmanager").describe_secret(SecretId=key)},
        "secretsmanager:ListSecrets secretsmanager:DescribeSecret",
    ),
    Case(
        "aws.ssm_parameter",
        "name",
        make_parameter,
        describe_parameter,
        "ssm:DescribeParameters ssm:GetParameters ssm:ListTagsForResource",
    ),
    Case(
        "aws.cloudformation_stack",
        "stack_id",
        make_stack,
        lambda aws, key: aws("cloudformation").describe_stacks(StackName=key)["Stacks"][0],
        "cloudformation:DescribeStacks",
    ),
    Case(
        "aws.organizations_account",
        "id",
        make_member,
        lambda aws, key: aws("organizations").describe_account(AccountId=key)["Account"],
        "organizations:DescribeAccount organizations:ListTagsForResource",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)


def test_a_stack_that_is_not_there_is_no_row(session: Session) -> None:
    assert session.execute("SELECT stack_id FROM aws.cloudformation_stack WHERE stack_name = 'none'").fetchall() == []


@pytest.mark.parametrize("table", ["organization", "account", "root", "organizational_units_for_parent", "policies_for_target"])
def test_an_account_without_an_organization_has_none_of_its_things(table: str, session: Session) -> None:
    result = session.execute(f"SELECT * FROM aws.organizations_{table}")
    assert (result.fetchall(), result.failures) == ([], ())
