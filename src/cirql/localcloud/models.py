"""Resource models as nested data, and the property paths that lead into them.

A path is a tuple of property names in which `*` stands for every element of an array (or every value of a map).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

Model = dict[str, Any]
PropertyPath = tuple[str, ...]


def values_at(model: Any, path: PropertyPath) -> Iterator[Any]:
    """Every value a path leads to.

    >>> list(values_at({"Code": {"Bucket": "b"}}, ("Code", "Bucket")))
    ['b']
    """
    if not path:
        yield model
        return
    name, rest = path[0], path[1:]
    if isinstance(model, list):
        # Schemas write paths through arrays both with and without the `*`.
        for item in model:
            yield from values_at(item, rest if name == "*" else path)
    elif isinstance(model, dict):
        if name == "*":
            for item in model.values():
                yield from values_at(item, rest)
        elif name in model:
            yield from values_at(model[name], rest)


def is_given(model: Model, path: PropertyPath) -> bool:
    """Whether a model has anything at a path."""
    return next(values_at(model, path), None) is not None


def without(model: Model, paths: Iterable[PropertyPath]) -> Model:
    """A copy of a model with nothing at any of the paths."""
    result: Model = copy.deepcopy(model)
    for path in paths:
        _remove(result, path)
    return result


def set_value(model: Model, path: PropertyPath, value: Any) -> None:
    """Put a value at a path of plain names, making the objects on the way."""
    node: Any = model
    for name in path[:-1]:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            return
    node[path[-1]] = value


def _remove(model: Any, path: PropertyPath) -> None:
    name, rest = path[0], path[1:]
    if isinstance(model, list):
        for item in model:
            if name != "*":
                _remove(item, path)
            elif rest:
                _remove(item, rest)
    elif isinstance(model, dict):
        if name == "*" and rest:
            for item in model.values():
                _remove(item, rest)
        elif rest and name in model:
            _remove(model[name], rest)
        elif not rest:
            model.pop(name, None)
