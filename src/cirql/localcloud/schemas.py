"""CloudFormation types as the compiled catalog carries them for writes: schemas without prose, and how Cloud Control serves them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from cirql.catalog.artefact import DEFAULT_PATH, Artefact
from cirql.catalog.rules import Handling, decode_rules
from cirql.startup.records import dataclass, field


@dataclass(frozen=True)
class ResourceType:
    """One resource type's schema, with the questions the local Cloud Control asks of it.

    Property paths are tuples of names: `/properties/Code/S3Bucket` is `("Code", "S3Bucket")`; `*` stands for every array element.
    """

    name: str
    schema: Mapping[str, Any]
    handling: Handling = field(default_factory=Handling)

    @cached_property
    def identifier(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the primary identifier, in order."""
        return self._paths("primaryIdentifier")

    @cached_property
    def read_only(self) -> tuple[tuple[str, ...], ...]:
        """The paths only AWS fills."""
        return self._paths("readOnlyProperties")

    @cached_property
    def write_only(self) -> tuple[tuple[str, ...], ...]:
        """The paths that reads never return."""
        return self._paths("writeOnlyProperties")

    @cached_property
    def create_only(self) -> tuple[tuple[str, ...], ...]:
        """The paths that can be given at creation alone."""
        return self._paths("createOnlyProperties")

    def property_schema(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        """The schema node at a property path, references followed; empty where there is none."""
        node: Mapping[str, Any] = self.schema
        for name in path:
            node = node.get("items", {}) if name == "*" else node.get("properties", {}).get(name, {})
            node = self.follow(node)
        return node

    def follow(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a `$ref` points to, or the node itself."""
        while "$ref" in node:
            target: Any = self.schema
            for part in node["$ref"].partition("#/")[2].split("/"):
                target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
            node = target
        return node

    def _paths(self, key: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(path.split("/")[2:]) for path in self.schema.get(key, ()))


def find_type(name: str, region: str) -> ResourceType | None:
    """The type, or None where the region does not have it."""
    kind = _read_type(name)
    return kind if kind is not None and (kind.handling.regions is None or region in kind.handling.regions) else None


@cache
def _read_type(name: str) -> ResourceType | None:
    with Artefact(DEFAULT_PATH) as catalog:
        stored = catalog.rules(name)
    if stored is None:
        return None
    rules = decode_rules(name, stored)
    return ResourceType(name, rules.body, rules.handling)
