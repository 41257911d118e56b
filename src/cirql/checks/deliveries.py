"""Where a watch sends what changed besides its output: a webhook, and a topic of SNS.

Each raises an Error where it did not take the changes; the caller keeps them and sends them again.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.errors import FileUnreadable, InvalidText, Unreachable
from cirql.sql.quoting import text
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.checks.transitions import VerdictChange
    from cirql.runtime import Runtime

_PATIENCE = 10.0
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)")
_MOST_BYTES = 200_000
"""SNS takes 256 KB; the rest is for what JSON puts around the changes."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of SNS, by the parts of its ARN."""

    arn: str
    region: str
    account: str

    @staticmethod
    def read(arn: str) -> Topic:
        """Raises InvalidText for what is no ARN of a topic, or of one that keeps an order, which needs a group for each message."""
        found = _TOPIC.fullmatch(arn)
        if found is None:
            raise InvalidText(f"{arn!r} is no ARN of a topic", hint="arn:aws:sns:<region>:<account>:<name>")
        if found.group(3).endswith(".fifo"):
            raise InvalidText(f"{arn} is a FIFO topic", hint="name a standard topic")
        return Topic(arn, found.group(1), found.group(2))

    def send(self, runtime: Runtime, pack: str, changes: list[VerdictChange]) -> None:
        """Publish the changes, in as many messages as SNS's bound on their length makes of them. Raises the errors of the call."""
        with runtime.session(
            locked=True, writable=True, exec_allowed=("sns:Publish",), accounts=(self.account,), regions=(self.region,)
        ) as session:
            for message in messages(pack, changes):
                request = {"TopicArn": self.arn, "Subject": _subject(pack, changes), "Message": message}
                session.execute(f"EXEC aws.sns.publish @@json = {text(json.dumps(request))}").fetchall()


def post(url: str, body: dict[str, Any]) -> None:
    """Send a body to a webhook. Raises Unreachable."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Staying(HTTPRedirectHandler):
        """Whoever is sent elsewhere asks there without a body: what changed would be told to nobody."""

        def redirect_request(self, *given: Any) -> None:
            return None

    try:
        request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
        with build_opener(Staying).open(request, timeout=_PATIENCE):
            return
    except HTTPError as error:
        raise Unreachable(f"the webhook answered {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"the webhook does not answer: {getattr(error, 'reason', error)}") from None


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Be the only watch over a state, as long as the block lasts. Raises FileUnreadable where another is, or its file cannot be made."""
    try:
        descriptor = os.open(state.with_name(f"{state.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FileUnreadable(f"the state cannot be written to {state}: {error.strerror or error}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FileUnreadable(f"another cirql watch goes by {state}", hint="give each watch a state of its own") from None
        yield
    finally:
        os.close(descriptor)


def counted(number: int, noun: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _subject(pack: str, changes: list[VerdictChange]) -> str:
    """A line of at most 100 plain characters, as e-mail subscribers get it."""
    alarms = sum(change.after == "alarm" for change in changes)
    name = re.sub(r"[^ -~]", "?", pack)[-60:]
    return f"cirql {name}: {counted(len(changes), 'change')}, {alarms} to alarm"


def messages(pack: str, changes: list[VerdictChange]) -> Iterator[str]:
    """The changes as JSON, in texts that are each short enough for SNS."""
    waiting: list[str] = []
    for change in changes:
        written = json.dumps(change.to_json())
        if waiting and sum(map(len, waiting)) + len(written) > _MOST_BYTES:
            yield _message(pack, waiting)
            waiting = []
        waiting.append(written)
    if waiting:
        yield _message(pack, waiting)


def _message(pack: str, changes: list[str]) -> str:
    return f'{{"pack": {json.dumps(pack)}, "changes": [{", ".join(changes)}]}}'
