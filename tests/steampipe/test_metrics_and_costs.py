"""The tables of one metric or one kind of cost: what they ask of AWS, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Settings

HERE = "region = 'us-east-1' AND account_id = '111111111111'"
WHEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


def _plan(session: Session, query: str) -> str:
    return "\n".join(line for (line,) in session.execute(f"EXPLAIN {query}").fetchall())


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with LocalCloud() as cloud:
        given = {"region_name": "us-east-1", "aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        metrics = boto3.client("cloudwatch", endpoint_url=cloud.endpoint_url, **given)
        with Session(Settings(**settings_for(cloud.endpoint_url), search_path=("steampipe", "aws"))) as opened:
            ((instance,),) = opened.execute(f"SELECT instance_id FROM aws_ec2_instance WHERE {HERE} LIMIT 1").fetchall()
            for value in (10.0, 30.0):
                metrics.put_metric_data(
                    Namespace="AWS/EC2",
                    MetricData=[
                        {
                            "MetricName": "CPUUtilization",
                            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                            "Timestamp": WHEN,
                            "Value": value,
                            "Unit": "Percent",
                        }
                    ],
                )
            yield opened


def test_a_metric_is_asked_for_each_thing_that_has_it(session: Session) -> None:
    result = session.execute(
        "SELECT m.instance_id = i.instance_id, average, maximum, sample_count, timestamp "
        "FROM aws_ec2_instance_metric_cpu_utilization_hourly AS m JOIN aws_ec2_instance AS i USING (instance_id) "
        f"WHERE m.{HERE.replace('AND ', 'AND m.')} AND average >= 20"
    )
    assert result.fetchall() == [(True, 20.0, 30.0, 2.0, WHEN)]
    ((instances,),) = session.execute(f"SELECT count(*) FROM aws_ec2_instance WHERE {HERE}").fetchall()
    assert result.stats.calls["cloudwatch:GetMetricStatistics"] == instances


def test_a_metric_of_one_thing_is_one_call(session: Session) -> None:
    ((one,),) = session.execute(f"SELECT instance_id FROM aws_ec2_instance WHERE {HERE} LIMIT 1").fetchall()
    result = session.execute(f"SELECT maximum FROM aws_ec2_instance_metric_cpu_utilization_hourly WHERE instance_id = '{one}' AND {HERE}")
    assert result.fetchall() == [(30.0,)]
    assert result.stats.calls["cloudwatch:GetMetricStatistics"] == 1


def test_any_metric_is_asked_by_its_names(session: Session) -> None:
    ((one,),) = session.execute(f"SELECT instance_id FROM aws_ec2_instance WHERE {HERE} LIMIT 1").fetchall()
    query = (
        "SELECT maximum FROM aws_cloudwatch_metric_statistic_data_point WHERE metric_name = 'CPUUtilization' AND namespace = 'AWS/EC2' "
        f'AND dimensions = \'[{{"Name": "InstanceId", "Value": "{one}"}}]\'::jsonb AND period = 3600 '
        "AND timestamp >= now() - interval '1 day'"
    )
    assert session.execute(query).fetchall() == [(30.0,)]


def test_costs_are_asked_by_what_they_are_grouped_by(session: Session) -> None:
    plan = _plan(session, "SELECT * FROM aws_cost_by_record_type_monthly")
    assert "granularity = MONTHLY" in plan
    assert 'group_by = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]' in plan
    assert "ce:GetCostAndUsage" in plan


def test_a_condition_on_a_moment_goes_into_the_call(session: Session) -> None:
    plan = _plan(session, "SELECT event_name FROM aws_cloudtrail_lookup_event WHERE event_time >= '2026-01-01T05:00:00+05:00'")
    assert "event_time >= 2025-12-31 23:59:59" in plan


def test_events_of_a_log_are_asked_for_since_when_and_by_what(session: Session) -> None:
    plan = _plan(
        session,
        "SELECT message FROM aws_cloudwatch_log_event WHERE log_group_name = 'trail' AND filter = '{$.eventName=\"DescribeVpcs\"}' "
        "AND timestamp BETWEEN '2026-01-01T05:00:00+05:00' AND '2026-01-02'",
    )
    assert 'filter_pattern = {$.eventName="DescribeVpcs"}' in plan
    assert f"timestamp >= {1767225599}000" in plan
    assert f"timestamp <= {1767312002}000" in plan


def test_a_condition_goes_behind_what_a_view_takes_apart(session: Session) -> None:
    plan = _plan(session, f"SELECT http_method FROM aws_api_gateway_method WHERE rest_api_id = 'a1' AND {HERE}")
    assert "scan aws.apigateway_resource in 1 target" in plan
    assert "rest_api_id = a1" in plan
    assert "aws.apigateway_rest_api" not in plan


def test_glob_makes_a_pattern_and_reads_no_files(session: Session) -> None:
    assert session.execute("SELECT g FROM glob('s3:Get*?') AS g").fetchall() == [("s3:Get%_",)]
    assert session.execute("SELECT 's3:GetObject' LIKE glob('s3:Get*')").fetchall() == [(True,)]
