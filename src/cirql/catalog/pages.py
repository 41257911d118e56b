"""A table's page in Markdown, in the two forms that people know: DDSQL's data directory and StackQL's provider docs.

Made from the compiled catalog alone, so a page can be printed without AWS and without the compilers. The examples are handed in: see
`cirql.docs.examples`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape

from cirql.catalog.lookup import Found
from cirql.catalog.model import IDENTIFIER, Column, Face, Role, Table
from cirql.catalog.references import Reference
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_VERBS = {
    Face.SINGULAR: ("read", "update"),
    Face.PLURAL: ("create", "read", "update", "delete", "list"),
    Face.LIST_ONLY: ("list",),
    Face.TAGS: ("read", "list"),
}
_REGION = "us-east-1"
# The only column names that are words of PostgreSQL or of its parser, and so need quotes.
_RESERVED = frozenset({"from", "grant", "rollback"})


@dataclass(frozen=True, slots=True)
class Example:
    """One example statement of a page; where there can be none, `sql` is empty and `reason` says why."""

    verb: str
    sql: str
    reason: str = ""


Outline = Callable[[Column], Sequence[str]]
"""What is in the documents of a JSON column, as paths: `Code`, `Tags[].Key`."""


def page(
    found: Found,
    examples: Sequence[Example] | None = None,
    references: Iterable[Reference] = (),
    outline: Outline | None = None,
) -> str:
    """The page of a table, by the spelling it was found by; with a SELECT example, where no examples are given.

    `references` are the columns that name rows of other tables. `outline` says what is in JSON columns, where the page is to have that.
    """
    shown = [Example("SELECT", select_example(found))] if examples is None else examples
    parts = list(_members(found, outline)) if outline is not None else []
    lines = _dataset_page(found, shown, parts) if found.face is Face.DATASET else _resource_page(found, shown, parts)
    return "\n".join([*lines, *_relations(references)]) + "\n"


def _relations(references: Iterable[Reference]) -> Iterator[str]:
    rows = [(f"`{r.place}`", f"`{r.other}.{r.other_column}`", f"{r.percent} %") for r in references]
    if rows:
        yield from ("", "## Relations", "")
        yield from _table(("Column", "Names", "Sure"), rows)


_NOTE = regex(r"<(note|important|caution|warning)>\s*(.*?)\s*</\1>", re.DOTALL)
_LINK = regex(r"<a\b[^>]*?href=\"([^\"]*)\"[^>]*>(.*?)</a>", re.DOTALL)
_CODE = regex(r"<(code|codeph|literal)\b[^>]*>(.*?)</\1>", re.DOTALL)
_SLANTED = regex(r"<(i|em|b|strong|replaceable)>\s*(.*?)\s*</\1>", re.DOTALL)
_ITEM = regex(r"<li\b[^>]*>")
_TAG = regex(
    r"</?(?:a|abbr|b|blockquote|br|caution|code|codeph|colgroup|col|dd|div|dl|dt|em|fullname|function|h[1-6]|hr|i|important|kbd|li|"
    r"literal|note|ol|option|optgroup|p|para|pre|q|replaceable|s|samp|select|small|span|strong|sub|sup|table|tbody|td|th|thead|tr|tt|u|"
    r"ul|var|warning)\b[^<>]*/?>",
    re.IGNORECASE,
)


def prose(text: str) -> str:
    """AWS's description, which has markup of its own, as a paragraph of Markdown."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    text = _CODE.sub(lambda m: f"`{_TAG.sub('', m[2]).strip()}`" if m[2].strip() else "", text)
    text = _LINK.sub(lambda m: f"[{_TAG.sub('', m[2]).strip()}]({m[1]})" if m[1] else m[2], text)
    text = _NOTE.sub(lambda m: f"{m[1].capitalize()}: {m[2]}", text)
    text = _SLANTED.sub(lambda m: f"*{m[2]}*" if m[2] and "`" not in m[2] and "[" not in m[2] else m[2], text)
    text = _TAG.sub(" ", _ITEM.sub(" • ", text))
    return " ".join(unescape(text).split())


