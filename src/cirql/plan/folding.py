"""Constant expressions in conditions, computed before anything is planned: `created > now() - INTERVAL '7 days'` names a moment.

DuckDB computes them, so that they mean what they will mean in the statement. Only what is concluded from a condition is folded;
the statement itself, and the filters on rows, keep their own text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlglot import exp

from cirql.plan.constants import NotConstantError, constant_value
from cirql.sql.translate.calls import is_scalar
from cirql.sql.trees import all_of, copied, first_of

Evaluate = Callable[[exp.Expr], Any]
"""The value of an expression without columns. Raises NotConstantError where it has none that could be written as a constant."""

_VOLATILE = frozenset({"random", "gen_random_uuid", "uuid", "uuid_generate_v4", "clock_timestamp", "timeofday", "nextval", "setseed"})
_VOLATILE_NODES = (exp.Rand, exp.Uuid)
_KINDS = exp.DataType.Type
_SAFE_CASTS = frozenset(
    (
        *(_KINDS.TEXT, _KINDS.VARCHAR, _KINDS.BIGINT, _KINDS.INT, _KINDS.SMALLINT, _KINDS.DOUBLE, _KINDS.FLOAT, _KINDS.DECIMAL),
        *(_KINDS.BOOLEAN, _KINDS.DATE, _KINDS.TIMESTAMP, _KINDS.TIMESTAMPTZ, _KINDS.INTERVAL),
    )
)
"""Casts whose value, read back as text or number, compares as the value itself."""
_CONTAINERS = (exp.Tuple, exp.Array, exp.Any, exp.All, exp.Interval)
_NEVER_ALONE = (exp.Star, exp.Var, exp.Identifier, exp.DataType, exp.JSONPath, exp.Placeholder, exp.Parameter)


def is_volatile(node: exp.Expr) -> bool:
    """Whether a condition may say something else each time it is asked."""
    return any(_name(call) in _VOLATILE for call in all_of(node, exp.Anonymous)) or first_of(node, *_VOLATILE_NODES) is not None


def fold(condition: exp.Expr, evaluate: Evaluate) -> exp.Expr:
    """The condition with every part that needs no row replaced by its value; the same object where there is none."""
    places = list(_foldable(condition))
    if not places:
        return condition
    root = copied(condition)
    for place in list(_foldable(root)):
        try:
            value = _as_literal(evaluate(place))
        except NotConstantError:
            continue
        if place is root:
            root = value
        else:
            place.replace(value)
    return root


def _foldable(node: exp.Expr) -> Iterator[exp.Expr]:
    """The largest parts that have no column and are no constant yet."""
    if isinstance(node, _NEVER_ALONE) or _is_constant(node):
        return
    if not isinstance(node, _CONTAINERS) and _is_computable(node):
        yield node
        return
    for child in node.iter_expressions():
        if not isinstance(node, exp.Cast) or child is node.this:
            yield from _foldable(child)


def _is_constant(node: exp.Expr) -> bool:
    try:
        constant_value(node)
    except NotConstantError:
        return isinstance(node, exp.Null)
    return True


_NOT_COMPUTED: tuple[type[exp.Expr], ...] = (
    exp.Column,
    exp.Query,
    exp.AggFunc,
    exp.Window,
    exp.Star,
    exp.Placeholder,
    exp.Parameter,
    exp.Any,
    exp.All,
)


def _is_computable(node: exp.Expr) -> bool:
    if first_of(node, *_NOT_COMPUTED) is not None:
        return False
    if is_volatile(node) or any(not is_scalar(call) for call in all_of(node, exp.Anonymous)):
        return False
    return all(cast.to.this in _SAFE_CASTS for cast in all_of(node, exp.Cast)) and first_of(node, exp.Tuple, exp.Array) is None


def _name(call: exp.Anonymous) -> str:
    return str(call.this).lower()


def _as_literal(value: Any) -> exp.Expr:
    match value:
        case None:
            return exp.null()
        case bool():
            return exp.Boolean(this=value)
        case str():
            return exp.Literal.string(value)
        case int() | Decimal() if value == value:
            return exp.Literal.number(str(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(str(-value)))
        case float() if math.isfinite(value):
            return exp.Literal.number(repr(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(repr(-value)))
        case datetime():
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo is not None else value
            return exp.cast(exp.Literal.string(naive.isoformat(sep=" ")), _KINDS.TIMESTAMP)
        case date():
            return exp.cast(exp.Literal.string(datetime.combine(value, time()).isoformat(sep=" ")), _KINDS.TIMESTAMP)
    raise NotConstantError
