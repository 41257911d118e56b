"""Queues: events from an Amazon SQS queue, taken off it once what they touched is safely in the inventory.

A message is deleted when everything in it has been dealt with, and not before: what cannot be read as an event, or touched something that
could not be read again, stays in the queue and comes back when its time of invisibility is over, until the queue's own redrive policy
moves it away.
Amazon SQS developer guide: at-least-once delivery, long polling, visibility timeout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cirql.cloud.target import Target
from cirql.errors import CloudError, Error, InvalidText, SettingsError
from cirql.fetch.targets import find_targets
from cirql.filling.events import Event, LogFile, read_events, read_notices
from cirql.filling.touches import Ingested, ingest
from cirql.plan.places import Wanted
from cirql.startup.records import dataclass, field
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.session import Session

BATCH = 10
"""Messages that SQS gives, or deletes, at once."""

ROUND = 100
"""Messages that are dealt with together: many are about the same things, which are then read once."""

WAIT_SECONDS = 20
"""How long SQS waits for a message before it says that there is none: the longest it takes."""

HIDDEN_SECONDS = 300
"""How long others, and we ourselves, do not see a message again: longer than a round takes."""

_ARN = regex(r"arn:[\w-]+:sqs:(?P<region>[\w-]+):(?P<account>\d{12}):(?P<name>[\w.-]+)\Z")
_HOSTS = (
    regex(r"sqs(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\."),
    regex(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.queue\."),
    regex(r".*\.sqs\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.vpce\."),
)


@dataclass(frozen=True, slots=True)
class QueueName:
    """Where a queue is: `region` is empty where its URL does not say it."""

    url: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what SQS calls it, what it wants in order to delete it, and what it says."""

    id: str
    handle: str
    body: str


@dataclass(slots=True)
class Round:
    """What came of some messages: how many came and how many were deleted; `kept` says of those left in the queue why."""

    received: int = 0
    deleted: int = 0
    done: Ingested = field(default_factory=Ingested)
    kept: dict[str, str] = field(default_factory=dict)


def is_queue(word: str) -> bool:
    """Whether a word names a queue rather than a file."""
    return word.startswith(("https://", "http://", "arn:"))


def parse_queue(word: str) -> QueueName:
    """A queue's URL or ARN. Raises InvalidText for anything else."""
    if found := _ARN.match(word):
        suffix = "amazonaws.com.cn" if word.startswith("arn:aws-cn:") else "amazonaws.com"
        url = f"https://sqs.{found['region']}.{suffix}/{found['account']}/{found['name']}"
        return QueueName(url, found["account"], found["region"])
    parts = urlsplit(word)
    path = parts.path.strip("/").split("/")
    hint = "a queue's URL is like https://sqs.us-east-1.amazonaws.com/111111111111/name"
    if word.startswith("arn:") or not parts.hostname or len(path) < 2 or not re.fullmatch(r"\d{12}", path[-2]):
        raise InvalidText(f"{word} is no SQS queue", hint=hint)
    region = next((m["region"] for host in _HOSTS if (m := host.match(parts.hostname))), "")
    if not region and parts.hostname == "queue.amazonaws.com":
        region = "us-east-1"
    return QueueName(word, path[-2], region)


def failures(parsed: Mapping[str, Sequence[Event]], done: Ingested) -> dict[str, str]:
    """Why something that a message's events touched could not be read, of the messages with these events, all dealt with in their order."""
    touches = iter(done.touches)
    found: dict[str, str] = {}
    for message_id, events in parsed.items():
        reasons = [done.failed[t] for own in islice(touches, len(events)) for t in own if t in done.failed]
        if reasons:
            found[message_id] = reasons[0]
    return found


