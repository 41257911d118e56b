"""Answers: an HTTP response read by the rules of its service's protocol, or found unusable.

Compiled readers do the reading (`cirql.cloud.shapes` for JSON, `cirql.cloud.elements` for XML), and botocore's parsers what is left. All of
them forgive too much: a JSON body that was cut short would be `{}`, and an HTML page an EC2 answer without members. So a success
is checked first: a body that should be there and is not, or is not of the protocol's format, raises `UnusableAnswerError`.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary
from xml.etree.ElementTree import Element

from botocore import parsers
from botocore.model import OperationModel, Shape

from cirql.cloud import elements
from cirql.cloud.documents import XML, ForeignDocumentError, check_json_members, check_xml_members, error_texts, is_error, read_xml
from cirql.cloud.garbage import uncollected
from cirql.cloud.http import MAX_BODY, Response
from cirql.cloud.shapes import ODD, Readers
from cirql.cloud.timestamps import parse_timestamp
from cirql.startup.records import dataclass

_JSON = ("json", "rest-json")
Only = frozenset[elements.Path] | None
"""The members of an answer that are asked for, as paths of names (lists are no level of their own); None: all."""
_LARGE = ("list", "structure", "map")
_MOST_READERS = 2000
MOST_VALUES = 3_000_000
"""Values in one answer; a page of a thousand instances has two hundred thousand."""
_EMPTY_CBOR = (b"", b"\xa0", b"\xbf\xff")
_UNREADABLE = (parsers.ResponseParserError, LookupError, TypeError, ValueError, AttributeError, NameError, RecursionError)
"""What botocore's parsers raise for a body that is not of their protocol, or is nested beyond reason."""


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


class _Lenient:
    """Mixed into a parser: a scalar that is not of its shape stays as it was written, for its column to judge."""

    def _handle_integer(self: Any, shape: Any, node: Any) -> Any:
        if isinstance(node, float):  # int() would make 7 of 7.5
            return node
        return _or_as_written(super()._handle_integer, shape, node)  # type: ignore[misc]

    def _handle_float(self: Any, shape: Any, node: Any) -> Any:
        return _or_as_written(super()._handle_float, shape, node)  # type: ignore[misc]

    def _handle_timestamp(self: Any, shape: Any, node: Any) -> Any:
        return _or_as_written(super()._handle_timestamp, shape, node)  # type: ignore[misc]

    def _handle_blob(self: Any, shape: Any, node: Any) -> Any:
        return _or_as_written(super()._handle_blob, shape, node)  # type: ignore[misc]

    _handle_long = _handle_integer
    _handle_double = _handle_float


def _or_as_written(handle: Any, shape: Any, node: Any) -> Any:
    try:
        return handle(shape, node)
    except ODD:
        return node.text if isinstance(node, Element) else node


class _RestJSONParser(_Lenient, parsers.RestJSONParser):  # type: ignore[misc]
    """Takes a body that is decoded already."""

    def _parse_body_as_json(self, body_contents: Any) -> Any:
        return body_contents if not isinstance(body_contents, bytes) else super()._parse_body_as_json(body_contents)


class _Tree(_Lenient):
    """Mixed into a parser of XML: takes a body that is a tree already."""

    def _parse_xml_string_to_dom(self: Any, xml_string: Any) -> Any:
        return xml_string if isinstance(xml_string, Element) else super()._parse_xml_string_to_dom(xml_string)  # type: ignore[misc]

    def _initial_body_parse(self: Any, xml_string: Any) -> Any:
        # An element without children is false, as an empty body is.
        return xml_string if isinstance(xml_string, Element) else super()._initial_body_parse(xml_string)  # type: ignore[misc]


class _QueryParser(_Tree, parsers.QueryParser):  # type: ignore[misc]
    """Takes a tree."""


class _EC2QueryParser(_Tree, parsers.EC2QueryParser):  # type: ignore[misc]
    """Takes a tree."""


class _RestXMLParser(_Tree, parsers.RestXMLParser):  # type: ignore[misc]
    """Takes a tree."""


class _CBORParser(parsers.RpcV2CBORParser):  # type: ignore[misc]
    """Believes no length that is longer than the body: memory is taken for as much as is asked for."""

    def _read_from_stream(self, stream: Any, num_bytes: int) -> Any:
        if num_bytes > stream.raw.getbuffer().nbytes - stream.tell():
            raise parsers.ResponseParserError("a value is said to be longer than the body")
        return super()._read_from_stream(stream, num_bytes)


