"""What a column that holds the ARN of a row's parent says: `v.image_arn = i.image_arn` says `v.image_name = i.image_name`, and the same
region and account, because the ARN of an image names all three.

The parent is the table that the catalog names for a required key; the column is the one that has the name of the parent's ARN column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cirql.catalog.model import Table
from cirql.names import TableName
from cirql.plan.arns import arn_columns, parse_arn
from cirql.plan.model import KeyGroup
from cirql.plan.predicates import Edge
from cirql.startup.records import dataclass

FindTable = Callable[[TableName], Table]


@dataclass(frozen=True, slots=True)
class Kin:
    """The parent whose ARN a column holds, and which of the parent's columns each column of the child equals."""

    parent: Table
    pairs: Mapping[str, str]


def kin(table: Table, find_table: FindTable) -> dict[str, Kin]:
    """The columns of a table that hold a parent's ARN."""
    linked: dict[TableName, dict[str, str]] = {}
    for parent in (p for p in table.parents if p.is_equal):
        linked.setdefault(parent.table, {})[parent.column] = parent.source
    found = {}
    for name, pairs in linked.items():
        parent_table = find_table(name)
        arn = parent_table.arn
        own = {table.arn.column if table.arn is not None else "", *table.key, *table.identifier}
        if arn is None or arn.column in own or table.column(arn.column) is None or not set(pairs.values()) <= set(arn_columns(arn)):
            continue
        place = {"region": "region"} if "{region}" in arn.template else {}
        if "{account_id}" in arn.template and parent_table.account_column == "account_id":
            place[table.account_column] = "account_id"
        found[arn.column] = Kin(parent_table, pairs | place)
    return found


def implied_edges(edges: Iterable[Edge], known: Mapping[str, Kin], table_of: Callable[[Edge], Table | None]) -> Iterator[Edge]:
    """The equalities that follow from an equality of ARNs with the parent itself; its relation need not have these columns."""
    for edge in edges:
        if edge.column in known and edge.provider_column == edge.column:
            relative, other = known[edge.column], table_of(edge)
            if other is not None and other.name == relative.parent.name:
                yield from (edge.between(mine, theirs) for mine, theirs in relative.pairs.items())


def parent_groups(known: Mapping[str, Kin], groups: Iterable[KeyGroup]) -> Iterator[KeyGroup]:
    """What the ARNs of parents among the values say about the columns that lead to the parent."""
    for group in groups:
        for at, column in enumerate(group.columns):
            if group.rows is None or column not in known:
                continue
            parent, pairs = known[column].parent, known[column].pairs
            assert parent.arn is not None
            read = [(row[at], parse_arn(parent.arn, str(row[at]), parent)) for row in group.rows]
            rows = tuple((text, *(parts.get(theirs) for theirs in pairs.values())) for text, parts in read if parts is not None)
            yield KeyGroup((column, *pairs), rows, f"the ARN of its {parent.title or parent.name.resource}")
