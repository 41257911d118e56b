"""Columns of JSON: who forgets the member, or writes it in another case, hears what the documents have."""

from __future__ import annotations

import pytest

from cirql import errors
from cirql.localcloud import LocalCloud
from cirql.session import Session


@pytest.mark.parametrize(
    ("table", "condition", "hint"),
    [
        ("aws.ec2_instance", "state = 'running'", "state is JSON with the members Code, Name: write state->>'Name' = 'running'"),
        ("aws.ec2_instance", "state IN ('running', 'off')", "state is JSON with the members Code, Name: write state->>'Name' = 'running'"),
        ("aws.ec2_instance", "placement = 'it''s'", "write placement->>'GroupName' = 'it''s'"),
        (
            "aws.ec2_instance",
            "security_groups = 'sg-1'",
            "security_groups is a JSON array of objects with the members GroupId, GroupName: write EXISTS "
            "(SELECT 1 FROM jsonb_array_elements(security_groups) AS e WHERE e->>'GroupName' = 'sg-1')",
        ),
        ("aws.ec2.instances", "state = 'running'", "state is JSON with the members Code, Name: write state->>'Name' = 'running'"),
        ("aws.lambda.functions", "dead_letter_config = 'q'", "with the member TargetArn: write dead_letter_config->>'TargetArn' = 'q'"),
    ],
)
def test_a_document_beside_a_text_is_told_its_members(session: Session, table: str, condition: str, hint: str) -> None:
    with pytest.raises(errors.InvalidText) as caught:
        session.execute(f"SELECT region FROM {table} WHERE {condition}")
    assert hint in str(caught.value.hint)
    assert caught.value.position is not None


def test_the_hint_is_a_statement_that_runs(session: Session) -> None:
    assert session.execute("SELECT 1 FROM aws.ec2_instance WHERE state->>'Name' = 'running'").notices == ()
    each = "EXISTS (SELECT 1 FROM jsonb_array_elements(security_groups) AS e WHERE e->>'GroupName' = 'sg-1')"
    assert session.execute(f"SELECT 1 FROM aws.ec2_instance WHERE {each}").fetchall() == []


@pytest.mark.parametrize(
    ("expression", "wrong", "right"),
    [
        ("state->>'name'", "state has no member name", "Name"),
        ("state #>> '{name}'", "state has no member name", "Name"),
        ("placement->>'availability_zone'", "placement has no member availability_zone", "AvailabilityZone"),
    ],
)
def test_a_member_in_another_case_is_a_notice(session: Session, expression: str, wrong: str, right: str) -> None:
    for statement in (f"SELECT {expression} FROM aws.ec2_instance", f"SELECT * FROM aws.ec2_instance i WHERE i.{expression} = 'x'"):
        result = session.execute(statement)
        result.fetchall()
        assert result.notices == (f"{wrong}; did you mean {right}? Names of members are told apart by case",)


def test_a_member_of_a_resource_s_document_too(session: Session) -> None:
    result = session.execute("SELECT environment->'variables'->>'STAGE' FROM aws.lambda.functions")
    result.fetchall()
    assert result.notices == ("environment has no member variables; did you mean Variables? Names of members are told apart by case",)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT environment->'Variables'->>'stage' FROM aws.lambda.functions",  # any name may be a variable's
        "SELECT state->>'Name', placement->>'Tenancy' FROM aws.ec2_instance",
        "SELECT tags->>'env' FROM aws.ec2_instance",
        "SELECT state->>'nothing_like_it' FROM aws.ec2_instance",
        "SELECT d->>'name' FROM (SELECT '{\"name\": 1}'::jsonb AS d, region FROM aws.ec2_instance) t",
    ],
)
def test_a_member_that_is_there_or_like_none_is_no_news(session: Session, cloud: LocalCloud, statement: str) -> None:
    result = session.execute(statement)
    result.fetchall()
    assert result.notices == ()
