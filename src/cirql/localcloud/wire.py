"""How an error looks on the wire in each AWS protocol.

The shapes are those of https://smithy.io/2.0/aws/protocols/ and of botocore's parsers, which are what reads them.
"""

from __future__ import annotations

import itertools
import struct
from enum import StrEnum
from xml.sax.saxutils import escape

from cirql.localcloud.listener import HttpAnswer
from cirql.startup.records import dataclass


class Protocol(StrEnum):
    """The wire protocols AWS services speak, under the names botocore's models use."""

    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    QUERY = "query"
    EC2 = "ec2"
    CBOR = "smithy-rpc-v2-cbor"


class ServiceError(Exception):
    """An error to answer with: its AWS code, its message and its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class WireOperation:
    """One API operation under botocore's names, and how this request speaks: `json_version` is `1.0` or `1.1`."""

    service: str
    name: str
    protocol: Protocol
    json_version: str = "1.1"


_request_numbers = itertools.count(1)


def new_request_id() -> str:
    """The next request id: unique in the process, in the shape of a UUID."""
    return f"00000000-0000-4000-8000-{next(_request_numbers):012x}"


def json_answer(body: bytes, json_version: str = "1.1", status: int = 200) -> HttpAnswer:
    """A JSON-protocol answer around an encoded body."""
    headers = (("Content-Type", f"application/x-amz-json-{json_version}"), ("x-amzn-RequestId", new_request_id()))
    return HttpAnswer(status, headers, body)


def render_error(operation: WireOperation, error: ServiceError) -> HttpAnswer:
    """The answer that tells `error` in the protocol of the request."""
    request_id = new_request_id()
    render = _RENDERERS[operation.protocol]
    return render(operation, error, request_id)


def _quote(text: str) -> str:
    import json

    return json.dumps(text)


def _json(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    body = f'{{"__type":{_quote(error.code)},"message":{_quote(error.message)},"Message":{_quote(error.message)}}}'
    headers = (("Content-Type", f"application/x-amz-json-{operation.json_version}"), ("x-amzn-RequestId", request_id))
    return HttpAnswer(error.status, headers, body.encode())


def _rest_json(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    body = f'{{"message":{_quote(error.message)}}}'
    headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", error.code), ("x-amzn-RequestId", request_id))
    return HttpAnswer(error.status, headers, body.encode())


def _xml(status: int, request_id: str, body: str) -> HttpAnswer:
    headers = (("Content-Type", "text/xml;charset=UTF-8"), ("x-amzn-RequestId", request_id), ("x-amz-request-id", request_id))
    return HttpAnswer(status, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())


def _query(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    fault = "Sender" if error.status < 500 else "Receiver"
    detail = f"<Type>{fault}</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = f"<ErrorResponse><Error>{detail}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return _xml(error.status, request_id, body)


def _rest_xml(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    if operation.service != "s3":
        return _query(operation, error, request_id)
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    return _xml(error.status, request_id, f"<Error>{detail}<RequestId>{request_id}</RequestId></Error>")


def _ec2(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = f"<Response><Errors><Error>{detail}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    return _xml(error.status, request_id, body)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    if len(data) < 24:
        return bytes([0x60 | len(data)]) + data
    return b"\x79" + struct.pack(">H", len(data)) + data


def _cbor(operation: WireOperation, error: ServiceError, request_id: str) -> HttpAnswer:
    # A map of two text pairs is all that RFC 8949 is needed for here.
    body = b"\xa2" + b"".join(_cbor_text(text) for text in ("__type", error.code, "message", error.message))
    headers = (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-RequestId", request_id))
    return HttpAnswer(error.status, headers, body)


_RENDERERS = {
    Protocol.JSON: _json,
    Protocol.REST_JSON: _rest_json,
    Protocol.REST_XML: _rest_xml,
    Protocol.QUERY: _query,
    Protocol.EC2: _ec2,
    Protocol.CBOR: _cbor,
}