def plain(text: str) -> str:
    """AWS's description without any markup."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    return " ".join(unescape(_TAG.sub("", text)).split())


def _members(found: Found, outline: Outline) -> Iterator[str]:
    """What JSON columns hold, a line for each."""
    known = [(c, outline(c)) for c in found.star if c.type is ColumnType.JSON]
    lines = [f"- {_code(c.name)}: {', '.join(map(_code, paths))}" for c, paths in known if paths]
    if lines:
        yield from ("", "## Members of JSON columns", "", *lines)


def _code(text: str) -> str:
    return f"`{text}`"


def select_example(found: Found, *, is_of_one: bool = False) -> str:
    """A SELECT of every published column, as the page prints it.

    A singular resource is asked for by its identifier, and a plural one of which one is meant; any other table by the keys that nothing
    else supplies.
    """
    columns = ",\n".join(quoted(c.name) for c in ((*found.fields[-1:], *found.fields[:-1]) if is_of_one else found.star))
    conditions = [f"region = '{_REGION}'"] if found.face is not Face.DATASET else []
    if is_of_one or (found.face is Face.SINGULAR and any(m.name.startswith("get_resource") for m in found.methods)):
        conditions += _identifying(found.table)
    else:
        for name in required_columns(found.table):
            conditions += _identifying(found.table) if name == IDENTIFIER else [_condition(found.table, name)]
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT\n{columns}\nFROM {found.name}{where};"


def is_askable(table: Table) -> bool:
    """Whether a query can read the table: there is a call for it, and what that needs are values that SQL can give."""
    structured = (ColumnType.JSON, ColumnType.VARCHAR_LIST, ColumnType.HSTORE, ColumnType.HSTORE_CSV)
    types = {c.name: c.type for c in table.columns}
    return bool(table.roots) and not any(types[name] in structured for name in required_columns(table))


def identifier(table: Table) -> str:
    """The placeholder for an identifier: `<ImageVersionArn>`, or `<A>|<B>` where it has parts."""
    members = {c.name: c.member for c in table.columns}
    return "|".join(f"<{members[name] or 'Identifier'}>" for name in table.identifier)


def quoted(name: str) -> str:
    """A column's name as SQL takes it: a few are words of the language."""
    return f'"{name}"' if name in _RESERVED else name


def _identifying(table: Table) -> Iterator[str]:
    if table.cfn_type is None:
        required = next(f for f in table.fetches if f.role is Role.GET).required
        yield from (_condition(table, name) for name in sorted(required))
    else:
        yield f"data__Identifier = '{identifier(table)}'"


def required_columns(table: Table) -> list[str]:
    """The columns that a query must give, because nothing else supplies them."""
    ways = table.roots
    is_reached = not table.problem and bool(ways) and ways[0].role is Role.LIST
    return [] if is_reached or not ways else sorted(table.needs(ways[0]))


def _condition(table: Table, name: str) -> str:
    column = table.column(name)
    assert column is not None
    match column.type:
        case ColumnType.BIGINT | ColumnType.DOUBLE:
            return f"{name} = 1"
        case ColumnType.BOOLEAN:
            return f"{name} = TRUE"
        case ColumnType.TIMESTAMP:
            return f"{name} = TIMESTAMP '2030-01-01'"
    return f"{quoted(name)} = '<{column.member or name}>'"


def _front_matter(title: str, description: str, more: Sequence[tuple[str, str | Sequence[str]]]) -> Iterator[str]:
    yield "---"
    for key, value in (("title", title), ("description", description), *more):
        if isinstance(value, str):
            yield f"{key}: {_yaml(value)}"
        else:
            yield f"{key}:"
            yield from (f"  - {_yaml(item)}" for item in value)
    yield from ("---", "")


def _yaml(text: str) -> str:
    """Text as YAML has it: bare where it cannot be mistaken, else as JSON, which YAML includes."""
    plain = text.replace(" ", "").replace("_", "").replace(".", "").replace("-", "").replace(">", "").replace(",", "")
    return text if plain.isalnum() and text[0].isalpha() else json.dumps(text, ensure_ascii=False)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "| " + " | ".join("---" for _ in header) + " |"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _notes(found: Found) -> Iterator[str]:
    """What stands in a table's way."""
    if found.table.problem:
        yield from (f"> This table cannot be read without help: {found.table.problem}.", "")
    if found.table.regions is not None:
        yield from (f"> It exists in these regions only: {', '.join(sorted(found.table.regions))}.", "")


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    for example in examples:
        yield from ("", f"## `{example.verb}` Example", "")
        yield from ("```sql", example.sql, "```") if example.sql else (example.reason,)


