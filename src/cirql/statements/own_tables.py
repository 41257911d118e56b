"""Tables of the session's own as they are defined: PostgreSQL's types and numbered columns, in DuckDB's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cirql.errors import InvalidStatement, NotSupported
from cirql.sql.quoting import name as quoted
from cirql.sql.trees import all_of

if TYPE_CHECKING:
    from sqlglot import exp


def definition(schema: exp.Schema, table: str) -> tuple[dict[str, str], str]:
    """The sequences that its numbered columns need, by their names, and the statement that makes the table."""
    from sqlglot import exp

    made = schema.copy()
    _unchecked_within(made, table)
    serial = {exp.DType.SMALLSERIAL: "SMALLINT", exp.DType.SERIAL: "INTEGER", exp.DType.BIGSERIAL: "BIGINT"}
    sequences = {}
    for column in all_of(made, exp.ColumnDef):
        kind = column.args.get("kind")
        identity = [c for c in column.args.get("constraints") or () if isinstance(c.kind, exp.GeneratedAsIdentityColumnConstraint)]
        if kind is not None and kind.this in (exp.DType.INTERVAL, exp.DType.DOUBLE, exp.DType.FLOAT):
            kind.set("expressions", None)  # of precision: DuckDB's have PostgreSQL's highest
        if kind is not None and (identity or kind.this in serial):
            name = f"{table}_{column.name}_seq"
            how = identity[0].args["kind"].args if identity else {}
            begin, step = how.get("start"), how.get("increment")
            sequences[name] = (
                f"CREATE SEQUENCE {quoted(name)}"
                + (f" START WITH {begin.sql()}" if begin is not None else "")
                + (f" INCREMENT BY {step.sql()}" if step is not None else "")
            )
            if kind.this in serial:
                column.set("kind", exp.DataType.build(serial[kind.this], dialect="duckdb"))
            kept = [c for c in column.args.get("constraints") or () if c not in identity]
            following = exp.func("nextval", exp.Literal.string(quoted(name)))
            default = exp.ColumnConstraint(kind=exp.DefaultColumnConstraint(this=following))
            column.set("constraints", [default, exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()), *kept])
    return sequences, exp.Create(this=made, kind="TABLE").sql(dialect="duckdb")


def with_names(query: exp.Query, schema: exp.Schema, kind: str) -> exp.Query:
    """The query of `CREATE VIEW v (a, b) AS …`, its first columns under the names that are given.

    Raises NotSupported where more than names is given, InvalidStatement for a name that is there twice.
    """
    from sqlglot import exp

    if not all(
        isinstance(c, exp.Identifier | exp.Column) or (isinstance(c, exp.ColumnDef) and len(c.args) == 1) for c in schema.expressions
    ):
        raise NotSupported(f"CREATE {kind} … AS takes no types for its columns", hint="cast them in the query")
    names = [c.name for c in schema.expressions]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InvalidStatement(f'column "{twice}" specified more than once', sqlstate="42701")
    alias = exp.TableAlias(this=exp.to_identifier("q"), columns=[exp.to_identifier(n, quoted=True) for n in names])
    return exp.select("*").from_(exp.Subquery(this=query.copy(), alias=alias))


def _unchecked_within(schema: exp.Schema, table: str) -> None:
    """Take out the references of a table to itself: DuckDB checks them row by row, and would not delete a parent with its children."""
    from sqlglot import exp

    def is_own(reference: exp.Reference) -> bool:
        target = reference.this
        return bool((target.this if isinstance(target, exp.Schema) else target).name == table)

    for reference in [r for r in all_of(schema, exp.Reference) if is_own(r)]:
        place = reference.parent
        while place is not None and not isinstance(place.parent, exp.Schema | exp.ColumnDef):
            place = place.parent
        if place is not None:
            place.pop()