_PARSERS: dict[str, Any] = {
    "smithy-rpc-v2-cbor": _CBORParser,
    "json": _JSONParser,
    "rest-json": _RestJSONParser,
    "query": _QueryParser,
    "ec2": _EC2QueryParser,
    "rest-xml": _RestXMLParser,
}


@cache
def _parser(protocol: str) -> Any:
    kinds: dict[str, Any] = {**parsers.PROTOCOL_PARSERS, **_PARSERS}
    return kinds[protocol](timestamp_parser=parse_timestamp)


@dataclass(frozen=True, slots=True)
class _Body:
    """How an operation's XML is read: the element that has the members, what they are, and whether headers have some too."""

    read: elements.Read
    wrapper: str | None
    payload: str | None
    has_headers: bool

    @classmethod
    def of(cls, shape: Shape, readers: elements.ElementReaders, only: Only = None) -> _Body:
        """Raises: OddElementError where there is no reader for the shape."""
        payload = shape.serialization.get("payload")
        has_headers = any(member.serialization.get("location") for member in shape.members.values())
        inner = shape if payload is None else shape.members[payload]
        if inner.type_name != "structure" or inner.serialization.get("eventstream"):
            raise elements.OddElementError(shape.name)
        tree: elements.Tree | None = None
        if only is not None and "EncodingType" not in shape.members:  # S3's lists, whose keys botocore decodes afterwards
            tree = elements.tree_of(only if payload is None else {path[1:] for path in only if path[0] == payload})
            # What an answer says of itself is cheap, and botocore's hooks and the pages look at it.
            if tree is not None:
                tree = {**{name: None for name, member in inner.members.items() if member.type_name not in _LARGE}, **tree}
        return cls(readers.structure(inner, tree), shape.serialization.get("resultWrapper"), payload, has_headers)

    def members(self, root: Element) -> dict[str, Any]:
        """The members that the document holds. Raises: OddElementError, and what the readers raise."""
        if self.wrapper is not None:
            wrapped = [child for child in root if child.tag.rpartition("}")[2] == self.wrapper]
            if len(wrapped) != 1:
                raise elements.OddElementError(self.wrapper)
            root = wrapped[0]
        found: dict[str, Any] = self.read(root)
        return found if self.payload is None else {self.payload: found}


_JSON_READERS: WeakKeyDictionary[Any, tuple[Readers, dict[str, Any]]] = WeakKeyDictionary()


def _json_reader(model: OperationModel) -> Any:
    """The compiled reader of an operation's answers; they live as long as the service model does."""
    service = model.service_model
    readers, by_operation = _JSON_READERS.setdefault(service, (Readers(), {}))
    if model.name not in by_operation:
        by_operation[model.name] = readers.outermost(model.output_shape)
    return by_operation[model.name]


def read_json(model: OperationModel, body: bytes, status: int) -> dict[str, Any]:
    """The members of a successful answer of the JSON protocol; as `read_success`, which it is a part of.

    Raises: UnusableAnswerError.
    """
    shape = model.output_shape
    if shape is None:
        return {}
    decoded = _decoded_json(body, model, status)
    try:
        parsed: dict[str, Any] = _json_reader(model)(decoded)
        if not parsed:
            check_json_members(model, decoded, parsed)
    except ForeignDocumentError as foreign:
        raise _unusable(foreign) from foreign
    except _UNREADABLE as error:
        raise _not_what_it_answers(model, error) from error
    return parsed


_XML_READERS: WeakKeyDictionary[Any, tuple[elements.ElementReaders, dict[tuple[str, Only], _Body | None]]] = WeakKeyDictionary()


def _xml_reader(model: OperationModel, only: Only) -> _Body | None:
    """The compiled reader of an operation's answers; None where botocore reads them."""
    readers, made = _XML_READERS.setdefault(model.service_model, (elements.ElementReaders(), {}))
    key = model.name, only
    if key not in made:
        if len(made) >= _MOST_READERS:
            made.clear()
        try:
            made[key] = _Body.of(model.output_shape, readers, only)
        except elements.OddElementError:
            made[key] = None
    return made[key]


