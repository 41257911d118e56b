"""The rules that a resource type's schema makes for writes: what may be set, and what values must look like.

A running cirql checks every change before it sends one, so the compiled catalog carries each CloudFormation schema without its prose. Where
Cloud Control cannot carry a property through, an overlay of the compiler says which call of the service does (`NativeWrite`).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from cirql.startup.records import dataclass, field

PropertyPath = tuple[str, ...]

LAYOUT = "CREATE TABLE rules (type_name TEXT PRIMARY KEY, stored BLOB NOT NULL);"


@dataclass(frozen=True, slots=True)
class NativeInput:
    """One request member of a native write: taken from a property of the resource's model, or from its identifier (`property` empty)."""

    param: str
    property: str = ""


@dataclass(frozen=True, slots=True)
class NativeWrite:
    """A property that a call of the service itself sets, because Cloud Control cannot.

    The property is a set of texts: `add` and `remove` are the request members that take what is new and what is too much;
    `current_operation` lists what is there now, under the member `current_rows`. `single` names a property that is such a set of one.
    """

    property: str
    service: str
    operation: str
    add: str
    remove: str
    current_operation: str
    current_rows: str
    inputs: tuple[NativeInput, ...]
    single: str = ""
    permissions: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> NativeWrite:
        """The declaration in a plain mapping (TOML, JSON)."""
        inputs = tuple(NativeInput(**i) for i in raw["inputs"])
        return cls(**{**raw, "inputs": inputs, "permissions": tuple(raw.get("permissions", ()))})


@dataclass(frozen=True, slots=True)
class Handling:
    """How Cloud Control serves a type: its verbs, what a list must be told, whether a list gives whole models, where (None: everywhere).

    `tags` is the property that holds the tags, where the schema names one.
    """

    verbs: tuple[str, ...] = ()
    list_needs: tuple[str, ...] = ()
    lists_whole_models: bool = False
    tags: str | None = None
    regions: frozenset[str] | None = None

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Handling:
        """The declaration in a plain mapping."""
        regions = raw.get("regions")
        return cls(
            tuple(raw.get("verbs", ())),
            tuple(raw.get("list_needs", ())),
            raw.get("lists_whole_models", False),
            raw.get("tags"),
            None if regions is None else frozenset(regions),
        )


@dataclass(frozen=True)
class Rules:
    """One type's schema, with the questions that a write asks of it.

    Paths are tuples of property names; `*` stands for every element of an array or every value of a map.
    """

    type_name: str
    body: Mapping[str, Any]
    native: tuple[NativeWrite, ...] = field(default=())
    handling: Handling = field(default_factory=lambda: Handling())

    @cached_property
    def read_only(self) -> tuple[PropertyPath, ...]:
        """What only AWS fills."""
        return self._paths("readOnlyProperties")

    @cached_property
    def write_only(self) -> tuple[PropertyPath, ...]:
        """What AWS never returns."""
        return self._paths("writeOnlyProperties")

    @cached_property
    def create_only(self) -> tuple[PropertyPath, ...]:
        """What can be given at creation alone."""
        return self._paths("createOnlyProperties")

    @cached_property
    def identifier(self) -> tuple[PropertyPath, ...]:
        """The parts of the primary identifier, in order."""
        return self._paths("primaryIdentifier")

    @cached_property
    def names(self) -> tuple[PropertyPath, ...]:
        """Everything that names one resource: what other resources refer to it by."""
        more = tuple(tuple(p.split("/")[2:]) for group in self.body.get("additionalIdentifiers", ()) for p in group)
        return tuple(dict.fromkeys((*self.identifier, *more)))

    @property
    def required(self) -> tuple[str, ...]:
        """The properties that no resource can be without."""
        return tuple(self.body.get("required", ()))

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties by name, references not followed."""
        found: Mapping[str, Any] = self.body.get("properties", {})
        return found

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """A schema node with its `$ref`s followed; what stands beside a reference wins over what it refers to."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and (reference := node.get("$ref")) is not None and reference not in seen:
            seen.add(reference)
            target: Any = self.body
            for part in reference.rpartition("#/")[2].split("/"):
                target = target.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, Mapping) else {}
            node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
        return node if isinstance(node, Mapping) else {}

    def expand(self, node: Any, within: frozenset[str] = frozenset()) -> Any:
        """A schema node with every `$ref` in it followed, its `type` first; a reference to what it stands in (`within`) stays one."""
        if isinstance(node, list):
            return [self.expand(item, within) for item in node]
        if not isinstance(node, Mapping):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            return node if reference in within else self.expand(self.resolve(node), within | {reference})
        return {k: self.expand(node[k], within) for k in sorted(node, key=lambda k: (k != "type", k))}

    def property(self, name: str) -> Mapping[str, Any]:
        """The schema of a top-level property; empty where there is none."""
        return self.resolve(self.properties.get(name, {}))

    def _paths(self, keyword: str) -> tuple[PropertyPath, ...]:
        return tuple(tuple(path.split("/")[2:]) for path in self.body.get(keyword, ()))


def decode_rules(type_name: str, stored: bytes) -> Rules:
    """The rules that the compiler stored."""
    raw = json.loads(zlib.decompress(stored))
    native = tuple(NativeWrite.from_plain(w) for w in raw.get("native", ()))
    return Rules(type_name, raw["schema"], native, Handling.from_plain(raw.get("handling", {})))
