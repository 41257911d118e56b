"""The loopback endpoint of the world: requests read, and answers written, in every protocol of AWS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from werkzeug.datastructures import Headers, MultiDict

from cirql.localcloud.identity import answer_caller_identity, read_caller
from cirql.localcloud.listener import HOST, HttpAnswer, HttpRequest, Listener
from cirql.localcloud.operations import services_signing_as
from cirql.localcloud.wire import Protocol, ServiceError, WireOperation, render_error
from tests.truth import cbor, world
from tests.truth.models import model, operation

# The same request by another signature.
_EXPRESS = {"ListBuckets": "ListDirectoryBuckets"}
# No table of so small a world needs more.
MOST_CALLS = 2000
CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came: what it asks for, and of what."""

    service: str
    operation: str
    params: dict[str, Any]


class Endpoint:
    """Answers as the world does, while it is open. `services` are those that a request may be for, the likeliest first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.unread: list[str] = []
        self.services: tuple[str, ...] = ()
        self.refuses: Callable[[Call], bool] = lambda call: False
        self._lock = threading.Lock()
        self._listener = Listener(0, self._respond)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._listener.port}"

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.stop()

    def _respond(self, request: HttpRequest) -> HttpAnswer:
        caller = read_caller(request)
        if caller.service == "sts" and b"GetCallerIdentity" in request.body:
            return answer_caller_identity(caller)
        with self._lock:
            try:
                return self._answer(request, caller.service)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the table
                self.unread.append(f"{request.method} {request.path}: {error!r}")
                return HttpAnswer(400, (), b"the world cannot answer")

    def _answer(self, request: HttpRequest, signing_name: str) -> HttpAnswer:
        among = services_signing_as(signing_name)
        likely = [s for s in self.services if not among or s in among]
        for service in (*likely, *(s for s in among if s not in likely), *self.services):
            if (found := _named(request, service)) is not None:
                name, labels = found
                name = _EXPRESS.get(name, name) if signing_name == "s3express" else name
                return self._said(request, Call(service, name, _params(request, service, name, labels)))
        self.unread.append(f"{request.method} {request.path} as {signing_name}")
        return HttpAnswer(400, (), b"the world cannot tell what is asked")

    def _said(self, request: HttpRequest, call: Call) -> HttpAnswer:
        self.calls.append(call)
        if len(self.calls) > MOST_CALLS:
            raise RuntimeError(f"{MOST_CALLS} calls for one table")
        if self.refuses(call):
            protocol = Protocol(_protocol(request, call.service))
            return render_error(WireOperation(call.service, call.operation, protocol), ServiceError("AccessDeniedException", "no", 403))
        return _written(_protocol(request, call.service), call, world.answer(call.service, call.operation, call.params))


def _protocol(request: HttpRequest, service: str) -> str:
    """The protocol that a request speaks: several services take more than one."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return CBOR
    if "x-amz-target" in request.headers:
        return "json"
    declared = str(model(service).metadata["protocol"])
    return "query" if declared == CBOR else declared


def _named(request: HttpRequest, service: str) -> tuple[str, dict[str, str]] | None:
    """The operation of a service that a request asks for, and the values in its path; None where it asks for none."""
    names = _names(service)
    if target := request.headers.get("x-amz-target"):
        prefix, _, name = target.rpartition(".")
        return (name, {}) if name in names and model(service).metadata.get("targetPrefix") == prefix else None
    match _protocol(request, service):
        case "smithy-rpc-v2-cbor":
            name = request.path.rpartition("/")[2]
            return (name, {}) if name in names else None
        case "query" | "ec2":
            name = dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("Action", "")
            return (name, {}) if name in names else None
        case "rest-json" | "rest-xml":
            return _routed(request, service)
    return None


@cache
def _names(service: str) -> frozenset[str]:
    return frozenset(model(service).operation_names)


def _routed(request: HttpRequest, service: str) -> tuple[str, dict[str, str]] | None:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    path = request.path.rstrip("/") or "/"
    for name, pattern, needed, labels in _routes(service).get(request.method, ()):
        if all(query.get(k) == v or (v == "" and k in query) for k, v in needed) and (match := pattern.fullmatch(path)) is not None:
            return name, {label: unquote(value) for label, value in zip(labels, match.groups(), strict=True)}
    return None


_Route = tuple[str, re.Pattern[str], tuple[tuple[str, str], ...], tuple[str, ...]]


@cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """The REST operations of a service by method, those with most conditions and most fixed text first."""
    found: dict[str, list[tuple[tuple[int, int], _Route]]] = {}
    for name in model(service).operation_names:
        op = operation(service, name)
        uri, _, query = op.http["requestUri"].partition("?")
        pieces = re.split(r"(\{[^}]+\})", uri.rstrip("/") or "/")
        pattern = "".join(_piece(p) for p in pieces)
        labels = tuple(p.strip("{}+") for p in pieces if p.startswith("{"))
        needed = (*parse_qsl(query, keep_blank_values=True), *((k, "") for k in _required_query(op)))
        weight = (len(needed), sum(len(p) for p in pieces if not p.startswith("{")))
        found.setdefault(op.http["method"], []).append((weight, (name, re.compile(pattern), needed, labels)))
    return {method: [r for _, r in sorted(routes, key=lambda r: r[0], reverse=True)] for method, routes in found.items()}


def _piece(text: str) -> str:
    if not text.startswith("{"):
        return re.escape(text)
    return "(.+)" if text.endswith("+}") else "([^/]+)"


def _required_query(op: Any) -> Iterator[str]:
    shape = op.input_shape
    for member in shape.required_members if shape is not None else ():
        serialized = shape.members[member].serialization
        if serialized.get("location") == "querystring":
            yield serialized.get("name", member)


def _params(request: HttpRequest, service: str, name: str, labels: dict[str, str]) -> dict[str, Any]:
    op = operation(service, name)
    protocol = _protocol(request, service)
    if op.input_shape is None:
        return {}
    if protocol == CBOR:
        return dict(cbor.decode(request.body))
    text = request.query if protocol.startswith("rest") else request.body.decode("utf-8", "replace")
    parsed = PROTOCOL_PARSERS[protocol](op).parse(
        {
            "body": request.body,
            "headers": Headers(list(request.headers.items())),
            "method": request.method,
            "url_params": labels,
            "url_path": request.path,
            "values": MultiDict(parse_qsl(text, keep_blank_values=True)),
        }
    )
    # A map in a query string takes every parameter there is: no list call that tables make has one.
    taken = {m for m, s in op.input_shape.members.items() if s.type_name == "map" and s.serialization.get("location") == "querystring"}
    return {k: v for k, v in dict(parsed).items() if v is not None and k not in taken}


def _written(protocol: str, call: Call, found: dict[str, Any]) -> HttpAnswer:
    op = operation(call.service, call.operation)
    if protocol == CBOR:
        return HttpAnswer(200, (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")), cbor.encode(found))
    made = get_serializer_class(call.service, protocol)(op).serialize(found)
    body = made["body"]
    return HttpAnswer(
        200 if body else int(made["status_code"]),  # An answer of 204 has no body, whatever the model says.
        tuple((str(k), str(v)) for k, v in made["headers"].items()),
        body if isinstance(body, bytes) else str(body).encode(),
    )