def _dataset_page(found: Found, examples: Sequence[Example], parts: Sequence[str]) -> Iterator[str]:
    table = found.table
    yield from _front_matter(table.title, f"The {table.name} table", [("breadcrumbs", f"Data Directory > {table.title}")])
    yield from (f"# {table.title}", "")
    if table.description:
        yield from (prose(table.description), "")
    yield from ("```", str(table.name), "```", "")
    yield from _notes(found)
    yield from ("## Fields", "")
    yield from _dataset_fields(found)
    yield from _hidden_columns(found)
    yield from parts
    yield from _examples(examples)
    actions = table.permissions.get("read", ())
    yield from ("", "## Permissions", "")
    yield from ("```json", ",\n".join(actions), "```") if actions else ("No IAM action is needed to read it.",)


def _dataset_fields(found: Found) -> Iterator[str]:
    rows = [(c.name, "core", c.declared, prose(c.description)) for c in found.star]
    yield from _table(("ID", "Type", "Data Type", "Description"), rows)


def _hidden_columns(found: Found) -> Iterator[str]:
    """The columns that `SELECT *` leaves out."""
    hidden = [c for c in found.shape.columns if c.hidden]
    if hidden:
        yield from ("", f"Also there when named: {', '.join(f'`{c.name}`' for c in hidden)}.")


def _resource_page(found: Found, examples: Sequence[Example], parts: Sequence[str]) -> Iterator[str]:
    table, name = found.table, found.name.resource
    keywords = (name, table.service, "aws", "cloud inventory")
    yield from _front_matter(name, "Query, deploy and manage AWS resources using SQL", [("keywords", keywords)])
    yield from (_introduction(found), "", "## Overview", "")
    overview = (("Name", f"`{name}`"), ("Type", "Resource"), ("Description", prose(table.description)), ("Id", f"`{found.name}`"))
    yield from _table(("", ""), [(f"**{label}**", " ".join(value.split())) for label, value in overview])
    yield ""
    yield from _notes(found)
    yield from ("## Fields", "")
    yield from _table(("Name", "Datatype", "Description"), [_field(c) for c in found.fields])
    yield from _hidden_columns(found)
    yield from parts
    yield from ("", "## Methods", "")
    methods = [(f"`{m.name}`", f"`{m.verb}`", f"`{', '.join(m.required)}`") for m in found.methods]
    yield from _table(("Name", "Accessible by", "Required Params"), methods)
    yield from _examples(examples)
    yield from ("", "## Permissions", "", f"To operate on the `{name}` resource, the following permissions are required:", "")
    if not permission_verbs(found):
        yield from ("None that its schema names.", "")
    for verb in permission_verbs(found):
        yield from (f"### {verb.capitalize()}", "", "```json", ",\n".join(table.permissions[verb]), "```", "")


def permission_verbs(found: Found) -> tuple[str, ...]:
    """The verbs whose permissions the page prints, in its order."""
    is_only_spelling = found.table.plural == found.table.name.resource and found.face is Face.SINGULAR
    verbs = _VERBS[Face.PLURAL if is_only_spelling else found.face]
    return tuple(v for v in verbs if v in found.table.permissions)


def _field(column: Column) -> tuple[str, str, str]:
    return f"`{column.name}`", f"`{column.declared}`", prose(column.description)


def _introduction(found: Found) -> str:
    table = found.table
    match found.face:
        case Face.TAGS:
            return f"Lists the tags of `{table.plural}`, a row for each; use `{table.name.resource}` to change them."
        case Face.LIST_ONLY:
            return f"Lists the identifiers of `{table.plural}`; use `{table.name.resource}` for all properties."
        case Face.PLURAL:
            return f"Lists, creates or deletes `{table.plural}`; use `{table.name.resource}` to get or update one of them."
    if table.plural == table.name.resource:
        return f"Reads and changes `{table.plural}` resources."
    return (
        f"Gets or updates an individual `{table.name.resource}` resource, use `{table.plural}` to retrieve a list of resources "
        "or to create or delete a resource."
    )
