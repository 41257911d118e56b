"""CloudFormation resource types as cfn-lint's package carries them: one `ResourceType` per region and type, read when asked for."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FALLBACK_REGION = "us-east-1"


@dataclass(frozen=True)
class ResourceType:
    """One resource type's schema, with the questions the local Cloud Control asks of it.

    Property paths are tuples of names: `/properties/Code/S3Bucket` is `("Code", "S3Bucket")`; `*` stands for every array element.
    """

    name: str
    schema: Mapping[str, Any]

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

    @cached_property
    def list_required(self) -> tuple[str, ...]:
        """The properties a ResourceModel must have for ListResources."""
        return tuple(self.handlers.get("list", {}).get("handlerSchema", {}).get("required", ()))

    @property
    def handlers(self) -> Mapping[str, Mapping[str, Any]]:
        """The handlers there are, by verb: create, read, update, delete, list."""
        handlers: Mapping[str, Mapping[str, Any]] = self.schema.get("handlers", {})
        return handlers

    @cached_property
    def lists_whole_models(self) -> bool:
        """Whether list gives what read gives: only where the list handler may call everything the read handler calls."""
        read = set(self.handlers.get("read", {}).get("permissions", ()))
        return bool(read) and read <= set(self.handlers.get("list", {}).get("permissions", ()))

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


@cache
def find_type(name: str, region: str) -> ResourceType | None:
    """The type as that region has it, or None where the region does not have it. Unknown regions have what us-east-1 has."""
    digest = _region_types(region).get(name)
    return _read_type(name, digest) if digest else None


@cache
def _read_type(name: str, digest: str) -> ResourceType:
    return ResourceType(name, json.loads((_data_folder() / "resources" / f"{digest}.json").read_bytes()))


@cache
def _region_types(region: str) -> Mapping[str, str]:
    file = _data_folder() / "providers" / f"{region}.json"
    if not file.exists():
        return _region_types(FALLBACK_REGION)
    types: Mapping[str, str] = json.loads(file.read_bytes())
    return types


@cache
def _data_folder() -> Path:
    # find_spec does not import the package: cfn-lint itself takes a second to import, and only its data is wanted.
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the local AWS needs cfn-lint's schemas: install cirql[demo]")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"
