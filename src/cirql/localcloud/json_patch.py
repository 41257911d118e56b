"""RFC 6902 patches applied to a model, as Cloud Control does. It shares nothing with the code that makes patches: tests hold that to it."""

from __future__ import annotations

import copy
from typing import Any

_VALUED = ("add", "replace", "test")


def patched(model: Any, operations: Any) -> Any:
    """A copy of the model with every operation applied in turn. Raises ValueError: which operation could not be, and why."""
    if not isinstance(operations, list):
        raise ValueError("the document is not a list of operations")
    model = copy.deepcopy(model)
    for number, operation in enumerate(operations):
        try:
            model = _apply(model, operation)
        except ValueError as error:
            raise ValueError(f"operation {number}: {error}") from None
    return model


def _apply(model: Any, operation: Any) -> Any:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise ValueError("not an object with an op and a path")
    name, path = operation.get("op"), _tokens(operation["path"])
    if name in _VALUED and "value" not in operation:
        raise ValueError(f"{name} needs a value")
    match name:
        case "add":
            return _add(model, path, copy.deepcopy(operation["value"]))
        case "remove":
            return _remove(model, path)
        case "replace":
            _find(model, path)
            return _add(_remove(model, path), path, copy.deepcopy(operation["value"]))
        case "test":
            if not _same(_find(model, path), operation["value"]):
                raise ValueError(f"what is at {operation['path']} is not what the test expects")
            return model
        case "move" | "copy":
            source = _tokens(operation.get("from"))
            value = copy.deepcopy(_find(model, source))
            if name == "move" and path[: len(source)] == source and path != source:
                raise ValueError("a value cannot be moved into itself")
            return _add(_remove(model, source) if name == "move" else model, path, value)
    raise ValueError(f"there is no operation {name!r}")


def _tokens(pointer: Any) -> list[str]:
    """The parts of a JSON pointer (RFC 6901)."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _find(model: Any, path: list[str]) -> Any:
    for token in path:
        model = model[_key(model, token)]
    return model


def _add(model: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    holder = _find(model, path[:-1])
    if isinstance(holder, list):
        holder.insert(len(holder) if path[-1] == "-" else _index(holder, path[-1], len(holder)), value)
    elif isinstance(holder, dict):
        holder[path[-1]] = value
    else:
        raise ValueError(f"there is nothing to add to at /{'/'.join(path[:-1])}")
    return model


def _remove(model: Any, path: list[str]) -> Any:
    if not path:
        return None
    holder = _find(model, path[:-1])
    del holder[_key(holder, path[-1])]
    return model


def _key(holder: Any, token: str) -> Any:
    """The key or index that a token is in a holder that has it."""
    if isinstance(holder, list):
        return _index(holder, token, len(holder) - 1)
    if isinstance(holder, dict) and token in holder:
        return token
    raise ValueError(f"there is no {token!r} to be found")


def _index(holder: list[Any], token: str, last: int) -> int:
    if not (token.isascii() and token.isdigit()) or (token != "0" and token.startswith("0")) or int(token) > last:
        raise ValueError(f"{token!r} is no place in a list of {len(holder)}")
    return int(token)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
