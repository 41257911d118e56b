"""Second pass: the values each column can have, from constants, equalities with other tables, subqueries and ARNs.

Region and account are ordinary keys. Values known now are groups of rows; values that other scans will supply are queries over
their relations. Groups combine by natural join, so that pairs stay pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from cirql.catalog.model import Scope as Place
from cirql.catalog.model import Table
from cirql.errors import InvalidText
from cirql.plan.arns import arn_columns, parse_arn, where_of_arn
from cirql.plan.equalities import column_values, combine, equal_groups, project
from cirql.plan.model import KeyGroup
from cirql.types import ColumnType

IDENTIFIER = "data__identifier"


def constant_groups(table: Table, conjuncts: Iterable[exp.Expr]) -> list[KeyGroup]:
    """The key groups that the conjuncts over this table alone give; a contradiction gives a group without rows."""
    types = {c.name: c.type for c in table.columns}
    groups = combine(g for conjunct in conjuncts for g in equal_groups(conjunct, types))
    values = {c: frozenset(row[at] for row in g.rows or ()) for g in groups for at, c in enumerate(g.columns)}
    return combine([*groups, *_derived_groups(table, values)])


def is_equality(table: Table, conjunct: exp.Expr) -> bool:
    """Whether a condition says which constants one column may have, and nothing else."""
    return column_values(conjunct, {c.name: c.type for c in table.columns}) is not None


def _derived_groups(table: Table, values: Mapping[str, frozenset[Any]]) -> Iterator[KeyGroup]:
    """What identifiers and ARNs among the constants say about other columns."""
    if IDENTIFIER in values and table.identifier:
        parts = _identifier_parts(table, values[IDENTIFIER])
        yield parts
        if len(table.identifier) > 1:
            values = {**{c: frozenset(row[at] for row in parts.rows or ()) for at, c in enumerate(parts.columns)}, **values}
    elif table.identifier and all(c in values for c in table.identifier) and table.column(IDENTIFIER) is not None:
        known = combine([KeyGroup((c,), tuple((v,) for v in sorted(values[c], key=repr)), "constant") for c in table.identifier])
        rows = project(known, table.identifier)
        yield KeyGroup((IDENTIFIER, *table.identifier), tuple(("|".join(map(str, r)), *r) for r in rows), "the parts of the identifier")
    own = _own_arn_columns(table)
    for column in own:
        if column in values:
            yield from _arn_groups(table, column, values[column])
    if table.scope is Place.REGIONAL:
        for column in dict.fromkeys((*table.identifier, *(p.column for p in table.parents))):
            if column in values and column not in own:
                yield from _regions_of(column, values[column])


def _regions_of(column: str, texts: frozenset[Any]) -> Iterator[KeyGroup]:
    """The regions that ARNs of parents name: what a parent has is listed where the parent is."""
    regions = {t: where_of_arn(t).get("region") for t in texts if isinstance(t, str)}
    if any(regions.values()):
        yield KeyGroup((column, "region"), tuple((t, regions.get(t)) for t in sorted(texts, key=repr)), "the ARN")


def _identifier_parts(table: Table, identifiers: frozenset[Any]) -> KeyGroup:
    types = {c.name: c.type for c in table.columns}
    rows: list[tuple[Any, ...]] = []
    well_formed = frozenset(v for v in identifiers if _is_identifier(table, str(v)))
    for text in sorted(well_formed or identifiers):  # beside good ones a malformed one matches nothing; alone it is a mistake
        parts = text.split("|") if len(table.identifier) > 1 else [text]
        if len(parts) != len(table.identifier):
            raise InvalidText(
                f"'{text}' is not an identifier of {table.name}",
                hint="it has the form " + "|".join(table.identifier),
            )
        for name, part in zip(table.identifier, parts, strict=True):
            if name.endswith("_arn") and not part.startswith("arn:"):
                raise InvalidText(
                    f"'{part}' is no ARN: {table.name} is identified by {name}", hint="it has the form " + _arn_form(table, name)
                )
        typed = [int(p) if types[n] is ColumnType.BIGINT and p.isdigit() else p for n, p in zip(table.identifier, parts, strict=True)]
        rows.append((text, *typed))
    return KeyGroup((IDENTIFIER, *table.identifier), tuple(rows), "the identifier")


def _arn_form(table: Table, column: str) -> str:
    if table.arn is not None and table.arn.column == column:
        return table.arn.template.replace("{", "<").replace("}", ">")
    return "arn:<partition>:<service>:<region>:<account>:<resource>"


def _own_arn_columns(table: Table) -> tuple[str, ...]:
    """The columns that hold the row's own ARN."""
    own = [table.arn.column] if table.arn is not None else []
    single = table.identifier[0] if len(table.identifier) == 1 else ""
    if single.endswith("arn"):
        own += [single, IDENTIFIER]
    if table.key and len(table.key) == 1 and table.key[0].endswith("arn"):
        own += [table.key[0], "_key"]
    return tuple(dict.fromkeys(own))


def _arn_groups(table: Table, column: str, texts: frozenset[Any]) -> Iterator[KeyGroup]:
    arn = table.arn
    if arn is not None and arn.column in _own_arn_columns(table):
        names = tuple(n for n in dict.fromkeys((column, arn.column, "region", "account_id", *arn_columns(arn))))
        found = [(t, parse_arn(arn, t, table)) for t in sorted(texts)]
        rows = [tuple(t if n in (column, arn.column) else f.get(n) for n in names) for t, f in found if f is not None]
        yield KeyGroup(names, tuple(rows), "the ARN")
        return
    places = [(t, where_of_arn(t)) for t in sorted(texts, key=str) if isinstance(t, str) and t.startswith("arn:")]
    for name in ("region", "account_id"):
        if any(name in place for _, place in places):  # beside ARNs, what is none is nothing's
            yield KeyGroup((column, name), tuple((t, place.get(name)) for t, place in places), "the ARN")


def with_derived(table: Table, groups: list[KeyGroup]) -> list[KeyGroup]:
    """The groups, and what the identifiers and ARNs among their values say about other columns.

    For values that came from other scans: text that is no identifier of this table simply matches nothing.
    """
    values: dict[str, frozenset[Any]] = {}
    for group in groups:
        for at, column in enumerate(group.columns):
            values[column] = frozenset(row[at] for row in group.rows or () if row[at] is not None)
    usable = dict(values)
    if IDENTIFIER in usable:
        usable[IDENTIFIER] = frozenset(v for v in usable[IDENTIFIER] if _is_identifier(table, str(v)))
    return combine([*groups, *_derived_groups(table, usable)])


def _is_identifier(table: Table, text: str) -> bool:
    parts = text.split("|") if len(table.identifier) > 1 else [text]
    return len(parts) == len(table.identifier) and all(
        p.startswith("arn:") or not n.endswith("_arn") for n, p in zip(table.identifier, parts, strict=True)
    )


def provider_of(scope: Scope, column: exp.Column) -> exp.Table | Scope | None:
    """What a column's alias means, seen from a scope: one of its own sources or one of an enclosing query's."""
    reach: Scope | None = scope
    while reach is not None:
        if column.table in reach.selected_sources:
            return reach.selected_sources[column.table][1]
        reach = reach.parent
    return None
