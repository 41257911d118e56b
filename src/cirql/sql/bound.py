"""A statement whose names are all resolved: which relations it runs on, and which cloud table each of them stands for.

Data only; `bind` makes it, planning reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.sql.parse import Statement
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType


@dataclass(slots=True)
class Source:
    """One cloud table in one place of a statement.

    `star` are the columns of its `SELECT *`, in order; `wanted` the ones the statement needs from it. `node` is the
    table's place in the bound tree. `as_of` names the moment at which it is read, where that is not now.
    """

    relation: str
    alias: str
    table: Table
    star: tuple[str, ...]
    node: exp.Table
    wanted: set[str] = field(default_factory=set)
    as_of: exp.Expr | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to deliver, in the table's own order; one cheap column where the statement names none."""
        wanted = self.wanted or {_cheapest(self.table)}
        ordered = [name for name in self.star if name in wanted]
        return (*ordered, *(c.name for c in self.table.columns if c.name in wanted and c.name not in self.star))


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement whose names are all resolved: `tree` runs on relations, `sources` say what each relation is.

    `system` are the sources that are answered without AWS: their rows must be there before anything else runs.
    """

    statement: Statement
    tree: exp.Expr
    sources: tuple[Source, ...]
    system: tuple[Source, ...] = ()

    @property
    def relations(self) -> Mapping[str, Mapping[str, ColumnType]]:
        """The columns and types of every relation, in delivery order."""
        return {s.relation: column_types(s.table, s.columns) for s in (*self.sources, *self.system)}

    def source(self, relation: str) -> Source:
        """The source whose rows that relation holds."""
        return next(s for s in self.sources if s.relation == relation)


def column_types(table: Table, columns: Iterable[str]) -> dict[str, ColumnType]:
    """The types of these columns, in this order."""
    types = {c.name: c.type for c in table.columns}
    return {name: types[name] for name in columns}


def _cheapest(table: Table) -> str:
    """The column to read where only the number of rows matters: one that the first list call gives."""
    for fetch in table.fetches:
        if fetch.outputs:
            return fetch.outputs[0].column
    return table.columns[0].name
