"""IAM: users, roles, policies, groups, instance profiles, access keys; one account has them all, in no region."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import TAG_LIST, Aws, Case
from tests.datasets.check import check

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def make_user(aws: Aws) -> str:
    boundary = make_policy(aws)
    made = aws("iam").create_user(UserName="ada", Path="/staff/", PermissionsBoundary=boundary, Tags=TAG_LIST)
    return str(made["User"]["UserName"])


def make_role(aws: Aws) -> str:
    made = aws("iam").create_role(
        RoleName="deploy",
        Path="/service/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="What deployments run as",
        MaxSessionDuration=7200,
        Tags=TAG_LIST,
    )
    return str(made["Role"]["RoleName"])


def make_policy(aws: Aws) -> str:
    made = aws("iam").create_policy(
        PolicyName="read", Path="/data/", PolicyDocument=json.dumps(ALLOW), Description="May read", Tags=TAG_LIST
    )
    return str(made["Policy"]["Arn"])


def make_group(aws: Aws) -> str:
    iam = aws("iam")
    iam.create_group(GroupName="staff", Path="/people/")
    for name in ("ada", "grace"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="staff", UserName=name)
    return "staff"


def make_profile(aws: Aws) -> str:
    iam = aws("iam")
    made = iam.create_instance_profile(InstanceProfileName="web", Path="/machines/", Tags=TAG_LIST)["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName=make_role(aws))
    return str(made["InstanceProfileName"])


def make_access_key(aws: Aws) -> str:
    iam = aws("iam")
    iam.create_user(UserName="ada")
    iam.create_user(UserName="grace")
    iam.create_access_key(UserName="grace")
    return str(iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"])


CASES = (
    Case(
        "aws.iam_user",
        "user_name",
        make_user,
        lambda aws, key: aws("iam").get_user(UserName=key)["User"],
        "iam:GetUser",
    ),
    Case(
        "aws.iam_role",
        "role_name",
        make_role,
        lambda aws, key: aws("iam").get_role(RoleName=key)["Role"],
        "iam:GetRole",
        also={"assume_role_policy_document": json.dumps(TRUST)},
    ),
    Case(
        "aws.iam_policy",
        "arn",
        make_policy,
        lambda aws, key: aws("iam").get_policy(PolicyArn=key)["Policy"],
        "iam:GetPolicy",
        is_listed_whole=False,  # AWS's own 1,300 policies are listed too
    ),
    Case(
        "aws.iam_group",
        "group_name",
        make_group,
        lambda aws, key: (lambda said: {**said["Group"], "Users": said["Users"]})(aws("iam").get_group(GroupName=key)),
        "iam:GetGroup",
        tags=None,
    ),
    Case(
        "aws.iam_instance_profile",
        "instance_profile_name",
        make_profile,
        lambda aws, key: aws("iam").get_instance_profile(InstanceProfileName=key)["InstanceProfile"],
        "iam:GetInstanceProfile",
    ),
    Case(
        "aws.iam_access_key",
        "access_key_id",
        make_access_key,
        lambda aws, key: aws("iam").list_access_keys(UserName="ada")["AccessKeyMetadata"][0],
        "iam:ListUsers iam:ListAccessKeys iam:ListAccessKeys",
        tags=None,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)


def test_an_account_is_asked_once_however_many_regions_there_are(aws: Aws, cloud: LocalCloud, open_session: Callable[..., Session]) -> None:
    make_role(aws)
    cloud.calls.clear()
    rows = open_session("us-east-1", "us-west-2", "eu-west-1").execute("SELECT role_name, tags FROM aws.iam_role").fetchall()
    assert [name for name, _ in rows] == ["deploy"]
    assert cloud.calls.counts() == {"iam:ListRoles": 1, "iam:GetRole": 1}
