"""Arrays as DuckDB lists: constructors, subscripts that count from one, containment that ignores order."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import TypeMismatch
from cirql.sql.translate import hstores, jsons
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.conditionals import unify
from cirql.sql.translate.nodes import as_type, call, integer, number, position_of, type_of, typed
from cirql.sql.translate.site import Rule, Site


def constructor(node: exp.Expr, site: Site) -> exp.Expr:
    """`ARRAY[…]` and `ARRAY(query)`."""
    items = node.expressions
    if len(items) == 1 and isinstance(items[0], exp.Query):
        columns = items[0].meta.get("columns")
        element = columns[0][1] if columns else st.ANY
        listed = call("ARRAY", items[0].this if isinstance(items[0], exp.Subquery) else items[0])
        return call("coalesce", listed, exp.Array(expressions=[]), type=st.array_of(element))
    if not items:
        if isinstance(node.parent, exp.Cast):
            return typed(node, st.array_of(st.UNKNOWN))
        raise TypeMismatch("cannot determine type of empty array", hint="cast it, for example ARRAY[]::text[]")
    unified, element = unify(list(items), "ARRAY")
    node.set("expressions", unified)
    return typed(node, st.array_of(element))


def subscript(node: exp.Expr, site: Site) -> exp.Expr:
    """`a[1]`, `a[2:3]`, `doc['key']`. The parser has shifted constant subscripts to count from zero."""
    subject, index = node.this, node.expressions[0]
    kind = type_of(subject)
    if kind.is_json or (kind == st.ANY and type_of(index) == st.UNKNOWN):
        place = integer(index)
        return jsons.extract(subject, index if place is None else number(place + 1), as_text=False)
    if kind == st.HSTORE:
        return hstores.value_at(subject, index)
    if kind.element is None and kind != st.ANY:
        raise TypeMismatch(f"cannot subscript type {kind} because it does not support subscripting", position=position_of(subject))
    target = subject if isinstance(subject, (exp.Column, exp.Paren, exp.Bracket)) else typed(exp.Paren(this=subject), kind)
    if isinstance(index, exp.Slice):
        low, high = index.this, index.expression
        return call("cirql_slice", target, low or number(1), high or call("len", target.copy()), type=kind)
    shifted = integer(index)
    element = kind.element or st.ANY
    if shifted is not None:
        if shifted < 0:
            return as_type(exp.Null(), element)
        return call("list_extract", target, number(shifted + 1), type=element)
    return call("cirql_element", target, index, type=element)


def sliced(node: exp.Expr, site: Site) -> exp.Expr:
    """A slice is handled by its subscript."""
    return typed(node, st.ANY)


def contains(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`left @> right` of arrays, an array constant taking the other's type; a NULL element is contained in nothing."""
    left, right = same_kind(left, right)
    return call("cirql_array_contains", left, right, type=st.BOOL)


def same_kind(left: exp.Expr, right: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """Two arrays of one type."""
    if type_of(left) == st.UNKNOWN:
        left = convert(left, type_of(right))
    if type_of(right) == st.UNKNOWN:
        right = convert(right, type_of(left))
    return left, right


def concatenate(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`||` of arrays and elements."""
    left_type, right_type = type_of(left), type_of(right)
    if left_type == st.UNKNOWN:
        left = convert(left, right_type)
    elif right_type == st.UNKNOWN:
        right = convert(right, left_type)
    left_type, right_type = type_of(left), type_of(right)
    if left_type.element is None:
        return call("list_prepend", left, right, type=right_type)
    if right_type.element is None:
        return call("list_append", left, right, type=left_type)
    if left_type.element.element is not None and right_type.element.element is None:
        return call("list_append", left, right, type=left_type)
    return call("list_concat", left, right, type=st.common((left_type, right_type)))


RULES: dict[type[exp.Expr], Rule] = {
    exp.Array: constructor,
    exp.Bracket: subscript,
    exp.Slice: sliced,
}
