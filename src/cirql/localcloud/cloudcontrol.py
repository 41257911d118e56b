"""The Cloud Control API: its eight operations over every CloudFormation type.

Reads and lists answer at once; creates, updates and deletes become requests (`progress.py`) that a handler carries out. What is
wrong with a call by itself (type, action, schema, patch) is an exception; what a handler finds wrong is a FAILED event.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from cirql.localcloud.image_types import image_handlers
from cirql.localcloud.images import AccountRegion, ImageStore
from cirql.localcloud.json_patch import patched
from cirql.localcloud.listener import HttpAnswer
from cirql.localcloud.models import Model, PropertyPath, is_given, values_at
from cirql.localcloud.native_calls import Send
from cirql.localcloud.native_resources import NativeResources
from cirql.localcloud.native_types import native_types
from cirql.localcloud.paging import take_page
from cirql.localcloud.progress import HandlerError, Outcome, RequestBook, Work
from cirql.localcloud.resources import ResourceHandler, ResourceStore, join_identifier
from cirql.localcloud.schema_check import find_violations
from cirql.localcloud.schemas import ResourceType, find_type
from cirql.localcloud.shapes import validate_input
from cirql.localcloud.wire import ServiceError, json_answer

# Pages of ListResources: the service's 25 as reported in aws-sdk#764; handlers over ListImages and ListImageVersions leave
# MaxResults to SageMaker, whose default is 10. MaxResults itself has no effect, as the service team says there.
PAGE = 25
SAGEMAKER_PAGE = 10
REQUESTS_PAGE = 20

Body = Mapping[str, Any]


class CloudControl:
    """Answers Cloud Control calls; thread-safe."""

    def __init__(self, images: ImageStore, send: Send, clock: Callable[[], float], settle_looks: int, settle_seconds: float) -> None:
        self._lock = threading.RLock()
        self._book = RequestBook(clock, settle_looks, settle_seconds)
        self._resources = ResourceStore(clock)
        self._images = image_handlers(images)
        self._natives = NativeResources(send)
        self._operations: dict[str, Callable[[AccountRegion, Body, int | None], dict[str, Any]]] = {
            "CreateResource": self._create,
            "GetResource": self._get,
            "UpdateResource": self._update,
            "DeleteResource": self._delete,
            "ListResources": self._list,
            "GetResourceRequestStatus": self._request_status,
            "ListResourceRequests": self._list_requests,
            "CancelResourceRequest": self._cancel,
        }

    def clear(self) -> None:
        """Forget resources and requests; the SageMaker images belong to their store."""
        with self._lock:
            self._book.clear()
            self._resources.clear()
            self._natives.clear()

    def tagged(self, place: AccountRegion) -> list[tuple[str, Mapping[str, str]]]:
        """The ARN and tags of what is tagged, of the types that have a service here."""
        with self._lock:
            return list(self._natives.tagged(place))

    def answer(self, place: AccountRegion, operation: str, body: bytes, page_limit: int | None) -> HttpAnswer:
        """The answer to one operation; `page_limit` forces small pages. Raises ServiceError."""
        run = self._operations.get(operation)
        if run is None:
            raise ServiceError("UnknownOperationException", f"Cloud Control has no operation {operation}.")
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            raise ServiceError("SerializationException", "The request body is not JSON.") from None
        validate_input("cloudcontrol", operation, asked)
        with self._lock:
            self._book.settle_due()
            return json_answer(json.dumps(run(place, asked, page_limit)).encode(), "1.0")

    def _create(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        kind = _find_kind(place, asked["TypeName"], "create")
        desired = _read_object(asked["DesiredState"], "DesiredState")
        token, fingerprint = asked.get("ClientToken"), f"CREATE {kind.name} {json.dumps(desired, sort_keys=True)}"
        if repeated := self._book.find_repeated(place, token, fingerprint):
            return {"ProgressEvent": repeated.event()}
        _refuse_invalid(kind, desired)
        given = [path for path in kind.identifier if is_given(desired, path)]
        identifier = join_identifier(kind, desired) if given and len(given) == len(kind.identifier) else None
        if identifier is not None:
            self._book.refuse_concurrent(place, kind.name, identifier)
        handler = self._handler(kind)
        illegal = [path for path in kind.read_only if is_given(desired, path)]

        def work() -> Outcome:
            if illegal:
                raise HandlerError("InvalidRequest", "Invalid Create: cannot create a resource using ReadOnly properties")
            made = handler.create(place, kind, desired)
            return Outcome(made, handler.read(place, kind, made))

        return self._submit(place, kind, "CREATE", None if illegal else identifier, work, token, fingerprint)

    def _get(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        kind = _find_kind(place, asked["TypeName"], "read")
        model = self._read(place, kind, asked["Identifier"])
        return {"TypeName": kind.name, "ResourceDescription": _description(asked["Identifier"], model)}

    def _update(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        kind = _find_kind(place, asked["TypeName"], "update")
        identifier, token = asked["Identifier"], asked.get("ClientToken")
        fingerprint = f"UPDATE {kind.name} {identifier} {asked['PatchDocument']}"
        if repeated := self._book.find_repeated(place, token, fingerprint):
            return {"ProgressEvent": repeated.event()}
        self._book.refuse_concurrent(place, kind.name, identifier)
        before = self._read(place, kind, identifier)
        after = _apply_patch(before, asked["PatchDocument"])
        if touched := _touched(kind.read_only, before, after):
            raise ServiceError("ValidationException", f"Invalid patch update: readOnlyProperties [{touched}] cannot be updated")
        if touched := _touched(kind.create_only, before, after):
            raise ServiceError("NotUpdatableException", f"Invalid patch update: createOnlyProperties [{touched}] cannot be updated")
        _refuse_invalid(kind, after)
        handler = self._handler(kind)

        def work() -> Outcome:
            handler.update(place, kind, identifier, after)
            return Outcome(identifier, handler.read(place, kind, identifier))

        return self._submit(place, kind, "UPDATE", identifier, work, token, fingerprint)

    def _delete(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        kind = _find_kind(place, asked["TypeName"], "delete")
        identifier, token = asked["Identifier"], asked.get("ClientToken")
        fingerprint = f"DELETE {kind.name} {identifier}"
        if repeated := self._book.find_repeated(place, token, fingerprint):
            return {"ProgressEvent": repeated.event()}
        self._book.refuse_concurrent(place, kind.name, identifier)
        handler = self._handler(kind)

        def work() -> Outcome:
            handler.delete(place, kind, identifier)
            return Outcome(identifier)

        return self._submit(place, kind, "DELETE", identifier, work, token, fingerprint)

    def _list(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        kind = _find_kind(place, asked["TypeName"], "list")
        wanted = _read_object(asked.get("ResourceModel", "{}"), "ResourceModel")
        missing = [name for name in kind.handling.list_needs if name not in wanted]
        if missing:
            problems = "".join(f"(#: required key [{name}] not found)" for name in missing)
            message = f"Missing or invalid ResourceModel property in {kind.name} list handler request input.Required property: {problems}"
            raise ServiceError("InvalidRequestException", message)
        try:
            found = self._handler(kind).list(place, kind, wanted)
        except HandlerError as failure:
            raise _as_exception(failure) from None
        size = SAGEMAKER_PAGE if kind.name in self._images else PAGE
        question = f"{kind.name} {json.dumps(wanted, sort_keys=True)}"
        page, token = take_page(found, min(size, limit or size), asked.get("NextToken"), question)
        shown = {"TypeName": kind.name, "ResourceDescriptions": [_description(identifier, model) for identifier, model in page]}
        return shown | ({"NextToken": token} if token else {})

    def _request_status(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        return {"ProgressEvent": self._book.look(place, asked["RequestToken"]).event()}

    def _list_requests(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        wanted = asked.get("ResourceRequestStatusFilter", {})
        found = self._book.list(place, wanted.get("Operations", ()), wanted.get("OperationStatuses", ()))
        size = asked.get("MaxResults", REQUESTS_PAGE)
        page, token = take_page(found, min(size, limit or size), asked.get("NextToken"), json.dumps(wanted, sort_keys=True))
        shown = {"ResourceRequestStatusSummaries": [request.event() for request in page]}
        return shown | ({"NextToken": token} if token else {})

    def _cancel(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        return {"ProgressEvent": self._book.cancel(place, asked["RequestToken"]).event()}

    def _submit(
        self,
        place: AccountRegion,
        kind: ResourceType,
        operation: str,
        identifier: str | None,
        work: Work,
        token: str | None,
        fingerprint: str,
    ) -> dict[str, Any]:
        return {"ProgressEvent": self._book.submit(place, kind.name, operation, identifier, work, token, fingerprint).event()}

    def _read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        try:
            return self._handler(kind).read(place, kind, identifier)
        except HandlerError as failure:
            raise _as_exception(failure) from None

    def _handler(self, kind: ResourceType) -> ResourceHandler:
        if kind.name in native_types():
            return self._natives
        return self._images.get(kind.name, self._resources)


def _find_kind(place: AccountRegion, name: str, verb: str) -> ResourceType:
    """The type, if the region has it and it has that handler. Raises TypeNotFoundException, UnsupportedActionException."""
    kind = find_type(name, place.region)
    if kind is None:
        raise ServiceError("TypeNotFoundException", f"The type '{name}' cannot be found.")
    if verb not in kind.handling.verbs:
        raise ServiceError("UnsupportedActionException", f"Resource type {name} does not support {verb.upper()} action")
    return kind


def _read_object(text: str, member: str) -> Model:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ServiceError("InvalidRequestException", f"{member} is not a JSON object.")
    return value


def _refuse_invalid(kind: ResourceType, model: Model) -> None:
    violations = find_violations(kind, model)
    if violations:
        raise ServiceError("ValidationException", f"Model validation failed ({chr(10).join(violations)})")


def _apply_patch(before: Model, document: str) -> Model:
    """A model with an RFC 6902 patch applied. Raises ValidationException."""
    try:
        after = patched(before, json.loads(document))
    except ValueError as error:
        raise ServiceError("ValidationException", f"Invalid patch update: {error}") from None
    if not isinstance(after, dict):
        raise ServiceError("ValidationException", "Invalid patch update: the result is not an object")
    return after


def _touched(paths: tuple[PropertyPath, ...], before: Model, after: Model) -> str:
    """The paths whose values differ, as AWS lists them."""
    changed = [path for path in paths if list(values_at(before, path)) != list(values_at(after, path))]
    return ", ".join(f"/properties/{'/'.join(path)}" for path in changed)


def _description(identifier: str, model: Model) -> dict[str, str]:
    return {"Identifier": identifier, "Properties": json.dumps(model)}


def _as_exception(failure: HandlerError) -> ServiceError:
    """A handler's failure where the API answers at once."""
    names = {"NotFound": "ResourceNotFoundException", "GeneralServiceException": "GeneralServiceException"}
    return ServiceError(names.get(failure.code, f"{failure.code}Exception"), failure.message)
