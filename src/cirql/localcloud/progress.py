"""Cloud Control's asynchronous requests: progress events, request tokens, client tokens, cancelling, expiry.

A request starts PENDING, is IN_PROGRESS once it was looked at, and does its work when it was looked at often enough or long enough
ago. The last effect of a request is therefore seen only when somebody asks again, as with a slow real one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from cirql.localcloud.images import AccountRegion
from cirql.localcloud.models import Model
from cirql.localcloud.wire import ServiceError
from cirql.startup.records import dataclass, field

OPEN = frozenset({"PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"})
# https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-manage-requests.html
REQUEST_LIFE = 7 * 86400.0
CLIENT_TOKEN_LIFE = 36 * 3600.0


class HandlerError(Exception):
    """A resource handler failed: a `HandlerErrorCode` of the Cloud Control model, and what happened."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished piece of work gives: the resource's identifier and, except for deletes, its model."""

    identifier: str
    model: Model | None = None


Work = Callable[[], Outcome]


@dataclass(slots=True)
class ResourceRequest:
    """One create, update or delete under way or done. `operation` is CREATE, UPDATE or DELETE."""

    token: str
    place: AccountRegion
    type_name: str
    operation: str
    identifier: str | None
    work: Work
    made: float
    looks: int
    due: float
    status: str = "PENDING"
    event_time: float = 0.0
    model: Model | None = None
    error_code: str | None = None
    message: str | None = None

    def event(self) -> dict[str, Any]:
        """The ProgressEvent as the API gives it."""
        shown: dict[str, Any] = {
            "TypeName": self.type_name,
            "Identifier": self.identifier,
            "RequestToken": self.token,
            "Operation": self.operation,
            "OperationStatus": self.status,
            "EventTime": self.event_time,
            "ResourceModel": None if self.model is None else json.dumps(self.model),
            "StatusMessage": self.message,
            "ErrorCode": self.error_code,
            "RetryAfter": self.due if self.status in ("PENDING", "IN_PROGRESS") else None,
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _ClientToken:
    fingerprint: str
    request: ResourceRequest


@dataclass(slots=True)
class RequestBook:
    """Every request of one local AWS, by place and token. Not locked: its owner holds a lock around each call."""

    clock: Callable[[], float]
    settle_looks: int
    settle_seconds: float
    _requests: dict[tuple[AccountRegion, str], ResourceRequest] = field(default_factory=dict)
    _client_tokens: dict[tuple[AccountRegion, str], _ClientToken] = field(default_factory=dict)
    _open: list[ResourceRequest] = field(default_factory=list)
    _count: int = 0

    def clear(self) -> None:
        """Forget every request."""
        self._requests.clear()
        self._client_tokens.clear()
        self._open.clear()
        self._count = 0

    def find_repeated(self, place: AccountRegion, client_token: str | None, fingerprint: str) -> ResourceRequest | None:
        """The request that a client token made before. Raises ClientTokenConflictException when it asked for something else."""
        known = self._client_tokens.get((place, client_token)) if client_token else None
        if known is None or self.clock() - known.request.made > CLIENT_TOKEN_LIFE:
            return None
        if known.fingerprint != fingerprint:
            message = f"The client token {client_token} was used in another request with other parameters."
            raise ServiceError("ClientTokenConflictException", message)
        return known.request

    def refuse_concurrent(self, place: AccountRegion, type_name: str, identifier: str) -> None:
        """Raise ConcurrentOperationException when a request on that resource is still open."""
        for request in self._open:
            if (request.place, request.type_name, request.identifier) == (place, type_name, identifier):
                message = f"Resource of type '{type_name}' with identifier '{identifier}' has another operation in progress."
                raise ServiceError("ConcurrentOperationException", message)

    def submit(
        self,
        place: AccountRegion,
        type_name: str,
        operation: str,
        identifier: str | None,
        work: Work,
        client_token: str | None,
        fingerprint: str,
    ) -> ResourceRequest:
        """Book a new request and return it, PENDING."""
        self._count += 1
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{place.account}/{place.region}/{self._count}"))
        now = self.clock()
        request = ResourceRequest(
            token, place, type_name, operation, identifier, work, now, self.settle_looks, now + self.settle_seconds, event_time=now
        )
        self._requests[place, token] = request
        self._open.append(request)
        if client_token:
            self._client_tokens[place, client_token] = _ClientToken(fingerprint, request)
        return request

    def look(self, place: AccountRegion, token: str) -> ResourceRequest:
        """A request by token, which moves it on. Raises RequestTokenNotFoundException."""
        request = self._find(place, token)
        if request.status in OPEN:
            request.looks -= 1
            if request.looks < 0 or self.clock() >= request.due:
                self._finish(request)
            elif request.status == "PENDING":
                self._move(request, "IN_PROGRESS")
        return request

    def settle_due(self) -> None:
        """Finish every request whose time has come."""
        if self._open:
            now = self.clock()
            for request in [r for r in self._open if now >= r.due]:
                self._finish(request)

    def cancel(self, place: AccountRegion, token: str) -> ResourceRequest:
        """Begin to cancel a request. Raises RequestTokenNotFoundException, or ConcurrentModificationException when it is done."""
        request = self._find(place, token)
        if request.status not in ("PENDING", "IN_PROGRESS"):
            message = f"The request {token} is {request.status} and cannot be cancelled."
            raise ServiceError("ConcurrentModificationException", message, 500)
        self._move(request, "CANCEL_IN_PROGRESS")
        return request

    def list(self, place: AccountRegion, operations: Iterable[str], statuses: Iterable[str]) -> list[ResourceRequest]:
        """The requests of a place that have one of the operations and one of the statuses (none given: any), newest first."""
        wanted_operations, wanted_statuses = set(operations), set(statuses)
        now = self.clock()
        return [
            request
            for request in reversed(self._requests.values())
            if request.place == place
            and now - request.made <= REQUEST_LIFE
            and (not wanted_operations or request.operation in wanted_operations)
            and (not wanted_statuses or request.status in wanted_statuses)
        ]

    def _find(self, place: AccountRegion, token: str) -> ResourceRequest:
        request = self._requests.get((place, token))
        if request is None or self.clock() - request.made > REQUEST_LIFE:
            raise ServiceError("RequestTokenNotFoundException", f"Request with token {token} was not found.")
        return request

    def _finish(self, request: ResourceRequest) -> None:
        self._open.remove(request)
        if request.status == "CANCEL_IN_PROGRESS":
            self._move(request, "CANCEL_COMPLETE")
            return
        try:
            outcome = request.work()
        except HandlerError as failure:
            request.error_code, request.message = failure.code, failure.message
            self._move(request, "FAILED")
            return
        request.identifier, request.model = outcome.identifier, outcome.model
        self._move(request, "SUCCESS")

    def _move(self, request: ResourceRequest, status: str) -> None:
        request.status, request.event_time = status, self.clock()
