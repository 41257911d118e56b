"""Dates and times: extract, current moments, intervals with units, time zones, OVERLAPS."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import InvalidText, NotSupported
from cirql.sql.translate import intervals
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.expressions import keep_type
from cirql.sql.translate.nodes import as_type, call, constant, position_of, text, type_of, typed
from cirql.sql.translate.site import Rule, Site

_FIELDS = {
    "year": "year", "years": "year", "month": "month", "months": "month", "mon": "month", "day": "day", "days": "day", "hour": "hour",
    "hours": "hour", "minute": "minute", "minutes": "minute", "min": "minute", "second": "second", "seconds": "second", "sec": "second",
    "dow": "dow", "doy": "doy", "week": "week", "quarter": "quarter", "isodow": "isodow", "isoyear": "isoyear", "epoch": "epoch",
    "decade": "decade", "century": "century", "millennium": "millennium", "milliseconds": "milliseconds", "millisecond": "milliseconds",
    "microseconds": "microseconds", "microsecond": "microseconds", "timezone": "timezone", "timezone_hour": "timezone_hour",
    "timezone_minute": "timezone_minute", "julian": "julian", "dayofweek": "dow", "dayofyear": "doy", "dayofweekiso": "isodow",
}  # fmt: skip
_FRACTIONAL = ("second", "milliseconds", "epoch")


def field_of(node: exp.Expr) -> str:
    """The field that EXTRACT or date_part names, in its one spelling."""
    name = node.name.lower()
    if name not in _FIELDS:
        raise NotSupported(f"the date field {name!r} is not supported", position=position_of(node))
    return _FIELDS[name]


def extract(node: exp.Expr, site: Site) -> exp.Expr:
    """EXTRACT(field FROM value): numeric, with fractions of seconds.

    extract(second from ts) becomes CAST(date_part('microseconds', ts) AS …) * 0.000001
    """
    return part(field_of(node.this), node.expression, site)


def part(field: str, value: exp.Expr, site: Site) -> exp.Expr:
    """One field of a moment or interval, as numeric."""
    kind = type_of(value)
    if kind == st.UNKNOWN:
        value = convert(value, st.TIMESTAMP)
    if kind.name not in ("date", "timestamp", "timestamptz", "time", "interval", "any", "unknown"):
        from cirql.errors import UnknownFunction

        raise UnknownFunction(f"function pg_catalog.extract(unknown, {kind}) does not exist", hint="cast it: (…)::timestamp")
    if kind == st.DATE and field in ("hour", "minute", "second", "milliseconds", "microseconds", "timezone"):
        raise NotSupported(f'unit "{field}" not supported for type date')
    if site.dialect == "ddsql" and field == "dow":
        field = "isodow"
    if field in _FRACTIONAL:
        name = "cirql_interval_epoch" if field == "epoch" and kind == st.INTERVAL else f"cirql_part_{field}"
        return call(name, value, type=st.NUMERIC)
    if field.startswith("timezone"):
        return typed(exp.Literal.number(0), st.NUMERIC)
    if (field in ("century", "millennium", "decade") and kind == st.INTERVAL) or field == "julian":
        return call(f"cirql_part_{field}", value, type=st.NUMERIC)
    return as_type(call("date_part", text(field), value), st.NUMERIC, name="DECIMAL(18, 0)")


def interval(node: exp.Expr, site: Site) -> exp.Expr:
    """`INTERVAL '1' YEAR` and `INTERVAL '1-2' YEAR TO MONTH`; the shield has made a cast of every other form."""
    assert isinstance(node, exp.Interval)
    unit = node.args.get("unit")
    value = constant(node.this)
    if value is None:
        name = (unit.name if unit is not None else "second").lower().rstrip("s")
        return call("cirql_interval_of", as_type(node.this, st.FLOAT8), text(name), type=st.INTERVAL)
    last = unit.expression if isinstance(unit, exp.IntervalSpan) else unit
    try:
        span = intervals.read(value, last.name.lower() if last is not None else "second")
    except ValueError:
        raise InvalidText(
            f'invalid input syntax for type interval: "{value}"', hint="write INTERVAL '1 day' or INTERVAL '1' DAY", sqlstate="22007"
        ) from None
    return as_type(exp.Literal.string(span.duckdb), st.INTERVAL)


def at_time_zone(node: exp.Expr, site: Site) -> exp.Expr:
    """AT TIME ZONE: timestamp to timestamptz and back."""
    kind = type_of(node.this)
    if kind in (st.UNKNOWN, st.DATE):
        node.set("this", convert(node.this, st.TIMESTAMPTZ))
        kind = st.TIMESTAMPTZ
    result = {"timestamp": st.TIMESTAMPTZ, "timestamptz": st.TIMESTAMP}.get(kind.name, st.ANY)
    return call("timezone", node.args["zone"], node.this, type=result)


def overlaps(node: exp.Expr, site: Site) -> exp.Expr:
    """`(start, end) OVERLAPS (start, end)`; either end may be an interval."""
    periods = []
    for row in (node.this, node.expression):
        start, end = row.expressions
        start = convert(start, st.TIMESTAMP) if type_of(start) == st.UNKNOWN else start
        if type_of(end) == st.INTERVAL:
            end = exp.Paren(this=exp.Add(this=start.copy(), expression=end))
        elif type_of(end) == st.UNKNOWN:
            end = convert(end, st.TIMESTAMP)
        periods += [start, end]
    return call("cirql_overlaps", *(as_type(p, st.TIMESTAMP) for p in periods), type=st.BOOL)


def current_date(node: exp.Expr, site: Site) -> exp.Expr:
    """CURRENT_DATE in UTC."""
    return as_type(call("now"), st.DATE)


def rewrite_now(node: exp.Expr, site: Site) -> exp.Expr:
    """CURRENT_TIMESTAMP, now()."""
    return call("now", type=st.TIMESTAMPTZ)


def local_now(node: exp.Expr, site: Site) -> exp.Expr:
    """LOCALTIMESTAMP, which is UTC here."""
    return as_type(call("now"), st.TIMESTAMP)


def current_time(node: exp.Expr, site: Site) -> exp.Expr:
    """CURRENT_TIME and LOCALTIME, in UTC."""
    return as_type(as_type(call("now"), st.TIMESTAMP), st.TIME)


RULES: dict[type[exp.Expr], Rule] = {
    exp.Extract: extract,
    exp.Interval: interval,
    exp.AtTimeZone: at_time_zone,
    exp.Overlaps: overlaps,
    exp.CurrentDate: current_date,
    exp.CurrentTimestamp: rewrite_now,
    exp.Localtimestamp: local_now,
    exp.CurrentTime: current_time,
    exp.Localtime: current_time,
    exp.IntervalSpan: keep_type(st.ANY),
}
