"""Calls inside the local AWS, without a socket, credentials or configuration: botocore's serialisers and parsers around what answers.

`MotoClient` calls moto's WSGI application, `exchange` whatever takes a request.
"""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cirql.localcloud.identity import Caller
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.localcloud.wsgi import call_application

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class MotoClient:
    """Calls operations of any service in any place."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def call(self, place: AccountRegion, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        """One call; members and answer as botocore has them. Raises RuntimeError when moto refuses."""
        status, parsed = exchange(
            lambda request, caller: call_application(self._application, request, caller), place, service, operation, members
        )
        if status >= 300:
            raise RuntimeError(f"the demo world could not be made: {service}:{operation}: {parsed.get('Error')}")
        return parsed


def exchange(
    send: Callable[[HttpRequest, Caller], HttpAnswer], place: AccountRegion, service: str, operation: str, members: Mapping[str, Any]
) -> tuple[int, dict[str, Any]]:
    """One call's status and answer, members and answer as botocore has them; an error is the answer's `Error`."""
    from botocore import parsers, serialize

    model = _service_model(service)
    asked = operation_model(service, operation)
    protocol = model.resolved_protocol
    sent = serialize.create_serializer(protocol, include_validation=False).serialize_to_request(dict(members), asked)
    caller = Caller(place.account, place.account, place.region, model.signing_name)
    answer = send(_as_request(sent, caller), caller)
    received = {"status_code": answer.status, "headers": _lowered(answer.headers), "body": answer.body}
    parsed: dict[str, Any] = parsers.create_parser(protocol).parse(received, asked.output_shape)
    return answer.status, parsed


def _as_request(sent: dict[str, Any], caller: Caller) -> HttpRequest:
    body = sent["body"]
    data = urlencode(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else bytes(body or b"")
    path, _, query = sent["url_path"].partition("?")
    given = sent["query_string"]
    query = "&".join(part for part in (query, urlencode(given, doseq=True) if given else "") if part)
    scope = f"{caller.access_key}/20250106/{caller.region}/{caller.service}/aws4_request"
    headers = {name.lower(): str(value) for name, value in sent["headers"].items()}
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers["host"] = "127.0.0.1"
    return HttpRequest(sent["method"], path, query, headers, data)


def _lowered(headers: tuple[tuple[str, str], ...]) -> Any:
    from botocore.compat import HTTPHeaders

    return HTTPHeaders.from_pairs(headers)


@cache
def operation_model(service: str, operation: str) -> Any:
    """One operation as botocore models it."""
    return _service_model(service).operation_model(operation)


@cache
def _service_model(service: str) -> Any:
    from botocore.model import ServiceModel

    from cirql.localcloud.operations import service_model

    return ServiceModel(service_model(service), service)


class SteadyClock:
    """The clock of `steady_moto`: it stands until it is moved."""

    def __init__(self, now: float) -> None:
        self._moment = _naive(now)

    def move(self, now: float) -> None:
        """Stand at another moment, seconds since the epoch."""
        self._moment = _naive(now)

    def __call__(self) -> datetime.datetime:
        """The moment, in UTC and without saying so, as moto has it."""
        return self._moment


def _naive(now: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)


@contextlib.contextmanager
def steady_moto(seed: str, now: float) -> Iterator[SteadyClock]:
    """Make moto's ids and times the same on every run: its random source seeded, its clock standing at `now` or where it is moved.

    moto has a seed for its ids but none for its clock, which every module of it holds as `utcnow`.
    """
    from moto.moto_api._internal import mock_random

    clock = SteadyClock(now)
    mock_random.seed(seed)
    stopped = []
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and "utcnow" in vars(module):
            stopped.append((module, module.utcnow))
            setattr(module, "utcnow", clock)  # noqa: B010 - the type checker knows no such attribute
    try:
        yield clock
    finally:
        for module, before in stopped:
            setattr(module, "utcnow", before)  # noqa: B010
