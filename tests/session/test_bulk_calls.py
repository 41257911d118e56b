"""One call in place of one for each row: IAM's authorization details beside what each role, user, group and policy says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cirql.localcloud import ACCOUNTS, LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Credential, Settings

ACCOUNT = ACCOUNTS[0]
BULK = "GetAccountAuthorizationDetails"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture(scope="module")
def world() -> Iterator[LocalCloud]:
    """Roles, users and groups with all that can hang on them, and some with nothing."""
    with LocalCloud() as cloud:
        key = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "local"}
        iam = boto3.client("iam", endpoint_url=cloud.endpoint_url, region_name="us-east-1", **key)
        own = iam.create_policy(PolicyName="own", PolicyDocument=DOCUMENT, Description="ours")["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=own, PolicyDocument=DOCUMENT.replace("Allow", "Deny"), SetAsDefault=True)
        second = iam.create_policy(PolicyName="second", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
        for n in range(4):
            iam.create_policy(PolicyName=f"loose-{n}", PolicyDocument=DOCUMENT)
        for n in range(12):
            tags = [{"Key": "team", "Value": f"t{n % 3}"}] if n % 2 else []
            iam.create_role(RoleName=f"bulk-{n}", AssumeRolePolicyDocument=TRUST, Tags=tags, Path=f"/p{n % 2}/", Description="ä & <b>")
            iam.create_user(UserName=f"bulk-{n}", Tags=tags)
            iam.create_group(GroupName=f"bulk-{n}")
            if n % 3:
                iam.put_role_policy(RoleName=f"bulk-{n}", PolicyName="inline", PolicyDocument=DOCUMENT)
                iam.put_user_policy(UserName=f"bulk-{n}", PolicyName="inline", PolicyDocument=DOCUMENT)
                iam.put_group_policy(GroupName=f"bulk-{n}", PolicyName="inline", PolicyDocument=DOCUMENT)
            for arn in (own, second)[: n % 3]:
                iam.attach_role_policy(RoleName=f"bulk-{n}", PolicyArn=arn)
                iam.attach_user_policy(UserName=f"bulk-{n}", PolicyArn=arn)
                iam.attach_group_policy(GroupName=f"bulk-{n}", PolicyArn=arn)
        iam.create_instance_profile(InstanceProfileName="bulk")
        iam.add_role_to_instance_profile(InstanceProfileName="bulk", RoleName="bulk-1")
        iam.put_role_permissions_boundary(RoleName="bulk-2", PermissionsBoundary=own)
        yield cloud


@pytest.fixture
def cloud(world: LocalCloud) -> Iterator[LocalCloud]:
    world.faults.clear()
    world.calls.clear()
    yield world
    world.faults.clear()


@pytest.fixture
def session(cloud: LocalCloud) -> Iterator[Session]:
    credentials = (Credential(ACCOUNT, ACCOUNT, "local", account=ACCOUNT),)
    with Session(Settings(credentials=credentials, regions=("us-east-1",), endpoint_url=cloud.endpoint_url)) as opened:
        yield opened


def told(session: Session, sql: str) -> tuple[list[Any], dict[str, int], list[str]]:
    """The rows without what differs by the moment, the calls by operation, and the notices."""
    result = session.execute(sql)
    rows = sorted(map(repr, result.fetchall()))
    return rows, {name.partition(":")[2]: n for name, n in result.stats.calls.items()}, list(result.notices)


QUESTIONS = [
    # what is asked, the calls of the bulk way, and the call that the rows' own way makes for each
    ("SELECT role_name, attached_policy_arns FROM aws.iam_role", {"ListRoles": 1, BULK: 1}, "ListAttachedRolePolicies"),
    ("SELECT role_name, instance_profile_arns, tags FROM aws.iam_role", {"ListRoles": 1, BULK: 1}, "GetRole"),
    ("SELECT arn, role_last_used, tags FROM aws.iam_role WHERE path = '/p1/'", {"ListRoles": 1, BULK: 1}, "GetRole"),
    ("SELECT user_name, attached_policy_arns FROM aws.iam_user", {"ListUsers": 1, BULK: 1}, "ListAttachedUserPolicies"),
    ("SELECT group_name, attached_policy_arns FROM aws.iam_group", {"ListGroups": 1, BULK: 1}, "ListAttachedGroupPolicies"),
    ("SELECT role_name, policy_name, policy_arn FROM aws.iam_attached_role_policy", {BULK: 1}, "ListAttachedRolePolicies"),
    ("SELECT *, user_name FROM aws.iam_attached_user_policy", {BULK: 1}, "ListAttachedUserPolicies"),
    ("SELECT *, group_name FROM aws.iam_attached_group_policy", {BULK: 1}, "ListAttachedGroupPolicies"),
    ("SELECT * FROM aws.iam_role_policy", {BULK: 1}, "GetRolePolicy"),
    ("SELECT * FROM aws.iam_user_policy WHERE user_name LIKE 'bulk-1%'", {BULK: 1}, "GetUserPolicy"),
    ("SELECT policy_name, policy_document::json ->> 'Version' FROM aws.iam_group_policy", {BULK: 1}, "GetGroupPolicy"),
]


@pytest.mark.parametrize(("sql", "calls", "own"), QUESTIONS, ids=[q[0][:60] for q in QUESTIONS])
def test_one_call_tells_what_the_calls_for_each_row_tell(
    session: Session, cloud: LocalCloud, sql: str, calls: dict[str, int], own: str
) -> None:
    in_bulk, made, notices = told(session, sql)
    assert in_bulk
    assert made == calls
    assert notices == []
    plan = "\n".join(str(row[0]) for row in session.execute(f"EXPLAIN {sql}").fetchall())
    assert f"iam:{BULK}" in plan
    assert f"iam:{own}" in plan
    cloud.faults.add(Rule(operation=BULK, kind="access_denied"))
    by_row, made, notices = told(session, sql)
    assert by_row == in_bulk
    assert made[own] > 2
    assert len(notices) == 1
    assert BULK in notices[0]
    result = session.execute(sql)
    result.fetchall()
    assert result.failures == ()


@pytest.mark.parametrize("table", ["iam_role", "iam_user", "iam_group", "iam_policy"])
def test_every_column_is_the_same_by_both_ways(session: Session, cloud: LocalCloud, table: str) -> None:
    columns = [
        c
        for (c,) in session.execute(f"SELECT column_name FROM cirql.columns WHERE table_name = 'aws.{table}' ORDER BY 1").fetchall()
        if c != "_fetched_at"
    ]
    sql = f"SELECT {', '.join(columns)} FROM aws.{table}"
    in_bulk, made, _ = told(session, sql)
    assert made[BULK] == 1
    cloud.faults.add(Rule(operation=BULK, kind="access_denied"))
    by_row, _, notices = told(session, sql)
    assert by_row == in_bulk
    assert [BULK in n for n in notices] == [True]


def test_few_rows_take_their_own_calls(session: Session, cloud: LocalCloud) -> None:
    one = told(session, "SELECT attached_policy_arns FROM aws.iam_role WHERE role_name = 'bulk-1'")[1]
    keyed = told(session, "SELECT policy_arn FROM aws.iam_attached_role_policy WHERE role_name IN ('bulk-1', 'bulk-2')")[1]
    filtered = told(session, "SELECT attached_policy_arns FROM aws.iam_role WHERE role_name LIKE 'bulk-11%'")[1]
    assert BULK not in {**one, **keyed, **filtered}


def test_an_answer_that_ends_early_or_leaves_rows_out_is_completed_row_by_row(session: Session, cloud: LocalCloud) -> None:
    sql = "SELECT role_name, attached_policy_arns FROM aws.iam_role"
    whole = told(session, sql)[0]
    cloud.faults.add(Rule(operation=BULK, kind="cut_body"))
    assert told(session, sql)[0] == whole


def test_what_it_leaves_out_of_a_row_is_asked_of_that_row_alone(session: Session) -> None:
    """The local AWS has no member for the tags of a user without any, and AWS does not say whether it has."""
    rows, made, _ = told(session, "SELECT user_name, attached_policy_arns, tags FROM aws.iam_user WHERE user_name LIKE 'bulk-%'")
    assert made == {"ListUsers": 1, BULK: 1, "GetUser": 6}
    assert len([row for row in rows if "None" in row]) == 0


def test_two_roles_with_the_same_policy_are_two_rows_with_keys_of_their_own(session: Session) -> None:
    sql = "SELECT count(*), count(DISTINCT _key) FROM aws.iam_attached_role_policy WHERE role_name LIKE 'bulk%'"
    assert session.execute(sql).fetchall() == [(12, 12)]
