"""How a CloudFormation type is read and written through its service's own API, as data: `native/<service>.toml`, one table a type.

What a name says is left out: members that are called as the property are found (`members.py`), and so is the member of an answer
that holds what was asked for. A type's table has:

* `list`, `create`, `delete`: calls; `read`: calls, of which the first gives the item and the others add to it; `update`: calls that set
  properties, which also follow a create for the properties that its own call does not take.
* `parents`: a call whose items are each listed for (`parent` in expressions), and calls that add to each. `where`: which items count.
* `probe`: a call that succeeds where a create would meet a resource of that name, for creates that do not mind.
* `properties`: expressions for what the names do not tell, `identifier`: the same over a listed item, `created`: over a create's answer.

A call is an operation's name, or a table: `call`, `with` (members by expression), `result` (what of the answer is meant), `into` (the
name under which a further read is added), `when` (a condition), `each` (made once for each element, `it`), `sets` (the properties an
update is for), `unset` (the call that takes them away), `plain` (no members but those of `with`).

Expressions are JMESPath over: `id`, `item`, `model` (as wanted), `before`, `parent`, `arn`, `added` and `gone` (tags), `tags`, `name` (made
up), `account` and `region`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from cirql.startup.records import dataclass, field


@dataclass(frozen=True, slots=True)
class NativeCall:
    """One operation, and what of it the names do not say."""

    operation: str
    members: Mapping[str, str] = field(default_factory=dict)
    result: str | None = None
    into: str | None = None
    when: str | None = None
    each: str | None = None
    sets: tuple[str, ...] = ()
    unset: NativeCall | None = None
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class TagCalls:
    """How a service reads, sets and removes the tags of one resource; `read` is None where its answers have them."""

    read: NativeCall | None = None
    set: NativeCall | None = None
    unset: NativeCall | None = None


@dataclass(frozen=True, slots=True)
class NativeType:
    """The calls behind one type. `noun` is the resource in its service's own names, `named` a name that AWS makes up when none is given."""

    name: str
    service: str
    noun: str
    list: NativeCall
    reads: tuple[NativeCall, ...]
    creates: tuple[NativeCall, ...]
    updates: tuple[NativeCall, ...]
    deletes: tuple[NativeCall, ...]
    tags: TagCalls
    parents: tuple[NativeCall, ...] = ()
    probe: NativeCall | None = None
    where: str | None = None
    arn: str | None = None
    named: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    identifier: Mapping[str, str] = field(default_factory=dict)
    created: Mapping[str, str] = field(default_factory=dict)


@cache
def native_types() -> Mapping[str, NativeType]:
    """Every type that has a service behind it, by name."""
    found = {}
    for file in sorted(resources.files("cirql.localcloud").joinpath("native").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text("utf-8"))
            service, tags = data.pop("service"), _read_tags(data.pop("tags", {}))
            found.update({name: _read_type(name, service, table, tags) for name, table in data.items()})
    return found


def _read_type(name: str, service: str, table: Mapping[str, Any], tags: TagCalls) -> NativeType:
    return NativeType(
        name,
        service,
        table.get("noun", name.rpartition("::")[2]),
        _read_call(table["list"]),
        _read_calls(table.get("read", [])),
        _read_calls(table["create"]),
        _read_calls(table.get("update", [])),
        _read_calls(table["delete"]),
        _read_tags(table["tags"]) if "tags" in table else tags,
        _read_calls(table.get("parents", [])),
        _read_call(table["probe"]) if "probe" in table else None,
        **{key: table[key] for key in ("where", "arn", "named", "properties", "identifier", "created") if key in table},
    )


def _read_tags(table: Mapping[str, Any]) -> TagCalls:
    return TagCalls(**{key: _read_call(call) for key, call in table.items()})


def _read_calls(given: Any) -> tuple[NativeCall, ...]:
    return tuple(_read_call(call) for call in (given if isinstance(given, list) else [given]))


def _read_call(given: Any) -> NativeCall:
    if isinstance(given, str):
        return NativeCall(given)
    table = dict(given)
    unset = table.pop("unset", None)
    return NativeCall(
        table.pop("call"),
        table.pop("with", {}),
        sets=tuple(table.pop("sets", ())),
        unset=_read_call(unset) if unset else None,
        is_plain=table.pop("plain", False),
        **table,
    )
