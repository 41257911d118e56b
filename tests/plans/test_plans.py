"""Pairs of SQL and what EXPLAIN says of it: `== name`, the statement, `--`, the plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from cirql import errors
from cirql.session import Session
from cirql.settings import Credential, Settings

ARN = "arn:aws:sagemaker:us-east-1:111111111111:image-version/a/2"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session whose endpoint answers nobody: EXPLAIN must not ask anything."""
    credentials = tuple(Credential(a, a, "local", account=a) for a in ("111111111111", "222222222222"))
    regions = ("us-east-1", "us-west-2", "eu-west-1")
    with Session(Settings(credentials=credentials, regions=regions, endpoint_url="http://127.0.0.1:9")) as opened:
        yield opened


def _pairs() -> list[ParameterSet]:
    found = []
    for path in sorted(Path(__file__).parent.glob("*.txt")):
        for block in path.read_text().split("== ")[1:]:
            name, rest = block.split("\n", 1)
            sql, plan = rest.split("\n--\n", 1)
            found.append(pytest.param(sql, plan.strip().splitlines(), id=name))
    return found


@pytest.mark.parametrize(("sql", "plan"), _pairs())
def test_a_statement_is_planned_as_written_down(sql: str, plan: list[str], session: Session) -> None:
    assert [line for (line,) in session.execute(f"EXPLAIN {sql}").fetchall()] == plan


def test_the_policy_names_only_what_the_columns_need(session: Session) -> None:
    def actions(sql: str) -> set[str]:
        ((text,),) = session.execute(f"EXPLAIN (POLICY) {sql}").fetchall()
        return {a for s in json.loads(text)["Statement"] for a in s["Action"]}

    assert actions("SELECT version FROM aws.sagemaker_image_version") == {"sagemaker:ListImages", "sagemaker:ListImageVersions"}
    assert "sagemaker:ListTags" in actions("SELECT tags FROM aws.sagemaker_image_version")
    assert actions("SELECT name FROM aws.s3_bucket") == {"s3:ListAllMyBuckets"}


def test_the_policy_has_the_tag_sweep_and_the_call_that_stands_in_for_it(session: Session) -> None:
    def actions(sql: str) -> set[str]:
        ((text,),) = session.execute(f"EXPLAIN (POLICY) {sql}").fetchall()
        return {a for s in json.loads(text)["Statement"] for a in s["Action"]}

    every = {"sagemaker:ListImages", "sagemaker:ListTags", "tag:GetResources"}
    assert actions("SELECT image_arn, tags FROM aws.sagemaker_image") == every
    assert actions("SELECT tags FROM aws.sagemaker_image WHERE image_name = 'a'") == {"sagemaker:DescribeImage", "sagemaker:ListTags"}
    assert actions("SELECT tags FROM aws.sagemaker_image_version") == {
        "sagemaker:ListImages",
        "sagemaker:ListImageVersions",
        "sagemaker:ListTags",
    }


def test_the_policy_narrows_a_read_to_the_arn_that_is_named(session: Session) -> None:
    sql = f"EXPLAIN (POLICY) SELECT base_image FROM aws.sagemaker_image_version WHERE image_version_arn = '{ARN}'"
    ((text,),) = session.execute(sql).fetchall()
    assert json.loads(text)["Statement"] == [
        {"Sid": "Cirql1", "Effect": "Allow", "Action": ["sagemaker:DescribeImageVersion"], "Resource": [ARN]}
    ]


def test_explain_speaks_json_and_mermaid(session: Session) -> None:
    sql = "SELECT i.image_name FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name"
    ((text,),) = session.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchall()
    assert [s["table"] for s in json.loads(text)["scans"]] == ["aws.sagemaker_image", "aws.sagemaker_image_version"]
    ((chart,),) = session.execute(f"EXPLAIN (FORMAT MERMAID) {sql}").fetchall()
    assert chart.startswith("flowchart LR")
    assert "keys" in chart


def test_a_key_that_nothing_supplies_is_named(session: Session) -> None:
    with pytest.raises(errors.MissingKey) as caught:
        session.execute("SELECT * FROM aws.ce_cost_comparison_driver")
    assert "baseline_time_period" in caught.value.message
    assert "WHERE" in (caught.value.hint or "")


def _statements(session: Session, sql: str) -> list[dict[str, object]]:
    ((text,),) = session.execute(f"EXPLAIN (POLICY) {sql}").fetchall()
    return [{k: v for k, v in s.items() if k not in ("Sid", "Effect")} for s in json.loads(text)["Statement"]]


def test_the_policy_makes_arns_of_their_parts_and_leaves_the_account_open(session: Session) -> None:
    sql = "SELECT base_image FROM aws.sagemaker_image_version WHERE image_name = 'a' AND version IN (1, 2) AND region = 'us-east-1'"
    arns = [f"arn:aws:sagemaker:us-east-1:*:image-version/a/{n}" for n in (1, 2)]
    assert {"Action": ["sagemaker:DescribeImageVersion"], "Resource": arns} in _statements(session, sql)


def test_the_policy_names_the_regions_of_regional_services_only(session: Session) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    sql = "SELECT version FROM aws.sagemaker_image_version WHERE region = 'eu-west-1'"
    assert _statements(session, sql) == [
        {"Action": ["sagemaker:ListImageVersions", "sagemaker:ListImages"], "Resource": "*", "Condition": condition}
    ]
    for table, column in (("iam_role", "role_name"), ("s3_bucket", "name"), ("sagemaker.images", "image_arn")):
        assert not any("Condition" in s for s in _statements(session, f"SELECT {column} FROM aws.{table} WHERE region = 'eu-west-1'"))


def test_a_statement_that_asks_nothing_needs_no_permission(session: Session) -> None:
    assert _statements(session, "SELECT image_name FROM aws.sagemaker_image WHERE 1 = 0") == []
