"""Numerics that DuckDB would reckon in double precision, reckoned exactly: values come and go as text."""

from __future__ import annotations

from decimal import Decimal, localcontext

DIGITS, SCALE = 38, 16
"""What DECIMAL(38, 16) holds."""
_TOO_LONG = "value overflows numeric format: it has more than 22 digits before the point"


def product(left: str, right: str) -> str:
    """Their product, to sixteen digits after the point. Raises ValueError where the digits before it are more than twenty-two."""
    with localcontext(prec=100):
        return _held(Decimal(left) * Decimal(right))


def _held(value: Decimal) -> str:
    rounded = round(value, SCALE)
    if rounded.adjusted() >= DIGITS - SCALE:
        raise ValueError(_TOO_LONG)
    return format(rounded, "f")
