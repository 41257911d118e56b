"""What reading a table may need of IAM: the actions of its own calls, and of those that find the keys that these take.

Said once, after every correction of fetches and parents: pages, `cirql.permissions` and DESCRIBE print it, and a sweep holds that
EXPLAIN (POLICY) asks for nothing besides. Which of them one statement needs, EXPLAIN (POLICY) says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cirql.catalog.model import Fetch, Role, Table
from cirql.names import Scheme, TableName
from cirql.startup.records import replace


def with_reads(tables: Iterable[Table]) -> list[Table]:
    """The tables, each dataset with all that reading it may need. What a resource type's handlers need, its schema says."""
    every = list(tables)
    known = {t.name: t for t in every}
    return [_with_read(t, known) if t.name.scheme is Scheme.DATASET else t for t in every]


def _with_read(table: Table, known: Mapping[TableName, Table]) -> Table:
    calls = [*table.fetches, *_for_keys(table, known, {table.name})]
    actions = tuple(dict.fromkeys(action for call in calls for action in call.permissions))
    kept = {verb: given for verb, given in table.permissions.items() if verb != "read"}
    return replace(table, permissions={"read": actions, **kept} if actions else kept)


def _for_keys(table: Table, known: Mapping[TableName, Table], seen: set[TableName]) -> Iterator[Fetch]:
    """The calls that find what the table's own begin with."""
    needed = frozenset[str]().union(*(table.needs(root) for root in table.roots))
    for parent in table.parents:
        found = known.get(parent.table)
        if parent.column not in needed or found is None:
            continue
        yield from (f for f in found.fetches if f.role is Role.LIST or (f.role is Role.GET and _is_for(found, f, parent.source)))
        if found.name not in seen:
            seen.add(found.name)
            yield from _for_keys(found, known, seen)


def _is_for(table: Table, fetch: Fetch, column: str) -> bool:
    """Whether a column is in the answer of that call and of no list call."""
    return column in fetch.gives and not any(column in f.gives for f in table.fetches if f.role is Role.LIST)
