"""Desired states checked against a CloudFormation schema, in the words of AWS's validator.

AWS validates with the everit JSON Schema library; its messages read `#/Path: problem`, joined by line ends
inside `Model validation failed (...)` (seen in cloudformation-coverage-roadmap#2205).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cirql.localcloud.schemas import ResourceType
from cirql.localcloud.shapes import compile_pattern

_TYPE_NAMES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "object": "JSONObject",
    "array": "JSONArray",
    "null": "Null",
}


def find_violations(resource_type: ResourceType, model: Mapping[str, Any]) -> list[str]:
    """Everything in `model` that breaks the schema of its type, as `#/Path: problem`; empty when it is valid."""
    found: list[str] = []
    _check(resource_type, resource_type.schema, model, "#", found)
    return found


def _check(kind: ResourceType, schema: Mapping[str, Any], value: Any, path: str, found: list[str]) -> None:
    schema = kind.follow(schema)
    expected = schema.get("type")
    if expected is not None:
        names = [expected] if isinstance(expected, str) else expected
        if not any(_is_type(value, name) for name in names):
            found.append(f"{path}: expected type: {_TYPE_NAMES.get(names[0], names[0])}, found: {_describe_type(value)}")
            return
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {_plain(value)} is not a valid enum value")
    if "const" in schema and value != schema["const"]:
        found.append(f"{path}: {_plain(value)} is not equal to {_plain(schema['const'])}")
    if isinstance(value, str):
        _check_text(schema, value, path, found)
    elif isinstance(value, dict):
        _check_object(kind, schema, value, path, found)
    elif isinstance(value, list):
        _check_array(kind, schema, value, path, found)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(schema, value, path, found)
    _check_combinations(kind, schema, value, path, found)


def _check_text(schema: Mapping[str, Any], value: str, path: str, found: list[str]) -> None:
    if len(value) < schema.get("minLength", 0):
        found.append(f"{path}: expected minLength: {schema['minLength']}, actual: {len(value)}")
    if len(value) > schema.get("maxLength", len(value)):
        found.append(f"{path}: expected maxLength: {schema['maxLength']}, actual: {len(value)}")
    if "pattern" in schema:
        pattern = compile_pattern(schema["pattern"])
        if pattern is not None and not pattern.search(value):
            found.append(f"{path}: string [{value}] does not match pattern {schema['pattern']}")


def _check_number(schema: Mapping[str, Any], value: float, path: str, found: list[str]) -> None:
    if value < schema.get("minimum", value):
        found.append(f"{path}: {value} is not greater or equal to {schema['minimum']}")
    if value > schema.get("maximum", value):
        found.append(f"{path}: {value} is not less or equal to {schema['maximum']}")


def _check_object(kind: ResourceType, schema: Mapping[str, Any], value: Mapping[str, Any], path: str, found: list[str]) -> None:
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    found.extend(f"{path}: required key [{name}] not found" for name in schema.get("required", ()) if name not in value)
    extra = schema.get("additionalProperties", True)
    for name, item in value.items():
        here = f"{path}/{name}"
        if name in properties:
            _check(kind, properties[name], item, here, found)
            continue
        matching = [node for pattern, node in patterns.items() if (compiled := compile_pattern(pattern)) is None or compiled.search(name)]
        for node in matching:
            _check(kind, node, item, here, found)
        if matching or extra is True:
            continue
        if extra is False:
            found.append(f"{path}: extraneous key [{name}] is not permitted")
        else:
            _check(kind, extra, item, here, found)


def _check_array(kind: ResourceType, schema: Mapping[str, Any], value: list[Any], path: str, found: list[str]) -> None:
    if len(value) < schema.get("minItems", 0):
        found.append(f"{path}: expected minimum item count: {schema['minItems']}, found: {len(value)}")
    if len(value) > schema.get("maxItems", len(value)):
        found.append(f"{path}: expected maximum item count: {schema['maxItems']}, found: {len(value)}")
    if schema.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        found.append(f"{path}: array items are not unique")
    items = schema.get("items")
    if isinstance(items, Mapping):
        for number, item in enumerate(value):
            _check(kind, items, item, f"{path}/{number}", found)


def _check_combinations(kind: ResourceType, schema: Mapping[str, Any], value: Any, path: str, found: list[str]) -> None:
    for keyword in ("oneOf", "anyOf", "allOf"):
        options = schema.get(keyword)
        if not options:
            continue
        matched = sum(1 for option in options if _is_valid(kind, option, value))
        if keyword == "oneOf" and matched != 1:
            found.append(f"{path}: #: {matched} subschemas matched instead of one")
        elif keyword == "anyOf" and matched == 0:
            found.append(f"{path}: #: no subschema matched out of the total {len(options)} subschemas")
        elif keyword == "allOf" and matched < len(options):
            found.append(f"{path}: #: only {matched} subschema matches out of {len(options)}")


def _is_valid(kind: ResourceType, schema: Mapping[str, Any], value: Any) -> bool:
    found: list[str] = []
    _check(kind, schema, value, "#", found)
    return not found


def _is_type(value: Any, name: str) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case _:
            return value is None if name == "null" else True


def _describe_type(value: Any) -> str:
    return next((label for name, label in _TYPE_NAMES.items() if _is_type(value, name)), "Null")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
