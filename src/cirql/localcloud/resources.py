"""Resources of every CloudFormation type that has no service of its own here: models kept by identifier, with generated values."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

from cirql.localcloud.generated import fill_generated
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.models import Model, is_given, set_value, values_at, without
from cirql.localcloud.progress import HandlerError
from cirql.localcloud.schemas import ResourceType

# Types of these services are the same in every region of an account.
_GLOBAL_SERVICES = frozenset({"IAM", "CloudFront", "Route53", "Organizations", "GlobalAccelerator", "Shield", "Budgets"})


class ResourceHandler(Protocol):
    """What stands behind a type: the five verbs over models. Each raises HandlerError."""

    def create(self, place: AccountRegion, kind: ResourceType, model: Model) -> str:
        """Make a resource from a valid desired state and return its identifier."""

    def read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        """The model of a resource, without its write-only properties."""

    def update(self, place: AccountRegion, kind: ResourceType, identifier: str, model: Model) -> None:
        """Make a resource what `model` says."""

    def delete(self, place: AccountRegion, kind: ResourceType, identifier: str) -> None:
        """Remove a resource."""

    def list(self, place: AccountRegion, kind: ResourceType, wanted: Model) -> list[tuple[str, Model]]:
        """The resources that match a ResourceModel: identifiers and the properties a list gives, in a steady order."""


class ResourceStore:
    """The handler of every type without a service: it keeps what it was given and makes up what AWS would."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._models: dict[tuple[AccountRegion, str], dict[str, Model]] = {}
        self._made = 0

    def clear(self) -> None:
        """Forget every resource."""
        self._models.clear()
        self._made = 0

    def create(self, place: AccountRegion, kind: ResourceType, model: Model) -> str:
        """Keep a model with its defaults and generated values. Raises HandlerError AlreadyExists."""
        self._made += 1
        model = copy.deepcopy(model)
        add_defaults(kind, model)
        fill_generated(kind, model, place, self._made, self._clock())
        identifier = join_identifier(kind, model)
        found = self._partition(place, kind)
        if identifier in found:
            raise HandlerError("AlreadyExists", f"Resource of type '{kind.name}' with identifier '{identifier}' already exists.")
        found[identifier] = model
        return identifier

    def read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        """What can be read of a resource."""
        return without(self._find(place, kind, identifier), kind.write_only)

    def update(self, place: AccountRegion, kind: ResourceType, identifier: str, model: Model) -> None:
        """Replace a model; write-only values that the new one does not give stay as they are."""
        before = self._find(place, kind, identifier)
        after = copy.deepcopy(model)
        for path in kind.write_only:
            if "*" not in path and not is_given(after, path) and is_given(before, path):
                set_value(after, path, next(values_at(before, path)))
        self._partition(place, kind)[identifier] = after

    def delete(self, place: AccountRegion, kind: ResourceType, identifier: str) -> None:
        """Drop a model."""
        self._find(place, kind, identifier)
        del self._partition(place, kind)[identifier]

    def list(self, place: AccountRegion, kind: ResourceType, wanted: Model) -> list[tuple[str, Model]]:
        """Identifiers with either whole models or only the identifying properties, whichever the type's list handler could know."""
        found = []
        for identifier, model in sorted(self._partition(place, kind).items()):
            if all(model.get(name, value) == value for name, value in wanted.items()):
                shown = without(model, kind.write_only) if kind.handling.lists_whole_models else identifying_model(kind, model)
                found.append((identifier, shown))
        return found

    def _partition(self, place: AccountRegion, kind: ResourceType) -> dict[str, Model]:
        return self._models.setdefault((home_of(place, kind), kind.name), {})

    def _find(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        model = self._partition(place, kind).get(identifier)
        if model is None:
            raise not_found(kind.name, identifier)
        return model


def home_of(place: AccountRegion, kind: ResourceType) -> AccountRegion:
    """Where resources of a type are kept that a place asks for: of global services once for all regions."""
    return AccountRegion(place.account, "") if kind.name.split("::")[1] in _GLOBAL_SERVICES else place


def not_found(type_name: str, identifier: str) -> HandlerError:
    """The failure of a handler that was asked for a resource which is not there."""
    return HandlerError("NotFound", f"Resource of type '{type_name}' with identifier '{identifier}' was not found.")


def join_identifier(kind: ResourceType, model: Model) -> str:
    """The identifier of a model: its primary identifier's values joined by `|`."""
    return "|".join(str(next(values_at(model, path), "")) for path in kind.identifier)


def identifying_model(kind: ResourceType, model: Model) -> Model:
    """Only the properties of the primary identifier."""
    result: Model = {}
    for path in kind.identifier:
        set_value(result, path, next(values_at(model, path), ""))
    return result


def add_defaults(kind: ResourceType, model: Model) -> None:
    """Give top-level properties the defaults of the schema where they are missing."""
    fixed = set(kind.read_only)
    for name, node in kind.schema.get("properties", {}).items():
        default: Any = kind.follow(node).get("default")
        if default is not None and name not in model and (name,) not in fixed:
            model[name] = copy.deepcopy(default)
