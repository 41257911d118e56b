"""Conditions that are no key values but can still narrow a list call: ranges, prefixes and substrings.

`creation_time > TIMESTAMP '2025-01-01'` becomes the bound `>= 2024-12-31 23:59:59`: a second is given away on either side, because request
timestamps carry whole seconds and AWS's "after" does not say whether it includes the moment itself.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.plan.constants import NOTHING, NotConstantError, constant
from cirql.plan.model import KeyGroup, RowRange
from cirql.plan.moments import Instant, moment_of
from cirql.startup.records import replace
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_AT_LEAST, _AT_MOST = ">=", "<="
_SAFE_TEXT = regex(r"[A-Za-z0-9-]+")
"""Text that every AWS name filter takes; anything else could be refused as invalid rather than match nothing."""

_FLIPPED: dict[type[exp.Expr], str] = {exp.GT: _AT_MOST, exp.GTE: _AT_MOST, exp.LT: _AT_LEAST, exp.LTE: _AT_LEAST}
_DIRECT: dict[type[exp.Expr], str] = {exp.GT: _AT_LEAST, exp.GTE: _AT_LEAST, exp.LT: _AT_MOST, exp.LTE: _AT_MOST}


def bounds(table: Table, conjuncts: Iterable[exp.Expr]) -> tuple[RowRange, ...]:
    """The loosest requests that still give every row the conjuncts let through."""
    types = {c.name: c.type for c in table.columns}
    found: dict[tuple[str, str], Any] = {}
    for conjunct in conjuncts:
        for bound in _of(conjunct.unnest(), types):
            key = (bound.column, bound.operator)
            if bound.operator == _AT_LEAST and key in found:
                found[key] = max(found[key], bound.value)
            elif bound.operator == _AT_MOST and key in found:
                found[key] = min(found[key], bound.value)
            else:
                found.setdefault(key, bound.value)
    return tuple(RowRange(column, operator, value) for (column, operator), value in found.items())


def contradictions(found: Iterable[RowRange]) -> Iterator[KeyGroup]:
    """The columns for which no value is within their bounds, each as a group without rows."""
    limits = {(b.column, b.operator): b.value for b in found}
    for (column, operator), least in limits.items():
        most = limits.get((column, _AT_MOST))
        if operator == _AT_LEAST and most is not None and least > most:
            yield KeyGroup((column,), (), "no value is within the range")


def _of(node: exp.Expr, types: dict[str, ColumnType]) -> Iterator[RowRange]:
    plain, moment = _read_plainly(node, types)
    if moment is None or not moment.scale:
        yield from _of_column(plain, types)
        return
    for bound in _of_column(plain, {moment.column.name: ColumnType.TIMESTAMP}):
        yield replace(bound, value=timegm(bound.value.timetuple()) * moment.scale)


def _of_column(node: exp.Expr, types: dict[str, ColumnType]) -> Iterator[RowRange]:
    match node:
        case exp.Between() if isinstance(node.this, exp.Column):
            low, high = node.args["low"], node.args["high"]
            lows, highs = ([low, high], [low, high]) if node.args.get("symmetric") else ([low], [high])
            yield from _loosest(min, [list(_bound(node.this, _AT_LEAST, end, types)) for end in lows])
            yield from _loosest(max, [list(_bound(node.this, _AT_MOST, end, types)) for end in highs])
        case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            if isinstance(node.this, exp.Column):
                yield from _bound(node.this, _DIRECT[type(node)], node.expression, types)
            elif isinstance(node.expression, exp.Column):
                yield from _bound(node.expression, _FLIPPED[type(node)], node.this, types)
        case exp.EQ() if isinstance(node.this, exp.Column) and types.get(node.this.name) is ColumnType.VARCHAR:
            if isinstance(node.expression, exp.Literal) and _SAFE_TEXT.fullmatch(str(node.expression.this)):
                yield RowRange(node.this.name, "contains", node.expression.this)
                yield RowRange(node.this.name, "prefix", node.expression.this)
        case exp.Like() if isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Literal) and not node.args.get("negate"):
            yield from _pattern(node.this.name, str(node.expression.this))


def _read_plainly(node: exp.Expr, types: dict[str, ColumnType]) -> tuple[exp.Expr, Instant | None]:
    """`(created AT TIME ZONE 'UTC') > …`, which compares moments, as the same of the column; and which column that is."""
    if not isinstance(node, exp.Between | exp.GT | exp.GTE | exp.LT | exp.LTE):
        return node, None
    parts = {key: part for key, part in node.args.items() if isinstance(part, exp.Expr)}
    moments = {key: moment for key, part in parts.items() if (moment := moment_of(part)) is not None}
    if len(moments) != 1:
        return node, None
    ((side, moment),) = moments.items()
    if types.get(moment.column.name) is not (ColumnType.BIGINT if moment.scale else ColumnType.TIMESTAMP):
        return node, None
    others = {
        key: exp.cast(part.unnest(), "timestamptz") if isinstance(part.unnest(), exp.Literal) else part for key, part in parts.items()
    }
    return type(node)(**{**node.args, **others, side: moment.column}), moment


def _loosest(choose: Callable[..., RowRange], ends: list[list[RowRange]]) -> Iterator[RowRange]:
    """The end that lets most through; nothing where one of them is not known."""
    if all(ends):
        yield choose((end[0] for end in ends), key=lambda end: end.value)


def _bound(column: exp.Column, operator: str, other: exp.Expr, types: dict[str, ColumnType]) -> Iterator[RowRange]:
    column_type = types.get(column.name)
    if column_type not in (ColumnType.TIMESTAMP, ColumnType.BIGINT, ColumnType.DOUBLE):
        return
    try:
        value = constant(other, column_type)
    except NotConstantError:
        return
    if value is NOTHING:
        return
    if isinstance(value, datetime):
        second = timedelta(seconds=1)
        value = value.replace(microsecond=0) + (-second if operator == _AT_LEAST else 2 * second)
    yield RowRange(column.name, operator, value)


def _pattern(column: str, pattern: str) -> Iterator[RowRange]:
    prefix = re.split(r"[%_\\]", pattern, maxsplit=1)[0]
    if _SAFE_TEXT.fullmatch(prefix):
        yield RowRange(column, "prefix", prefix)
    pieces = [] if "\\" in pattern else [p for p in re.split(r"[%_]", pattern) if _SAFE_TEXT.fullmatch(p)]
    if pieces:
        yield RowRange(column, "contains", max(pieces, key=len))
