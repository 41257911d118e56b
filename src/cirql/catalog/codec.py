"""A `Table` as bytes and back: JSON with the defaults left out, compressed. Nothing here knows where the bytes are kept.

Tables are small and much alike, so they are compressed against a shared dictionary, which takes a third off.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from cirql.catalog.model import Access, Arn, Column, Default, Face, Fetch, Input, Method, Output, Paging, Parent, Role, Scope, Spread, Table
from cirql.names import TableName
from cirql.startup.records import MISSING, fields
from cirql.types import ColumnType

# What DEFLATE can look back on (RFC 1951), and how many tables are sampled to fill it.
_WINDOW = 32_768
_SAMPLES = 60
# What is in JSON as it is.
_ATOMS = frozenset({str, int, float, bool, type(None)})
# A member of an enum by its value, a hundred thousand times for a whole catalog.
_TYPES: dict[str, ColumnType] = {t.value: t for t in ColumnType}
_ACCESS: dict[str, Access] = {a.value: a for a in Access}


def sample(tables: Sequence[Table]) -> bytes:
    """A compression dictionary for these tables: the text of some of them, evenly spread."""
    chosen = tables[:: max(1, len(tables) // _SAMPLES)]
    return b"".join(_text(t) for t in chosen)[:_WINDOW]


def encode(table: Table, dictionary: bytes = b"") -> bytes:
    """The table's stored form."""
    compressor = zlib.compressobj(9, zdict=dictionary)
    return compressor.compress(_text(table)) + compressor.flush()


def decode(stored: bytes, dictionary: bytes = b"") -> Table:
    """The table that `encode` was given, with the same dictionary."""
    decompressor = zlib.decompressobj(zdict=dictionary)
    raw: dict[str, Any] = json.loads(decompressor.decompress(stored))
    return Table(
        **{
            **raw,
            "name": _name(raw["name"]),
            "columns": tuple(_column(c) for c in raw["columns"]),
            "fetches": tuple(_fetch(f) for f in raw["fetches"]),
            "identifier": tuple(raw.get("identifier", ())),
            "key": tuple(raw.get("key", ())),
            "parents": tuple(map(_parent, raw.get("parents", ()))),
            "arn": Arn(**raw["arn"]) if "arn" in raw else None,
            "methods": tuple(_method(m) for m in raw.get("methods", ())),
            "permissions": {verb: tuple(actions) for verb, actions in raw.get("permissions", {}).items()},
            "scope": Scope(raw.get("scope", Scope.REGIONAL)),
            "regions": frozenset(raw["regions"]) if "regions" in raw else None,
        }
    )


def _text(table: Table) -> bytes:
    return json.dumps(_plain(table), separators=(",", ":"), sort_keys=True).encode()


# What each dataclass has, and what is left out: its fields with their defaults.
_MEMBERS: dict[type, list[tuple[str, Any]]] = {}


def _members(record: type) -> list[tuple[str, Any]]:
    known = _MEMBERS.get(record)
    if known is None:
        defaults = [(f, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(record)]
        known = _MEMBERS[record] = [(f.name, default) for f, default in defaults]
    return known


def _plain(value: Any) -> Any:
    """Only what JSON has: names as text, enums as their values, dataclasses as objects without their defaults.

    A million values pass here when the catalog is built, most of them text, so what is commonest is asked first.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [_plain(v) for v in value]
    if kind is TableName:
        return str(value)
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(v) for name, default in _members(kind) if (v := getattr(value, name)) != default}
    if kind is frozenset:
        return sorted(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return value


def _name(text: str) -> TableName:
    return TableName(tuple(text.split(".")))


def _column(raw: dict[str, Any]) -> Column:
    raw["type"] = _TYPES[raw["type"]]
    if "access" in raw:
        raw["access"] = _ACCESS[raw["access"]]
    if "aliases" in raw:
        raw["aliases"] = tuple(raw["aliases"])
    return Column(**raw)


def _parent(raw: dict[str, Any]) -> Parent:
    return Parent(raw["column"], _name(raw["table"]), raw["source"], tuple(raw.get("path", ())), raw.get("again", ""), *_among(raw))


def _among(raw: dict[str, Any]) -> tuple[bool, tuple[tuple[str, str], ...]]:
    return raw.get("among", False), tuple((column, value) for column, value in raw.get("says", ()))


def _output(raw: dict[str, Any]) -> Output:
    return Output(raw["column"], tuple(raw["path"]), raw.get("reading", ""))


def input_of(raw: Mapping[str, Any]) -> Input:
    """A request member from its plain form."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    if "default" in values:
        values["default"] = default_of(values["default"])
    return Input(**values)


def default_of(raw: Mapping[str, Any]) -> Default:
    """What is sent where nobody says what, from its plain form. Raises TypeError where it has what no default has."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Default(**values)


def spread_of(raw: Mapping[str, Any]) -> Spread:
    """How rows of several regions are told apart, from its plain form. Raises TypeError where it has what no such thing has."""
    return Spread(**{**raw, "id": tuple(raw.get("id", ())), "homes": tuple(map(tuple, raw.get("homes", ())))})


def _fetch(raw: dict[str, Any]) -> Fetch:
    raw["role"] = Role(raw["role"])
    for name in ("rows", "json_params", "json_members", "permissions", "not_found", "match"):
        if name in raw:
            raw[name] = tuple(raw[name])
    if "beside" in raw:
        raw["beside"] = tuple(map(tuple, raw["beside"]))
    if "spread" in raw:
        raw["spread"] = spread_of(raw["spread"])
    for name in ("outputs", "lifted"):
        if name in raw:
            raw[name] = tuple(_output(o) for o in raw[name])
    if "inputs" in raw:
        raw["inputs"] = tuple(map(input_of, raw["inputs"]))
    if "paging" in raw:
        paging = raw["paging"]
        raw["paging"] = Paging(
            **{**paging, "input_tokens": tuple(paging["input_tokens"]), "output_tokens": tuple(paging["output_tokens"])},
        )
    return Fetch(**raw)


def _method(raw: dict[str, Any]) -> Method:
    return Method(raw["name"], raw["verb"], tuple(raw["required"]), Face(raw.get("face", Face.SINGULAR)))
