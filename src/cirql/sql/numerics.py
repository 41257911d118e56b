"""Numerics that DuckDB would reckon in double precision, reckoned exactly: values come and go as text.

A quotient, a root or a logarithm has as many digits as PostgreSQL gives it (`numeric.c`: at least sixteen significant ones, and no fewer
after the point than its operands), of which a column keeps sixteen after the point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

DIGITS, SCALE = 38, 16
"""What DECIMAL(38, 16) holds."""
_SIGNIFICANT, _GROUP = 16, 4
"""The least significant digits of a result, and the decimal digits in one of PostgreSQL's."""
_TOO_LONG = "value overflows numeric format: it has more than 22 digits before the point"
_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
_LOG10_E, _LN_10 = 0.434294481903252, 2.302585092994046


def product(left: str, right: str) -> str:
    """Their product, to sixteen digits after the point. Raises ValueError where the digits before it are more than twenty-two."""
    return _held(_EXACT.multiply(Decimal(left), Decimal(right)))


def quotient(left: str, right: str) -> str:
    """`left / right`. Raises ValueError for a division by zero, and for more than twenty-two digits before the point."""
    return _quotient(_parts(left), _parts(right), SCALE, DIGITS - SCALE)


def quotient_as_written(left: str, right: str) -> str:
    """That of two constants, with all the digits that PostgreSQL gives it. Raises ValueError as `quotient`, from thirty-nine digits."""
    return _quotient(_as_written(left), _as_written(right), DIGITS, DIGITS)


def _quotient(left: tuple[int, int], right: tuple[int, int], after: int, before: int) -> str:
    (one, ones), (other, others) = left, right
    if not other:
        raise ValueError(_BY_ZERO)
    scale = min(after, _quotient_scale(one, ones, other, others))
    return _written(_divided(one, other, scale - ones + others), scale, before)


_BY_ZERO = "division by zero"


@lru_cache(1024)
def _parts(text: str) -> tuple[int, int]:
    """A number as an integer and how many of its digits are after the point, without the zeros that its column's type adds."""
    return _as_written(text.rstrip("0") if "." in text else text)


def _as_written(text: str) -> tuple[int, int]:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction), len(fraction)


def _divided(one: int, other: int, shift: int) -> int:
    """`one * 10^shift / other`, rounded half away from zero."""
    above, below = (abs(one) * 10**shift, abs(other)) if shift >= 0 else (abs(one), abs(other) * 10**-shift)
    found = (2 * above + below) // (2 * below)
    return -found if (one < 0) is not (other < 0) else found


def _quotient_scale(one: int, ones: int, other: int, others: int) -> int:
    """PostgreSQL's `select_div_scale`."""
    weight, first = _weight(abs(one), ones)
    other_weight, other_first = _weight(abs(other), others)
    found = weight - other_weight - (1 if first <= other_first else 0)
    return max(_SIGNIFICANT - found * _GROUP, ones, others, 0)


def _weight(digits: int, scale: int) -> tuple[int, int]:
    """The place of the first digit to the base of ten thousand, and that digit."""
    if not digits:
        return 0, 0
    weight = (len(str(digits)) - scale - 1) // _GROUP
    place = _GROUP * weight + scale
    return weight, digits // 10**place if place >= 0 else digits * 10**-place


def _written(digits: int, scale: int, before: int = DIGITS - SCALE) -> str:
    text = str(abs(digits)).rjust(scale + 1, "0")
    if len(text) - scale > before:
        raise ValueError(_TOO_LONG)
    return ("-" if digits < 0 else "") + (f"{text[:-scale]}.{text[-scale:]}" if scale else text)


def whole_quotient(left: str, right: str) -> str:
    """`div(left, right)`: without what is after the point."""
    (one, ones), (other, others) = _parts(left), _parts(right)
    if not other:
        raise ValueError(_BY_ZERO)
    scale = max(ones, others)
    one, other = one * 10 ** (scale - ones), other * 10 ** (scale - others)
    found = abs(one) // abs(other)
    return str(-found if (one < 0) is not (other < 0) else found)


