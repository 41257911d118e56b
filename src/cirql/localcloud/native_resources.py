"""The handler of the types that have a service here: what Cloud Control makes, reads, changes and deletes are that service's own objects.

It knows no type; `native/*.toml` says which operations stand behind one, and `members.py` finds which member is which property.
Properties that the service's answers have nowhere (moto keeps less than AWS) are remembered here, so that a read gives what was written.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cirql.localcloud.expressions import evaluate
from cirql.localcloud.generated import make_name
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.members import find_member
from cirql.localcloud.models import Model, set_value, values_at, without
from cirql.localcloud.moto_client import operation_model
from cirql.localcloud.native_calls import Facts, NativeCalls, Send, find_values, is_unserved
from cirql.localcloud.native_reader import NativeReader, find_arn, gather, tag_property
from cirql.localcloud.native_types import NativeCall, NativeType, native_types
from cirql.localcloud.progress import HandlerError
from cirql.localcloud.resources import home_of, identifying_model, join_identifier, not_found
from cirql.localcloud.schemas import ResourceType, find_type


class NativeResources:
    """The five verbs over the native API that answers at `send`."""

    def __init__(self, send: Send) -> None:
        self._calls = NativeCalls(send)
        self._reader = NativeReader(self._calls)
        self._remembered: dict[tuple[AccountRegion, str], dict[str, Model]] = {}
        self._written: dict[tuple[AccountRegion, str, str], Model] = {}
        self._made = 0

    def clear(self) -> None:
        """Forget what the services do not keep."""
        self._remembered.clear()
        self._written.clear()
        self._made = 0

    def create(self, place: AccountRegion, kind: ResourceType, model: Model) -> str:
        """Create through the service, then set what its create call does not take. What is half made is deleted again."""
        native, model = native_types()[kind.name], copy.deepcopy(model)
        self._made += 1
        self._name(native, kind, model)
        known = identifying_model(kind, model)
        if all(known.values()) and self._reader.exists(place, kind, known):
            raise HandlerError(
                "AlreadyExists", f"Resource of type '{kind.name}' with identifier '{join_identifier(kind, model)}' already exists."
            )
        facts = gather(place, model=model, name=make_name(kind, self._made))
        if native.probe is not None and self._is_there(place, native, facts):
            raise HandlerError("AlreadyExists", f"Resource of type '{kind.name}' with that name already exists.")
        answer: Any = {}
        taken: set[str] = set()
        for call in native.creates:
            if call.when is None or evaluate(call.when, facts):
                answer = self._calls.make(place, native.service, _whole(call), native.noun, facts, model)
                taken |= self._taken(native, call, model)
        ids = self._created_ids(native, kind, facts, model, answer)
        identifier = join_identifier(kind, ids)
        try:
            self._set(place, native, kind, ids, {}, model, [name for name in model if name not in taken])
        except HandlerError:
            self.delete(place, kind, identifier)
            raise
        self._written[home_of(place, kind), kind.name, identifier] = model
        return identifier

    def read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        """The properties of a resource as its service has them."""
        return without(self._whole_model(place, kind, identifier), kind.write_only)

    def update(self, place: AccountRegion, kind: ResourceType, identifier: str, model: Model) -> None:
        """Make the calls that set what differs."""
        native = native_types()[kind.name]
        ids = _split(kind, identifier)
        held = without(self._reader.model(place, native, kind, ids), kind.write_only)
        before = held | self._partition(place, kind).get(identifier, {})
        changed = [name for name in dict.fromkeys((*model, *before)) if model.get(name) != before.get(name)]
        changed = [name for name in changed if (name,) not in kind.write_only or name in model]
        unset = self._set(place, native, kind, ids, before, model, changed)
        shown = self._reader.model(place, native, kind, ids)
        for name in changed:
            if name in held and name in model and (name in unset or shown.get(name) == held[name]):
                raise HandlerError("GeneralServiceException", f"The local AWS cannot change {name} of a {kind.name}.")
        self._written[home_of(place, kind), kind.name, identifier] = model

    def delete(self, place: AccountRegion, kind: ResourceType, identifier: str) -> None:
        """Delete through the service."""
        native = native_types()[kind.name]
        ids = _split(kind, identifier)
        facts = gather(place, id=ids, item=self._reader.item(place, native, kind, ids))
        facts["before"] = facts["model"] = self._reader.as_model(place, native, kind, ids, facts["item"])
        facts["arn"] = find_arn(native, kind, facts)
        for call in native.deletes:
            self._make_each(place, native, call, facts, ids)
        self._partition(place, kind).pop(identifier, None)

    def list(self, place: AccountRegion, kind: ResourceType, wanted: Model) -> list[tuple[str, Model]]:
        """Identifiers, with whole models where the type's list handler could know them."""
        native = native_types()[kind.name]
        found = []
        for item, parent in self._reader.listed(place, native, gather(place, model=wanted)):
            ids = self._reader.listed_ids(native, kind, place, item, parent)
            identifier = join_identifier(kind, ids)
            shown = ids
            told = {**_told(native, wanted, item), **_told(native, wanted, parent), **ids}
            if any(told.get(name, value) != value for name, value in wanted.items()):
                continue
            if kind.handling.lists_whole_models or not wanted.keys() <= told.keys():
                try:
                    shown = self.read(place, kind, identifier)
                except HandlerError as error:
                    if error.code != "NotFound":
                        raise
                    continue
            if all({**told, **shown}.get(name) == value for name, value in wanted.items()):
                found.append((identifier, shown if kind.handling.lists_whole_models else ids))
        return sorted(found, key=lambda pair: pair[0])

    def tagged(self, place: AccountRegion) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The ARN and tags of each resource in a place that has both, of whatever type but EC2's, whose answers hold no ARNs."""
        for name, native in native_types().items():
            kind = find_type(name, place.region)
            if native.service == "ec2" or kind is None or (tags := tag_property(kind)) is None:
                continue
            try:
                for item, parent in self._reader.listed(place, native, gather(place)):
                    ids = self._reader.listed_ids(native, kind, place, item, parent)
                    model = self._reader.as_model(place, native, kind, ids, self._reader.item(place, native, kind, ids))
                    arn = find_arn(native, kind, gather(place, id=ids, item=item, model=model))
                    if isinstance(arn, str) and (pairs := _pairs(model.get(tags))):
                        yield arn, pairs
            except HandlerError as error:
                if error.code != "NotFound" and not is_unserved(error):  # deleted while it was listed; not there without moto
                    raise

    def _whole_model(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        native = native_types()[kind.name]
        try:
            model = self._reader.model(place, native, kind, _split(kind, identifier))
        except HandlerError as error:
            if error.code != "NotFound":
                raise
            self._partition(place, kind).pop(identifier, None)
            raise not_found(kind.name, identifier) from None
        self._settle_memory(place, kind, identifier, model)
        return {**self._partition(place, kind).get(identifier, {}), **model}

    def _is_there(self, place: AccountRegion, native: NativeType, facts: Facts) -> bool:
        assert native.probe is not None
        try:
            self._calls.make(place, native.service, _whole(native.probe), native.noun, facts, {})
        except HandlerError as error:
            if error.code == "NotFound":
                return False
            raise
        return True

    # Writing

    def _set(
        self, place: AccountRegion, native: NativeType, kind: ResourceType, ids: Model, before: Model, after: Model, names: Iterable[str]
    ) -> tuple[str, ...]:
        """Make the update calls that properties need; gives the properties for which there is none."""
        changed = [name for name in names if name not in ids]
        if not changed:
            return ()
        facts = gather(place, id=ids, model=after, before=before)
        facts["item"] = self._reader.item(place, native, kind, ids)
        facts["arn"] = find_arn(native, kind, facts)
        tags = tag_property(kind) if native.tags.set is not None else None
        left = [name for name in changed if name != tags]
        for call in native.updates:
            covered = self._covered(native, call, changed, ids)
            if not covered:
                continue
            left = [name for name in left if name not in covered]
            if call.unset is not None and all(name not in after for name in covered):
                self._make_each(place, native, call.unset, facts, ids)
            else:
                values = {name: after.get(name) for name in self._sent(native, call, covered, after)}
                self._make_each(place, native, call, facts, {**ids, **_emptied(kind, covered, after), **values})
        if tags is not None and tags in changed:
            self._set_tags(place, native, facts, before, after, tags)
        return tuple(left)

    def _covered(self, native: NativeType, call: NativeCall, changed: Iterable[str], ids: Model) -> tuple[str, ...]:
        """The changed properties that an update call sets."""
        if call.sets:
            return tuple(name for name in changed if name in call.sets)
        values: Model = {**ids, **dict.fromkeys(changed, "")}
        return tuple(name for name in self._calls.matches(native.service, call, native.noun, values).values() if name not in ids)

    def _sent(self, native: NativeType, call: NativeCall, covered: Iterable[str], after: Model) -> set[str]:
        """The properties to send: those that differ, and those without which the operation does not go."""
        required = operation_model(native.service, call.operation).input_shape.required_members
        needed = {name for member, name in self._calls.matches(native.service, call, native.noun, after).items() if member in required}
        return {*(name for name in covered if name in after), *needed}

    def _make_each(self, place: AccountRegion, native: NativeType, call: NativeCall, facts: Facts, values: Mapping[str, Any]) -> None:
        for it in [None] if call.each is None else evaluate(call.each, facts) or ():
            here = {**facts, "it": it}
            if call.when is None or evaluate(call.when, here):
                self._calls.make(place, native.service, _whole(call), native.noun, here, values)

    def _set_tags(self, place: AccountRegion, native: NativeType, facts: Facts, before: Model, after: Model, name: str) -> None:
        old, new = _pairs(before.get(name)), _pairs(after.get(name))
        pairs = [{"Key": key, "Value": value} for key, value in new.items()]
        added = [pair for pair in pairs if old.get(pair["Key"]) != pair["Value"]]
        gone = [key for key in old if key not in new]
        here = {**facts, "added": added, "gone": gone, "tags": pairs}
        if gone and native.tags.unset is not None:
            self._calls.make(place, native.service, _whole(native.tags.unset, is_plain=True), native.noun, here, {})
        if native.tags.set is not None and (added or (gone and native.tags.unset is None)):
            self._calls.make(place, native.service, _whole(native.tags.set, is_plain=True), native.noun, here, {})

    def _taken(self, native: NativeType, call: NativeCall, model: Model) -> set[str]:
        """The properties that a create call carries."""
        by_name = set(self._calls.matches(native.service, call, native.noun, model).values())
        return by_name | set(call.sets)

    def _created_ids(self, native: NativeType, kind: ResourceType, facts: Facts, model: Model, answer: Any) -> Model:
        ids: Model = {}
        for path in kind.identifier:
            expression = native.created.get(path[-1])
            if expression is not None:
                value = evaluate(expression, {**facts, "answer": answer})
            else:
                value = next(values_at(model, path), None) or next(find_values(answer, path[-1], native.noun), None)
            if value is None:
                raise HandlerError("InternalFailure", f"{native.creates[0].operation} does not tell {path[-1]} of a {kind.name}.")
            set_value(ids, path, value)
        return ids

    def _name(self, native: NativeType, kind: ResourceType, model: Model) -> None:
        """Make up the name that the desired state leaves to AWS."""
        own = [path[0] for path in kind.identifier if len(path) == 1 and path not in kind.read_only]
        for name in [native.named] if native.named else own:
            if name not in model:
                model[name] = make_name(kind, self._made)

    def _settle_memory(self, place: AccountRegion, kind: ResourceType, identifier: str, held: Model) -> None:
        """After a write: of what was written, keep what the service shows nowhere."""
        written = self._written.pop((home_of(place, kind), kind.name, identifier), None)
        if written is not None:
            hidden = {*(path[0] for path in kind.write_only if len(path) == 1), *held}
            self._partition(place, kind)[identifier] = {name: value for name, value in written.items() if name not in hidden}

    def _partition(self, place: AccountRegion, kind: ResourceType) -> dict[str, Model]:
        return self._remembered.setdefault((home_of(place, kind), kind.name), {})


def _whole(call: NativeCall, *, is_plain: bool | None = None) -> NativeCall:
    """The call with its whole answer as its result, unless it says which part."""
    return NativeCall(call.operation, call.members, call.result or "@", is_plain=call.is_plain if is_plain is None else is_plain)


def _split(kind: ResourceType, identifier: str) -> Model:
    parts = identifier.split("|", len(kind.identifier) - 1)
    if len(parts) != len(kind.identifier):
        raise not_found(kind.name, identifier)
    ids: Model = {}
    for path, part in zip(kind.identifier, parts, strict=True):
        set_value(ids, path, part)
    return ids


def _told(native: NativeType, wanted: Model, item: Any) -> Model:
    """What a listed item, or what it was listed for, says of the properties that a list is narrowed by."""
    if not isinstance(item, Mapping):
        return {}
    members = {name: find_member(item, name, native.noun) for name in wanted}
    return {name: item[member] for name, member in members.items() if member is not None and isinstance(item[member], str | int)}


def _pairs(tags: Any) -> dict[str, str]:
    if isinstance(tags, Mapping):
        return dict(tags)
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def _emptied(kind: ResourceType, covered: Iterable[str], after: Model) -> Model:
    """Empty values for properties that were taken away: AWS's update calls leave alone what they are not sent."""
    empty: Mapping[Any, Any] = {"string": "", "array": []}
    gone = {name: empty.get(kind.property_schema((name,)).get("type")) for name in covered if name not in after}
    return {name: value for name, value in gone.items() if value is not None}
