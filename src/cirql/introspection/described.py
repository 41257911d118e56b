"""The rows of DESCRIBE and SHOW METHODS: one table, or one method of it, in StackQL's columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Face, Method
from cirql.catalog.pages import Outline, plain, prose
from cirql.errors import UnknownTable
from cirql.introspection.directory import methods_of
from cirql.introspection.relations import Row
from cirql.types import ColumnType

_HIDDEN = "In no SELECT *; there when it is named."
_DOES = {
    "SELECT": "Reads",
    "INSERT": "Creates one; answers when AWS has done it.",
    "UPDATE": "Changes one; answers when AWS has done it.",
    "DELETE": "Deletes one; answers when AWS has done it.",
}
_JSON_TYPES = {
    ColumnType.BIGINT: "integer",
    ColumnType.DOUBLE: "number",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.VARCHAR_LIST: "array",
    ColumnType.JSON: "object",
}


def columns(found: Found, *, extended: bool, outline: Outline | None = None) -> Iterator[Row]:
    """The rows of DESCRIBE, in the order of the page's Fields table; EXTENDED has the hidden columns too, and what JSON columns hold."""
    for column in found.fields:
        yield _row(column, prose(column.description), outline if extended else None)
    if extended:
        shown = {c.name for c in found.fields}
        for column in found.shape.columns:
            if column.name not in shown:
                yield _row(column, " ".join(filter(None, (prose(column.description), _HIDDEN))), outline)


def _row(column: Column, description: str, outline: Outline | None) -> Row:
    is_document = outline is not None and column.type is ColumnType.JSON
    members = ", ".join(outline(column)) if outline is not None and is_document else ""
    return {"name": column.name, "type": column.declared, "description": description, "members": members}


def methods(found: Found) -> Iterator[Row]:
    """The rows of SHOW METHODS."""
    for method in methods_of(found):
        yield {
            "MethodName": method.name,
            "RequiredParams": ", ".join(method.required),
            "SQLVerb": method.verb,
            "description": _method_description(found, method),
        }


def _method_description(found: Found, method: Method) -> str:
    if method.verb != "SELECT":
        return _DOES[method.verb]
    if found.face is Face.DATASET:
        return "Reads many, or completes what others read."
    return "Reads the identifiers of all there are." if method.name.startswith("list_") else "Reads one by its identifier."


def method_of(found: Found, name: str) -> Method:
    """The method of that name, on any spelling of the table; `list_resource` is `list_resources`.

    Raises:
        UnknownTable: it has no such method.
    """
    wanted = "list_resources" if name.lower() == "list_resource" else name.lower()
    every = methods_of(found) + found.table.methods
    for method in every:
        if method.name == wanted:
            return method
    known = ", ".join(dict.fromkeys(m.name for m in every)) or "none"
    raise UnknownTable(f"{found.name} has no method {name}", hint=f"its methods: {known}")


def method(catalog: Catalog, found: Found, method: Method) -> Iterator[Row]:
    """The rows of DESCRIBE METHOD: what the method takes, then what it gives."""
    schema = _properties(catalog, found)
    taken = set()
    for name in method.required:
        column = found.table.column(name.removeprefix("data__")) or found.table.column(name)
        taken.add(column.name if column else name)
        yield _parameter(name, column, "input_required", schema)
    for column in _optional(found, method):
        if column.name not in taken:
            yield _parameter(column.member or column.name, column, "input_optional", schema)
    if method.verb == "SELECT":
        for column in found.star if found.face is not Face.DATASET else found.table.published:
            yield _parameter(column.name, column, "output", schema)


def _optional(found: Found, method: Method) -> Iterator[Column]:
    for column in found.table.columns:
        if column.member and not column.hidden:
            created = method.verb == "INSERT" and column.access.is_settable_on_create
            if created or (method.verb == "UPDATE" and column.access.is_updatable):
                yield column


def _properties(catalog: Catalog, found: Found) -> Mapping[str, Any]:
    """The schema of each property, with all that it refers to."""
    if found.table.cfn_type is None:
        return {}
    rules = catalog.rules(found.table.cfn_type)
    return {name: rules.expand(node) for name, node in rules.properties.items()}


def _parameter(name: str, column: Column | None, kind: str, schema: Mapping[str, Any]) -> Row:
    member = column.member if column is not None else ""
    declared = (
        "array" if column is not None and column.declared == "array" else _JSON_TYPES.get(column.type, "string") if column else "string"
    )
    shape = schema.get(member) or {"type": declared}
    return {
        "name": name,
        "type": column.declared if column is not None else "string",
        "param_type": kind,
        "shape": json.dumps(shape, separators=(",", ":")),
        "description": plain(column.description) if column is not None else "",
    }