def _read_tree(model: OperationModel, root: Element, response: dict[str, Any], only: Only) -> dict[str, Any]:
    """The members that a document has, and its headers. Raises: UnusableAnswerError."""
    body = _xml_reader(model, only)
    if body is not None:
        try:
            read = body.members(root)
        except (elements.OddElementError, *_UNREADABLE):
            pass  # botocore reads it, or says what is wrong with it
        else:
            if not body.has_headers:
                return read
            parsed: dict[str, Any] = {}
            parser = _parser(model.service_model.resolved_protocol)
            try:
                parser._parse_non_payload_attrs(response, model.output_shape, model.output_shape.members, parsed)
            except _UNREADABLE as error:
                raise _not_what_it_answers(model, error) from error
            return parsed | read
    return _parsed(model, {**response, "body": root})


def _unusable(foreign: ForeignDocumentError) -> UnusableAnswerError:
    return UnusableAnswerError("cut" if foreign.is_cut else "garbage", str(foreign))


def _not_what_it_answers(model: OperationModel, error: BaseException) -> UnusableAnswerError:
    return UnusableAnswerError("garbage", f"the body is not what {model.name} answers ({_first_line(error)})")


def read_success(model: OperationModel, response: dict[str, Any], only: Only = None) -> dict[str, Any] | ErrorAnswer:
    """The members of a successful answer, without botocore's `ResponseMetadata`; the error where the body is an error's all the same.

    `response` is botocore's response dict (`body`, `headers`, `status_code`, `context`).
    Timestamps are aware UTC datetimes, blobs are bytes. `only`: the members that are asked for; others may be left out.

    Raises: UnusableAnswerError.
    """
    shape = model.output_shape
    protocol = model.service_model.resolved_protocol
    body, status = response["body"], response["status_code"]
    raw = _raw_payload(shape) if shape is not None else None
    if protocol in XML and raw is None and not model.has_event_stream_output:
        return _read_xml(model, response, only)
    if shape is None:
        return {}
    if protocol == "json" and raw is None:
        return read_json(model, body, status)
    decoded: Any = None
    if raw is not None:
        response = {**response, "body": "" if shape.members[raw].type_name == "blob" else body}
    elif protocol in _JSON:
        response = {**response, "body": (decoded := _decoded_json(body, model, status))}
    elif protocol == "smithy-rpc-v2-cbor" and len(body) > MOST_VALUES:  # there, any byte may be a value
        raise UnusableAnswerError("too-long", f"the body is longer than {MOST_VALUES} bytes")
    elif not body and _expects_body(model, status):
        raise UnusableAnswerError("cut", "the body is empty")
    parsed = _parsed(model, response)
    if raw is not None and shape.members[raw].type_name == "blob":
        parsed[raw] = body
    if decoded is not None:
        try:
            check_json_members(model, decoded, parsed)
        except ForeignDocumentError as foreign:
            raise _unusable(foreign) from foreign
    if protocol == "smithy-rpc-v2-cbor" and not parsed and body not in _EMPTY_CBOR:
        raise UnusableAnswerError("garbage", f"the body has nothing that {model.name} answers")
    return parsed


def _read_xml(model: OperationModel, response: dict[str, Any], only: Only) -> dict[str, Any] | ErrorAnswer:
    body, status = response["body"], response["status_code"]
    if not body.strip():
        if model.output_shape is not None and _expects_body(model, status):
            raise UnusableAnswerError("cut", "the body is empty")
        return {} if model.output_shape is None else _parsed(model, {**response, "body": b""})
    _check_size(body, b"<")
    with uncollected(len(body)):
        return _read_document(model, response, only)


def _read_document(model: OperationModel, response: dict[str, Any], only: Only) -> dict[str, Any] | ErrorAnswer:
    """The members of an XML answer that has a document, or the error that it is. Raises: UnusableAnswerError."""
    body, status = response["body"], response["status_code"]
    try:
        root = read_xml(model, body)
        if is_error(root):
            said = error_texts(root)
            return ErrorAnswer(said.get("Code") or "Unknown", said.get("Message", ""), said.get("RequestId"), status, {"Error": said})
        if model.output_shape is None:
            return {}
        parsed = _read_tree(model, root, response, only)
        check_xml_members(model, root, parsed)
    except ForeignDocumentError as foreign:
        raise _unusable(foreign) from foreign
    return parsed


