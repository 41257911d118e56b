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


def test_wrong_files_are_refused(cirql: Run, tmp_path: Path) -> None:
    (tmp_path / "vpcs.json").write_text(json.dumps(VPCS))
    assert cirql("import", "vpcs.json", "--table", "aws.ec2_vpc", "--store", "own")[0] == 2
    wrong = cirql("import", "vpcs.json", "--table", "aws.sagemaker_image", *FROM, "--store", "own")
    assert (wrong[0], "Images" in wrong[2]) == (1, True)
    assert cirql("import", "vpcs.json", "--store", "own")[0] == 1
    assert cirql("import", "nowhere.json", "--store", "own")[0] == 1
