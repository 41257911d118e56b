"""Floats that overflow or vanish are errors, as in PostgreSQL, where the engine's become infinite or zero.

SELECT a * b  ->  SELECT cirql_held_product(a * b, isfinite(a) AND isfinite(b), a <> 0 AND b <> 0)

What was infinite before stays so. A computation is held against its operands as a whole, so that its text is written again once.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import as_type, call, type_of
from cirql.sql.translate.signatures import name_of
from cirql.sql.trees import all_of

_STEPS = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_AROUND = (*_STEPS, exp.Paren, exp.Neg)
_MOST_NODES = 300
"""A longer expression is left as it is: each level of functions around it would write it once more."""
_ONCE = frozenset({"random", "error", "unnest"})


def check_floats(tree: exp.Expr) -> None:
    """Put the check around every float computation of a rewritten tree, in place."""
    found = [n for n in all_of(tree, *_STEPS) if _is_float(n) and not _is_float(_step_around(n))]
    for node in reversed(found):  # inner ones first
        whole = _named(node)
        nodes = list(whole.walk())
        if len(nodes) <= _MOST_NODES and not any(_must_stand_once(n) for n in nodes):
            place = exp.Paren()
            whole.replace(place)
            place.replace(_checked(whole))


def checked_total(total: exp.Expr, greatest: exp.Expr) -> exp.Expr:
    """A sum or an average of floats, with its FILTER and OVER; `greatest` is the greatest magnitude among its values."""
    return call("cirql_held", total, _finite([greatest]), type=st.FLOAT8)


def _named(node: exp.Expr) -> exp.Expr:
    """The node that has the computation's type: of a division the parentheses around it."""
    return node.parent if isinstance(node, exp.Div) and isinstance(node.parent, exp.Paren) else node


def _is_float(node: exp.Expr | None) -> bool:
    return node is not None and type_of(_named(node)) in (st.FLOAT8, st.FLOAT4)


def _step_around(node: exp.Expr) -> exp.Expr | None:
    """The computation that a step is an operand of."""
    above = node.parent
    while isinstance(above, (exp.Paren, exp.Neg)):
        above = above.parent
    return above if isinstance(above, _STEPS) else None


def _must_stand_once(node: exp.Expr) -> bool:
    """Whether a node has another value each time, is a query, or gives several rows."""
    return isinstance(node, exp.Query) or (isinstance(node, exp.Func) and name_of(node) in _ONCE)


def _checked(whole: exp.Expr) -> exp.Expr:
    kind = type_of(whole)
    operands = list(_operands(whole))
    finite = _finite([o for o in operands if not (isinstance(o, exp.Literal) or type_of(o).is_integer)])
    if any(isinstance(step, (exp.Add, exp.Sub)) for step in _steps(whole)):
        return _held("cirql_held", kind, whole, finite)
    there = [exp.NEQ(this=exp.Paren(this=o.copy()), expression=exp.Literal.number(0)) for o in operands]
    return _held("cirql_held_product", kind, whole, finite, exp.Paren(this=exp.and_(*there, copy=False)))


def _held(name: str, kind: st.SqlType, *arguments: exp.Expr) -> exp.Expr:
    result = call(name, *arguments, type=st.FLOAT8)
    return as_type(result, st.FLOAT4) if kind == st.FLOAT4 else result


def _finite(operands: list[exp.Expr]) -> exp.Expr:
    """Whether all operands are finite."""
    tests = [call("isfinite", as_type(o.copy(), st.FLOAT8), type=st.BOOL) for o in operands]
    return exp.Paren(this=exp.and_(*tests, copy=False)) if tests else exp.true()


def _steps(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, _STEPS):
        yield node
    if isinstance(node, _AROUND):
        for child in node.iter_expressions():
            yield from _steps(child)


def _operands(node: exp.Expr) -> Iterator[exp.Expr]:
    if not isinstance(node, _AROUND):
        yield node
        return
    for child in node.iter_expressions():
        yield from _operands(child)
