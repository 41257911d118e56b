"""SHOW INSERT: the statement that creates a resource, with a placeholder for each value, structures down to their parts.

Placeholders are StackQL's: `{{ .values.Tags[0].Key }}` is the key of the first tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.rules import Rules
from cirql.errors import NotSupported
from cirql.startup.records import dataclass

# Structures deeper than this are one placeholder: some have thousands of parts.
_DEEPEST = 4


def insert_template(catalog: Catalog, found: Found, *, required_only: bool) -> str:
    """The INSERT for a table, by any of its names: of all that creation may set, or of what it needs.

    Raises:
        NotSupported: nothing can be created here.
    """
    table = found.table
    if not any(m.verb == "INSERT" for m in table.methods):
        raise NotSupported(f"{found.name} cannot be inserted into")
    if table.cfn_type is None:
        values = {name: _placeholder(name) for name in ("data__TypeName", "data__DesiredState")}
    else:
        settable = [c for c in table.columns if c.member and not c.hidden and c.access.is_settable_on_create]
        chosen = [c for c in settable if c.required] or settable if required_only else settable
        value = _Value(catalog.rules(table.cfn_type), required_only)
        values = {c.member: value.top(c.member) for c in chosen}
    values["region"] = _placeholder("region")
    target = ".".join((*table.name.parts[:-1], table.plural or table.name.resource))
    names = ",\n".join(f"  {name}" for name in values)
    shown = ",\n".join(f"  '{value}'" for value in values.values())
    return f"INSERT INTO {target}(\n{names}\n)\nSELECT\n{shown}\n;"


def _placeholder(path: str) -> str:
    return f"{{{{ .values.{path} }}}}"


@dataclass(frozen=True, slots=True)
class _Value:
    """Writes the value of a property: a placeholder, or JSON with a placeholder for each of its parts."""

    rules: Rules
    required_only: bool

    def top(self, name: str) -> str:
        """The text between the quotes for a property."""
        node = self.rules.expand(self.rules.properties.get(name, {}))
        return self._json(node, name, (name,)) if _kind(node) in ("object", "array") else _placeholder(name)

    def _json(self, node: Mapping[str, Any], path: str, names: tuple[str, ...]) -> str:
        kind = _kind(node)
        if kind == "array" and len(names) <= _DEEPEST:
            return f"[{self._json(node.get('items') or {}, f'{path}[0]', names)}]"
        parts = dict(_parts(node)) if len(names) <= _DEEPEST else {}
        shown = {n: inner for n, inner in parts.items() if (*names, n) not in self._read_only()}
        if self.required_only and (needed := {n: i for n, i in shown.items() if n in node.get("required", ())}):
            shown = needed
        if shown:
            return "{" + ", ".join(f'"{n}": {self._json(inner, f"{path}.{n}", (*names, n))}' for n, inner in shown.items()) + "}"
        return f'"{_placeholder(path)}"' if kind == "string" else _placeholder(path)

    def _read_only(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(part for part in path if part != "*") for path in self.rules.read_only)


def _kind(node: Mapping[str, Any]) -> str:
    """The JSON type; of several the most structured, which is what a structure's parts are known for."""
    declared = node.get("type")
    kinds = [declared] if isinstance(declared, str) else list(declared or ())
    if not kinds:
        kinds = ["object" if dict(_parts(node)) or "$ref" in node else "string"]
    return next((k for k in ("object", "array") if k in kinds), kinds[0])


def _parts(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The properties of a structure; where it has alternatives only, those of the first that has any."""
    if node.get("properties"):
        yield from node["properties"].items()
        return
    for keyword in ("oneOf", "anyOf"):
        for option in node.get(keyword) or ():
            if isinstance(option, Mapping) and option.get("properties"):
                yield from option["properties"].items()
                return
