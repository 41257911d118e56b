"""Turns: what PostgreSQL evaluates only after something else has been seen is not evaluated before.

PostgreSQL evaluates AND and OR from the left and stops when the value is known, and the arguments of an aggregate for the rows that its
FILTER passes; the engine does so in filters, and elsewhere computes all for all rows, where a value that cannot be cast ends the statement.

bool_or(key = 'deletion_protection.enabled' AND value::bool)
-> bool_or(CASE WHEN NOT (key = '…') THEN FALSE ELSE (key = '…') AND (value::bool) END)
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from cirql.sql.translate.guards import holds_query, may_guard
from cirql.sql.trees import all_of, first_of

_MARK = "is_filter"
_RISKY = (exp.Cast, exp.Div, exp.Mod, exp.Func)
_SAFE = (exp.Connector, exp.Coalesce, exp.Nullif, exp.Lower, exp.Upper, exp.Case, exp.If, exp.Exists)
_LARGEST = 400
"""Nodes of a condition that is written twice."""


def may_fail(term: exp.Expr) -> bool:
    """Whether a term, not rewritten yet, has something that fails for some values: a cast, a quotient, a function."""
    return any(not isinstance(node, _SAFE) and not _is_text_cast(node) for node in all_of(term, *_RISKY))


def _is_text_cast(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and (isinstance(node.this, exp.Literal) or node.to.this in exp.DataType.TEXT_TYPES)


def marks_filter(node: exp.Expr, terms: Sequence[exp.Expr]) -> bool:
    """Whether a connective decides which rows stay (WHERE, HAVING, ON): the engine goes from term to term there. Its terms are told."""
    top = node
    while isinstance(top.parent, (exp.And, exp.Or, exp.Paren)):
        top = top.parent
    above = top.parent
    is_where = isinstance(above, exp.Where) and not isinstance(above.parent, exp.Filter)
    is_filter = bool(top.meta.get(_MARK)) or is_where or isinstance(above, (exp.Having, exp.Join, exp.Qualify))
    if is_filter:
        for term in terms:
            term.meta[_MARK] = True
    return is_filter


def in_order(kind: type[exp.Expr], terms: Sequence[exp.Expr], risky: Sequence[bool], steady: Sequence[bool]) -> exp.Expr:
    """The connective of rewritten terms. `risky`: a term may fail; `steady`: it may be written twice."""
    first = next((n for n in range(1, len(terms)) if risky[n]), None)
    if first is None or not all(steady[:first]) or sum(len(list(t.walk())) for t in terms[:first]) > _LARGEST:
        return _joined(kind, terms)
    before = _joined(kind, terms[:first])
    rest = in_order(kind, terms[first:], risky[first:], steady[first:])
    is_known = exp.Paren(this=before.copy()) if kind is exp.Or else exp.Not(this=exp.Paren(this=before.copy()))
    known = exp.Boolean(this=kind is exp.Or)
    both = kind(this=exp.Paren(this=before), expression=exp.Paren(this=rest))
    return exp.Paren(this=exp.Case(ifs=[exp.If(this=is_known, true=known)], default=both))


def _joined(kind: type[exp.Expr], terms: Sequence[exp.Expr]) -> exp.Expr:
    result, *others = terms
    for term in others:
        result = kind(this=result, expression=term)
    return result


def hold_back(tree: exp.Expr) -> None:
    """Give aggregates with a FILTER the values of the rows that it passes, where others may fail.

    sum(v::int) FILTER (WHERE k = 'a') -> sum(CASE WHEN k = 'a' THEN v::int END) FILTER (WHERE k = 'a')
    """
    for found in list(all_of(tree, exp.Filter)):
        passed = found.expression.this
        if not may_guard(passed) or first_of(found.this, exp.Query) is not None:
            continue
        if first_of(found.this, exp.Distinct) is not None and first_of(found.this, exp.Order) is not None:
            continue  # the engine no longer sees that they are ordered by what is told apart
        for value in list(_values(found.this)):
            if may_fail(value) and not holds_query(value):
                case = exp.Case(ifs=[exp.If(this=passed.copy(), true=value.copy())])
                value.replace(exp.Paren(this=case))


def _values(function: exp.Expr) -> list[exp.Expr]:
    """What an aggregate is given: its arguments, and what they are ordered by."""
    found: list[exp.Expr] = []
    for child in function.iter_expressions():
        found += _values(child) if isinstance(child, (exp.Distinct, exp.Order, exp.Ordered)) else [child]
    return found
