"""Messages, events and workflows: SQS, SNS, EventBridge, Step Functions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import LOWER_TAG_LIST, TAG_LIST, TAGS, Aws, Case, Described
from tests.datasets.check import check

# What the services give as text in a map, by what it really is.
NUMBERS = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "DelaySeconds",
        "KmsDataKeyReusePeriodSeconds",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "SubscriptionsConfirmed",
        "SubscriptionsDeleted",
        "SubscriptionsPending",
        "VisibilityTimeout",
    }
)
TIMES = frozenset({"CreatedTimestamp", "LastModifiedTimestamp"})


def read_attributes(attributes: dict[str, str]) -> dict[str, Any]:
    """Attributes as values: numbers, times and truth from text."""
    return {name: _read(name, text) for name, text in attributes.items()}


def _read(name: str, text: str) -> Any:
    if name in NUMBERS:
        return int(text)
    if name in TIMES:
        return datetime.fromtimestamp(float(text), UTC)
    return {"true": True, "false": False}.get(text, text)


def make_queue(aws: Aws) -> str:
    sqs = aws("sqs")
    dead = sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    target = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    made = sqs.create_queue(
        QueueName="orders.fifo",
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "DelaySeconds": "5",
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3}),
        },
        tags=TAGS,
    )
    return str(made["QueueUrl"])


def describe_queue(aws: Aws, key: str) -> Described:
    said = aws("sqs").get_queue_attributes(QueueUrl=key, AttributeNames=["All"])["Attributes"]
    return {**read_attributes(said), "QueueUrl": key, "QueueName": "orders.fifo"}


def make_topic(aws: Aws) -> str:
    made = aws("sns").create_topic(Name="alerts", Attributes={"DisplayName": "Alerts", "KmsMasterKeyId": "alias/alerts"}, Tags=TAG_LIST)
    return str(made["TopicArn"])


def make_subscription(aws: Aws) -> str:
    queue = aws("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    target = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = aws("sns").subscribe(
        TopicArn=make_topic(aws),
        Protocol="sqs",
        Endpoint=target,
        Attributes={"FilterPolicy": json.dumps({"level": ["error"]}), "RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )
    return str(made["SubscriptionArn"])


def make_bus(aws: Aws) -> str:
    aws("events").create_event_bus(Name="orders", Description="What orders do", Tags=TAG_LIST)
    return "orders"


def make_rule(aws: Aws) -> str:
    made = aws("events").put_rule(
        Name="paid",
        EventBusName=make_bus(aws),
        EventPattern=json.dumps({"source": ["shop"]}),
        State="ENABLED",
        Description="Orders that were paid",
        Tags=TAG_LIST,
    )
    return str(made["RuleArn"])


def make_state_machine(aws: Aws) -> str:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = aws("stepfunctions").create_state_machine(
        name="ship", definition=json.dumps(definition), roleArn=f"arn:aws:iam::{aws.account}:role/steps", tags=LOWER_TAG_LIST
    )
    return str(made["stateMachineArn"])


CASES = (
    Case("aws.sqs_queue", "queue_url", make_queue, describe_queue, "sqs:GetQueueAttributes sqs:ListQueueTags"),
    Case(
        "aws.sns_topic",
        "topic_arn",
        make_topic,
        lambda aws, key: read_attributes(aws("sns").get_topic_attributes(TopicArn=key)["Attributes"]),
        "sns:GetTopicAttributes sns:ListTagsForResource",
    ),
    Case(
        "aws.sns_subscription",
        "subscription_arn",
        make_subscription,
        lambda aws, key: read_attributes(aws("sns").get_subscription_attributes(SubscriptionArn=key)["Attributes"]),
        "sns:ListSubscriptions sns:GetSubscriptionAttributes",
        tags=None,
    ),
    Case(
        "aws.events_event_bus",
        "name",
        make_bus,
        lambda aws, key: aws("events").describe_event_bus(Name=key),
        "events:DescribeEventBus events:ListTagsForResource",
    ),
    Case(
        "aws.events_rule",
        "arn",
        make_rule,
        lambda aws, key: aws("events").describe_rule(Name="paid", EventBusName="orders"),
        "events:ListEventBuses events:ListRules events:ListRules events:DescribeRule events:ListTagsForResource",
    ),
    Case(
        "aws.stepfunctions_state_machine",
        "state_machine_arn",
        make_state_machine,
        lambda aws, key: aws("stepfunctions").describe_state_machine(stateMachineArn=key),
        "stepfunctions:DescribeStateMachine stepfunctions:ListTagsForResource",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)
