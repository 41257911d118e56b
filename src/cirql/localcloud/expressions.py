"""JMESPath over calls and models, with the few functions that moving values between two APIs needs.

JMESPath comes with botocore. The functions beside its own: `minus(a, b)` is what of one array is not in another, `tail(text)` what
follows the last `/` or `:`, `dump(value)` writes JSON, `pairs(map)` and `table(pairs)` change between a map and a
list of `Key` and `Value`, `split(text, separator)`, `text(value)`, `zip(source)` the archive that a function's
inline code becomes, and `spread(items, lists)` repeats each item for each element of its own lists, with that element's members beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath  # type: ignore[import-untyped]
from jmespath import functions

from cirql.localcloud.members import package


class _Functions(functions.Functions):  # type: ignore[misc]
    """What expressions may call."""

    @functions.signature({"types": ["array", "null"]}, {"types": ["array", "null"]})  # type: ignore[untyped-decorator]
    def _func_minus(self, left: list[Any] | None, right: list[Any] | None) -> list[Any]:
        return [item for item in left or () if item not in (right or ())]

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_tail(self, text: str | None) -> str | None:
        return text.replace(":", "/").rpartition("/")[2] if text else None

    @functions.signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_dump(self, value: Any) -> str | None:
        return value if value is None or isinstance(value, str) else json.dumps(value)

    @functions.signature({"types": ["object", "null"]})  # type: ignore[untyped-decorator]
    def _func_pairs(self, table: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        return [{"Key": key, "Value": value} for key, value in (table or {}).items()]

    @functions.signature({"types": ["array", "null"]})  # type: ignore[untyped-decorator]
    def _func_table(self, pairs: list[Mapping[str, Any]] | None) -> dict[str, Any]:
        return {pair["Key"]: pair.get("Value", "") for pair in pairs or ()}

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_split(self, text: str | None, separator: str) -> list[str]:
        return text.split(separator) if text else []

    @functions.signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_text(self, value: Any) -> str | None:
        return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    @functions.signature({"types": ["array", "null"]}, {"types": ["array"]})  # type: ignore[untyped-decorator]
    def _func_spread(self, items: list[Mapping[str, Any]] | None, lists: list[str]) -> list[dict[str, Any]]:
        found = []
        for item in items or ():
            own = {name: value for name, value in item.items() if name not in lists}
            found += [own | dict(inner) for name in lists for inner in item.get(name) or ()]
        return found

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_zip(self, source: str | None) -> bytes | None:
        return None if source is None else package({"index.py": source})


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@cache
def _compile(expression: str) -> Any:
    return jmespath.compile(expression)


def evaluate(expression: str, facts: Any) -> Any:
    """What an expression finds in `facts`; None where that has no such member."""
    return _compile(expression).search(facts, options=_OPTIONS)
