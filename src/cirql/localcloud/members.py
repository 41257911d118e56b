"""Values between a CloudFormation schema and a botocore model: which member is which property, by name, and one's value as the other's.

Names match without regard to case, and with or without the resource's own noun before them: `Arn` is `FunctionArn`, `BucketName` is `Name`.
Tags match in all their spellings. What is not found by name is corrected in the data beside (`native/*.toml`), never here.
"""

from __future__ import annotations

import datetime
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from cirql.localcloud.schemas import ResourceType

_PAIR = {"key", "value"}


def plain_name(name: str) -> str:
    """A name without case and signs: what names are matched by."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def other_names(name: str, noun: str) -> Iterator[str]:
    """The plain names under which the other side may know a property or member of a resource called `noun`, the likeliest first."""
    plain, noun = plain_name(name), plain_name(noun)
    yield plain
    yield noun + plain
    if plain.startswith(noun) and plain != noun:
        yield plain[len(noun) :]
    if plain in ("name", "id", "arn", f"{noun}name", f"{noun}id", f"{noun}arn"):
        yield noun


def find_member(members: Mapping[str, Any], name: str, noun: str) -> str | None:
    """The member that a name stands for, in the spelling of `members`."""
    by_plain_name = {plain_name(member): member for member in members}
    return next((by_plain_name[other] for other in other_names(name, noun) if other in by_plain_name), None)


def read_model(kind: ResourceType, item: Mapping[str, Any], noun: str) -> dict[str, Any]:
    """The properties of a type that a native answer has by name, as the schema has them; nothing that is empty."""
    model: dict[str, Any] = {}
    for name, node in kind.schema.get("properties", {}).items():
        member = find_member(item, name, noun)
        if member is not None and (value := as_property(kind, node, item[member])) is not None:
            model[name] = value
    return model


def as_property(kind: ResourceType, node: Mapping[str, Any], value: Any) -> Any:
    """A native value as the schema node has it; None where there is nothing to say."""
    node = kind.follow(node)
    if value is None or value in ({}, []):
        return None
    match _json_type(kind, node):
        case "array":
            return _as_array(kind, node, value)
        case "object":
            return _as_object(kind, node, value)
        case "boolean":
            return value if isinstance(value, bool) else _as_flag(value)
        case "integer":
            return _as_number(value, int)
        case "number":
            return _as_number(value, float)
        case "string":
            return _as_text(value)
    return _as_document(value) if node.get("format") == "json" and isinstance(value, str) else _as_json(value)


def _json_type(kind: ResourceType, node: Mapping[str, Any]) -> str | None:
    """The type of a node; of several the one that holds most, as AWS's handlers give documents as objects."""
    declared = node.get("type")
    if isinstance(declared, list):
        return next((name for name in ("object", "array") if name in declared), declared[0])
    if declared is None and "properties" in node:
        return "object"
    if declared is None:
        for option in (*node.get("oneOf", ()), *node.get("anyOf", ())):
            if found := _json_type(kind, kind.follow(option)):
                return found
    return declared


def _as_array(kind: ResourceType, node: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, Mapping):
        plain = {plain_name(name) for name in value}
        if "quantity" in plain:
            value = value.get("Items", [])
        else:
            value = [{"Key": key, "Value": text} for key, text in value.items()]
    if not isinstance(value, Sequence) or isinstance(value, str):
        value = [value]
    items = node.get("items", {})
    return [made for item in value if (made := as_property(kind, items, item)) is not None] or None


def _as_object(kind: ResourceType, node: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, str):
        return _as_document(value)
    properties = node.get("properties")
    if isinstance(value, Sequence):
        value = {_part(pair, "key"): _part(pair, "value") for pair in value if isinstance(pair, Mapping)}
    if not properties or not isinstance(value, Mapping):
        return _as_json(value)
    made: dict[str, Any] = {}
    for name, inner in properties.items():
        member = find_member(value, name, "tag" if plain_name(name) in _PAIR else "")
        found = None if member is None else as_property(kind, inner, value[member])
        # An empty tag value and an empty list of a wrapper are facts; an absent member is not.
        if member is not None and (found is not None or value[member] == ""):
            made[name] = "" if found is None else found
    return made or None


def _part(pair: Mapping[str, Any], part: str) -> Any:
    member = find_member(pair, part, "tag")
    return pair[member] if member else ""


def _as_document(text: str) -> Any:
    """A policy as IAM gives it (percent-encoded) or as others do, parsed."""
    for candidate in (text, unquote(text)):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return text


def _as_flag(value: Any) -> bool:
    return str(value).lower() in ("true", "enabled", "1")


def _as_number(value: Any, make: type[int] | type[float]) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number if make is float else int(number)


def _as_text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(_as_json(value)) if isinstance(value, Mapping | list) else str(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return _as_text(value) if isinstance(value, datetime.datetime | bytes) else value


def as_input(shape: Any, value: Any) -> Any:
    """A model's value as an operation's input shape has it; members that the shape does not have are left out."""
    match shape.type_name:
        case "structure":
            return _as_structure(shape, value)
        case "list":
            items = list(value) if isinstance(value, list | tuple) else [value]
            if isinstance(value, Mapping):
                items = [{"Key": key, "Value": text} for key, text in value.items()]
            return [as_input(shape.member, item) for item in items]
        case "map":
            if isinstance(value, Sequence) and not isinstance(value, str):
                value = {_part(pair, "key"): _part(pair, "value") for pair in value}
            return {key: as_input(shape.value, item) for key, item in value.items() if item is not None}
        case "boolean":
            return value if isinstance(value, bool) else _as_flag(value)
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "blob":
            return value if isinstance(value, bytes) else str(value).encode()
        case "timestamp":
            return value
    return _as_text(value)


def _as_structure(shape: Any, value: Any) -> dict[str, Any]:
    members = shape.members
    if isinstance(value, list) and "Quantity" in members and "Items" in members:
        return {"Quantity": len(value), "Items": as_input(members["Items"], value)}
    if not isinstance(value, Mapping):
        return {}
    made = {}
    for name, item in value.items():
        member = find_member(members, name, "tag" if plain_name(name) in _PAIR else "")
        if member is not None and item is not None:
            made[member] = as_input(members[member], item)
    return made


def package(files: Mapping[str, str]) -> bytes:
    """Source files as a zip archive, the same bytes every time: what a function's inline code becomes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(2025, 1, 6, 9, 0, 0)), text)
    return buffer.getvalue()