def square_root(text: str) -> str:
    """Sqrt. Raises ValueError below zero."""
    value = Decimal(text)
    if value < 0:
        raise ValueError("cannot take square root of a negative number")
    weight = _weight(*_parts(text))[0]
    return _rounded(_EXACT.sqrt(value), _SIGNIFICANT - ((weight + 1) * _GROUP // 2 - 1), text)


def exponential(text: str) -> str:
    """Exp. Raises ValueError where twenty-two digits before the point do not hold it."""
    value = Decimal(text)
    if value > 60:
        raise ValueError(_TOO_LONG)
    if value < -100:
        return _rounded(Decimal(0), SCALE, text)
    return _rounded(_EXACT.exp(value), _SIGNIFICANT - int(float(value) * _LOG10_E), text)


def natural_logarithm(text: str) -> str:
    """Ln. Raises ValueError where there is none."""
    return _rounded(_EXACT.ln(_logarithmic(text)), _SIGNIFICANT - _log_weight(Decimal(text)), text)


def logarithm(base: str, text: str) -> str:
    """log(base, x). Raises ValueError where there is none."""
    value, of_base = _logarithmic(text), _EXACT.ln(_logarithmic(base))
    if not of_base:
        raise ValueError(_BY_ZERO)
    weight = _log_weight(value) - _log_weight(Decimal(base))
    return _rounded(_EXACT.divide(_EXACT.ln(value), of_base), _SIGNIFICANT - weight, base, text)


def _logarithmic(text: str) -> Decimal:
    value = Decimal(text)
    if value <= 0:
        raise ValueError(f"cannot take logarithm of {'zero' if not value else 'a negative number'}")
    return value


def _log_weight(value: Decimal) -> int:
    """PostgreSQL's estimate of the decimal weight of a natural logarithm (`estimate_ln_dweight`)."""
    if Decimal("0.9") <= value <= Decimal("1.1"):
        return (value - 1).adjusted() if value != 1 else 0
    near = abs(math.log(float(value.scaleb(-value.adjusted()))) + value.adjusted() * _LN_10)
    return int(math.log10(near)) if near else 0


def power(base: str, exponent: str) -> str:
    """`base ^ exponent`. Raises ValueError where it is not defined, or too long."""
    value, by = Decimal(base), Decimal(exponent)
    if not value and by < 0:
        raise ValueError("zero raised to a negative power is undefined")
    is_whole = by == by.to_integral_value()
    if value < 0 and not is_whole:
        raise ValueError("a negative number raised to a non-integer power yields a complex result")
    if not value or not by:
        return _rounded(Decimal(0 if by else 1), _SIGNIFICANT, base, exponent)
    size = math.log10(abs(float(value.scaleb(-value.adjusted())))) + value.adjusted()
    if size * float(by) > DIGITS:
        raise ValueError(_TOO_LONG)
    if size * float(by) < -DIGITS:
        return _rounded(Decimal(0), SCALE, base, exponent)
    found = _EXACT.power(abs(value), by)
    if value < 0 and by % 2:
        found = -found
    return _rounded(found, _SIGNIFICANT - int(size * float(by)), base, exponent)


def bucket(value: str, low: str, high: str, count: int) -> int:
    """width_bucket. Raises ValueError where there are no buckets."""
    if count <= 0:
        raise ValueError("count must be greater than zero")
    at, first, last = Decimal(value), Decimal(low), Decimal(high)
    if first == last:
        raise ValueError("lower bound cannot equal upper bound")
    if first > last:
        at, first, last = -at, -first, -last
    if at < first:
        return 0
    return count + 1 if at >= last else int((at - first) * count // (last - first)) + 1


def common_divisor(left: str, right: str) -> str:
    """Gcd of numerics."""
    one, other, scale = _alike(left, right)
    return _written(math.gcd(one, other), scale)


def common_multiple(left: str, right: str) -> str:
    """Lcm of numerics."""
    one, other, scale = _alike(left, right)
    return _written(math.lcm(one, other), scale)


def _alike(left: str, right: str) -> tuple[int, int, int]:
    (one, ones), (other, others) = _parts(left), _parts(right)
    scale = max(ones, others)
    return one * 10 ** (scale - ones), other * 10 ** (scale - others), scale


def variation(kind: str, values: Sequence[str | None]) -> str | None:
    """A standard deviation or variance of values; `kind` as in `variation_of_sums`."""
    given = [Decimal(v) for v in values if v is not None]
    scale = max((_parts(v)[1] for v in values if v is not None), default=0)
    total = squares = Decimal(0)
    for value in given:
        total = _EXACT.add(total, value)
        squares = _EXACT.add(squares, _EXACT.multiply(value, value))
    return _varied(kind, len(given), total, squares, scale)


def variation_of_sums(kind: str, count: int, total: str, high: str, low: str) -> str | None:
    """`stddev_samp`, `stddev_pop`, `var_samp` or `var_pop` of integers: their sum, and that of their squares in two parts of 64 bits."""
    return _varied(kind, count, Decimal(total), Decimal((int(high) << 64) + int(low)), 0)


def _varied(kind: str, count: int, total: Decimal, squares: Decimal, scale: int) -> str | None:
    divisor = count * (count - 1 if kind.endswith("samp") else count)
    if divisor == 0:
        return None
    above = _EXACT.subtract(_EXACT.multiply(Decimal(count), squares), _EXACT.multiply(total, total))
    if above <= 0:
        return "0"
    digits = format(above, "f")
    places = max(_quotient_scale(*_parts(digits), divisor, 0), 2 * scale)
    variance = _EXACT.divide(above, Decimal(divisor)).quantize(Decimal(1).scaleb(-places), context=_EXACT)
    found = _EXACT.sqrt(variance) if kind.startswith("stddev") else variance
    return _held(found.quantize(Decimal(1).scaleb(-places), context=_EXACT))


def _rounded(value: Decimal, scale: int, *operands: str) -> str:
    """A result to as many digits after the point as PostgreSQL gives it, which are no fewer than its operands'."""
    return _held(value, max(scale, 0, *(_parts(o)[1] for o in operands)))


def _held(value: Decimal, scale: int = SCALE) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-min(scale, SCALE)), context=_EXACT)
    if rounded.adjusted() >= DIGITS - SCALE:
        raise ValueError(_TOO_LONG)
    return format(rounded, "f")
