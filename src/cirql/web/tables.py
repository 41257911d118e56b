"""The catalog as the page shows it: tables found by words, and one table with all that somebody needs who writes a statement over it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from cirql.catalog.pages import prose, quoted, required_columns, select_example
from cirql.completion.documents import DescribedMember, document_of
from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog, Found
    from cirql.catalog.model import Column

_FOUND = 60
_MEMBERS = 200
_VALUES = 12
_RELATED = 24
_EXAMPLE_COLUMNS = 8


def search(catalog: Catalog, words: str) -> dict[str, Any]:
    """Tables about some words, the best first."""
    meant = catalog.spelled(words)
    hits = catalog.search(meant or words, _FOUND)
    return {
        "tables": [{"name": str(h.table.name), "title": h.table.title, "columns": [c.name for c in h.columns][:4]} for h in hits],
        "meant": meant if meant and hits else None,
    }


def services(catalog: Catalog) -> dict[str, Any]:
    """All services, and how many tables each has."""
    return {"services": [{"name": name, "count": count} for name, count in sorted(catalog.services().items())]}


def of_service(catalog: Catalog, service: str) -> dict[str, Any]:
    """The tables of one service."""
    found = sorted(catalog.tables(service), key=lambda t: (len(t.name.parts), str(t.name)))
    return {"tables": [{"name": str(t.name), "title": t.title, "columns": []} for t in found]}


def describe(catalog: Catalog, found: Found) -> dict[str, Any]:
    """One table: columns, keys, what its rows are tied to, permissions, problems, examples."""
    table = found.shape
    listed = {p for fetch in table.fetches for p in fetch.permissions}
    shown = {c.name for c in found.star}
    return {
        "name": str(found.name),
        "title": table.title,
        "description": prose(table.description),
        "columns": [_column(found, c, hidden=False) for c in found.star]
        + [_column(found, c, hidden=True) for c in table.columns if c.name not in shown],
        "key": list(table.key or table.identifier),
        "required": required_columns(table),
        "parents": sorted({str(p.table) for p in table.parents}),
        "relations": [
            {"column": r.place, "table": r.other, "other": r.other_column} for r in islice(catalog.references(str(table.name)), _RELATED)
        ],
        "permissions": sorted({p for verb in ("list", "read") for p in table.permissions.get(verb, ())} | listed),
        "problem": table.problem or "",
        "once": table.scope == "global",
        "examples": list(_examples(found)),
    }


def _column(found: Found, column: Column, *, hidden: bool) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type.value,
        "about": prose(column.description),
        "json": column.type is ColumnType.JSON,
        "hidden": hidden,
    }


def members(catalog: Catalog, found: Found, name: str, path: list[str]) -> dict[str, Any]:
    """What is in a JSON column, at a path: members with type, meaning and values, and whether there is more below.

    `element` says that they are those of an array's elements, which are reached by a number first.
    """
    column = found.table.column(name)
    node = document_of(found, column, catalog) if column is not None else None
    for step in path:
        node = node.member(int(step) if step.isdigit() else step) if node is not None else None
    is_array = node is not None and not node.members and node.member(0) is not None
    if is_array and node is not None:
        node = node.member(0)
    inside = sorted(node.members.items())[:_MEMBERS] if node is not None else []
    return {"element": is_array, "members": [_member(name, inner) for name, inner in inside]}


def _member(name: str, node: DescribedMember) -> dict[str, Any]:
    element = node.member(0)
    return {
        "name": name,
        "type": node.type,
        "about": prose(node.meaning),
        "values": list(node.values[:_VALUES]),
        "more": bool(node.members) or (element is not None and bool(element.members)),
    }


def _examples(found: Found) -> Iterator[dict[str, str]]:
    """Statements to begin with."""
    needs = required_columns(found.shape)
    if needs:
        yield {"title": "All columns", "sql": select_example(found).rstrip(";")}
        return
    names = [quoted(c.name) for c in found.star]
    plain = [quoted(c.name) for c in found.star if c.type is not ColumnType.JSON and c.name not in ("account_id", "region", "_key")]
    place = [n for n in ("account_id", "region") if n in {c.name for c in found.star}]
    first = [*place, *plain[: _EXAMPLE_COLUMNS - len(place)]]
    yield {"title": "The first rows", "sql": f"SELECT {', '.join(first or names[:_EXAMPLE_COLUMNS])}\nFROM {found.name}\nLIMIT 100"}
    if place:
        by = ", ".join(place)
        yield {"title": "How many, where", "sql": f"SELECT {by}, count(*) AS count\nFROM {found.name}\nGROUP BY {by}\nORDER BY count DESC"}
    yield {"title": "All columns", "sql": select_example(found).rstrip(";")}
