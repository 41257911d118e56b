"""Columns behind expressions that say which moment they mean: `created AT TIME ZONE 'UTC'`, and `to_timestamp(time / 1000.0)` of numbers.

Both keep the order of what they are made of and never fail, so that a condition on one is a condition on the column.
"""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate.signatures import name_of
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Instant:
    """A column that holds moments: `scale` is how many of its units are a second, 0 where it has times and no numbers."""

    column: exp.Column
    scale: int


def moment_of(node: exp.Expr) -> Instant | None:
    """What an expression reads as a moment, or None."""
    inner = node.unnest()
    if isinstance(inner, exp.AtTimeZone):
        zone, column = inner.args["zone"], inner.this.unnest()
        is_utc = isinstance(zone, exp.Literal) and zone.this.upper() == "UTC"
        return Instant(column, 0) if is_utc and isinstance(column, exp.Column) else None
    if not isinstance(inner, exp.Anonymous) or name_of(inner) != "to_timestamp" or len(inner.expressions) != 1:
        return None
    number, scale = inner.expressions[0].unnest(), 1
    if isinstance(number, exp.Div) and isinstance(number.expression, exp.Literal) and number.expression.this == "1000.0":
        number, scale = number.this.unnest(), 1000
    return Instant(number, scale) if isinstance(number, exp.Column) else None
