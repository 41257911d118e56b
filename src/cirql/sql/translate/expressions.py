"""The walk over one expression: children first, then the rule for the node's class.

The rules live in modules, one per noun, which import this one; they come with the `Site`, so that it need not know them.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import NotSupported
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import position_of, type_of, typed
from cirql.sql.translate.shield import parse_postgres
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.sqltypes import SqlType

_AFTER = "after"
_WRAPPERS = (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)
After = Callable[[exp.Expr], exp.Expr]


def finish_with(node: exp.Expr, after: After) -> exp.Expr:
    """Have `after` applied to an aggregate once its FILTER, WITHIN GROUP and OVER are around it."""
    node.meta[_AFTER] = after
    return node


def rewrite(node: exp.Expr, site: Site) -> exp.Expr:
    """The DuckDB tree for a PostgreSQL expression, stamped with its type. The given tree is used up."""
    kind = type(node)
    structured = site.rules.structured.get(kind)
    wrapped = isinstance(node.parent, _WRAPPERS) and node.arg_key == "this"
    if structured is not None:
        result = structured(node, site)
    else:
        rule = site.rules.plain.get(kind)
        if rule is None and isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous):
            return _respelled(node, site)
        rewrite_children(node, site)
        result = rule(node, site) if rule else node
    if isinstance(node, _WRAPPERS) and _AFTER not in result.meta and isinstance(node.this, exp.Expr):
        after = node.this.meta.get(_AFTER)
        if after is not None:
            result.meta[_AFTER] = after
    if wrapped or _AFTER not in result.meta:
        return result
    after = result.meta.pop(_AFTER)
    sql_type = type_of(result)
    finished: exp.Expr = after(result)
    return finished if finished.meta.get("sql_type") else typed(finished, sql_type)


def rewrite_children(node: exp.Expr, site: Site) -> None:
    """Rewrite every child in place."""
    for key, value in list(node.args.items()):
        if isinstance(value, exp.Expr):
            node.set(key, rewrite(value, site))
        elif isinstance(value, list):
            node.set(key, [rewrite(v, site) if isinstance(v, exp.Expr) else v for v in value])


def _respelled(node: exp.Expr, site: Site) -> exp.Expr:
    """A function that the stock parser has turned into a node of its own, read again by its PostgreSQL name."""
    tree = parse_postgres("SELECT " + node.sql("postgres"))[0]
    again = tree.expressions[0] if tree is not None else node
    if type(again) is type(node):
        rewrite_children(node, site)
        return typed(node, st.ANY)
    again.parent, again.arg_key = node.parent, node.arg_key
    return rewrite(again, site)


def apply(node: exp.Expr, site: Site) -> exp.Expr:
    """Apply the rule of an operator whose operands are rewritten already."""
    rule = site.rules.chained.get(type(node)) or site.rules.plain.get(type(node))
    return rule(node, site) if rule else node


def refuse(what: str, node: exp.Expr | None = None, hint: str | None = None) -> NotSupported:
    """The error for a construct that has no faithful translation."""
    return NotSupported(f"{what} is not supported", hint=hint, position=position_of(node))


def keep_type(sql_type: SqlType) -> Rule:
    """A rule that leaves the node and says its type."""

    def rule(node: exp.Expr, site: Site) -> exp.Expr:
        return typed(node, sql_type)

    return rule
