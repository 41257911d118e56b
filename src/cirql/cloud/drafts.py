"""Drafts: requests that are written and not yet signed, and requests that are ready to be sent."""

from __future__ import annotations

from typing import Any

from botocore.model import OperationModel

from cirql.cloud.fastlane import Lane
from cirql.startup.records import dataclass


@dataclass(slots=True)
class RequestDraft:
    """A request that is serialised and not yet signed.

    `request` and `context` are botocore's dicts, changed by its hooks.
    """

    model: OperationModel
    request: dict[str, Any]
    context: dict[str, Any]
    endpoint: str
    """Where the endpoint rules sent it."""


@dataclass(slots=True)
class FastDraft:
    """The same, of an operation that has a fast lane."""

    model: OperationModel
    lane: Lane
    url: str
    body: bytes
    invocation: str


@dataclass(slots=True)
class Signed:
    """A request ready to be sent; `head` are its header lines but for those that the transport adds."""

    method: str
    url: str
    head: str
    body: bytes


class UnsendableError(Exception):
    """A request that HTTP cannot carry."""


def header_lines(headers: Any) -> str:
    """The header lines of a botocore request; `Expect` is left out, because bodies are sent at once.

    Raises: UnsendableError where a value would end its line, and so begin a header that nobody signed.
    """
    pairs = ((name, value.decode("utf-8") if isinstance(value, bytes) else str(value)) for name, value in headers.items())
    lines = [f"{name}: {value}" for name, value in pairs if name.lower() != "expect"]
    for line in lines:
        if not line.isprintable() or not line.isascii():
            raise UnsendableError(f"the value of the header {line.partition(':')[0]} has characters that HTTP does not allow")
    return "".join(f"{line}\r\n" for line in lines)


def body_bytes(body: Any) -> bytes:
    """The body of a botocore request, read into memory where it is a file."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "seek"):
        body.seek(0)
    content: bytes = body.read()
    return content
