"""inet and cidr: addresses as text, compared and tested by value through the functions of `cirql.sql.functions`."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import call, type_of, typed


def as_network(node: exp.Expr) -> exp.Expr:
    """An operand as a network: constants and text are read and checked."""
    return node if type_of(node).category == "network" else convert(node, st.INET)


def contained(node: exp.Expr, *, strict: bool, inside_left: bool) -> exp.Expr:
    """`<< <<= >> >>=`: whether one network lies in the other; `inside_left` where the left one is the smaller."""
    if isinstance(node.expression, (exp.Any, exp.All)):
        return _contained_in_many(node.this, node.expression, strict=strict, inside_left=inside_left)
    left, right = as_network(node.this), as_network(node.expression)
    inner, outer = (left, right) if inside_left else (right, left)
    return call("cirql_inet_inside" if strict else "cirql_inet_inside_or_equal", inner, outer, type=st.BOOL)


def _contained_in_many(left: exp.Expr, quantifier: exp.Expr, *, strict: bool, inside_left: bool) -> exp.Expr:
    """`ip <<= ANY (ARRAY[…])`, written out for an array constructor."""
    subject = quantifier.this.unnest()
    while isinstance(subject, (exp.Paren, exp.Cast)):
        subject = subject.this
    if not isinstance(subject, exp.Array):
        raise refuse("a network operator over ANY or ALL of anything but ARRAY[…]", left)
    tests = [
        contained(exp.BitwiseLeftShift(this=left.copy(), expression=item.copy()), strict=strict, inside_left=inside_left)
        for item in subject.expressions
    ]
    joined = exp.or_(*tests) if isinstance(quantifier, exp.Any) else exp.and_(*tests)
    return typed(exp.Paren(this=joined), st.BOOL)


def overlapping(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`&&`: whether one contains the other or they are equal."""
    return call("cirql_inet_overlaps", as_network(left), as_network(right), type=st.BOOL)


BITS: dict[type[exp.Expr], str] = {exp.BitwiseNot: "cirql_inet_not", exp.BitwiseAnd: "cirql_inet_and", exp.BitwiseOr: "cirql_inet_or"}
"""The operators on the bits of addresses, and what answers for them."""


def combined(node: exp.Expr) -> exp.Expr:
    """`~ a`, `a & b` and `a | b` of addresses."""
    operands = [as_network(o) for o in (node.this, node.args.get("expression")) if o is not None]
    return call(BITS[type(node)], *operands, type=st.INET)
