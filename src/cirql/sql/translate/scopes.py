"""Which columns an expression can see, and of what type: one `NameScope` per SELECT, chained outward.

A source whose columns cannot be known (a CSV file) is open: any name may come from it, of type ANY.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.sqltypes import SqlType
from cirql.startup.records import dataclass, field

Columns = tuple[tuple[str, SqlType], ...]


@dataclass(frozen=True, slots=True)
class SourceColumns:
    """One relation of a FROM: its columns in order, None where they cannot be known.

    `scalar` names the column that the source's own name stands for, as in `FROM jsonb_array_elements(d) e`.
    """

    name: str
    columns: Columns | None
    scalar: str | None = None

    def type_of(self, column: str) -> SqlType | None:
        """The type of a column, ANY in an open source, None where there is no such column."""
        if self.columns is None:
            return st.ANY
        for name, sql_type in self.columns:
            if name == column:
                return sql_type
        return next((found for name, found in self.columns if name.lower() == column.lower()), None)


@dataclass(slots=True, eq=False)
class NameScope:
    """The sources of one SELECT in order, the CTEs in reach, and the enclosing scope."""

    outer: NameScope | None = None
    sources: list[SourceColumns] = field(default_factory=list)
    ctes: dict[str, Columns | None] = field(default_factory=dict)
    outputs: dict[str, SqlType] = field(default_factory=dict)

    def add(self, name: str, columns: Columns | None, scalar: str | None = None) -> None:
        """Make a relation visible to what follows."""
        self.sources.append(SourceColumns(name, columns, scalar))

    def source(self, name: str) -> SourceColumns | None:
        """The source of that name, here or further out."""
        holder = self.holder(name)
        return None if holder is None else next(s for s in holder.sources if s.name.lower() == name.lower())

    def holder(self, name: str) -> NameScope | None:
        """The scope whose FROM has the source of that name."""
        return next((found for found in self.chain() if any(s.name.lower() == name.lower() for s in found.sources)), None)

    def holder_of(self, column: str) -> NameScope | None:
        """The scope that an unqualified column comes from."""
        seen = self.column(column)
        return None if seen is None else next((found for found in self.chain() if any(s is seen[0] for s in found.sources)), None)

    def column(self, name: str) -> tuple[SourceColumns, SqlType] | None:
        """The source and type of an unqualified column; known columns win over open sources."""
        for found in self.chain():
            opened: SourceColumns | None = None
            for source in found.sources:
                sql_type = source.type_of(name)
                if sql_type is not None and source.columns is not None:
                    return source, sql_type
                if sql_type is not None:
                    opened = opened or source
            if opened:
                return opened, st.ANY
        return None

    def cte(self, name: str) -> tuple[bool, Columns | None]:
        """Whether a CTE of that name is in reach, and its columns."""
        for found in self.chain():
            for cte, columns in found.ctes.items():
                if cte.lower() == name.lower():
                    return True, columns
        return False, None

    def chain(self) -> Iterator[NameScope]:
        """The scope and those around it, from the inside out."""
        scope: NameScope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


Relations = Mapping[str, Columns]
