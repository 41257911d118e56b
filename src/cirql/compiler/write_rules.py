"""What a type's schema demands of writes, made ready to be stored: the schema without its prose, and the native writes of the overlay."""

from __future__ import annotations

import json
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cirql.catalog.rules import NativeWrite
from cirql.compiler.schemas import ResourceSchema
from cirql.startup.records import asdict

_OVERLAY = Path(__file__).with_name("overlay") / "writes"

# Keywords whose keys are names and not keywords.
_NAMED = frozenset({"properties", "definitions", "patternProperties"})
_PROSE = frozenset({"description", "title", "$comment", "examples", "comment", "markdownDescription"})
_OUTER = frozenset(
    {
        "properties",
        "definitions",
        "required",
        "oneOf",
        "anyOf",
        "allOf",
        "additionalProperties",
        "patternProperties",
        "readOnlyProperties",
        "writeOnlyProperties",
        "createOnlyProperties",
        "primaryIdentifier",
        "additionalIdentifiers",
        "dependentRequired",
    }
)


def compile_rules(schemas: Iterable[ResourceSchema], *, complete: bool = True) -> Iterator[tuple[str, bytes]]:
    """Each type's name and its rules in stored form; `complete`: these are all the types there are.

    Raises:
        ValueError: an overlay names a type or a property that does not exist.
    """
    native = _load_overlay()
    for schema in schemas:
        writes = native.pop(schema.type_name, ())
        for write in writes:
            if write.property not in schema.body["properties"]:
                raise ValueError(f"overlay/writes: {schema.type_name} has no property {write.property}")
        body = _without_prose({k: v for k, v in schema.body.items() if k in _OUTER}, names=False)
        stored = {"schema": body, "handling": _handling(schema)} | ({"native": [asdict(w) for w in writes]} if writes else {})
        yield schema.type_name, zlib.compress(json.dumps(stored, separators=(",", ":"), sort_keys=True).encode(), 9)
    if native and complete:
        raise ValueError(f"overlay/writes: there is no type {', '.join(sorted(native))}")


def _handling(schema: ResourceSchema) -> dict[str, Any]:
    """How Cloud Control serves the type: what the schema's handlers say without their permissions (`catalog.rules.Handling`)."""
    handlers = schema.body.get("handlers", {})
    read, listed = (set(schema.permissions(verb)) for verb in ("read", "list"))
    said = {
        "verbs": list(handlers),
        "list_needs": handlers.get("list", {}).get("handlerSchema", {}).get("required", []),
        # Where the list handler may call everything that the read handler calls.
        "lists_whole_models": bool(read) and read <= listed,
        "tags": schema.body.get("tagging", {}).get("tagProperty", "").rpartition("/")[2],
    }
    regions = {} if schema.regions is None else {"regions": sorted(schema.regions)}
    return {name: value for name, value in said.items() if value} | regions


def _load_overlay() -> dict[str, tuple[NativeWrite, ...]]:
    found: dict[str, tuple[NativeWrite, ...]] = {}
    for path in sorted(_OVERLAY.glob("*.toml")):
        for type_name, writes in tomllib.loads(path.read_text("utf-8")).items():
            found[type_name] = tuple(NativeWrite.from_plain(w) for w in writes)
    return found


def _without_prose(node: Any, *, names: bool) -> Any:
    """A schema without the words for people; `names`: the keys here are names, to be kept whatever they are."""
    if isinstance(node, Mapping):
        return {k: _without_prose(v, names=k in _NAMED and not names) for k, v in node.items() if names or k not in _PROSE}
    if isinstance(node, list):
        return [_without_prose(item, names=False) for item in node]
    return node
