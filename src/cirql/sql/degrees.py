"""Trigonometry in degrees, exact where the answer is a round number: sind(30) is 0.5, cosd(90) is 0.

As PostgreSQL has it: the angle is led back to a right angle, where sine and cosine are scaled by their values at 30 and 60 degrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_SIN_30, _ONE_MINUS_COS_60 = math.sin(math.radians(30)), 1 - math.cos(math.radians(60))
_ASIN_HALF, _ACOS_HALF = math.asin(0.5), math.acos(0.5)


def _small_sine(x: float) -> float:
    return math.sin(math.radians(x)) / _SIN_30 / 2


def _small_cosine(x: float) -> float:
    return 1 - (1 - math.cos(math.radians(x))) / _ONE_MINUS_COS_60 / 2


def _sine(x: float) -> float:
    """Of 0 to 90 degrees."""
    return _small_sine(x) if x <= 30 else _small_cosine(90 - x)


def _cosine(x: float) -> float:
    """Of 0 to 90 degrees."""
    return _small_cosine(x) if x <= 60 else _small_sine(90 - x)


def _led_back(x: float) -> tuple[float, int, int]:
    """The angle between 0 and 90 degrees with the same sine and cosine but for their signs, and those."""
    if math.isinf(x):
        raise ValueError("input is out of range")
    angle, sine, cosine = math.fmod(x, 360), 1, 1
    if angle < 0:
        angle, sine = -angle, -1
    if angle > 180:
        angle, sine = 360 - angle, -sine
    if angle > 90:
        angle, cosine = 180 - angle, -1
    return angle, sine, cosine


def sind(x: float) -> float:
    """The sine."""
    if math.isnan(x):
        return x
    angle, sign, _ = _led_back(x)
    return sign * _sine(angle)


def cosd(x: float) -> float:
    """The cosine."""
    if math.isnan(x):
        return x
    angle, _, sign = _led_back(x)
    return sign * _cosine(angle)


def _divided(over: float, under: float, at_45: float) -> float:
    return math.copysign(math.inf, over) if under == 0 else over / under / at_45


def tand(x: float) -> float:
    """The tangent."""
    if math.isnan(x):
        return x
    angle, sine, cosine = _led_back(x)
    return (sine * cosine * _divided(_sine(angle), _cosine(angle), _sine(45) / _cosine(45))) or 0.0


def cotd(x: float) -> float:
    """The cotangent."""
    if math.isnan(x):
        return x
    angle, sine, cosine = _led_back(x)
    return (sine * cosine * _divided(_cosine(angle), _sine(angle), _cosine(45) / _sine(45))) or 0.0


def _arcsine(x: float) -> float:
    return math.asin(x) / _ASIN_HALF * 30 if x <= 0.5 else 90 - math.acos(x) / _ACOS_HALF * 60


def _arccosine(x: float) -> float:
    return 90 - math.asin(x) / _ASIN_HALF * 30 if x <= 0.5 else math.acos(x) / _ACOS_HALF * 60


def _of_a_cosine(function: Callable[[float], float]) -> Callable[[float], float]:
    def checked(x: float) -> float:
        if abs(x) > 1:
            raise ValueError("input is out of range")
        return x if math.isnan(x) else function(x)

    return checked


asind = _of_a_cosine(lambda x: _arcsine(x) if x >= 0 else -_arcsine(-x))
"""The angle of a sine."""

acosd = _of_a_cosine(lambda x: _arccosine(x) if x >= 0 else 90 + _arcsine(-x))
"""The angle of a cosine."""


def atand(x: float) -> float:
    """The angle of a tangent."""
    return math.atan(x) / math.atan(1) * 45


def atan2d(y: float, x: float) -> float:
    """The angle of a point."""
    return math.atan2(y, x) / math.atan(1) * 45
