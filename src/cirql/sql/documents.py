"""jsonb values as PostgreSQL computes with them: printing, containment, merging, setting, deleting. Text in, text out."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cirql.sql.translate.constants import canonical_json, loads


@lru_cache(maxsize=512)
def _read(value: str) -> Any:
    """A document; callers copy before they change it."""
    return loads(value)


def compact(value: str) -> str:
    """Jsonb in canonical order without spaces. Raises ValueError for text that is no JSON."""
    return canonical_json(_read(value))


def printed(value: str) -> str:
    """Jsonb as `::text` shows it: canonical order, a space after each colon and comma."""
    return _printed(_read(value))


def _printed(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(k)}: {_printed(value[k])}" for k in _ordered(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_printed(v) for v in value) + "]"
    return canonical_json(value)


def _ordered(value: dict[str, Any]) -> list[str]:
    return sorted(value, key=lambda k: (len(k.encode()), k.encode()))


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def comparable(value: str) -> str:
    """Text that is the same for the same jsonb: numbers without the zeros that say nothing, 1.50 as 1.5."""
    return canonical_json(_without_zeros(_read(value)))


def _without_zeros(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else value.normalize()
        case dict():
            return {key: _without_zeros(item) for key, item in value.items()}
        case list():
            return [_without_zeros(item) for item in value]
    return value


def sort_key(value: str) -> str:
    """Text whose byte order is that of jsonb: null, text, number, boolean, array, object; the longer of two containers last."""
    return _key(_read(value))


def _key(value: Any) -> str:
    if value is None:
        return "0"
    if isinstance(value, bool):
        return f"3{value:d}"
    if isinstance(value, str):
        return f"1{value}\x01"
    if isinstance(value, list):
        return f"{4 if value else '/'}{len(value):08d}" + "".join(_key(v) for v in value)
    if isinstance(value, dict):
        return f"5{len(value):08d}" + "".join(_key(k) + _key(value[k]) for k in _ordered(value))
    bits: int = struct.unpack(">Q", struct.pack(">d", float(value)))[0]
    return f"2{bits ^ (2**64 - 1) if bits >> 63 else bits | 2**63:016x}"


def pretty(value: str) -> str:
    """jsonb_pretty: four spaces a level."""
    return _pretty(_read(value), "")


def _pretty(value: Any, indent: str) -> str:
    inner = indent + "    "
    if isinstance(value, dict):
        body = ",\n".join(f"{inner}{_string(k)}: {_pretty(value[k], inner)}" for k in _ordered(value))
        return "{\n" + (body + "\n" if body else "") + indent + "}"
    if isinstance(value, list):
        body = ",\n".join(inner + _pretty(v, inner) for v in value)
        return "[\n" + (body + "\n" if body else "") + indent + "]"
    return canonical_json(value)


def contains(left: str, right: str) -> bool:
    """`left @> right`; an array also contains a bare scalar, at the top level only."""
    one, other = _read(left), _read(right)
    if isinstance(one, list) and not isinstance(other, (list, dict)):
        return any(_same(item, other) for item in one)
    return _contains(one, other)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return all(k in left and _contains(left[k], v) for k, v in right.items())
    if isinstance(left, list) and isinstance(right, list):
        return all(any(_contains(item, wanted) for item in left) for wanted in right)
    return _same(left, right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def concatenated(left: str, right: str) -> str:
    """`left || right`: two objects merge, anything else is concatenated as arrays."""
    one, other = _read(left), _read(right)
    if isinstance(one, dict) and isinstance(other, dict):
        return canonical_json({**one, **other})
    return canonical_json([*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])])


def without(value: str, keys: list[str | None]) -> str:
    """`value - keys`."""
    found = _read(value)
    if isinstance(found, dict):
        return canonical_json({k: v for k, v in found.items() if k not in keys})
    if isinstance(found, list):
        return canonical_json([v for v in found if not (isinstance(v, str) and v in keys)])
    raise ValueError("cannot delete from scalar")


def without_index(value: str, index: int) -> str:
    """`value - index`."""
    found = _read(value)
    if not isinstance(found, list):
        raise ValueError("cannot delete from object using integer index" if isinstance(found, dict) else "cannot delete from scalar")
    place = index if index >= 0 else len(found) + index
    return canonical_json([v for i, v in enumerate(found) if i != place])


def without_path(value: str, path: list[str]) -> str:
    """`value #- path`."""
    found = _read(value)
    if not isinstance(found, (dict, list)):
        raise ValueError("cannot delete path in scalar")
    return canonical_json(_deleted(found, path))


def _deleted(value: Any, path: list[str]) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(value, dict) and head in value:
        return {k: (_deleted(v, rest) if k == head else v) for k, v in value.items() if rest or k != head}
    if isinstance(value, list):
        place = _index(value, head)
        if 0 <= place < len(value):
            return [(_deleted(v, rest) if i == place else v) for i, v in enumerate(value) if rest or i != place]
    return value


def _index(value: list[Any], step: str) -> int:
    try:
        index = int(step)
    except ValueError:
        raise ValueError(f'path element is not an integer: "{step}"') from None
    return index if index >= 0 else len(value) + index


def with_value(value: str, path: list[str], new: str, create: bool) -> str:
    """jsonb_set."""
    found = _read(value)
    if not isinstance(found, (dict, list)):
        raise ValueError("cannot set path in scalar")
    return canonical_json(_set(found, path, _read(new), create))


def _set(value: Any, path: list[str], new: Any, create: bool) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        if head in value:
            return {**value, head: _set(value[head], rest, new, create) if rest else new}
        return {**value, head: new} if create and not rest else value
    if isinstance(value, list):
        place = _index(value, head)
        if 0 <= place < len(value):
            return [(_set(v, rest, new, create) if rest else new) if i == place else v for i, v in enumerate(value)]
        if create and not rest:
            return [new, *value] if place < 0 else [*value, new]
    return value


def with_insert(value: str, path: list[str], new: str, after: bool) -> str:
    """jsonb_insert."""
    found = _read(value)
    if not isinstance(found, (dict, list)):
        raise ValueError("cannot set path in scalar")
    return canonical_json(_inserted(found, path, _read(new), after))


def _inserted(value: Any, path: list[str], new: Any, after: bool) -> Any:
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        if rest:
            return {**value, head: _inserted(value[head], rest, new, after)} if head in value else value
        if head in value:
            raise ValueError("cannot replace existing key")
        return {**value, head: new}
    if isinstance(value, list):
        place = _index(value, head)
        if rest:
            return [_inserted(v, rest, new, after) if i == place else v for i, v in enumerate(value)]
        bounded = max(0, min(place + (1 if after else 0), len(value)))
        return [*value[:bounded], new, *value[bounded:]]
    return value


def stripped(value: str) -> str:
    """jsonb_strip_nulls: object members that are null, at every level."""
    return canonical_json(_stripped(_read(value)))


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _stripped(v) for k, v in value.items() if v is not None}
    return [_stripped(v) for v in value] if isinstance(value, list) else value


def at_jsonpath(value: str, path: str) -> list[str]:
    """The items that a jsonpath finds."""
    from cirql.sql import jsonpath

    return [canonical_json(_plain(item)) for item in jsonpath.evaluate(_read(value), path)]


def _plain(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value
