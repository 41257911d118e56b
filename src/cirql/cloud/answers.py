"""Answers: an HTTP response read by the rules of its service's protocol, or found unusable.

botocore's parsers do the reading. They forgive too much, though: to them a JSON body that was cut short is `{}`, and an HTML page
is an EC2 answer without members. So a success is checked first: a body that should be there and is not, or is not of the
protocol's format, raises `UnusableAnswerError`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from botocore import parsers
from botocore.model import OperationModel, Shape

from cirql.cloud.http import Response
from cirql.cloud.shapes import Readers
from cirql.cloud.timestamps import parse_timestamp

_JSON = ("json", "rest-json")


class UnusableAnswerError(Exception):
    """A response that says success and cannot be read. `reason` is `cut` (empty or incomplete) or `garbage`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An AWS error, in any protocol. `parsed` is botocore's whole reading of it."""

    code: str
    message: str
    request_id: str | None
    status: int
    parsed: dict[str, Any]


class _JSONParser(parsers.JSONParser):  # type: ignore[misc]
    """Takes a body that is decoded already."""

    def _parse_body_as_json(self, body_contents: Any) -> Any:
        return body_contents if not isinstance(body_contents, bytes) else super()._parse_body_as_json(body_contents)


class _RestJSONParser(parsers.RestJSONParser):  # type: ignore[misc]
    """Takes a body that is decoded already."""

    def _parse_body_as_json(self, body_contents: Any) -> Any:
        return body_contents if not isinstance(body_contents, bytes) else super()._parse_body_as_json(body_contents)


@cache
def _parser(protocol: str) -> Any:
    kinds: dict[str, Any] = {**parsers.PROTOCOL_PARSERS, "json": _JSONParser, "rest-json": _RestJSONParser}
    return kinds[protocol](timestamp_parser=parse_timestamp)


_JSON_READERS: WeakKeyDictionary[Any, tuple[Readers, dict[str, Any]]] = WeakKeyDictionary()


def _json_reader(model: OperationModel) -> Any:
    """The compiled reader of an operation's answers; they live as long as the service model does."""
    service = model.service_model
    readers, by_operation = _JSON_READERS.setdefault(service, (Readers(), {}))
    if model.name not in by_operation:
        by_operation[model.name] = readers.reader(model.output_shape)
    return by_operation[model.name]


def read_json(model: OperationModel, body: bytes, status: int) -> dict[str, Any]:
    """The members of a successful answer of the JSON protocol; as `read_success`, which it is a part of.

    Raises: UnusableAnswerError.
    """
    shape = model.output_shape
    if shape is None:
        return {}
    decoded = _decoded_json(body, shape, status)
    try:
        parsed: dict[str, Any] = _json_reader(model)(decoded)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _not_what_it_answers(model, error) from error
    return parsed


def _not_what_it_answers(model: OperationModel, error: BaseException) -> UnusableAnswerError:
    return UnusableAnswerError("garbage", f"the body is not what {model.name} answers ({_first_line(error)})")


def read_success(model: OperationModel, response: dict[str, Any]) -> dict[str, Any]:
    """The members of a successful answer, without botocore's `ResponseMetadata`.

    `response` is botocore's response dict (`body`, `headers`, `status_code`, `context`).
    Timestamps are aware UTC datetimes, blobs are bytes.

    Raises: UnusableAnswerError.
    """
    shape = model.output_shape
    if shape is None:
        return {}
    protocol = model.service_model.resolved_protocol
    body = response["body"]
    raw = _raw_payload(shape)
    if protocol == "json" and raw is None:
        return read_json(model, body, response["status_code"])
    if raw is not None:
        response = {**response, "body": "" if shape.members[raw].type_name == "blob" else body}
    elif protocol in _JSON:
        response = {**response, "body": _decoded_json(body, shape, response["status_code"])}
    elif not body and _expects_body(shape, response["status_code"]):
        raise UnusableAnswerError("cut", "the body is empty")
    else:
        _check_xml(protocol, body)
    try:
        parsed: dict[str, Any] = _parser(protocol).parse(response, shape)
    except (parsers.ResponseParserError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _not_what_it_answers(model, error) from error
    if raw is not None and shape.members[raw].type_name == "blob":
        parsed[raw] = body
    parsed.pop("ResponseMetadata", None)
    return parsed


def _raw_payload(shape: Any) -> str | None:
    """The member that takes the body as it is, where there is one."""
    name: str | None = shape.serialization.get("payload")
    return name if name is not None and shape.members[name].type_name in ("blob", "string") else None


def _expects_body(shape: Any, status: int) -> bool:
    if status == 204 or "payload" in shape.serialization:
        return False
    return any("location" not in member.serialization for member in shape.members.values())


def _decoded_json(body: bytes, shape: Any, status: int) -> Any:
    if not body.strip():
        if _expects_body(shape, status):
            raise UnusableAnswerError("cut", "the body is empty")
        return {}
    try:
        decoded = json.loads(str(body, "utf-8"))
    except ValueError as error:
        starts_well = body.lstrip()[:1] in (b"{", b"[")
        raise UnusableAnswerError("cut" if starts_well else "garbage", f"the body is not JSON ({error})") from error
    if not isinstance(decoded, dict) and "payload" not in shape.serialization:
        raise UnusableAnswerError("garbage", f"the body is a JSON {type(decoded).__name__}, not an object")
    return decoded


def _check_xml(protocol: str, body: bytes) -> None:
    """Refuse a web page: it can be well-formed XML, with none of the members looked for."""
    start = body.lstrip()[:64].lower()
    if protocol != "smithy-rpc-v2-cbor" and (start.startswith((b"<!doctype", b"<html")) or (body and not start.startswith(b"<"))):
        raise UnusableAnswerError("garbage", "the body is not an AWS answer")


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text[:200]}"


def read_error(model: OperationModel, response: dict[str, Any]) -> ErrorAnswer:
    """What an error answer says; a body of no known format gives its HTTP status as the code."""
    status: int = response["status_code"]
    headers = response["headers"]
    try:
        parsed: dict[str, Any] = _parser(model.service_model.resolved_protocol).parse(response, _no_shape())
    except (parsers.ResponseParserError, LookupError, TypeError, ValueError, AttributeError):
        parsed = {}
    error = parsed.get("Error")
    error = error if isinstance(error, dict) else {}
    code = str(error.get("Code") or status)
    message = str(error.get("Message") or error.get("message") or "")
    metadata = parsed.get("ResponseMetadata")
    request_id = metadata.get("RequestId") if isinstance(metadata, dict) else None
    request_id = request_id or headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")
    return ErrorAnswer(code, message.strip(), request_id, status, parsed)


def _no_shape() -> Shape | None:
    """An error's own members are not needed: code, message and request id are outside of them."""
    return None


def response_dict(response: Response, operation: str) -> dict[str, Any]:
    """A response in the form that botocore's parsers and `before-parse` handlers take."""
    return {
        "headers": response.headers,
        "status_code": response.status_code,
        "body": response.body,
        "context": {"operation_name": operation},
    }
