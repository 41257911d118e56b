"""Whole rows: a relation's name in place of a value, and `ROW(…)`, as the fields that they have."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import type_of, typed
from cirql.sql.translate.scopes import SourceColumns
from cirql.sql.translate.site import Site


def row_fields(node: exp.Expr, site: Site) -> list[exp.Expr] | None:
    """The columns of a whole-row reference (`t` in `row_to_json(t)`), or None where the node is not one."""
    if not isinstance(node, exp.Column) or type_of(node) != st.RECORD:
        return None
    source: SourceColumns | None = site.scope.source(node.table or node.name)
    if source is None or source.columns is None:
        raise refuse("a whole row of a relation whose columns are not known", node)
    return [typed(exp.column(name, table=source.name, quoted=True), sql_type) for name, sql_type in source.columns]


def fields(node: exp.Expr, site: Site) -> list[exp.Expr] | None:
    """The fields of `(a, b)`, `ROW(a, b)` or a whole row; None of what is one value."""
    inner = node.unnest()
    if isinstance(inner, exp.Tuple) or (isinstance(inner, exp.Anonymous) and inner.name.lower() == "row"):
        return list(inner.expressions)
    return row_fields(inner, site)
