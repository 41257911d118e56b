"""SQL values to property values: what a column was set to, as the JSON that its schema asks for.

People write JSON as text, tags as a map, lists as `ARRAY[…]`, `'["a"]'` or `'{a}'`; StackQL's pages write every value in quotes. What the
schema says decides how a value is read; what cannot be read so is left for `checks` to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cirql.catalog.rules import Rules
from cirql.startup.regexes import regex

_INTEGER = regex(r"[+-]?\d+")
_NUMBER = regex(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_PAIR = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("TagKeys", "TagValues"))


def to_property(rules: Rules, name: str, value: Any) -> Any:
    """The value of a top-level property; `value` is as `Result` gives it."""
    return _convert(rules, rules.property(name), plain(value))


def plain(value: Any) -> Any:
    """A Python value as JSON has it: times in ISO 8601, decimals as numbers."""
    match value:
        case datetime():
            return value.isoformat() + ("" if value.tzinfo else "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case bytes():
            return value.decode("utf-8", "replace")
    return value


def kinds(rules: Rules, node: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types a schema node takes: its own, or those of its alternatives; empty where it takes anything."""
    declared = node.get("type")
    if declared is not None:
        return frozenset([declared] if isinstance(declared, str) else declared)
    found: set[str] = set()
    for keyword in ("oneOf", "anyOf", "allOf"):
        for option in node.get(keyword, ()):
            found |= kinds(rules, rules.resolve(option))
    if not found and ("properties" in node or "patternProperties" in node):
        found.add("object")
    return frozenset(found)


def _convert(rules: Rules, node: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return None
    wanted = kinds(rules, node)
    if isinstance(value, str):
        value = _read_text(wanted, value)
    if isinstance(value, bool):
        return value  # a text that says true is another value: who means that writes it so
    if isinstance(value, int | float):
        return _number(wanted, value)
    if isinstance(value, dict):
        return _pairs(rules, node, value) if "array" in wanted and "object" not in wanted else _object(rules, node, value)
    if isinstance(value, list):
        return _list(rules, node, value, wanted)
    return value


def _number(wanted: frozenset[str], value: float) -> Any:
    if "string" in wanted and not wanted & {"integer", "number"}:
        return str(value)
    if "integer" in wanted and float(value).is_integer():
        return int(value)
    return value


def _read_text(wanted: frozenset[str], text: str) -> Any:
    """A text where the schema asks for something else, or may ask for it."""
    stripped = text.strip()
    if "string" not in wanted:
        if wanted == {"boolean"} and stripped.lower() in ("true", "false"):
            return stripped.lower() == "true"
        if "integer" in wanted and _INTEGER.fullmatch(stripped):
            return int(stripped)
        if "number" in wanted and _NUMBER.fullmatch(stripped):
            return float(stripped) if not _INTEGER.fullmatch(stripped) else int(stripped)
        if "array" in wanted and re.fullmatch(r"\{[^{}:]*\}", stripped):
            return [part.strip().strip('"') for part in stripped[1:-1].split(",") if part.strip()]
    if (not wanted or wanted & {"object", "array"}) and stripped[:1] in ("{", "["):
        try:
            return json.loads(stripped)
        except ValueError:
            return text
    return text


def _object(rules: Rules, node: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    properties = node.get("properties", {})
    return {k: _nested(rules, properties.get(k), v) for k, v in value.items()}


def _nested(rules: Rules, node: Any, value: Any) -> Any:
    """Inside JSON the user has chosen the types: only the shapes of tags are still read."""
    if node is None:
        return value
    resolved = rules.resolve(node)
    if isinstance(value, dict):
        wanted = kinds(rules, resolved)
        return _pairs(rules, resolved, value) if "array" in wanted and "object" not in wanted else _object(rules, resolved, value)
    if isinstance(value, list):
        return [_nested(rules, resolved.get("items"), item) for item in value]
    return value


def _pair_names(rules: Rules, node: Mapping[str, Any]) -> tuple[str, str] | None:
    properties = rules.resolve(node.get("items", {})).get("properties", {})
    return next((pair for pair in _PAIR if set(pair) <= set(properties)), None)


def _pairs(rules: Rules, node: Mapping[str, Any], value: dict[str, Any]) -> Any:
    """A map where a list of Key/Value is wanted."""
    names = _pair_names(rules, node)
    if names is None or (set(value) == set(names)):
        return value
    return [{names[0]: key, names[1]: "" if text is None else text} for key, text in sorted(value.items())]


def _list(rules: Rules, node: Mapping[str, Any], value: list[Any], wanted: frozenset[str]) -> Any:
    if wanted == {"object"} and value and all(isinstance(v, dict) and {"Key", "Value"} == set(v) for v in value):
        return {v["Key"]: v["Value"] for v in value}  # a list of tags where a map is wanted
    items = node.get("items", {})
    if kinds(rules, rules.resolve(items)) == {"string"}:
        return [str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v for v in value]
    return [_nested(rules, items, item) for item in value]
