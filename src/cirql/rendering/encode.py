"""Values as text: each value of a column as one JSON text, or as the text that people and CSV readers take.

JSON follows what PostgreSQL's `to_json` writes, with times in ISO 8601: booleans and numbers native (NaN and the infinities, which JSON
does not have, as strings), TIMESTAMP with a `Z` since it is UTC, hstore and JSON nested, BLOB as base64.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cirql.rows import to_values

if TYPE_CHECKING:
    import pyarrow as pa

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")


def to_json_texts(column: pa.Array, type_name: str) -> list[str]:
    """One JSON text for each value of a column; NULL is `null`."""
    values = _values(column, type_name)
    encode: Callable[[Any], str] = str if type_name in _INTEGERS else json_text
    return ["null" if value is None else encode(value) for value in values]


def to_texts(column: pa.Array, type_name: str, moment: Callable[[datetime], str]) -> list[str | None]:
    """The text of each value of a column; NULL is None. `moment` writes the timestamps."""
    values = _values(column, type_name)
    if type_name == "JSON":
        return [None if value is None else json_text(value) for value in values]
    return [None if value is None else text_of(value, moment) for value in values]


def _values(column: pa.Array, type_name: str) -> list[Any]:
    """Values as Python has them, but intervals as their text: a `timedelta` no longer knows its months."""
    if type_name == "INTERVAL":
        return [None if value is None else interval_text(value.months, value.days, value.nanoseconds) for value in column.to_pylist()]
    return to_values(column, type_name)


def json_text(value: Any) -> str:
    """One value as compact, valid JSON."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")  # All its digits: a float has 15.
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """The same value out of what JSON has: text, numbers, booleans, lists, objects, null."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _unbounded(value)
        case dict():
            return {key if isinstance(key, str) else text_of(key, iso_moment): _plain(element) for key, element in value.items()}
        case list() | tuple():
            return [_plain(element) for element in value]
        case Decimal():
            if not value.is_finite():
                return _unbounded(float(value))
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return b64encode(value).decode("ascii")
        case _:
            return text_of(value, iso_moment)


def text_of(value: Any, moment: Callable[[datetime], str]) -> str:
    """One value that is not NULL as text: as PostgreSQL prints it, JSON and hstore as JSON."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value) if math.isfinite(value) else _unbounded(value)
        case Decimal():
            return format(value, "f") if value.is_finite() else _unbounded(float(value))
        case datetime():
            return moment(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return interval_text(0, value.days, (value.seconds * 1_000_000 + value.microseconds) * 1000)
        case bytes():
            return "\\x" + value.hex()
        case dict() | list() | tuple():
            return json_text(value)
        case _:
            return str(value)


def iso_moment(moment: datetime) -> str:
    """ISO 8601 with a `Z`: a naive moment is UTC, and so is every aware one in a result."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


def plain_moment(moment: datetime) -> str:
    """As PostgreSQL prints it for people: `2026-01-31 09:30:00`, with `+00` where the type has a time zone."""
    return moment.replace(tzinfo=None).isoformat(" ") + ("+00" if moment.tzinfo else "")


def interval_text(months: int, days: int, nanoseconds: int) -> str:
    """An interval as PostgreSQL prints it: `1 year 2 mons 3 days 04:05:06.5`."""
    years, months = int(months / 12), int(math.fmod(months, 12))
    parts = [f"{count} {unit if count == 1 else unit + 's'}" for count, unit in ((years, "year"), (months, "mon"), (days, "day")) if count]
    if nanoseconds or not parts:
        sign = "-" if nanoseconds < 0 else ""
        seconds, micros = divmod(abs(nanoseconds) // 1000, 1_000_000)
        fraction = f".{micros:06}".rstrip("0") if micros else ""
        parts.append(f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}")
    return " ".join(parts)


def _unbounded(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
