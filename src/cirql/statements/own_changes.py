"""Changes to tables of the session's own, as SQL for DuckDB.

Which rows are meant and what they become is a query, and goes the way of every query, so that an expression means in SET and in
VALUES what it means in SELECT. DuckDB then gets that query's rows and does no more than write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cirql.errors import NotSupported
from cirql.sql.quoting import name as quoted

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.types import ColumnType

WRITTEN = "cirql_written"
"""What a change wrote, for RETURNING."""
_ROW = "rowid"
_SOURCE = "cirql_source"

Tables = Mapping[str, Mapping[str, "ColumnType"]]


def insert(tree: exp.Insert, tables: Tables) -> str:
    """An INSERT of VALUES or of DEFAULT VALUES. Raises NotSupported for a DEFAULT that only some rows have."""
    from sqlglot import exp

    from cirql.sql.translate import translate

    written = tree.copy()
    written.set("returning", None)
    if isinstance(written.expression, exp.Values):
        values = [v for row in written.expression.expressions for v in (row.expressions if isinstance(row, exp.Tuple) else [row])]
        if all(map(_is_default, values)):
            return written.sql(dialect="duckdb")
        _without_defaults(written)
    return translate(written, tables)


def update(tree: exp.Expr, tables: Tables) -> str:
    """An UPDATE, whose new values are those of a query over the old rows."""
    from sqlglot import exp

    table = tree.this
    pairs = list(_assignments(tree))
    values = [(column, value) for column, value in pairs if not _is_default(value)]
    items = [exp.Alias(this=exp.Paren(this=value.copy()), alias=exp.to_identifier(f"v{place}")) for place, (_, value) in enumerate(values)]
    source = tree.args.get("from_")
    found = _rows(tree, items, [source.this] if source is not None else [], tables)
    computed = {column: f"{_SOURCE}.v{place}" for place, (column, _) in enumerate(values)}
    sets = ", ".join(f"{quoted(column)} = {computed.get(column, 'DEFAULT')}" for column, _ in pairs)
    name = quoted(table.name)
    return f"UPDATE {name} SET {sets} FROM ({found}) AS {_SOURCE} WHERE {name}.{_ROW} = {_SOURCE}.r"


def delete(tree: exp.Expr, tables: Tables) -> str:
    """A DELETE of the rows that a query finds."""
    found = _rows(tree, [], list(tree.args.get("using") or ()), tables)
    name = quoted(tree.this.name)
    return f"DELETE FROM {name} WHERE {_ROW} IN ({found})"


def returned(tree: exp.Expr, target: Any, tables: Tables) -> str | None:
    """The query of RETURNING over the rows that were written; None where there is none."""
    from cirql.sql.translate import translate

    query = returning(tree, target, WRITTEN)
    return translate(query, {WRITTEN: tables[target.name]}) if query is not None else None


def returning(tree: exp.Expr, target: Any, source: str) -> exp.Select | None:
    """RETURNING as a query for its items."""
    from sqlglot import exp

    clause = tree.args.get("returning")
    if clause is None:
        return None
    return exp.Select(expressions=[e.copy() for e in clause.expressions]).from_(
        exp.alias_(exp.to_table(source), target.alias_or_name, table=True)
    )


def with_first(tree: exp.Expr) -> exp.Expr:
    """An INSERT whose query has the WITH that stood before it."""
    ahead = tree.args.get("with_")
    query = tree.args.get("expression")
    if ahead is None or query is None:
        return tree
    tree.set("with_", None)
    own = query.args.get("with_")
    if own is not None:
        ahead.set("expressions", [*ahead.expressions, *own.expressions])
    query.set("with_", ahead)
    return tree


def _rows(tree: exp.Expr, items: Sequence[exp.Expr], others: Sequence[exp.Expr], tables: Tables) -> str:
    """The query for the rows that a change means: their places and the items."""
    from sqlglot import exp

    from cirql.sql.translate import translate
    from cirql.types import ColumnType

    table = tree.this
    place = exp.alias_(exp.column(_ROW, table=table.alias_or_name), "r")
    query = exp.Select(expressions=[place, *items]).from_(table.copy())
    for other in others:
        query.append("joins", exp.Join(this=other.copy()))
    for key in ("where", "with_"):
        if tree.args.get(key) is not None:
            query.set(key, tree.args[key].copy())
    return translate(query, {**tables, table.name: {**tables[table.name], _ROW: ColumnType.BIGINT}})


def _assignments(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    from sqlglot import exp

    for item in tree.expressions:
        left, right = item.this, item.expression
        if not isinstance(left, exp.Tuple):
            yield left.name, right
        elif isinstance(right, exp.Tuple) and len(right.expressions) == len(left.expressions):
            yield from zip((column.name for column in left.expressions), right.expressions, strict=True)
        else:
            raise NotSupported("this form of SET is not supported", hint="write SET a = …, b = …")


def _without_defaults(tree: exp.Insert) -> None:
    """Leave out the columns that take their defaults."""
    from sqlglot import exp

    rows = [list(row.expressions) if isinstance(row, exp.Tuple) else [row] for row in tree.expression.expressions]
    default = {place for row in rows for place, value in enumerate(row) if _is_default(value)}
    if not default:
        return
    if not isinstance(tree.this, exp.Schema) or any(not _is_default(row[place]) for row in rows for place in default):
        raise NotSupported("DEFAULT of some rows is not supported", hint="name the columns, and insert the rows with DEFAULT by themselves")
    kept = [place for place in range(len(rows[0])) if place not in default]
    tree.this.set("expressions", [tree.this.expressions[place] for place in kept])
    tree.expression.set("expressions", [exp.Tuple(expressions=[row[place] for place in kept]) for row in rows])


def _is_default(value: exp.Expr) -> bool:
    from sqlglot import exp

    if isinstance(value, exp.Column):
        return value.name.upper() == "DEFAULT" and not value.this.args.get("quoted") and not value.table
    return isinstance(value, exp.Var) and value.name.upper() == "DEFAULT"
