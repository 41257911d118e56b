"""Conditions on tags and on members of documents travel to AWS as the filters that the service documents."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.fetch.requests import narrowed
from cirql.localcloud import LocalCloud
from cirql.plan.model import TextAt
from cirql.session import Session

INSTANCE = "SELECT arn FROM aws.ec2_instance WHERE"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("tags->'env' = 'prod'", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("tags->>'env' = 'prod'", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("'prod' = tags->'env'", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("tags->'env' IN ('prod', 'dev')", "tags -> env = prod | dev (sent to AWS as the filter tag:env)"),
        ("tags->'env' = 'prod' OR tags->'env' = 'dev'", "tags -> env = prod | dev (sent to AWS as the filter tag:env)"),
        ("tags->'env' = ANY('{prod,dev}')", "tags -> env = prod | dev (sent to AWS as the filter tag:env)"),
        ("tags->'env' = lower('PROD')", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("tags @> 'env=>prod'", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("tags @> 'a=>b, env=>prod'::hstore", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("""tags @> '{"env": "prod"}'""", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("'env=>prod' <@ tags", "tags -> env = prod (sent to AWS as the filter tag:env)"),
        ("state->>'Name' = 'running'", "state -> Name = running (sent to AWS as the filter instance-state-name)"),
        ("state #>> '{Name}' = 'running'", "state -> Name = running (sent to AWS as the filter instance-state-name)"),
        ("placement->>'Tenancy' = 'dedicated'", "placement -> Tenancy = dedicated (sent to AWS as the filter tenancy)"),
    ],
)
def test_a_condition_that_the_service_can_apply_is_sent(session: Session, condition: str, said: str) -> None:
    lines = [line for (line,) in session.execute(f"EXPLAIN {INSTANCE} {condition}").fetchall()]
    assert f"  key {said}" in lines


@pytest.mark.parametrize(
    "condition",
    [
        "tags->'env' = 'prod' OR tags->'team' = 'web'",
        "tags->'env' = 'prod' OR state->>'Name' = 'running'",
        "NOT tags->'env' = 'prod'",
        "NOT tags @> 'env=>prod'",
        "tags @> 'env=>NULL'",
        "tags @> 'env=>*'",
        "tags->'env' <> 'prod'",
        "tags->'env' = ''",
        "tags->'env' = 'pro*'",
        "tags->'env' = 'pro?'",
        r"tags->'env' = 'pro\d'",
        "tags->'e*v' = 'prod'",
        "lower(tags->'env') = 'prod'",
        "tags->'env' IS NULL",
        "state->'Name' = '\"running\"'",
        "state->>'Code' = '16'",
    ],
)
def test_a_condition_that_a_filter_would_read_otherwise_stays(session: Session, condition: str) -> None:
    lines = [line for (line,) in session.execute(f"EXPLAIN {INSTANCE} {condition}").fetchall()]
    assert not [line for line in lines if "sent to AWS" in line]


def test_the_request_has_one_filter_for_each_place_and_those_of_columns_beside_them() -> None:
    with Catalog.open() as catalog:
        (fetch,) = [f for f in catalog.find("aws.ec2_instance").table.fetches if f.name == "list"]
    found = (TextAt("tags", ("env",), ("prod", "dev")), TextAt("tags", ("env",), ("x",)), TextAt("state", ("Name",), ("running",)))
    assert narrowed(fetch, {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}, found) == {
        "Filters": [
            {"Name": "vpc-id", "Values": ["vpc-1"]},
            {"Name": "tag:env", "Values": ["prod", "dev"]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
    }


def test_most_of_what_is_tagged_in_ec2_is_filtered_by_tag() -> None:
    with Catalog.open() as catalog:
        tables = [t for t in catalog.tables("ec2") if any(o.column == "tags" for f in t.fetches if f.name == "list" for o in f.outputs)]
    by_tag = [t for t in tables if any(i.filter_name == "tag:*" for f in t.fetches for i in f.inputs)]
    assert len(by_tag) >= 40


def test_where_an_endpoint_refuses_a_filter_the_list_is_read_whole(session: Session) -> None:
    sql = f"{INSTANCE} monitoring->>'State' = 'disabled'"
    result, whole = session.execute(sql), session.execute(sql, pushdown=False)
    rows = result.fetchall()
    assert rows and sorted(rows) == sorted(whole.fetchall())
    assert result.failures == ()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("tags ? 'env'", "tags ? env (sent to AWS as the filter tag-key)"),
        ("tags ?| ARRAY['env', 'team']", "tags ? env | team (sent to AWS as the filter tag-key)"),
        ("tags ?& ARRAY['env', 'team']", "tags ? env (sent to AWS as the filter tag-key)"),
        ("exist(tags, 'env')", "tags ? env (sent to AWS as the filter tag-key)"),
        ("tags->'env' IS NOT NULL", "tags ? env (sent to AWS as the filter tag-key)"),
        ("NOT (tags->'env' IS NULL)", "tags ? env (sent to AWS as the filter tag-key)"),
    ],
)
def test_that_a_tag_is_there_is_sent_and_the_same_rows_come(session: Session, condition: str, said: str) -> None:
    lines = [line for (line,) in session.execute(f"EXPLAIN {INSTANCE} {condition}").fetchall()]
    assert f"  key {said}" in lines
    rows = session.execute(f"{INSTANCE} {condition}").fetchall()
    assert sorted(rows) == sorted(session.execute(f"{INSTANCE} {condition}", pushdown=False).fetchall())


@pytest.mark.parametrize("condition", ["NOT tags ? 'env'", "tags ? 'e*v'", "tags->'env' IS NULL", "tags ? 'env' OR region = 'us-east-1'"])
def test_that_a_tag_is_not_there_stays(session: Session, condition: str) -> None:
    lines = [line for (line,) in session.execute(f"EXPLAIN {INSTANCE} {condition}").fetchall()]
    assert not [line for line in lines if "sent to AWS" in line]


@pytest.mark.parametrize(
    ("sql", "request_member", "item"),
    [
        ("aws.ec2_nat_gateway WHERE tags ? 'env'", "Filter", {"Name": "tag-key", "Values": ["env"]}),
        ("aws.ec2_flow_log WHERE tags->'env' = 'prod'", "Filter", {"Name": "tag:env", "Values": ["prod"]}),
        ("aws.secretsmanager_secret WHERE tags ? 'env'", "Filters", {"Key": "tag-key", "Values": ["env"]}),
        ("aws.secretsmanager_secret WHERE name = 'db'", "Filters", {"Key": "name", "Values": ["db"]}),
        ("aws.ssm_parameter WHERE type = 'SecureString'", "ParameterFilters", {"Key": "Type", "Values": ["SecureString"]}),
        ("aws.ssm_parameter WHERE tags->'env' = 'prod'", "ParameterFilters", {"Key": "tag:env", "Values": ["prod"]}),
        ("aws.resourcegroupstaggingapi_resource WHERE tags->'env' = 'prod'", "TagFilters", {"Key": "env", "Values": ["prod"]}),
    ],
)
def test_filters_are_spelled_as_their_service_does(
    session: Session, cloud: LocalCloud, sql: str, request_member: str, item: dict[str, object]
) -> None:
    cloud.calls.clear()
    rows = session.execute(f"SELECT _key FROM {sql}").fetchall()
    assert sorted(rows) == sorted(session.execute(f"SELECT _key FROM {sql}", pushdown=False).fetchall())
    with Catalog.open() as catalog:
        (fetch,) = [f for f in catalog.find(sql.split()[0]).table.fetches if f.name == "list"]
    assert any(i.param == request_member and i.filter_form == tuple(item) for i in fetch.inputs)
