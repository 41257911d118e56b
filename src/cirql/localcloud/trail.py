"""LookupEvents of CloudTrail: what a local AWS was asked to change, newest first, as event history has it. Reads are not in it.

API reference: LookupEvents. Its own answers come at once; AWS's come some minutes later.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from cirql.localcloud.identity import Caller
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer
from cirql.localcloud.operations import service_heads
from cirql.localcloud.paging import take_page
from cirql.localcloud.wire import Protocol, WireOperation, json_answer
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_READS = regex(
    r"(Batch)?(Get|List|Describe|Search|Lookup|Head|Query|Scan|Select|Check|Validate|Test|Preview|Estimate|Count|Filter)([A-Z].*)?"
)
_ASSUMED = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_MOST, _KEPT = 50, 20_000
_GLOBAL_EVENTS = "us-east-1"
_GLOBAL = frozenset({"iam", "route53", "cloudfront", "organizations"})


@dataclass(frozen=True, slots=True)
class _Event:
    """One call that changed something: `at` is seconds since the epoch."""

    id: str
    at: float
    place: AccountRegion
    source: str
    name: str
    who: str


class Trail:
    """The changes that a local AWS took, by account and region. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._events: list[_Event] = []
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget every event."""
        with self._lock:
            self._events.clear()

    def add(self, caller: Caller, operation: WireOperation, status: int) -> None:
        """Keep a call that was answered, if it was one that changes something and was not refused."""
        if not 200 <= status < 300 or operation.name in _ASSUMED or _READS.fullmatch(operation.name) is not None:
            return
        region = _GLOBAL_EVENTS if operation.service in _GLOBAL else caller.region
        place, source = AccountRegion(caller.account, region), source_of(operation.service)
        event = _Event(str(uuid.uuid4()), self._clock(), place, source, operation.name, caller.access_key)
        with self._lock:
            self._events.append(event)
            del self._events[:-_KEPT]

    def answer(self, place: AccountRegion, operation: WireOperation, body: bytes, page_limit: int | None) -> HttpAnswer | None:
        """The answer to LookupEvents; None for every other operation. Raises ServiceError for a token that is none."""
        if operation.name != "LookupEvents" or operation.protocol is not Protocol.JSON:
            return None
        asked = json.loads(body or b"{}")
        begin, end = asked.get("StartTime", 0), asked.get("EndTime", float("inf"))
        with self._lock:
            events = [e for e in reversed(self._events) if e.place == place and begin <= e.at <= end]
        events = [e for e in events if all(_has(e, a["AttributeKey"], a["AttributeValue"]) for a in asked.get("LookupAttributes", ()))]
        size = min(int(asked.get("MaxResults") or _MOST), page_limit or _MOST)
        page, token = take_page(events, size, asked.get("NextToken"), str(place))
        answer = {"Events": [_told(e) for e in page], **({"NextToken": token} if token else {})}
        return json_answer(json.dumps(answer).encode(), operation.json_version)


def source_of(service: str) -> str:
    """What CloudTrail calls a service: `ec2.amazonaws.com`."""
    head: Mapping[str, Any] = service_heads().get(service, {})
    return f"{head.get('signingName') or head.get('endpointPrefix', service)}.amazonaws.com"


def _has(event: _Event, key: str, value: str) -> bool:
    told = _told(event)
    return str(told.get(key, "")) == value


def _told(event: _Event) -> dict[str, Any]:
    record = {
        "eventVersion": "1.09",
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.place.region,
        "recipientAccountId": event.place.account,
        "readOnly": False,
        "eventID": event.id,
    }
    return {
        "EventId": event.id,
        "EventName": event.name,
        "EventSource": event.source,
        "EventTime": event.at,
        "ReadOnly": "false",
        "AccessKeyId": event.who,
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }
