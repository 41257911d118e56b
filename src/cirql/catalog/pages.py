"""A table's page in Markdown, in the two forms that people know: DDSQL's data directory and StackQL's provider docs.

Made from the compiled catalog alone, so a page can be printed without AWS and without the compilers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cirql.catalog.lookup import Found
from cirql.catalog.model import Column, Face

_VERBS = {Face.SINGULAR: ("read", "update"), Face.PLURAL: ("create", "delete", "list"), Face.LIST_ONLY: ("list",)}


def page(found: Found) -> str:
    """The page of a table, by the spelling it was found by."""
    lines = _dataset_page(found) if found.face is Face.DATASET else _resource_page(found)
    return "\n".join(lines) + "\n"


def select_example(found: Found) -> str:
    """A SELECT of every published column, as the page prints it; a singular resource is asked for by its identifier."""
    columns = ",\n".join(c.name for c in found.star)
    text = f"SELECT\n{columns}\nFROM {found.name}"
    if found.face is Face.DATASET:
        return f"{text};"
    text += "\nWHERE region = 'us-east-1'"
    if found.face is Face.SINGULAR and any(m.name == "get_resource" for m in found.methods):
        members = {c.name: c.member for c in found.table.columns}
        identifier = "|".join(f"<{members[name] or 'Identifier'}>" for name in found.table.identifier)
        text += f" AND data__Identifier = '{identifier}'"
    return f"{text};"


def _front_matter(title: str, description: str) -> Iterator[str]:
    yield from ("---", f"title: {title}", f"description: {description}", "---", "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "| " + " | ".join("---" for _ in header) + " |"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _problem(found: Found) -> Iterator[str]:
    if found.table.problem:
        yield from (f"> This table cannot be read without help: {found.table.problem}.", "")


def _dataset_page(found: Found) -> Iterator[str]:
    table = found.table
    yield from _front_matter(table.title, f"The {table.name} table")
    yield from (f"# {table.title}", "")
    if table.description:
        yield from (table.description, "")
    yield from ("```", str(table.name), "```", "")
    yield from _problem(found)
    yield from ("## Fields", "")
    yield from _dataset_fields(found)
    yield from ("", "## `SELECT` Example", "", "```sql", select_example(found), "```", "", "## Permissions", "")
    yield from ("```json", ",\n".join(table.permissions.get("read", ())), "```")


def _dataset_fields(found: Found) -> Iterator[str]:
    """The fields as the published page has them: what each heading heads stands one cell to its left."""
    yield "| Title | ID | Type | Data Type | Description |"
    yield "| --- | --- | --- | --- | --- |"
    for column in found.star:
        cells = [column.name, "core", column.declared, *([column.description] if column.description else [])]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _resource_page(found: Found) -> Iterator[str]:
    table, name = found.table, found.name.resource
    yield from _front_matter(name, "Query, deploy and manage AWS resources using SQL")
    yield from (_introduction(found), "", "## Overview", "")
    overview = (("Name", f"`{name}`"), ("Type", "Resource"), ("Description", table.description), ("Id", f"`{found.name}`"))
    yield from _table(("", ""), [(f"**{label}**", value) for label, value in overview])
    yield ""
    yield from _problem(found)
    yield from ("## Fields", "")
    yield from _table(("Name", "Datatype", "Description"), [_field(c) for c in found.fields])
    yield from ("", "## Methods", "")
    methods = [(f"`{m.name}`", f"`{m.verb}`", f"`{', '.join(m.required)}`") for m in found.methods]
    yield from _table(("Name", "Accessible by", "Required Params"), methods)
    yield from ("", "## `SELECT` Example", "", "```sql", select_example(found), "```", "")
    yield from ("## Permissions", "", f"To operate on the `{name}` resource, the following permissions are required:", "")
    for verb in permission_verbs(found):
        yield from (f"### {verb.capitalize()}", "", "```json", ",\n".join(table.permissions[verb]), "```", "")


def permission_verbs(found: Found) -> tuple[str, ...]:
    """The verbs whose permissions the page prints, in its order."""
    is_only_spelling = found.table.plural == found.table.name.resource
    verbs = _VERBS[Face.SINGULAR] + _VERBS[Face.PLURAL] if is_only_spelling else _VERBS[found.face]
    return tuple(v for v in verbs if v in found.table.permissions)


def _field(column: Column) -> tuple[str, str, str]:
    return f"`{column.name}`", f"`{column.declared}`", " ".join(column.description.split())


def _introduction(found: Found) -> str:
    table = found.table
    if found.face is Face.LIST_ONLY:
        return f"Lists the identifiers of `{table.plural}`; use `{table.name.resource}` for all properties."
    if found.face is Face.PLURAL:
        return f"Lists, creates or deletes `{table.plural}`; use `{table.name.resource}` to get or update one of them."
    if table.plural == table.name.resource:
        return f"Reads and changes `{table.plural}` resources."
    return (
        f"Gets or updates an individual `{table.name.resource}` resource, use `{table.plural}` to retrieve a list of resources "
        "or to create or delete a resource."
    )
