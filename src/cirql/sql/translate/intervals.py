"""Interval and moment text, in PostgreSQL's many spellings, read into one that DuckDB takes. Pure text work."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_MICROSECOND = 1_000_000
_UNITS: dict[str, tuple[int, Decimal, Decimal]] = {}
"""Unit word -> (months, days, seconds)."""

for _words, _months, _days, _seconds in (
    ("millennium millennia mil mils", 12000, 0, 0),
    ("century centuries cent c", 1200, 0, 0),
    ("decade decades dec decs", 120, 0, 0),
    ("year years y yr yrs", 12, 0, 0),
    ("month months mon mons", 1, 0, 0),
    ("week weeks w", 0, 7, 0),
    ("day days d", 0, 1, 0),
    ("hour hours h hr hrs", 0, 0, 3600),
    ("minute minutes m min mins", 0, 0, 60),
    ("second seconds s sec secs", 0, 0, 1),
):
    for _word in _words.split():
        _UNITS[_word] = (_months, Decimal(_days), Decimal(_seconds))
for _word in ("millisecond", "milliseconds", "ms", "msec", "msecs"):
    _UNITS[_word] = (0, Decimal(0), Decimal("0.001"))
for _word in ("microsecond", "microseconds", "us", "usec", "usecs"):
    _UNITS[_word] = (0, Decimal(0), Decimal("0.000001"))


@dataclass(frozen=True, slots=True)
class Span:
    """An interval: months, days and microseconds, which PostgreSQL keeps apart."""

    months: int
    days: int
    microseconds: int

    @property
    def duckdb(self) -> str:
        """Text that DuckDB casts to the same interval."""
        return f"{self.months} months {self.days} days {self.microseconds} microseconds"


_PART = regex(r"\s*+(?:([+-]?\d+):(\d+)(?::(\d+(?:\.\d+)?))?|([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([a-z]+)?|(ago)\b|@)", re.IGNORECASE)
_YEAR_MONTH = regex(r"\s*+([+-]?)(\d+)-(\d+)(?![\d:])")
_ISO = regex(r"P(?=.)(?:([-\d.]+)Y)?(?:([-\d.]+)M)?(?:([-\d.]+)W)?(?:([-\d.]+)D)?(?:T(?:([-\d.]+)H)?(?:([-\d.]+)M)?(?:([-\d.]+)S)?)?")


def read(value: str, unit: str = "second") -> Span:
    """Read interval text: `1 year 2 mons`, `3 days 04:05:06`, `1-2`, `P1DT2H`, `2 hours ago`. Raises ValueError.

    `unit` is what a number without one counts.
    """
    written = value.strip()
    iso = _ISO.fullmatch(written)
    if iso:
        names = ("year", "month", "week", "day", "hour", "minute", "second")
        return _sum([(Decimal(amount), name) for amount, name in zip(iso.groups(), names, strict=True) if amount])
    parts: list[tuple[Decimal, str]] = []
    place, sign = 0, 1
    while place < len(written):
        dashed = _YEAR_MONTH.match(written, place)
        if dashed:
            direction = -1 if dashed[1] == "-" else 1
            parts += [(Decimal(direction * int(dashed[2])), "year"), (Decimal(direction * int(dashed[3])), "month")]
            place = dashed.end()
            continue
        match = _PART.match(written, place)
        if match is None or match.end() == place:
            raise ValueError(value)
        place = match.end()
        if match[6]:
            sign = -1
        elif match[1] is not None:
            direction = -1 if match[1].startswith("-") else 1
            parts += [(Decimal(match[1]), "hour"), (Decimal(direction * int(match[2])), "minute")]
            parts += [(direction * Decimal(match[3]), "second")] if match[3] else []
        elif match[4] is not None:
            parts.append((Decimal(match[4]), (match[5] or unit).lower()))
    if not parts:
        raise ValueError(value)
    return _sum([(sign * amount, name) for amount, name in parts])


def _sum(parts: list[tuple[Decimal, str]]) -> Span:
    """Fractions of months and days spill downward, a month being 30 days and a day 24 hours."""
    months, days, seconds = Decimal(0), Decimal(0), Decimal(0)
    for amount, name in parts:
        if name not in _UNITS:
            raise ValueError(name)
        unit_months, unit_days, unit_seconds = _UNITS[name]
        if unit_months >= 12:
            months += round(amount * unit_months)
        elif unit_months:
            whole = int(amount)
            months += whole
            days += (amount - whole) * 30
        days += amount * unit_days
        seconds += amount * unit_seconds
    whole_days = int(days)
    seconds += (days - whole_days) * 86400
    return Span(int(months), whole_days, int((seconds * _MICROSECOND).to_integral_value()))


_FORMATS = (
    "%b %d %Y",
    "%B %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%Y%m%d",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%Y-%b-%d",
    "%d-%b-%Y",
)


def read_moment(value: str) -> str:
    """A date or timestamp in a spelling that DuckDB takes; ISO text is left as it is."""
    written = value.strip()
    if re.match(r"\d{4}-\d{1,2}-\d{1,2}", written) or written.lower() in ("epoch", "infinity", "-infinity"):
        return re.sub(r"(:\d\d(?:\.\d+)?) ?([+-]\d\d)(?::?(\d\d))?$", lambda m: f"{m[1]}{m[2]}:{m[3] or '00'}", written)
    date_part, _, time_part = written.partition(" ") if re.match(r"[\d/]+ [\d:]+", written) else (written, "", "")
    for known in _FORMATS:
        try:
            parsed = datetime.strptime(date_part, known)  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        return f"{parsed:%Y-%m-%d} {time_part}".strip()
    return written
