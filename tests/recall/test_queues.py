"""Events from an SQS queue: read, dealt with, and only then deleted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cirql import errors
from cirql.cloud.target import Target
from cirql.filling.following import Following
from cirql.filling.queues import Message, Queue, QueueName, Round, is_queue, parse_queue
from cirql.filling.sync import begin, sync
from cirql.localcloud import LocalCloud, Rule
from cirql.session import Session
from tests.recall.conftest import Connect, rows

ACCOUNT, REGION = "111111111111", "us-east-1"
HOME = Target(ACCOUNT, REGION, ACCOUNT)
VPCS = f"SELECT vpc_id FROM aws.ec2_vpc WHERE account_id = '{ACCOUNT}' AND region = '{REGION}'"


@dataclass(frozen=True)
class Box:
    """A queue with its reader, and an inventory of the VPCs."""

    session: Session
    queue: Queue
    offline: Session

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.session.start(self.session.cloud.call(HOME, service, operation, params)).result()

    def send(self, *bodies: Any) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.call("sqs", "SendMessage", QueueUrl=self.queue.name.url, MessageBody=text)

    @property
    def left(self) -> int:
        """Messages that have been received and not deleted."""
        names = ["ApproximateNumberOfMessagesNotVisible"]
        found = self.call("sqs", "GetQueueAttributes", QueueUrl=self.queue.name.url, AttributeNames=names)
        return int(found["Attributes"][names[0]])

    def new_vpc(self) -> tuple[str, dict[str, Any]]:
        """A VPC that the inventory does not know yet, and the record of its making."""
        made = self.call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        return made, record("ec2.amazonaws.com", "CreateVpc", {"vpc": {"vpcId": made}})


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(source: str, name: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventSource": source,
        "eventName": name,
        "eventTime": now(),
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "responseElements": answer,
    }


def enveloped(detail: dict[str, Any], kind: str = "AWS API Call via CloudTrail", **more: Any) -> dict[str, Any]:
    event = {"source": "aws.ec2", "account": ACCOUNT, "region": REGION, "time": now(), "resources": [], **more}
    return {**event, "detail-type": kind, "detail": detail}


@pytest.fixture
def box(connect: Connect, cloud: LocalCloud) -> Iterator[Box]:
    session = connect(read_timeout=20)
    assert sync(session, begin(session, ("aws.ec2_vpc",), datetime.now(UTC))).is_complete
    made = session.start(session.cloud.call(HOME, "sqs", "CreateQueue", {"QueueName": "changes"})).result()
    reader = connect(read_timeout=20)
    found = Box(session, Queue(reader, QueueName(made["QueueUrl"], ACCOUNT, REGION)), connect(max_age=float("inf")))
    yield found
    found.call("sqs", "DeleteQueue", QueueUrl=made["QueueUrl"])


@pytest.mark.parametrize("envelope", ["record", "log", "event", "sns", "state change", "s3", "cloudtrail to sns"])
def test_every_envelope_leads_to_the_row(box: Box, envelope: str) -> None:
    vpc, made = box.new_vpc()
    where = {"bucket": {"name": "trail-logs"}, "object": {"key": "AWSLogs/x%3D1/CloudTrail/log.json.gz"}}
    if envelope in ("s3", "cloudtrail to sns"):
        box.call("s3", "CreateBucket", Bucket="trail-logs")
        log = gzip.compress(json.dumps({"Records": [made]}).encode())
        box.call("s3", "PutObject", Bucket="trail-logs", Key="AWSLogs/x=1/CloudTrail/log.json.gz", Body=log)
    bodies: dict[str, Any] = {
        "record": made,
        "log": {"Records": [made]},
        "event": enveloped({k: v for k, v in made.items() if k != "recipientAccountId"}),
        "sns": {"Type": "Notification", "Message": json.dumps(enveloped(made))},
        "state change": enveloped({"state": "available"}, "VPC state change", resources=[f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{vpc}"]),
        "s3": {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "awsRegion": REGION, "s3": where}]},
        "cloudtrail to sns": {
            "Type": "Notification",
            "Message": json.dumps(
                {"s3Bucket": "trail-logs", "s3ObjectKey": ["AWSLogs/x=1/CloudTrail/log.json.gz", "a/CloudTrail-Digest/b"]}
            ),
        },
    }
    box.send(bodies[envelope])
    outcome = box.queue.round(1)
    assert (outcome.received, outcome.deleted, outcome.kept, outcome.done.failures) == (1, 1, {}, [])
    assert (vpc,) in rows(box.offline, VPCS)
    assert box.queue.round(0).received == 0
    assert box.left == 0


def test_many_messages_cost_one_read_of_each_thing(box: Box, cloud: LocalCloud) -> None:
    vpc, made = box.new_vpc()
    other, made_too = box.new_vpc()
    box.send(*[made] * 11, made_too, record("ec2.amazonaws.com", "CreateVpc", {"vpc": {"x": "nothing-known"}}))
    cloud.calls.clear()
    outcome = box.queue.round(1)
    assert (outcome.received, outcome.deleted, outcome.done.unmatched) == (13, 13, 1)
    assert {(vpc,), (other,)} <= set(rows(box.offline, VPCS))
    assert cloud.calls.counts()["ec2:DescribeVpcs"] == 1
    assert cloud.calls.counts()["sqs:DeleteMessageBatch"] == 2


def test_what_cannot_be_read_stays_and_is_told_once(box: Box) -> None:
    _, made = box.new_vpc()
    gone = {"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "no-such"}, "object": {"key": "log.json"}}}]}
    box.send("not json", {"a": 1}, gone, {**made, "eventTime": "soon"}, {"Service": "Amazon S3", "Event": "s3:TestEvent"}, made)
    outcome = box.queue.round(1)
    assert (outcome.received, outcome.deleted, box.left) == (6, 2, 4)
    assert sorted(why.split(":")[0] for why in outcome.kept.values()) == [
        "line 1 is not JSON",
        "s3",
        "the record of CreateVpc has no eventTime",
        "this is no CloudTrail record and no EventBridge event",
    ]


def test_a_message_whose_rows_could_not_be_read_stays(box: Box, cloud: LocalCloud) -> None:
    _, made = box.new_vpc()
    box.send(made, record("ec2.amazonaws.com", "CreateVpc", {"vpc": {"x": "nothing-known"}}))
    cloud.faults.add(Rule(operation="DescribeVpcs", kind="access_denied"))
    outcome = box.queue.round(1)
    assert (outcome.received, outcome.deleted, box.left) == (2, 1, 1)
    assert "DescribeVpcs" in next(iter(outcome.kept.values()))


def test_an_event_of_an_account_that_only_the_inventory_knows_stays(box: Box, connect: Connect) -> None:
    elsewhere = {**box.new_vpc()[1], "recipientAccountId": "222222222222"}
    box.send(elsewhere)
    queue = Queue(connect(accounts=(ACCOUNT,), read_timeout=20), box.queue.name)
    outcome = queue.round(1)
    assert (outcome.received, outcome.deleted) == (1, 0)
    assert "not in this session's scope" in next(iter(outcome.kept.values()))


OTHER = "222222222222"


def of(account: str, made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "recipientAccountId": account}


def test_an_account_that_is_slow_holds_up_its_own_events_only(box: Box, cloud: LocalCloud) -> None:
    (here, made), (_, unknown) = box.new_vpc(), box.new_vpc()
    told: list[Round] = []
    cloud.faults.add(Rule(account=OTHER, operation="DescribeVpcs", kind="latency", seconds=5, times=1))
    with Following(box.queue, told.append) as following:
        box.send(of(OTHER, unknown), {"Records": [made, of(OTHER, unknown)]}, made)
        received = 0
        while received < 3 or not any(o.deleted for o in told):
            received += following.step(1)
        assert (here,) in rows(box.offline, VPCS)
        assert box.left == 2, "the other account is asked still, and what it has a part in stays"
    assert sum(o.deleted for o in told) == 3
    assert box.left == 0


class Forgetful(Queue):
    """A queue whose messages are visible again as soon as they have been received."""

    def receive(self, wait: int) -> list[Message]:
        found = super().receive(wait)
        for message in found:
            self.call("sqs", "ChangeMessageVisibility", QueueUrl=self.name.url, ReceiptHandle=message.handle, VisibilityTimeout=0)
        return found


def test_a_message_that_comes_again_while_it_is_dealt_with_is_dealt_with_once(box: Box, cloud: LocalCloud) -> None:
    told: list[Round] = []
    box.send(box.new_vpc()[1])
    cloud.faults.add(Rule(operation="DescribeVpcs", kind="latency", seconds=2, times=1))
    with Following(Forgetful(box.queue.session, box.queue.name), told.append) as following:
        assert following.step(1) >= 1
        assert following.step(1) >= 1, "it has come again"
    assert [(o.received, o.deleted) for o in told] == [(1, 1)]
    assert box.left == 0
    assert box.queue.round(0).received == 0


@pytest.mark.parametrize(
    ("word", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111111111111/q", "eu-west-1"),
        ("https://sqs-fips.us-gov-west-1.amazonaws.com/111111111111/q", "us-gov-west-1"),
        ("https://eu-west-1.queue.amazonaws.com/111111111111/q", "eu-west-1"),
        ("https://queue.amazonaws.com/111111111111/q", "us-east-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111111111111/q", "cn-north-1"),
        ("https://vpce-1-a.sqs.us-east-2.vpce.amazonaws.com/111111111111/q", "us-east-2"),
        ("arn:aws:sqs:eu-west-1:111111111111:q.fifo", "eu-west-1"),
        ("http://127.0.0.1:4566/111111111111/q", ""),
    ],
)
def test_names_of_queues(word: str, region: str) -> None:
    assert is_queue(word)
    found = parse_queue(word)
    assert (found.account, found.region) == ("111111111111", region)
    assert found.url.startswith("http")


@pytest.mark.parametrize("word", ["arn:aws:sns:eu-west-1:111111111111:t", "https://sqs.eu-west-1.amazonaws.com/q", "https://example.com/"])
def test_what_is_no_queue(word: str) -> None:
    with pytest.raises(errors.InvalidText):
        parse_queue(word)


def test_the_queue_of_nobody_in_scope(connect: Connect) -> None:
    with pytest.raises(errors.SettingsError, match="no account in scope owns"):
        Queue(connect(), parse_queue("https://sqs.us-east-1.amazonaws.com/999999999999/q"))
