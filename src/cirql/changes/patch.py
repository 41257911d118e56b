"""RFC 6902 patches: the smallest one between two models, and what a patch makes of a model.

Cloud Control applies a patch to the model that its read handler returns, which never has write-only properties: those are always `add`ed
whole, never replaced or compared.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.model import Model, PropertyPath, values_at
from cirql.errors import InvalidText

Operations = list[dict[str, Any]]


def diff(rules: Rules, before: Model, after: Model) -> Operations:
    """The operations that turn `before` into `after`, in the order of the property names; empty where nothing changes."""
    return list(_diff_object(rules, rules.body, before, after, ()))


def _diff(rules: Rules, node: Any, before: Any, after: Any, path: PropertyPath) -> Iterator[dict[str, Any]]:
    if _same(before, after):
        return
    node = rules.resolve(node)
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _diff_object(rules, node, before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _diff_array(rules, node, before, after, path)
    else:
        yield {"op": "replace", "path": pointer(path), "value": after}


def _diff_object(rules: Rules, node: Mapping[str, Any], before: Model, after: Model, path: PropertyPath) -> Iterator[dict[str, Any]]:
    properties = node.get("properties", {})
    for name in sorted(before.keys() | after.keys()):
        here = (*path, name)
        if name not in after:
            yield {"op": "remove", "path": pointer(here)}
        elif name not in before:
            yield {"op": "add", "path": pointer(here), "value": after[name]}
        else:
            yield from _diff(rules, properties.get(name, {}), before[name], after[name], here)


def _diff_array(rules: Rules, node: Mapping[str, Any], before: list[Any], after: list[Any], path: PropertyPath) -> Iterator[dict[str, Any]]:
    if node.get("insertionOrder") is False:
        yield from _diff_set(rules, node, before, after, path)
        return
    start = 0
    while start < min(len(before), len(after)) and _same(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and _same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    both = min(len(old), len(new))
    for at in range(both):
        yield from _diff(rules, node.get("items", {}), old[at], new[at], (*path, str(start + at)))
    for at in range(len(old) - 1, both - 1, -1):
        yield {"op": "remove", "path": pointer((*path, str(start + at)))}
    for at in range(both, len(new)):
        yield {"op": "add", "path": pointer((*path, str(start + at))), "value": new[at]}


def _diff_set(rules: Rules, node: Mapping[str, Any], before: list[Any], after: list[Any], path: PropertyPath) -> Iterator[dict[str, Any]]:
    """An array whose order means nothing: elements stay, change under their key, go, or come."""
    rest = list(after)
    gone: list[int] = []
    for at, old in enumerate(before):
        match = next((n for n, new in enumerate(rest) if _same(old, new)), None)
        if match is None:
            gone.append(at)
        else:
            del rest[match]
    for at in list(gone):
        match = next((n for n, new in enumerate(rest) if _key(before[at]) is not None and _key(new) == _key(before[at])), None)
        if match is not None:
            yield from _diff(rules, node.get("items", {}), before[at], rest.pop(match), (*path, str(at)))
            gone.remove(at)
    for at in reversed(gone):
        yield {"op": "remove", "path": pointer((*path, str(at)))}
    for new in rest:
        yield {"op": "add", "path": pointer((*path, "-")), "value": new}


def _key(item: Any) -> Any:
    return next((item[name] for name in ("Key", "TagKey", "key") if name in item), None) if isinstance(item, dict) else None


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def pointer(path: PropertyPath) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def carry_read_only(rules: Rules, before: Model, after: Model) -> None:
    """Put back what only AWS may set inside an object that was given as a whole, so that the patch does not take it away."""
    for path in rules.read_only:
        if len(path) < 2 or "*" in path or path[0] not in before or path[0] not in after:
            continue
        held = next(values_at(before, path), None)
        owner = next(values_at(after, path[:-1]), None)
        if held is not None and isinstance(owner, dict):
            owner.setdefault(path[-1], copy.deepcopy(held))


def parse_patch(text: str) -> Operations:
    """A patch document.

    Raises InvalidText where it is none.
    """
    try:
        operations = json.loads(text)
    except ValueError as error:
        raise InvalidText(f"the patch document is not JSON: {error}") from None
    if not isinstance(operations, list) or not all(isinstance(o, dict) and "op" in o and "path" in o for o in operations):
        hint = """for example '[{"op": "replace", "path": "/VendorGuidance", "value": "STABLE"}]' (RFC 6902)"""
        raise InvalidText("a patch document is a list of operations, each with op and path", hint=hint)
    return operations


def touched(operations: Operations) -> frozenset[str]:
    """The top-level properties that a patch is about."""
    return frozenset(_parts(o[member])[0] for o in operations for member in ("path", "from") if member in o and _parts(o[member]))


def apply_patch(model: Model, operations: Operations, never_read: tuple[PropertyPath, ...] = ()) -> Model:
    """The model after a patch; what replaces or removes something that AWS never returns is taken as it is.

    Raises InvalidText where an operation does not fit the model.
    """
    result = copy.deepcopy(model)
    for operation in operations:
        path = _parts(str(operation["path"]))
        hidden = any(tuple(path[: len(p)]) == p for p in never_read)
        _apply_one(result, operation, path, hidden)
    return result


def _apply_one(result: Model, operation: dict[str, Any], path: list[str], hidden: bool) -> None:
    kind = operation["op"]
    if kind in ("add", "replace", "test") and "value" not in operation:
        raise InvalidText(f"the patch operation {kind} {operation['path']} has no value")
    match kind:
        case "add":
            _put(result, path, copy.deepcopy(operation["value"]), new=True)
        case "replace":
            _put(result, path, copy.deepcopy(operation["value"]), new=hidden)
        case "remove":
            if not hidden:
                _take(result, path)
        case "test":
            if not _same(_look(result, path), operation["value"]):
                raise InvalidText(f"the patch tests {operation['path']} for another value than it has")
        case "copy" | "move":
            source = _parts(str(operation.get("from", "")))
            value = copy.deepcopy(_look(result, source))
            if kind == "move":
                _take(result, source)
            _put(result, path, value, new=True)
        case _:
            raise InvalidText(f"there is no patch operation {kind!r}", hint="RFC 6902 has add, remove, replace, move, copy and test")


def _parts(text: str) -> list[str]:
    if not text.startswith("/"):
        raise InvalidText(f"{text!r} is no JSON pointer", hint="it begins with a slash, as in /VendorGuidance")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _missing(path: list[str]) -> InvalidText:
    return InvalidText(f"the patch names /{'/'.join(path)}, which the resource does not have", hint="use op add for what is not there yet")


def _owner(model: Any, path: list[str]) -> Any:
    node = model
    for name in path[:-1]:
        node = _step(node, name, path)
    return node


def _step(node: Any, name: str, path: list[str]) -> Any:
    if isinstance(node, dict) and name in node:
        return node[name]
    if isinstance(node, list) and name.isdigit() and int(name) < len(node):
        return node[int(name)]
    raise _missing(path)


def _look(model: Any, path: list[str]) -> Any:
    return _step(_owner(model, path), path[-1], path)


def _put(model: Any, path: list[str], value: Any, *, new: bool) -> None:
    owner, name = _owner(model, path), path[-1]
    if isinstance(owner, dict):
        if not new and name not in owner:
            raise _missing(path)
        owner[name] = value
    elif isinstance(owner, list):
        if new and name == "-":
            owner.append(value)
        elif not name.isdigit() or int(name) > len(owner) - (not new):
            raise _missing(path)
        elif new:
            owner.insert(int(name), value)
        else:
            owner[int(name)] = value
    else:
        raise _missing(path)


def _take(model: Any, path: list[str]) -> None:
    _look(model, path)
    owner, name = _owner(model, path), path[-1]
    if isinstance(owner, list):
        del owner[int(name)]
    else:
        del owner[name]
