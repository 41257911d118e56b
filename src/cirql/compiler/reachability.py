"""Whether every table can be reached from nothing: the last look at parents, after the overlay has had its say.

Keys go together: the database of one catalog is not to be looked for in another. So where a list call needs several keys, one
parent must give them all. Often the nearest one does, because it needed the others itself. What stays out of reach says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cirql.catalog.model import Fetch, Parent, Role, Table
from cirql.names import TableName
from cirql.startup.records import replace

# The planner follows parents this far.
_DEPTH = 5


def with_reach(tables: Iterable[Table]) -> list[Table]:
    """The tables with parents that go together, and with a `problem` where there is no way to their rows."""
    by_name = {t.name: t for t in tables}
    for name, table in list(by_name.items()):
        if table.parents and not table.problem:
            by_name[name] = _consolidated(table, by_name)
    return [_with_problem(t, by_name) for t in by_name.values()]


def _consolidated(table: Table, tables: Mapping[TableName, Table]) -> Table:
    """The table with the keys of its call taken from one parent, where one has them all."""
    for fetch in table.roots:
        wanted = table.needs(fetch)
        if not wanted or any(_covers(table, wanted, p.table) for p in table.parents):
            return table
        for name in dict.fromkeys(p.table for p in table.parents):
            found = {k: source for k in wanted if (source := _source(table, k, tables[name])) is not None}
            if set(found) == wanted and not _leads_to(name, table.name, tables):
                others = tuple(p for p in table.parents if p.column not in wanted)
                return replace(table, parents=(*(Parent(k, name, s) for k, s in sorted(found.items())), *others))
    return table


def _covers(table: Table, wanted: frozenset[str], parent: TableName) -> bool:
    return wanted <= {p.column for p in table.parents if p.table == parent}


def _source(table: Table, key: str, parent: Table) -> str | None:
    """The column of a parent that holds a key.

    The one that is known, the one that came from the same place, the one of the same name, or the one that says the same at more length
    (a repository's `domain_name` is the `name` that `domain` takes from the domains).
    """
    own = [p for p in table.parents if p.column == key]
    for link in own:
        if link.table == parent.name:
            return link.source
        for theirs in parent.parents:
            if (theirs.table, theirs.source) == (link.table, link.source):
                return theirs.column
    given = {c for f in parent.roots[:1] for c in f.gives}
    nouns = [key, *(key.removesuffix(end) for end in ("_identifier", "_id", "_name", "_arn") if key.endswith(end))]
    return next((n for n in (key, *(f"{noun}_{link.source}" for link in own for noun in nouns)) if n in given), None)


def _leads_to(start: TableName, goal: TableName, tables: Mapping[TableName, Table]) -> bool:
    seen: set[TableName] = set()
    open_ = [start]
    while open_:
        name = open_.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            open_ += [p.table for p in tables[name].parents]
    return False


def _with_problem(table: Table, tables: Mapping[TableName, Table]) -> Table:
    ways = table.roots
    if table.problem or not ways or ways[0].role is not Role.LIST or _is_reached(table, tables, 0):
        return table
    columns = ", ".join(sorted(table.needs(ways[0])))
    return replace(table, problem=f"needs {columns}: no table that can be listed has the values")


def _is_reached(table: Table, tables: Mapping[TableName, Table], depth: int) -> bool:
    return depth <= _DEPTH and any(_way_exists(table, f, tables, depth) for f in table.fetches if f.role is Role.LIST)


def _way_exists(table: Table, fetch: Fetch, tables: Mapping[TableName, Table], depth: int) -> bool:
    wanted = table.needs(fetch)
    if not wanted:
        return True
    among = any(p.among for p in table.parents if p.column in wanted)
    return (all if among else any)(
        _covers(table, wanted, name) and _gives(tables[name], _sources(table, wanted, name), tables, depth + 1)
        for name in dict.fromkeys(p.table for p in table.parents)
    )


def _sources(table: Table, wanted: frozenset[str], parent: TableName) -> Iterator[str]:
    yield from (p.source for p in table.parents if p.table == parent and p.column in wanted)


def _gives(parent: Table, columns: Iterable[str], tables: Mapping[TableName, Table], depth: int) -> bool:
    """Whether a parent can be listed, and has these columns, from that call or from those for each row."""
    given = {c for f in parent.fetches for c in f.gives} | {"region", parent.account_column, *parent.identifier}
    if parent.arn is not None:
        given |= {c.name for c in parent.columns if c.name == parent.arn.column or f"{{{c.name}}}" in parent.arn.template}
    return set(columns) <= given and _is_reached(parent, tables, depth)
