"""A value that AWS takes for nothing is nothing's: beside good ones, in a list, a join or a subquery, the good rows come."""

from __future__ import annotations

import pytest

from cirql.errors import CloudError, InvalidText
from cirql.localcloud import LocalCloud
from cirql.session import Session

TOPIC = "arn:aws:sns:eu-west-1:111111111111:alerts"


@pytest.mark.parametrize(
    ("good", "mixed"),
    [
        ("repository_name = 'ml/notebook'", "repository_name IN ('', 'ml/notebook', 'BAD NAME')"),
        ("repository_name = 'ml/notebook'", "repository_name IN (SELECT '' UNION SELECT 'ml/notebook')"),
        ("repository_name = 'ml/notebook'", "repository_name = ANY (ARRAY['', 'ml/notebook', NULL])"),
        ("region = 'eu-west-1'", "region IN ('eu-west-1', 'nowhere', '')"),
        ("region = 'eu-west-1'", "region IN (SELECT r FROM (VALUES ('eu-west-1'), ('nowhere'), (''), (NULL)) v(r))"),
        ("account_id = '111111111111'", "account_id IN ('111111111111', '', 'nobody', '12')"),
    ],
)
def test_beside_good_values_the_rows_of_those_come(session: Session, good: str, mixed: str) -> None:
    expected = session.execute(f"SELECT _key FROM aws.ecr_image WHERE {good} ORDER BY _key").fetchall()
    result = session.execute(f"SELECT _key FROM aws.ecr_image WHERE {mixed} ORDER BY _key")
    assert result.fetchall() == expected
    assert expected
    assert result.failures == ()


def test_what_is_left_out_is_told(session: Session) -> None:
    result = session.execute(
        "SELECT count(*) FROM aws.ecr_image WHERE repository_name IN ('', 'ml/notebook') AND region IN ('', 'us-east-1')"
    )
    assert result.fetchall()[0][0] > 0
    assert any("aws.ecr_image has no row of ''" in n and "min length" in n for n in result.notices)
    assert any("'' is not an AWS region" in n for n in result.notices)


def test_a_value_that_the_service_refuses_costs_no_other_row_in_any_region(session: Session) -> None:
    one = session.execute("SELECT state_machine_arn FROM aws.stepfunctions_state_machine WHERE region = 'eu-west-1' LIMIT 1").fetchall()
    arn = one[0][0] if one else ""
    result = session.execute(f"SELECT count(*) FROM aws.stepfunctions_execution WHERE state_machine_arn IN ('no-arn', '{arn}')")
    result.fetchall()
    assert result.failures == ()
    assert any("has no row of 'no-arn'" in n for n in result.notices)


def test_an_arn_beside_what_is_none_is_asked_for_in_its_own_place_alone(session: Session, cloud: LocalCloud) -> None:
    cloud.calls.clear()
    rows = session.execute(
        f"SELECT topic_arn, region FROM aws.sns_topic WHERE topic_arn IN ('no-arn', '{TOPIC}') AND tracing_config IS NULL"
    )
    assert rows.fetchall() == [(TOPIC, "eu-west-1")]
    assert [c.operation for c in cloud.calls] == ["GetTopicAttributes"]


@pytest.mark.parametrize("condition", ["repository_name = ''", "region = 'nowhere'", "region IN ('nowhere', '')"])
def test_alone_it_is_a_mistake(session: Session, condition: str) -> None:
    with pytest.raises((InvalidText, CloudError)):
        session.execute(f"SELECT count(*) FROM aws.ecr_image WHERE {condition}").fetchall()


@pytest.mark.parametrize("value", ["junk", "", "2026-02-30", "not a time"])
def test_what_is_no_moment_is_refused_before_anything_is_asked(session: Session, cloud: LocalCloud, value: str) -> None:
    cloud.calls.clear()
    with pytest.raises(InvalidText):
        session.execute(f"SELECT count(*) FROM aws.cloudwatch_metric_alarm WHERE state_updated_timestamp > '{value}'").fetchall()
    assert list(cloud.calls) == []
