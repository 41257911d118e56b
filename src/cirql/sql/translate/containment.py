"""Containment: `@>`, `<@` and `&&`, whose meaning the operands decide: documents, hstores, arrays or networks."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import arrays, hstores, networks
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import call, type_of
from cirql.sql.translate.site import Rule, Site


def contains(node: exp.Expr, site: Site) -> exp.Expr:
    """`@>` of documents, hstores, arrays; `<@` is the same turned round."""
    left, right = node.this, node.expression
    if isinstance(node, exp.ArrayContainedBy):
        left, right = right, left
    kinds = {type_of(left).category, type_of(right).category}
    if "hstore" in kinds:
        return hstores.contains(left, right)
    if "array" in kinds:
        return arrays.contains(left, right)
    return call("cirql_json_contains", convert(left, st.JSONB), convert(right, st.JSONB), type=st.BOOL)


def overlaps(node: exp.Expr, site: Site) -> exp.Expr:
    """`&&` of arrays or networks."""
    left, right = node.this, node.expression
    if "network" in (type_of(left).category, type_of(right).category):
        return networks.overlapping(left, right)
    left, right = arrays.same_kind(left, right)
    if type_of(left).element is None and type_of(left) != st.ANY:
        raise refuse("&& between values that are neither arrays nor networks", node)
    return call("list_has_any", left, right, type=st.BOOL)


RULES: dict[type[exp.Expr], Rule] = {
    exp.ArrayContainsAll: contains,
    exp.ArrayContainedBy: contains,
    exp.ArrayOverlaps: overlaps,
}
