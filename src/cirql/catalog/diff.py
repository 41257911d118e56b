"""What one catalog has that another has not: tables, columns, types, methods, permissions.

For "what did the new botocore bring": the catalog of the installation against one that was compiled from what is installed now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cirql.catalog.model import Column, Table
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class CatalogDifference:
    """One difference: `kind` is `added`, `removed` or `changed`; `what` is `table`, `column`, `method` or `permission`."""

    kind: str
    what: str
    table: str
    name: str = ""
    detail: str = ""

    def __str__(self) -> str:
        name = f" {self.name}" if self.name else ""
        detail = f" ({self.detail})" if self.detail else ""
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        return f"{sign} {self.what} {self.table}{name}{detail}"


def diff(old: Iterable[Table], new: Iterable[Table]) -> Iterator[CatalogDifference]:
    """The differences from an old catalog's tables to a new one's, table by table."""
    before, after = ({str(t.name): t for t in tables} for tables in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield CatalogDifference("added", "table", name, detail=after[name].title)
        elif name not in after:
            yield CatalogDifference("removed", "table", name, detail=before[name].title)
        elif before[name] != after[name]:
            yield from _table_differences(name, before[name], after[name])


def _table_differences(name: str, old: Table, new: Table) -> Iterator[CatalogDifference]:
    before, after = ({c.name: c for c in t.columns} for t in (old, new))
    for column in sorted(before.keys() | after.keys()):
        if column not in before:
            yield CatalogDifference("added", "column", name, column, after[column].declared)
        elif column not in after:
            yield CatalogDifference("removed", "column", name, column, before[column].declared)
        else:
            yield from _column_differences(name, before[column], after[column])
    methods = [{m.name: m.required for m in t.methods} for t in (old, new)]
    for method in sorted(methods[0].keys() | methods[1].keys()):
        was, is_ = methods[0].get(method), methods[1].get(method)
        if was is None or is_ is None:
            yield CatalogDifference("added" if was is None else "removed", "method", name, method)
        elif was != is_:
            yield CatalogDifference("changed", "method", name, method, f"{', '.join(was)} → {', '.join(is_)}")
    actions = [{(verb, a) for verb, given in t.permissions.items() for a in given} for t in (old, new)]
    yield from (CatalogDifference("removed", "permission", name, action, verb) for verb, action in sorted(actions[0] - actions[1]))
    yield from (CatalogDifference("added", "permission", name, action, verb) for verb, action in sorted(actions[1] - actions[0]))
    if old.problem != new.problem:
        yield CatalogDifference("changed", "table", name, detail=new.problem or "can be read now")


def _column_differences(name: str, old: Column, new: Column) -> Iterator[CatalogDifference]:
    if (old.type, old.declared) != (new.type, new.declared):
        yield CatalogDifference("changed", "column", name, old.name, f"{old.declared} → {new.declared}")
    if old.access is not new.access:
        yield CatalogDifference("changed", "column", name, old.name, f"{old.access.value} → {new.access.value}")
    if old.required != new.required:
        yield CatalogDifference("changed", "column", name, old.name, "required" if new.required else "no longer required")
    if old.hidden != new.hidden:
        yield CatalogDifference("changed", "column", name, old.name, "hidden" if new.hidden else "published")
