"""Request validation against botocore's input shapes, compiled once per operation.

Breaking a constraint is AWS's `ValidationException` with its wording; a value of the wrong JSON type is a
`SerializationException`, as the JSON protocols answer it. Unlike AWS, members the model does not know are refused: a caller that
sends them is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cirql.localcloud.operations import service_model
from cirql.localcloud.wire import ServiceError

_Check = Callable[[Any, str, list[str]], None]
_DOUBLED = ("--", "~~", "||")
_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{M}": ""}


def validate_input(service: str, operation: str, body: Mapping[str, Any]) -> None:
    """Check a parsed request body; raises ServiceError naming everything that is wrong with it."""
    problems: list[str] = []
    _input_check(service, operation)(body, "", problems)
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise ServiceError("ValidationException", f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


@cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern (Java's dialect) for `re`, or None where Python cannot express it."""
    if "&&" in pattern:
        return None
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(_escape_classes(pattern))
    except re.error:
        return None


def _escape_classes(pattern: str) -> str:
    """The pattern with what `re` warns of inside character classes (a `[`, a doubled sign) escaped."""
    result, inside, position = "", False, 0
    while position < len(pattern):
        here = pattern[position : position + 2]
        if here.startswith("\\"):
            result += here
            position += 2
            continue
        if inside and (here.startswith("[") or here in _DOUBLED):
            result += "\\"
        elif inside and here.startswith("]") and not result.endswith(("[", "[^")):
            inside = False
        elif not inside and here.startswith("["):
            inside = True
        result += here[0]
        position += 1
    return result


@cache
def _input_check(service: str, operation: str) -> _Check:
    model = service_model(service)
    return _compile(model["operations"][operation]["input"]["shape"], model["shapes"])


def _compile(name: str, shapes: Mapping[str, Any]) -> _Check:
    shape = shapes[name]
    match shape["type"]:
        case "structure":
            return _structure(shape, shapes)
        case "list":
            return _list(shape, shapes)
        case "map":
            return _map(shape, shapes)
        case "string":
            return _string(shape)
        case "integer" | "long" | "timestamp" | "float" | "double":
            return _number(shape)
        case "boolean":
            return _boolean
        case other:
            raise ValueError(f"no check for {other} members: {name}")


def _structure(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Check:
    members = {name: _compile(member["shape"], shapes) for name, member in shape.get("members", {}).items()}
    required = tuple(shape.get("required", ()))

    def check(value: Any, path: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            raise ServiceError("SerializationException", f"{_kind(value)} found where a structure was expected{_at(path)}")
        problems.extend(
            f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
            for name in required
            if value.get(name) is None
        )
        for name, item in value.items():
            member = members.get(name)
            if member is None:
                problems.append(f"Member '{_join(path, name)}' is not part of the request")
            elif item is not None:
                member(item, _join(path, name), problems)

    return check


def _list(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Check:
    item_check = _compile(shape["member"]["shape"], shapes)
    low, high = shape.get("min"), shape.get("max")

    def check(value: Any, path: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            raise ServiceError("SerializationException", f"{_kind(value)} found where a list was expected{_at(path)}")
        if low is not None and len(value) < low:
            problems.append(_constraint(value, path, f"Member must have length greater than or equal to {low}"))
        if high is not None and len(value) > high:
            problems.append(_constraint(value, path, f"Member must have length less than or equal to {high}"))
        for number, item in enumerate(value, 1):
            item_check(item, f"{path}.{number}.member", problems)

    return check


def _map(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Check:
    key_check, value_check = _compile(shape["key"]["shape"], shapes), _compile(shape["value"]["shape"], shapes)
    high = shape.get("max")

    def check(value: Any, path: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            raise ServiceError("SerializationException", f"{_kind(value)} found where a map was expected{_at(path)}")
        if high is not None and len(value) > high:
            problems.append(_constraint(value, path, f"Member must have length less than or equal to {high}"))
        for key, item in value.items():
            key_check(key, f"{path}.key", problems)
            value_check(item, f"{path}.{key}.value", problems)

    return check


def _string(shape: Mapping[str, Any]) -> _Check:
    low, high, values = shape.get("min"), shape.get("max"), shape.get("enum")
    pattern = compile_pattern(shape["pattern"]) if "pattern" in shape else None

    def check(value: Any, path: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            raise ServiceError("SerializationException", f"{_kind(value)} found where not expected{_at(path)}")
        if values is not None and value not in values:
            problems.append(_constraint(value, path, f"Member must satisfy enum value set: [{', '.join(values)}]"))
        if low is not None and len(value) < low:
            problems.append(_constraint(value, path, f"Member must have length greater than or equal to {low}"))
        if high is not None and len(value) > high:
            problems.append(_constraint(value, path, f"Member must have length less than or equal to {high}"))
        if pattern is not None and not pattern.fullmatch(value):
            problems.append(_constraint(value, path, f"Member must satisfy regular expression pattern: {shape['pattern']}"))

    return check


def _number(shape: Mapping[str, Any]) -> _Check:
    low, high = shape.get("min"), shape.get("max")
    whole = shape["type"] in ("integer", "long")

    def check(value: Any, path: str, problems: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            expected = "an Integer" if whole else "a Number"
            raise ServiceError("SerializationException", f"{_kind(value)} can not be converted to {expected}")
        if low is not None and value < low:
            problems.append(_constraint(value, path, f"Member must have value greater than or equal to {low}"))
        if high is not None and value > high:
            problems.append(_constraint(value, path, f"Member must have value less than or equal to {high}"))

    return check


def _boolean(value: Any, path: str, problems: list[str]) -> None:
    if not isinstance(value, bool):
        raise ServiceError("SerializationException", f"{_kind(value)} can not be converted to a Boolean")


def _constraint(value: Any, path: str, text: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {text}"


def _join(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _at(path: str) -> str:
    return f" ({path})" if path else ""


def _kind(value: Any) -> str:
    """A JSON value's kind in the words of AWS's deserialiser."""
    if isinstance(value, dict):
        return "Start of structure or map"
    if isinstance(value, list):
        return "Start of list"
    if value is True or value is False:
        return f"{str(value).upper()}_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
