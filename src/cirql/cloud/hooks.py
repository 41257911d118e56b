"""Hooks: which of botocore's event handlers have anything to do for an operation that goes the fast lane.

Botocore tells every handler of every call, and looks each up by the event's name; most do nothing for a request that is
plain and was never tried again. Those are known here by name, and left out; whatever else is registered is called as botocore calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel, Shape

Handler = Callable[..., Any]
Events = tuple[tuple[str, Handler], ...]
"""Handlers that are to be called, each with the name of its event."""


def _always(model: OperationModel) -> bool:
    return True


def _lacks_expires(model: OperationModel) -> bool:
    return model.output_shape is None or not any(member.name == "Expires" for member in model.output_shape.members.values())


def _lacks_policies(model: OperationModel) -> bool:
    return not _has_policy(model.output_shape, set())


def _has_policy(shape: Shape | None, seen: set[str]) -> bool:
    """Whether a policy document is somewhere in a shape, as IAM's model names it."""
    if shape is None or shape.name in seen:
        return False
    seen.add(shape.name)
    match shape.type_name:
        case "structure":
            below = list(shape.members.values())
        case "list":
            below = [shape.member]
        case "map":
            below = [shape.value]
        case _:
            return bool(shape.name == "policyDocumentType")
    return any(_has_policy(inner, seen) for inner in below)


_IDLE: dict[str, Callable[[OperationModel], bool]] = {
    # Before a request is written: its writer knows no aliases, tokens and unusual buckets, and leaves those to botocore.
    "validate_bucket_name": _always,
    "remove_bucket_from_url_paths_from_model": _always,
    "S3RegionRedirectorv2.annotate_request_context": _always,
    "ClientCreator._inject_s3_input_parameters": _always,
    "generate_idempotent_uuid": _always,
    "_handle_request_validation_mode_member": _always,
    "ParameterAlias.alias_parameter_in_call": _always,
    # With its answer: tries are counted elsewhere, and an error that comes as a success is seen when the document is read.
    "RetryQuotaChecker.release_retry_quota": _always,
    "_handle_200_error": _always,
    "handle_expires_header": _lacks_expires,
    "json_decode_policies": _lacks_policies,
}
"""Handlers that do nothing for operations that may have a lane, by their qualified names, and for which of those."""


def busy(client: Any, service_id: str, model: OperationModel, *events: str) -> Events:
    """What has to be called at these events of an operation."""
    emitter = client.meta.events
    found = []
    for event in events:
        name = emitter._alias_event_name(f"{event}.{service_id}.{model.name}")
        for handler in emitter._emitter._handlers.prefix_search(name):
            does_nothing = _IDLE.get(getattr(handler, "__qualname__", ""))
            if does_nothing is None or not does_nothing(model):
                found.append((name, handler))
    return tuple(found)


def tell(events: Events, **what: Any) -> None:
    """Call them, as botocore does."""
    for name, handler in events:
        handler(event_name=name, **what)