def _parsed(model: OperationModel, response: dict[str, Any]) -> dict[str, Any]:
    """Botocore's reading of a response. Raises: UnusableAnswerError."""
    try:
        parsed: dict[str, Any] = _parser(model.service_model.resolved_protocol).parse(response, model.output_shape)
    except _UNREADABLE as error:
        raise _not_what_it_answers(model, error) from error
    parsed.pop("ResponseMetadata", None)
    return parsed


def _raw_payload(shape: Any) -> str | None:
    """The member that takes the body as it is, where there is one."""
    name: str | None = shape.serialization.get("payload")
    return name if name is not None and shape.members[name].type_name in ("blob", "string") else None


def _expects_body(model: OperationModel, status: int) -> bool:
    """Whether an answer without a body says less than it should. A list is never told by 204 No Content."""
    shape = model.output_shape
    if (status == 204 and not model.name.startswith(("List", "Describe"))) or "payload" in shape.serialization:
        return False
    return any("location" not in member.serialization for member in shape.members.values())


def _check_size(body: bytes, marks: bytes) -> None:
    """Refuse a body of more values than any answer has: 60 MB of `{}` take gigabytes as objects. Raises: UnusableAnswerError."""
    if len(body) > MOST_VALUES and sum(body.count(mark) for mark in marks) > MOST_VALUES:
        raise UnusableAnswerError("too-long", f"the body has more than {MOST_VALUES} values")


def _decoded_json(body: bytes, model: OperationModel, status: int) -> Any:
    if not body.strip():
        if _expects_body(model, status):
            raise UnusableAnswerError("cut", "the body is empty")
        return {}
    _check_size(body, b"{[,")
    try:
        with uncollected(len(body)):
            decoded = json.loads(str(body, "utf-8"))
    except ValueError as error:
        starts_well = body.lstrip()[:1] in (b"{", b"[")
        raise UnusableAnswerError("cut" if starts_well else "garbage", f"the body is not JSON ({error})") from error
    except RecursionError:
        raise UnusableAnswerError("garbage", "the body is JSON nested too deeply to be read") from None
    if not isinstance(decoded, dict) and "payload" not in model.output_shape.serialization:
        raise UnusableAnswerError("garbage", f"the body is a JSON {type(decoded).__name__}, not an object")
    return decoded


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text[:200]}"


def read_error(model: OperationModel, response: dict[str, Any]) -> ErrorAnswer:
    """What an error answer says; a body of no known format gives its HTTP status as the code."""
    status: int = response["status_code"]
    headers = response["headers"]
    try:
        parsed: dict[str, Any] = _parser(model.service_model.resolved_protocol).parse(response, _no_shape())
    except _UNREADABLE:
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


def unpacked(response: Response) -> Response:
    """The response with its body as it was before gzip or deflate. Nobody asked for either, but gateways and caches do it.

    Raises: UnusableAnswerError for a body that was cut or is not what its header says.
    """
    if not response.encoding:
        return response
    body = response.body
    for coding in reversed([part.strip() for part in response.encoding.decode("latin-1").lower().split(",")]):
        if coding in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body, raw=coding == "deflate" and body[:1] not in (b"\x78", b""))
        elif coding not in ("identity", "aws-chunked"):
            raise UnusableAnswerError("garbage", f"the body is packed in a way that nobody asked for: {coding}")
    return response.with_body(body)


def _inflated(body: bytes, *, raw: bool) -> bytes:
    """`raw`: deflate without the zlib header, as some servers understand RFC 9110 §8.4.1.2."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if raw else 32 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, MAX_BODY)
    except zlib.error as error:
        raise UnusableAnswerError("garbage", f"the body cannot be unpacked ({error})") from error
    if unpacker.unconsumed_tail:
        raise UnusableAnswerError("too-long", f"the body unpacks to more than {MAX_BODY} bytes")
    if not unpacker.eof:
        raise UnusableAnswerError("cut", "the packed body ends early")
    return plain


def response_dict(response: Response, operation: str) -> dict[str, Any]:
    """A response in the form that botocore's parsers and `before-parse` handlers take."""
    return {
        "headers": response.headers,
        "status_code": response.status_code,
        "body": response.body,
        "context": {"operation_name": operation},
    }
