"""Event history: what changed something is in it, newest first; what read, and what was refused, is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule as Fault
from cirql.session import Session


def client(cloud: LocalCloud, service: str, region: str = "us-east-1") -> Any:
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
    return boto3.client(service, endpoint_url=cloud.endpoint_url, region_name=region, **keys)


def names(cloud: LocalCloud, **asked: Any) -> list[tuple[str, str]]:
    pages = client(cloud, "cloudtrail").get_paginator("lookup_events").paginate(**asked)
    return [(e["EventSource"], e["EventName"]) for page in pages for e in page["Events"]]


def test_changes_are_in_it_and_reads_are_not(cloud: LocalCloud) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    client(cloud, "sqs").create_queue(QueueName="work")
    client(cloud, "sqs").list_queues()
    client(cloud, "sqs", "eu-west-1").create_queue(QueueName="elsewhere")
    client(cloud, "iam").create_user(UserName="new")
    cloud.faults.add(Fault(service="sns", kind="access_denied", times=1))
    with pytest.raises(ClientError):
        client(cloud, "sns").create_topic(Name="refused")
    assert names(cloud, StartTime=before) == [("iam.amazonaws.com", "CreateUser"), ("sqs.amazonaws.com", "CreateQueue")]
    assert names(cloud, StartTime=before, LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]) == [
        ("iam.amazonaws.com", "CreateUser")
    ]
    assert names(cloud, EndTime=before - timedelta(hours=1)) == []


def test_pages_follow_one_another(cloud: LocalCloud) -> None:
    queues = client(cloud, "sqs")
    before = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(5):
        queues.create_queue(QueueName=f"page-{number}")
    assert len(names(cloud, StartTime=before, PaginationConfig={"PageSize": 2})) >= 5


def test_it_is_a_table_whose_time_is_asked_of_aws(cloud: LocalCloud, session: Session) -> None:
    client(cloud, "sqs").create_queue(QueueName="seen")
    sql = (
        "SELECT event_source, read_only FROM aws.cloudtrail_event WHERE event_name = 'CreateQueue' AND event_time > TIMESTAMP '2026-01-01'"
    )
    assert set(session.execute(sql).fetchall()) == {("sqs.amazonaws.com", "false")}
    text = "\n".join(line for (line,) in session.execute(f"EXPLAIN {sql}"))
    assert "key event_time >= 2025-12-31 23:59:59" in text
