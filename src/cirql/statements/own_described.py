"""A session's own tables and views as they are told of: their columns, keys, indexes and what makes them. Asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from cirql.errors import Error
from cirql.sql.quoting import name as quoted
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.engine import Database
    from cirql.statements.description import Description
    from cirql.statements.workspace import Workspace


class OwnHome(Protocol):
    """A session, as far as its own tables tell of it."""

    @property
    def workspace(self) -> Workspace:
        """Its views and tables."""
        ...

    @property
    def database(self) -> Database:
        """What holds their rows."""
        ...

    def describe(self, sql: str) -> Description:
        """What a statement gives."""
        ...


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column; `type` is as results have it, `default` an expression."""

    name: str
    type: str
    is_nullable: bool = True
    default: str | None = None


@dataclass(frozen=True, slots=True)
class OwnConstraint:
    """A key, a reference to another table's columns, or a check; `kind` is PostgreSQL's letter: p, u, f or c."""

    kind: str
    name: str
    columns: tuple[str, ...]
    other: str = ""
    other_columns: tuple[str, ...] = ()
    check: str = ""


@dataclass(frozen=True, slots=True)
class OwnIndex:
    """An index that was made as one. An expression among `columns` is in parentheses."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool


@dataclass(frozen=True, slots=True)
class OwnRelation:
    """A table (`r`), a view (`v`) or a materialized view (`m`), with the schema that it is found in."""

    name: str
    kind: str
    schema: str
    columns: tuple[OwnColumn, ...]
    constraints: tuple[OwnConstraint, ...] = ()
    indexes: tuple[OwnIndex, ...] = ()
    query: str = ""
    """What a view selects."""


def described(owner: OwnHome) -> list[OwnRelation]:
    """All of them, by name. A view whose tables are gone has no columns."""
    workspace = owner.workspace
    told = _Told(owner.database) if workspace.tables else None
    found = []
    for name in sorted({*workspace.tables, *workspace.views}):
        view = workspace.views.get(name)
        kind = "r" if view is None else "m" if view.materialized else "v"
        columns = _columns(owner, name, told)
        keys = tuple(told.constraints(name)) if told is not None else ()
        indexes = tuple(told.indexes(name)) if told is not None else ()
        found.append(OwnRelation(name, kind, workspace.home(name) or "", columns, keys, indexes, view.text if view is not None else ""))
    return found


def _columns(owner: OwnHome, name: str, told: _Told | None) -> tuple[OwnColumn, ...]:
    try:
        columns = owner.describe(f"SELECT * FROM {quoted(name)}").columns or ()
    except Error:
        return ()
    kept = told.columns(name) if told is not None else {}
    return tuple(OwnColumn(c.name, c.type, *kept.get(c.name, (True, None))) for c in columns)


class _Told:
    """What DuckDB says of the tables in it."""

    def __init__(self, database: Database) -> None:
        connection = database.connect()
        try:
            self._columns = _rows(connection, "table_name, column_name, is_nullable, column_default FROM duckdb_columns()")
            self._constraints = _rows(
                connection,
                "table_name, constraint_type, constraint_column_names, expression, referenced_table, referenced_column_names "
                "FROM duckdb_constraints()",
            )
            self._indexes = _rows(connection, "table_name, index_name, is_unique, expressions FROM duckdb_indexes()")
        finally:
            connection.close()

    def columns(self, table: str) -> dict[str, tuple[bool, str | None]]:
        """Whether each may be NULL, and its default."""
        return {name: (is_nullable, _default(default)) for of, name, is_nullable, default in self._columns if of == table}

    def constraints(self, table: str) -> Iterator[OwnConstraint]:
        """Keys, references and checks, called as PostgreSQL calls those without a name."""
        for of, kind, columns, check, other, others in self._constraints:
            if of != table:
                continue
            middle = "_".join([table, *columns])
            match kind:
                case "PRIMARY KEY":
                    yield OwnConstraint("p", f"{table}_pkey", tuple(columns))
                case "UNIQUE":
                    yield OwnConstraint("u", f"{middle}_key", tuple(columns))
                case "FOREIGN KEY":
                    yield OwnConstraint("f", f"{middle}_fkey", tuple(columns), other, tuple(others))
                case "CHECK":
                    yield OwnConstraint("c", f"{middle}_check", tuple(columns), check=check)

    def indexes(self, table: str) -> Iterator[OwnIndex]:
        """Those that CREATE INDEX made."""
        for of, name, is_unique, expressions in self._indexes:
            if of == table:
                yield OwnIndex(name, tuple(_listed(expressions)), is_unique)


def _rows(connection: Any, asked: str) -> list[tuple[Any, ...]]:
    here = "schema_name = 'main' AND database_name = current_database()"
    found: list[tuple[Any, ...]] = connection.execute(f"SELECT {asked} WHERE {here}").fetchall()
    return found


def _default(text: str | None) -> str | None:
    return None if text in (None, "NULL") else text


def _listed(expressions: str) -> Iterator[str]:
    """DuckDB's `[id, "my name", '(lower(x))']` as names, and expressions in parentheses."""
    for whole, plain in re.findall(r"'((?:[^']|'')*)'|(\"(?:[^\"]|\"\")*\"|[^,\[\] ]+)", expressions):
        word = whole.replace("''", "'") if whole else plain
        if word.startswith('"') and word.endswith('"') and len(word) > 1:
            word = word[1:-1].replace('""', '"')
        yield word
