"""A relation that is answered without AWS: its columns, and where its rows come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Column, Table
from cirql.names import TableName
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a statement wants of a relation.

    `columns` are those that are read. `values` has, by column, the only values that matter; `passes` says of rows that have the
    relation's key columns alone which of them can matter (None: all). Others may be given all the same, since the statement's own
    WHERE is still to come.
    """

    columns: frozenset[str]
    values: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    passes: Callable[[Sequence[Row]], Sequence[bool]] | None = None


Rows = Callable[[Catalog, Wish], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table without fetches, and what gives its rows."""

    table: Table
    rows: Rows


def define(name: str, description: str, columns: Iterable[tuple[str, ColumnType, str]], rows: Rows, key: tuple[str, ...] = ()) -> Relation:
    """A relation from (name, type, description) of its columns; a name with capitals is shown so and found in any case.

    `key` are the columns that are known of a row before it is made: see `Wish.passes`.
    """
    made = tuple(Column(n, t, t.dataset_name, d, member=n if n != n.lower() else "") for n, t, d in columns)
    parts = tuple(name.split("."))
    title = parts[-1].replace("_", " ").capitalize()
    return Relation(Table(TableName(parts), parts[0], title, description, made, (), key=key), rows)
