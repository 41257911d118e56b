"""What the service behind a type says of its resources, as Cloud Control has them: items listed, one item found, its model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cirql.localcloud.expressions import evaluate
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.members import as_property, read_model
from cirql.localcloud.models import Model, set_value
from cirql.localcloud.native_calls import Facts, NativeCalls, filters_by_identifier, find_values, is_unserved
from cirql.localcloud.native_types import NativeCall, NativeType, native_types
from cirql.localcloud.progress import HandlerError
from cirql.localcloud.resources import join_identifier, not_found
from cirql.localcloud.schemas import ResourceType


class NativeReader:
    """Reads through the native API, and changes nothing."""

    def __init__(self, calls: NativeCalls) -> None:
        self._calls = calls

    def model(self, place: AccountRegion, native: NativeType, kind: ResourceType, ids: Model) -> Model:
        """The properties of one resource. Raises HandlerError NotFound."""
        return self.as_model(place, native, kind, ids, self.item(place, native, kind, ids))

    def item(self, place: AccountRegion, native: NativeType, kind: ResourceType, ids: Model) -> Any:
        """The native object. Raises HandlerError NotFound."""
        facts = gather(place, id=ids, model=ids)
        if native.reads:
            call = native.reads[0]
            item = self._calls.make(place, native.service, call, native.noun, facts, ids)
        else:
            narrower = filters_by_identifier(native.service, native.list, native.noun, ids)
            call = NativeCall(native.list.operation, {**native.list.members, **_quoted(narrower)}, native.list.result)
            items = self.listed(place, native, facts, call)
            item = next((i for i, p in items if self.listed_ids(native, kind, place, i, p) == ids), None)
        if item is None or (native.where and not evaluate(native.where, {**facts, "item": item})):
            raise not_found(kind.name, join_identifier(kind, ids))
        return item

    def as_model(self, place: AccountRegion, native: NativeType, kind: ResourceType, ids: Model, item: Any) -> Model:
        """The properties that an item has, with what the further reads add to it."""
        facts = gather(place, id=ids, item=item)
        if isinstance(item, Mapping):
            item = facts["item"] = dict(item)
            facts["arn"] = find_arn(native, kind, facts)
            for call in native.reads[1:]:
                if call.when is None or evaluate(call.when, facts):
                    self._add(place, native, call, facts, ids)
        model = ids | read_model(kind, item if isinstance(item, Mapping) else {}, native.noun)
        for name, expression in native.properties.items():
            value = as_property(kind, kind.property_schema((name,)), evaluate(expression, facts))
            model.pop(name, None)
            if value is not None:
                model[name] = value
        self._add_tags(place, native, kind, {**facts, "model": model}, model)
        return model

    def _add(self, place: AccountRegion, native: NativeType, call: NativeCall, facts: Facts, ids: Model) -> None:
        """One further read, whose absence is no error."""
        try:
            if call.each is None:
                answer = self._calls.make(place, native.service, call, native.noun, facts, ids)
            else:
                each = [{**facts, "it": it} for it in evaluate(call.each, facts) or ()]
                answer = [self._calls.make(place, native.service, call, native.noun, here, ids) for here in each]
        except HandlerError as error:
            if error.code == "NotFound" or is_unserved(error):
                return
            raise
        if call.into is not None:
            facts["item"][call.into] = answer
        elif isinstance(answer, Mapping):
            facts["item"].update(answer)

    def _add_tags(self, place: AccountRegion, native: NativeType, kind: ResourceType, facts: Facts, model: Model) -> None:
        name = tag_property(kind)
        if name is None or native.tags.read is None or name in native.properties:
            return
        holder: Facts = {**facts, "item": {}, "arn": find_arn(native, kind, facts)}
        call = native.tags.read
        self._add(place, native, NativeCall(call.operation, call.members, call.result, "Tags", is_plain=True), holder, {})
        tags = as_property(kind, kind.property_schema((name,)), holder["item"].get("Tags"))
        if tags is not None:
            model[name] = tags

    def listed(self, place: AccountRegion, native: NativeType, facts: Facts, call: NativeCall | None = None) -> Iterator[tuple[Any, Any]]:
        """The items of the list call that count, each with the parent it was listed for."""
        call = call or native.list
        for parent in self._parents(place, native, facts):
            here = {**facts, "parent": parent}
            if call.when is not None and not evaluate(call.when, here):
                continue
            try:
                items = self._calls.items(place, native.service, call, here, {})
            except HandlerError as error:
                if error.code != "NotFound" or parent is None:
                    raise
                continue
            for item in items:
                if native.where is None or evaluate(native.where, {**here, "item": item}):
                    yield item, parent

    def _parents(self, place: AccountRegion, native: NativeType, facts: Facts) -> Iterator[Any]:
        """What the list call is made for: once, or for each item of the parents' call with what the calls after it add."""
        if not native.parents:
            yield None
            return
        for parent in self._calls.items(place, native.service, native.parents[0], facts, {}):
            whole = parent
            for call in native.parents[1:]:
                whole = {**whole, **self._calls.make(place, native.service, call, native.noun, {**facts, "parent": parent}, {})}
            yield whole

    def listed_ids(self, native: NativeType, kind: ResourceType, place: AccountRegion, item: Any, parent: Any) -> Model:
        """The identifying properties of a listed item."""
        facts = gather(place, item=item, parent=parent)
        ids: Model = {}
        for path in kind.identifier:
            expression = native.identifier.get(path[-1]) or native.properties.get(path[-1])
            if expression is not None:
                value = evaluate(expression, facts)
            else:
                value = item if isinstance(item, str) else next(find_values(item, path[-1], native.noun), "")
            set_value(ids, path, value)
        return ids

    def exists(self, place: AccountRegion, kind: ResourceType, ids: Model) -> bool:
        """Whether there is such a resource."""
        try:
            self.item(place, native_types()[kind.name], kind, ids)
        except HandlerError as error:
            if error.code == "NotFound":
                return False
            raise
        return True


def gather(place: AccountRegion, **more: Any) -> Facts:
    """What expressions may speak of."""
    empty: Facts = {"id": {}, "item": {}, "model": {}, "before": {}, "parent": None, "it": None, "arn": None}
    return {**empty, "account": place.account, "region": place.region, **more}


def find_arn(native: NativeType, kind: ResourceType, facts: Facts) -> Any:
    """The ARN of what the facts speak of, None where they do not tell it."""
    if native.arn is not None:
        return evaluate(native.arn, facts)
    for name in (
        "Arn",
        *(name for name in kind.schema.get("properties", {}) if name.lower().endswith("arn") and (name,) in kind.read_only),
    ):
        for holder in (facts["id"], facts["model"], facts["item"]):
            if isinstance(holder, Mapping) and (found := next(find_values(holder, name, native.noun), None)):
                return found
    return None


def tag_property(kind: ResourceType) -> str | None:
    """The property that holds the tags of a type, None where there is none."""
    name = kind.handling.tags or "Tags"
    node = kind.property_schema((name,))
    is_pairs = "Key" in kind.property_schema((name, "*")).get("properties", {}) or node.get("type") == "object"
    return name if is_pairs else None


def _quoted(members: Mapping[str, Any]) -> dict[str, str]:
    """Plain values as expressions."""
    return {name: f"`{json.dumps(value)}`" for name, value in members.items()}
