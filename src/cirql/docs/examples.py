"""The statements that a table's page shows: a SELECT, and for resources an INSERT, an UPDATE and a DELETE.

A statement plans as it stands but for its placeholders, which are `'<…>'` and name what goes there; `filled` puts something there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Access, Face, Table
from cirql.catalog.pages import Example, identifier, is_askable, select_example
from cirql.catalog.rules import Rules
from cirql.changes.specimens import assignment, example_state
from cirql.names import snake
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_REGION, _ACCOUNT = "us-east-1", "111122223333"
_PLACEHOLDER = regex(r"<(\w+)>")
_BRACED = regex(r"\{(\w+)\}")


_NO_VALUES = "There is none: no values were found that satisfy the type's schema."
_UNREADABLE = "There is none: AWS can neither list nor read these resources, and what is to be changed is read first."
_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def examples(catalog: Catalog, found: Found, verbs: Sequence[str] = _VERBS) -> list[Example]:
    """The examples of a page for these verbs: reading and changing one on the singular's, creating and deleting on the plural's."""
    shown = [Example("SELECT", select_example(found))] if is_askable(found.table) else []
    table = found.table
    if found.face not in (Face.SINGULAR, Face.PLURAL) or table.cfn_type is None:
        return shown
    if found.face is Face.PLURAL and any(m.name == "get_resource" for m in found.methods):
        shown.append(Example("SELECT", select_example(found, is_of_one=True)))
    wanted = {m.verb for m in found.methods} & set(verbs) - {"SELECT"}
    return shown + list(_writes(found, catalog.rules(table.cfn_type), wanted)) if wanted else shown


def _writes(found: Found, rules: Rules, verbs: Set[str]) -> Iterator[Example]:
    table = found.table
    state = example_state(rules) if verbs & {"INSERT", "UPDATE"} else None
    if "INSERT" in verbs:
        yield Example("INSERT", _insert(table, state)) if state is not None else Example("INSERT", "", _NO_VALUES)
    if not table.fetches:
        yield from (Example(verb, "", _UNREADABLE) for verb in ("UPDATE", "DELETE") if verb in verbs)
        return
    if "UPDATE" in verbs:
        changed = assignment(rules, state or {})
        yield Example("UPDATE", _update(found, changed)) if changed is not None else Example("UPDATE", "", _no_update(table))
    if "DELETE" in verbs:
        yield Example("DELETE", f"DELETE FROM {_plural(table)}\nWHERE {_where(table)};")


def _no_update(table: Table) -> str:
    """Why nothing of the type can be set, though AWS has an update handler for it."""
    if not any(c.access.is_updatable for c in table.columns if c.member):
        return "There is nothing to update: every property is set by AWS or fixed at creation."
    stuck = ", ".join(f"`{c.name}`" for c in table.columns if c.required and c.access is Access.WRITE_ONCE)
    return f"There is none: with every update AWS needs {stuck or 'values'} again, which it never returns and which are fixed at creation."


def _plural(table: Table) -> str:
    return ".".join((*table.name.parts[:-1], table.plural))


def _where(table: Table) -> str:
    return f"data__Identifier = '{identifier(table)}' AND region = '{_REGION}'"


def _insert(table: Table, given: Mapping[str, Any]) -> str:
    names = ",\n".join([*(f"  {_column(table, n)}" for n in given), "  region"])
    values = ",\n".join([*(f"  {_literal(v)}" for v in given.values()), f"  '{_REGION}'"])
    return f"INSERT INTO {_plural(table)} (\n{names}\n)\nSELECT\n{values};"


def _update(found: Found, changed: Mapping[str, Any]) -> str:
    table = found.table
    columns = {c.member: c.name for c in table.columns if c.member}
    sets = ", ".join(f"{columns[n]} = {_literal(v)}" for n, v in changed.items())
    return f"UPDATE {found.name}\nSET {sets}\nWHERE {_where(table)};"


def _column(table: Table, member: str) -> str:
    """A property as INSERT names it: in its own spelling, but where that is another column's (five types have a Region of their own)."""
    found = table.column(member)
    return member if found is not None and found.member == member else next(c.name for c in table.columns if c.member == member)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def filled(table: Table, sql: str) -> str:
    """An example with something in the place of each placeholder that the table takes: an ARN for an ARN, a name for a name."""
    specimens = dict(_specimens(table))
    return _PLACEHOLDER.sub(lambda m: specimens.get(m[1], f"my-{snake(m[1])}").replace("'", "''"), sql)


def _specimens(table: Table) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        name = column.member or column.name
        if column.name.endswith("arn"):
            yield name, f"arn:aws:{table.service}:{_REGION}:{_ACCOUNT}:{table.name.resource}/my-{table.name.resource}"
        elif column.type is ColumnType.BIGINT:
            yield name, "1"
    if table.arn is not None:
        own = table.column(table.arn.column)
        types = {c.name: c.type for c in table.columns}
        known = {"partition": "aws", "region": _REGION, "account_id": _ACCOUNT}
        text = _BRACED.sub(lambda m: known.get(m[1]) or ("1" if types[m[1]] is ColumnType.BIGINT else f"my-{m[1]}"), table.arn.template)
        yield (own.member or own.name) if own else "", text
