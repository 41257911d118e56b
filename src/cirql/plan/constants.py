"""Which values an expression can only have: constants read from the tree, typed as the column they meet.

Values are compared exactly as DuckDB would compare them; whatever is not surely a constant is no constant here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from cirql.types import ColumnType

NOTHING: Any = object()
"""Stands for a constant that no value of the column's type equals."""


_TOO_LARGE = 2**63


class NotConstantError(Exception):
    """The expression is not a constant of the wanted type; nothing may be concluded from it."""


def constant(node: exp.Expr, column_type: ColumnType) -> Any:
    """The Python value of a constant compared with a column of that type. Raises NotConstantError."""
    value = constant_value(node)
    if value is None:
        raise NotConstantError
    match column_type:
        case ColumnType.VARCHAR | ColumnType.JSON:
            if isinstance(value, str):
                return value
        case ColumnType.BIGINT:
            return _integer(value)
        case ColumnType.DOUBLE:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        case ColumnType.BOOLEAN:
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
        case ColumnType.TIMESTAMP:
            return _timestamp(value)
    raise NotConstantError


def constants(nodes: list[exp.Expr], column_type: ColumnType) -> frozenset[Any]:
    """The values of several constants; NULL and 2.5 among integers equal nothing and are left out. Raises NotConstantError."""
    found = (constant(n, column_type) for n in nodes if not isinstance(n.unnest(), exp.Null))
    return frozenset(v for v in found if v is not NOTHING)


def _integer(value: Any) -> Any:
    if isinstance(value, bool):
        raise NotConstantError
    if isinstance(value, float):
        value = int(value) if value.is_integer() else NOTHING
    elif isinstance(value, str):
        try:
            value = int(value.strip())
        except ValueError:
            raise NotConstantError from None
    return value if isinstance(value, int) and abs(value) < _TOO_LARGE else NOTHING


def _timestamp(value: Any) -> datetime:
    """A timestamp without a time zone: PostgreSQL passes over an offset in its text."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()).replace(tzinfo=None)
        except ValueError:
            pass
    raise NotConstantError


def _moment(text: str) -> datetime:
    """The UTC time of a timestamp with a time zone; sessions are in UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotConstantError from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def constant_value(node: exp.Expr) -> Any:
    """What a literal, or a cast of one that keeps its meaning, says. Raises NotConstantError."""
    match node:
        case exp.Literal():
            if node.is_string:
                return node.this
            return int(node.this) if node.this.isdigit() else float(node.this)
        case exp.Boolean():
            return bool(node.this)
        case exp.Neg():
            inner = constant_value(node.this)
            if isinstance(inner, int | float) and not isinstance(inner, bool):
                return -inner
        case exp.Paren():
            return constant_value(node.this)
        case exp.Cast() if isinstance(node.this, exp.Literal):
            return _cast(node)
    raise NotConstantError


def _cast(node: exp.Cast) -> Any:
    """A cast literal, where the cast cannot change what it compares equal to."""
    text, kind = node.this.this, node.to.this
    if node.to.expressions:
        raise NotConstantError  # `timestamp(0)` and `varchar(3)` change what they are given
    kinds = exp.DataType.Type
    if kind in (kinds.TEXT, kinds.VARCHAR, kinds.JSON, kinds.JSONB) and node.this.is_string:
        return text
    if kind in (kinds.BIGINT, kinds.INT, kinds.SMALLINT):
        return _integer(text)
    if kind is kinds.TIMESTAMP and node.this.is_string:
        return text
    if kind is kinds.TIMESTAMPTZ and node.this.is_string:
        return _moment(text).isoformat(sep=" ")
    if kind is kinds.BOOLEAN and text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise NotConstantError
