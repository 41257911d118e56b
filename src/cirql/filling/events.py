"""Events: what AWS says has happened, read from CloudTrail logs, EventBridge events and the envelopes that they travel in.

An event is never believed to say how a resource is now: it only says which one to look at. The shapes: AWS CloudTrail user guide,
"CloudTrail record contents"; Amazon EventBridge user guide, "AWS service event metadata" (a CloudTrail record is in `detail`); Amazon SNS
developer guide, "message format" (the event is text in `Message`).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from cirql.errors import InvalidText
from cirql.names import snake
from cirql.startup.records import dataclass

_GZIP = b"\x1f\x8b"
_HINT = "give CloudTrail log files or EventBridge events as JSON"


@dataclass(frozen=True, slots=True)
class Event:
    """Something changed. `service` is what AWS calls the source; `values` are all texts that came with it, with their members' names."""

    service: str
    name: str
    account: str
    region: str
    time: datetime
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogFile:
    """A CloudTrail log in S3 that a notification points at. `region` is empty where the notification does not say it."""

    bucket: str
    key: str
    region: str = ""


def read_events(data: bytes) -> Iterator[Event]:
    """The changes in a file: a CloudTrail log (gzipped or not), EventBridge events, or either as lines.

    Reads and failed calls are left out.

    Raises InvalidText for what is none of these.
    """
    for found in read_notices(data):
        if isinstance(found, LogFile):
            raise InvalidText(
                f"this only says that there is a log at s3://{found.bucket}/{found.key}",
                hint="give that file; from an SQS queue it is fetched",
            )
        yield found


def read_notices(data: bytes) -> Iterator[Event | LogFile]:
    """As `read_events`, with S3 notifications of new logs as what they point at. Raises InvalidText."""
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidText(f"this gzip file is damaged: {error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidText("this is not UTF-8 text", hint=_HINT) from None
    for document in _documents(text):
        yield from _notices(document)


def _documents(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text)
        return
    except (ValueError, RecursionError):
        pass
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                raise InvalidText(f"line {number} is not JSON", hint="give one JSON document, or one a line") from None


def _notices(document: Any) -> Iterator[Event | LogFile]:
    if isinstance(document, list):
        for item in document:
            yield from _notices(item)
        return
    match document:
        case {"Type": "Notification", "Message": str(message)}:
            yield from read_notices(message.encode())
        case {"Records": list(records)}:
            yield from _notices(records)
        case {"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}:
            yield from _logs(str(bucket), [unquote_plus(str(key))], str(document.get("awsRegion") or ""))
        case {"s3Bucket": bucket, "s3ObjectKey": list(keys)}:
            yield from _logs(str(bucket), map(str, keys))
        case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
            return  # what S3 sends when notifications are switched on
        case {"detail": {"eventSource": _} as record}:
            yield from _notices({"recipientAccountId": document.get("account"), **record})
        case {"detail-type": str(), "source": str(), "detail": dict()}:
            yield _happening(document)
        case {"eventSource": _, "eventName": _}:
            if not document.get("readOnly") and not document.get("errorCode"):
                yield _call(document)
        case _:
            raise InvalidText("this is no CloudTrail record and no EventBridge event", hint="a record has eventSource and eventName")


def _logs(bucket: str, keys: Any, region: str = "") -> Iterator[LogFile]:
    """The logs among some objects: digests of logs are in the same bucket, and say nothing new."""
    return (LogFile(bucket, key, region) for key in keys if "/CloudTrail-Digest/" not in key)


def _call(record: Mapping[str, Any]) -> Event:
    """The event of a CloudTrail record."""
    identity = record.get("userIdentity")
    own = identity.get("accountId") if isinstance(identity, dict) else None
    resources = record.get("resources")
    values = [*_texts("", record.get("requestParameters")), *_texts("", record.get("responseElements"))]
    values += (
        [("arn", str(r["ARN"])) for r in resources or () if isinstance(r, dict) and r.get("ARN")] if isinstance(resources, list) else []
    )
    return Event(
        service=str(record["eventSource"]).removesuffix(".amazonaws.com"),
        name=str(record["eventName"]),
        account=str(record.get("recipientAccountId") or own or ""),
        region=str(record.get("awsRegion") or ""),
        time=_time(record.get("eventTime"), f"the record of {record['eventName']} has no eventTime"),
        values=tuple(dict.fromkeys(values)),
    )


def _happening(event: Mapping[str, Any]) -> Event:
    """An event that a service sends by itself: an instance changed its state, a build ended."""
    resources = event.get("resources")
    values = [*_texts("", event["detail"]), *(("arn", str(r)) for r in (resources if isinstance(resources, list) else ()))]
    return Event(
        service=event["source"].removeprefix("aws."),
        name=event["detail-type"],
        account=str(event.get("account") or ""),
        region=str(event.get("region") or ""),
        time=_time(event.get("time"), f"the event {event['detail-type']} has no time"),
        values=tuple(dict.fromkeys(values)),
    )


def _time(text: Any, problem: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidText(problem) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _texts(name: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(snake(str(key)), value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(name, value)
    elif isinstance(node, str | int) and not isinstance(node, bool):
        yield name, str(node)
