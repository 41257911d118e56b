"""A table as a model needs to know it before it writes SQL: columns, the members of JSON, keys, an example. From the catalog alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Table
from cirql.catalog.pages import plain, required_columns, select_example
from cirql.catalog.references import Reference
from cirql.statements.documents import Documents
from cirql.types import ColumnType

_SHOWN = 120
_MEMBERS = 40
_MOST_COLUMNS = 150
_RELATED = 30


def describe(catalog: Catalog, found: Found, words: str = "") -> dict[str, Any]:
    """What there is to know, as plain data; only columns that `words` are in, where they are given."""
    table = found.shape
    documents = Documents(catalog)
    wanted = [c for c in found.star if not words or words.lower() in f"{c.name} {c.member} {c.description}".lower()]
    hidden = [c.name for c in table.columns if c.hidden]
    told: dict[str, Any] = {
        "table": str(found.name),
        "title": table.title,
        "description": _short(table.description, 300),
        "columns": [dict(_column(documents, table, column)) for column in wanted[:_MOST_COLUMNS]],
        "hidden": hidden,
        "key": list(table.key or table.identifier),
        "required": required_columns(table),
        "permissions": sorted({p for verb in ("list", "read") for p in table.permissions.get(verb, ())} | _asked(table)),
        "example": select_example(found),
    }
    if related := [_related(r) for r in islice(catalog.references(str(table.name)), _RELATED)]:
        told["related"] = related
    told |= {"problem": table.problem} if table.problem else {}
    told |= {"once_per_account": True} if table.scope == "global" else {}
    left = len(wanted) - _MOST_COLUMNS
    told |= {"note": f"{left} more columns: narrow with `columns`"} if left > 0 else {}
    return told


def _related(reference: Reference) -> dict[str, Any]:
    return {"column": reference.place, "names": f"{reference.other}.{reference.other_column}", "percent": reference.percent}


def _asked(table: Table) -> set[str]:
    return {p for fetch in table.fetches for p in fetch.permissions}


def _column(documents: Documents, table: Table, column: Column) -> Iterator[tuple[str, Any]]:
    yield "name", column.name
    yield "type", column.type.value
    if column.description:
        yield "about", _short(column.description, _SHOWN)
    if column.type is ColumnType.JSON:
        members = documents.outline(table, column, _MEMBERS)
        if members:
            yield "members", members


def _short(text: str, most: int) -> str:
    told = plain(text)
    return told if len(told) <= most else told[: most - 1] + "…"