class Queue:
    """One queue, seen from a session that may read it."""

    def __init__(self, session: Session, name: QueueName) -> None:
        self.session = session
        self.name = name
        self.target = self._find_target()
        self._told: set[str] = set()

    def _find_target(self) -> Target:
        """Who asks: the account that owns the queue, else, where there is one alone, that one: the queue may let it.

        Raises SettingsError where several could.
        """
        region = self.name.region or next((r for r in self.session.reach.regions if r != "*"), "")
        want = Wanted(frozenset({region}) if region else None)
        targets = self.session.start(find_targets(self.session.cloud, self.session.reach, want)).result()
        if len(targets) == 1:
            return targets[0]
        own = [t for t in targets if t.account == self.name.account]
        if len(own) == 1:
            return own[0]
        hint = "name the profile that may read the queue with --profile" if region else "name its region with --region"
        raise SettingsError(f"no account in scope owns the queue {self.name.url}", hint=hint)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One call, as the reader of the queue."""
        return self.session.start(self.session.cloud.call(self.target, service, operation, params)).result()

    def receive(self, wait: int) -> list[Message]:
        """Up to ten messages; none where none came within `wait` seconds."""
        wait = min(wait, max(int(self.session.settings.read_timeout) - 1, 0))
        answer = self.call(
            "sqs",
            "ReceiveMessage",
            QueueUrl=self.name.url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait,
            VisibilityTimeout=HIDDEN_SECONDS,
        )
        return [Message(m["MessageId"], m["ReceiptHandle"], m.get("Body", "")) for m in answer.get("Messages") or ()]

    def delete(self, messages: list[Message]) -> dict[str, str]:
        """Take messages off the queue; those that it would not let go, with the reason."""
        refused: dict[str, str] = {}
        for at in range(0, len(messages), BATCH):
            some = messages[at : at + BATCH]
            entries = [{"Id": str(i), "ReceiptHandle": m.handle} for i, m in enumerate(some)]
            answer = self.call("sqs", "DeleteMessageBatch", QueueUrl=self.name.url, Entries=entries)
            for failed in answer.get("Failed") or ():
                reason = failed.get("Message") or failed.get("Code")
                refused[some[int(failed["Id"])].id] = f"could not be deleted, and will come again: {reason}"
        return refused

    def round(self, wait: int = WAIT_SECONDS) -> Round:
        """Deal with what is in the queue now, up to a hundred messages; `received` is 0 where it is empty.

        A message that stays in the queue is told of once, however often it comes.
        """
        messages = self.take(wait)
        if not messages:
            return Round()
        parsed, kept = self.parse(messages)
        done = ingest(self.session, [event for events in parsed.values() for event in events])
        return self.settle(messages, kept | failures(parsed, done), done)

    def take(self, wait: int) -> list[Message]:
        """What is in the queue now, up to a hundred messages and some; none where none came within `wait` seconds."""
        messages = self.receive(wait)
        while messages and len(messages) % BATCH == 0 and len(messages) < ROUND and (more := self.receive(0)):
            messages += more
        return messages

    def parse(self, messages: Iterable[Message]) -> tuple[dict[str, list[Event]], dict[str, str]]:
        """The events of messages, by id, and why others cannot be read."""
        parsed: dict[str, list[Event]] = {}
        unread: dict[str, str] = {}
        for message in messages:
            try:
                parsed[message.id] = list(self._events(message.body))
            except (InvalidText, CloudError) as error:
                unread[message.id] = error.message
        return parsed, unread

    def settle(self, messages: Sequence[Message], kept: Mapping[str, str], done: Ingested) -> Round:
        """Take messages that were dealt with off the queue, but for those that are to be kept, with the reason."""
        settled = [m for m in messages if m.id not in kept]
        refused = self.delete(settled)
        told = {i: why for i, why in {**kept, **refused}.items() if i not in self._told}
        self._told.update(told)
        return Round(len(messages), len(settled) - len(refused), done, told)

    def _events(self, body: str) -> Iterator[Event]:
        """The events of a message; a log in S3 that it points at is read."""
        for found in read_notices(body.encode()):
            if isinstance(found, LogFile):
                yield from self._log(found)
            else:
                yield found

    def _log(self, log: LogFile) -> Iterator[Event]:
        target = Target(self.target.account, log.region or self.target.region, self.target.credentials, self.target.partition)
        answer = self.session.start(self.session.cloud.call(target, "s3", "GetObject", {"Bucket": log.bucket, "Key": log.key})).result()
        try:
            yield from read_events(answer["Body"])
        except Error as error:
            raise InvalidText(f"s3://{log.bucket}/{log.key}: {error.message}") from None
