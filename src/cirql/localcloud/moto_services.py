"""Every other AWS service, answered by moto: imported, reset and filled when one of them is first asked.

moto's state belongs to the process, so the `MotoServices` that uses it resets it and takes it over from the one before. Only public
entry points of moto's server are used: its dispatching WSGI application, and the header that names the account.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from cirql.localcloud.demo_services import DemoServices
from cirql.localcloud.identity import DEFAULT_ACCOUNT, Caller
from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.localcloud.operations import read_parameters, service_model
from cirql.localcloud.packages import INSTALL, missing_package
from cirql.localcloud.wire import Protocol, ServiceError, WireOperation
from cirql.localcloud.wsgi import call_application
from cirql.startup.records import replace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# What moto takes for keys it does not know.
_MOTO_DEFAULT_ACCOUNT = "123456789012"
_ownership = threading.RLock()
_owner: list[object] = []


class MotoServices:
    """Answers what the local AWS has no implementation of its own for. `demo` fills services with the demo world."""

    def __init__(self, demo: bool) -> None:
        self._demo = DemoServices() if demo else None
        self._application: WSGIApplication | None = None

    def clear(self) -> None:
        """Forget everything moto holds; the demo world comes back with the next call."""
        with _ownership:
            if _owner and _owner[0] is self:
                _owner.clear()
            self._forget()

    def resolve_account(self, caller: Caller) -> Caller:
        """The caller with the account that moto knows for its key: keys that sts:AssumeRole or IAM gave out belong to accounts."""
        if caller.account != DEFAULT_ACCOUNT or not caller.access_key.startswith(("AKIA", "ASIA", "LSIA")) or not _owner:
            return caller
        from moto.iam.models import get_account_id_from

        account = get_account_id_from(caller.access_key)
        return caller if account == _MOTO_DEFAULT_ACCOUNT else replace(caller, account=account)

    def answer(self, request: HttpRequest, caller: Caller, operation: WireOperation, page_limit: int | None) -> HttpAnswer:
        """The answer of moto to a request. Raises ServiceError where moto has no such service or operation."""
        if (missing := missing_package()) is not None:
            raise unserved(operation, f"for that it needs the Python package {missing!r}: {INSTALL}")
        with _ownership:
            application = self._own()
            if self._demo is not None:
                self._demo.prepare(application, operation.service, caller.account, caller.region)
        if page_limit is not None:
            request = limit_page(request, operation, page_limit)
        from cirql.localcloud.moto_application import MotoBrokeError, NotServedError

        try:
            answer = call_application(application, request, caller)
        except NotServedError as error:
            raise unserved(operation, str(error)) from None
        except MotoBrokeError as error:
            raise ServiceError("InternalFailure", f"The local AWS failed on {operation.service}:{operation.name}: {error}", 500) from None
        if (operation.service, operation.name, answer.status) == ("s3", "ListBuckets", 200) and request.query:
            headers = tuple(h for h in answer.headers if h[0].lower() != "content-length")
            return replace(answer, headers=headers, body=_with_regions(answer.body, caller))
        if answer.status in (404, 501) and b"not yet implemented" in answer.body.lower():
            raise unserved(operation, "not yet implemented by moto")
        return answer

    def _own(self) -> WSGIApplication:
        """The application, with moto's state ours: reset when somebody else used it."""
        if self._application is None:
            from cirql.localcloud.moto_application import build_application

            self._application = build_application()
        if not _owner or _owner[0] is not self:
            from moto.moto_api._internal.models import moto_api_backend

            moto_api_backend.reset()
            _owner[:] = [self]
            self._forget()
        return self._application

    def _forget(self) -> None:
        if self._demo is not None:
            self._demo.clear()


def _with_regions(listed: bytes, caller: Caller) -> bytes:
    """A list of buckets with the region of each, which moto leaves out and S3 gives whoever asks with any parameter."""
    from moto.s3.models import s3_backends

    buckets = s3_backends[caller.account]["aws"].buckets

    def place(name: re.Match[bytes]) -> bytes:
        bucket = buckets.get(name[1].decode())
        return name[0] if bucket is None else name[0] + f"<BucketRegion>{bucket.region_name}</BucketRegion>".encode()

    return re.sub(rb"<Name>([^<]+)</Name>", place, listed)


def limit_page(request: HttpRequest, operation: WireOperation, size: int) -> HttpRequest:
    """The request with its page-size member set to `size`, where botocore's paginator model names one."""
    paginator = service_model(operation.service, "paginators-1").get("pagination", {}).get(operation.name, {})
    member = paginator.get("limit_key")
    if not member:
        return request
    match operation.protocol:
        case Protocol.JSON:
            asked: dict[str, Any] = json.loads(request.body or b"{}")
            return replace(request, body=json.dumps({**asked, member: size}).encode())
        case Protocol.QUERY | Protocol.EC2:
            return replace(request, body=urlencode({**read_parameters(request), member: str(size)}).encode())
        case Protocol.REST_JSON | Protocol.REST_XML:
            model = service_model(operation.service)
            shape = model["shapes"][model["operations"][operation.name]["input"]["shape"]]["members"][member]
            if shape.get("location") != "querystring":
                return request
            query = dict(parse_qsl(request.query, keep_blank_values=True)) | {shape["locationName"]: str(size)}
            return replace(request, query=urlencode(query))
        case _:
            return request


def unserved(operation: WireOperation, reason: str) -> ServiceError:
    """The error for what neither we nor moto implement, with the code that this protocol has for unknown operations."""
    codes = {
        Protocol.JSON: "UnknownOperationException",
        Protocol.REST_JSON: "UnknownOperationException",
        Protocol.CBOR: "UnknownOperationException",
        Protocol.QUERY: "InvalidAction",
        Protocol.EC2: "InvalidAction",
        Protocol.REST_XML: "NotImplemented",
    }
    message = f"The local AWS does not implement {operation.service}:{operation.name} ({reason})."
    return ServiceError(codes[operation.protocol], message, 501 if operation.protocol == Protocol.REST_XML else 400)
