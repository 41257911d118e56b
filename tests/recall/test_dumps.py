"""What the AWS CLI printed, and what AWS Config recorded, as tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cirql import errors
from cirql.cli.main import app
from cirql.session import Session
from cirql.settings import Settings

VPCS: dict[str, Any] = {
    "Vpcs": [
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "State": "available", "IsDefault": False, "Tags": [{"Key": "team", "Value": "a"}]},
        {"VpcId": "vpc-2", "CidrBlock": "10.1.0.0/16", "State": "available", "IsDefault": True},
    ]
}
FROM = ("--account", "111111111111", "--region", "us-east-1")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cirql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, in an empty directory: exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, list(words))
        return done.exit_code, done.stdout, done.stderr

    return run


def _query(sql: str) -> list[tuple[Any, ...]]:
    with Session(Settings(store="own", max_age=float("inf"))) as session:
        return session.execute(sql).fetchall()


def test_a_list_call_s_answer_is_a_complete_scan(cirql: Run, tmp_path: Path) -> None:
    (tmp_path / "vpcs.json").write_text(json.dumps(VPCS))
    done = cirql("import", "vpcs.json", "--table", "aws.ec2_vpc", *FROM, "--store", "own", "--at", "2026-03-01T12:00:00Z")
    assert done[0] == 0, done[2]
    assert done[1] == "aws.ec2_vpc 111111111111/us-east-1: 2 rows (2 new, 0 changed, 0 gone)\n"
    sql = "SELECT vpc_id, cidr_block, is_default, account_id, region, tags->'team' AS team, _fetched_at FROM aws.ec2_vpc ORDER BY vpc_id"
    first, second = _query(sql)
    assert first == ("vpc-1", "10.0.0.0/16", False, "111111111111", "us-east-1", "a", datetime(2026, 3, 1, 12))
    assert second[:2] == ("vpc-2", "10.1.0.0/16")
    (tmp_path / "later.json").write_text(json.dumps({"Vpcs": VPCS["Vpcs"][:1]}))
    done = cirql("import", "later.json", "--table", "aws.ec2_vpc", *FROM, "--store", "own", "--at", "2026-03-02T12:00:00Z")
    assert "1 gone" in done[1]
    at = "FOR SYSTEM_TIME AS OF TIMESTAMP '2026-03-01 13:00'"
    assert len(_query(f"SELECT vpc_id FROM aws.ec2_vpc {at}")) == 2
    assert len(_query("SELECT vpc_id FROM aws.ec2_vpc")) == 1


def test_an_aws_config_snapshot_goes_into_the_tables_that_have_its_shape(cirql: Run, tmp_path: Path) -> None:
    item = {
        "resourceType": "AWS::EC2::VPC",
        "resourceId": "vpc-1",
        "awsAccountId": "111111111111",
        "awsRegion": "us-east-1",
        "configurationItemCaptureTime": "2026-03-01T12:00:00.000Z",
        "configurationItemStatus": "OK",
        "ARN": "arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1",
        "tags": {"team": "a"},
        "configuration": {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16", "state": "available", "isDefault": False},
    }
    other = {**item, "resourceType": "AWS::Nothing::Known", "resourceId": "n"}
    (tmp_path / "snapshot.json").write_text(json.dumps({"fileVersion": "1.0", "configurationItems": [item, other]}))
    done = cirql("import", "snapshot.json", "--store", "own")
    assert done[0] == 0, done[2]
    assert "AWS::Nothing::Known" in done[2]
    history = _query("SELECT vpc_id, tags->'team' AS team FROM cirql.history('aws.ec2_vpc')")
    assert history == [("vpc-1", "a")]
    with pytest.raises(errors.NotInInventory):  # a snapshot is not taken for everything there is
        _query("SELECT vpc_id FROM aws.ec2_vpc")


def imported(cirql: Run, tmp_path: Path, table: str, *documents: Any, name: str = "file.json") -> tuple[int, str, str]:
    """Import documents, one after the other in a file, as answers for a table."""
    (tmp_path / name).write_text("\n".join(d if isinstance(d, str) else json.dumps(d) for d in documents))
    return cirql("import", name, "--table", table, *FROM, "--store", "own", "--at", "2026-03-01")


ANSWERS: dict[str, tuple[dict[str, Any], str, list[Any]]] = {
    "aws.ec2_instance": (
        {
            "Reservations": [
                {"OwnerId": "1", "Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
                {"Instances": [{"InstanceId": "i-3"}]},
            ]
        },
        "instance_id",
        ["i-1", "i-2", "i-3"],
    ),
    "aws.iam_role": ({"Roles": [{"RoleName": "r", "Arn": "arn:aws:iam::111111111111:role/r"}]}, "role_name", ["r"]),
    "aws.lambda_function": (
        {"Functions": [{"FunctionName": f"f{i}", "FunctionArn": f"arn:aws:lambda:us-east-1:111111111111:function:f{i}"} for i in range(3)]},
        "function_name",
        ["f0", "f1", "f2"],
    ),
    "aws.sns_topic": (
        {"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:111111111111:t"}]},
        "topic_arn",
        ["arn:aws:sns:us-east-1:111111111111:t"],
    ),
    "aws.ecs_cluster": (
        {"clusterArns": ["arn:aws:ecs:us-east-1:111111111111:cluster/c"]},
        "cluster_arn",
        ["arn:aws:ecs:us-east-1:111111111111:cluster/c"],
    ),
    "aws.s3_bucket": (
        {"Buckets": [{"Name": "here", "BucketRegion": "us-east-1"}, {"Name": "elsewhere", "BucketRegion": "eu-west-1"}]},
        "name",
        ["here"],
    ),
    "aws.route53_hosted_zone": ({"HostedZones": [{"Id": "/hostedzone/Z1", "Name": "x.org."}]}, "name", ["x.org."]),
}


@pytest.mark.parametrize("table", ANSWERS)
def test_lists_of_many_services_are_complete(cirql: Run, tmp_path: Path, table: str) -> None:
    answer, column, values = ANSWERS[table]
    done = imported(cirql, tmp_path, table, answer)
    assert (done[0], done[2]) == (0, "")
    assert sorted(v for (v,) in _query(f"SELECT {column} FROM {table}")) == values


def test_pages_in_a_row_are_one_answer(cirql: Run, tmp_path: Path) -> None:
    pages = [{"Vpcs": [vpc], "NextToken": "more"} for vpc in VPCS["Vpcs"]]
    done = imported(cirql, tmp_path, "aws.ec2_vpc", *pages)
    assert (done[0], "one page of several" in done[2]) == (0, True), "the last one has a token too"
    with pytest.raises(errors.NotInInventory):
        _query("SELECT vpc_id FROM aws.ec2_vpc")
    assert imported(cirql, tmp_path, "aws.ec2_vpc", *pages, {"Vpcs": []})[2] == ""
    assert len(_query("SELECT vpc_id FROM aws.ec2_vpc")) == 2


def test_what_describes_one_resource_answers_for_that_one(cirql: Run, tmp_path: Path) -> None:
    arn = "arn:aws:sagemaker:us-east-1:111111111111:image/base"
    done = imported(cirql, tmp_path, "aws.sagemaker_image", {"ImageArn": arn, "ImageName": "base", "RoleArn": "r"})
    assert (done[0], done[2]) == (0, "")
    for asked in (f"image_arn = '{arn}'", "image_name = 'base'", f"_key = '{arn}'"):
        assert _query(f"SELECT image_name, role_arn FROM aws.sagemaker_image WHERE {asked}") == [("base", "r")]
    with pytest.raises(errors.NotInInventory):
        _query("SELECT image_name FROM aws.sagemaker_image")
    table: dict[str, Any] = {"Table": {"TableName": "t", "TableArn": "arn:aws:dynamodb:us-east-1:111111111111:table/t", "ItemCount": 5}}
    assert imported(cirql, tmp_path, "aws.dynamodb_table", table)[0] == 0
    arn = table["Table"]["TableArn"]
    assert _query(f"SELECT item_count FROM aws.dynamodb_table WHERE table_arn = '{arn}'") == [(5,)]


def test_rows_without_a_key_are_said_to_be_left_out(cirql: Run, tmp_path: Path) -> None:
    done = imported(cirql, tmp_path, "aws.dynamodb_table", {"TableNames": ["a", "b"]})
    assert done[0] == 0
    assert "2 rows were left out: the file does not have their table_arn" in done[2]
    done = imported(cirql, tmp_path, "aws.s3_bucket", {"Buckets": [{"Name": "somewhere"}]})
    assert "do not say which region" in done[2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("Vpcs:\n- VpcId: vpc-1", "is not JSON"),
        ('{"Vpcs": [{"VpcId": "vpc-1"}', "is not JSON"),
        ('{"Vpcs": []} and more', "is not JSON"),
        ("[" * 200_000, "nested too deeply"),
        ('[["vpc-1", "10.0.0.0/16"]]', "without --query"),
        ('[{"VpcId": "vpc-1"}]', "without --query"),
        ('{"Vpcs": "none"}', "is a list"),
        ('{"Vpcs": [null]}', "holds a null"),
        ('{"Vpcs": null}', "is a list"),
        ("{}", "it takes what has Vpcs"),
        ("5", "no answer of a call"),
        ("null", "no answer of a call"),
    ],
)
def test_what_is_no_answer_is_refused_and_changes_nothing(cirql: Run, tmp_path: Path, content: str, says: str) -> None:
    imported(cirql, tmp_path, "aws.ec2_vpc", VPCS)
    done = imported(cirql, tmp_path, "aws.ec2_vpc", content, name="wrong.json")
    assert done[0] == 1
    assert says in done[2]
    assert len(_query("SELECT vpc_id FROM aws.ec2_vpc")) == 2


def test_rows_of_another_account_are_refused(cirql: Run, tmp_path: Path) -> None:
    done = imported(cirql, tmp_path, "aws.iam_role", {"Roles": [{"RoleName": "r", "Arn": "arn:aws:iam::222222222222:role/r"}]})
    assert (done[0], "222222222222, not 111111111111" in done[2]) == (1, True)


@pytest.mark.parametrize("more", [("--at", "2999-01-01"), ("--at", "soon"), ("--account", "123"), ("--region", "")])
def test_wrong_options(cirql: Run, tmp_path: Path, more: tuple[str, str]) -> None:
    (tmp_path / "vpcs.json").write_text(json.dumps(VPCS))
    assert cirql("import", "vpcs.json", "--table", "aws.ec2_vpc", *FROM, *more, "--store", "own")[0] == 2


@pytest.mark.parametrize(
    "item",
    [
        "text",
        {},
        {"awsAccountId": "111111111111"},
        {"awsAccountId": "111111111111", "awsRegion": "us-east-1", "configurationItemCaptureTime": "soon"},
    ],
)
def test_a_broken_snapshot_is_refused(cirql: Run, tmp_path: Path, item: Any) -> None:
    if isinstance(item, dict):
        item = {"resourceType": "AWS::EC2::VPC", "configuration": {"vpcId": "vpc-1"}, **item}
    (tmp_path / "snapshot.json").write_text(json.dumps({"configurationItems": [item]}))
    done = cirql("import", "snapshot.json", "--store", "own")
    assert (done[0], "item 1 of the snapshot" in done[2]) == (1, True)


def test_wrong_files_are_refused(cirql: Run, tmp_path: Path) -> None:
    (tmp_path / "vpcs.json").write_text(json.dumps(VPCS))
    assert cirql("import", "vpcs.json", "--table", "aws.ec2_vpc", "--store", "own")[0] == 2
    wrong = cirql("import", "vpcs.json", "--table", "aws.sagemaker_image", *FROM, "--store", "own")
    assert (wrong[0], "Images" in wrong[2]) == (1, True)
    assert cirql("import", "vpcs.json", "--store", "own")[0] == 1
    assert cirql("import", "nowhere.json", "--store", "own")[0] == 1
