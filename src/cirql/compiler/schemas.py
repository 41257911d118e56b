"""The CloudFormation resource schemas that the cfn-lint package carries: one per type, and where each type is available.

cfn-lint keeps a file per distinct schema and, per region, a map from type to file. Only these files are read, none of its modules: its
wheel on the path will do, not unpacked and without what it depends on. It is a build dependency: nothing that answers a query imports this
module.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from cirql.startup.records import dataclass

# Where a type is the same everywhere this does not matter; where it differs, the oldest region is the most complete.
_PREFERRED_REGION = "us-east-1"
# SAM's types exist in templates only.
_NOT_A_REGION = "sam"


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """One CloudFormation type: its name, its schema, and the regions that have it (None: all of them)."""

    type_name: str
    body: Mapping[str, Any]
    regions: frozenset[str] | None

    def resolve(self, definition: Mapping[str, Any]) -> Mapping[str, Any]:
        """The definition with its `$ref`s followed; what stands beside a reference wins over what it refers to."""
        seen: set[str] = set()
        while (reference := definition.get("$ref")) is not None and reference not in seen:
            seen.add(reference)
            target: Any = self.body
            for part in reference.rpartition("#/")[2].split("/"):
                target = target[part]
            definition = {**target, **{k: v for k, v in definition.items() if k != "$ref"}}
        return definition

    def permissions(self, handler: str) -> tuple[str, ...]:
        """The IAM actions that a handler needs, in the schema's order; empty where there is no such handler."""
        return tuple(self.body.get("handlers", {}).get(handler, {}).get("permissions", ()))


def _folder() -> Path | zipfile.Path:
    package = distribution("cfn-lint").locate_file("cfnlint/data/schemas")
    return package if isinstance(package, zipfile.Path) else Path(str(package))


def load() -> Iterator[ResourceSchema]:
    """Every type of every region, in the order of their names."""
    folder = _folder()
    by_region: dict[str, dict[str, str]] = {}
    for name, file in sorted((f.name, f) for f in (folder / "providers").iterdir()):
        region, _, suffix = name.partition(".")
        if suffix == "json" and region != _NOT_A_REGION:
            by_region[region] = json.loads(file.read_bytes())
    for type_name in sorted({t for types in by_region.values() for t in types}):
        regions = [r for r, types in by_region.items() if type_name in types]
        region = _PREFERRED_REGION if _PREFERRED_REGION in regions else regions[0]
        body = json.loads((folder / "resources" / f"{by_region[region][type_name]}.json").read_bytes())
        everywhere = len(regions) == len(by_region)
        yield ResourceSchema(type_name, body, None if everywhere else frozenset(regions))
