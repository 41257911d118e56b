"""Date and time functions: to_char and its inverses, truncation, bins, age, construction."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import formats, moments
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import as_type, call, constant, is_null, number, text, type_of, typed
from cirql.sql.translate.signatures import unknown
from cirql.sql.translate.site import Site
from cirql.sql.translate.sqltypes import SqlType

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def _moment(node: exp.Expr) -> exp.Expr:
    return convert(node, st.TIMESTAMP) if type_of(node) == st.UNKNOWN else node


def _format(node: exp.Expr, name: str) -> str:
    value = constant(node)
    if value is None:
        raise refuse(f"{name} with a format that is not a constant", node)
    return value


def to_char(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """to_char of a moment or number.

    to_char(ts, 'YYYY-MM-DD') becomes strftime(ts, '%Y-%m-%d')
    """
    value, kind = arguments[0], type_of(arguments[0])
    if is_null(arguments[1]) or is_null(value):
        return as_type(exp.Null(), st.TEXT)
    if kind.is_number:
        return formats.number_text(value, text_of(arguments[1]))
    written = _format(arguments[1], "to_char")
    if kind == st.INTERVAL:
        return formats.interval_text(value, written)
    if kind.name not in ("date", "timestamp", "timestamptz", "any"):
        raise unknown("to_char", arguments, node)
    return formats.moment_text(value, written)


def rewrite_to_date(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """to_date(text, format)."""
    read = call("strptime", text_of(arguments[0]), text(formats.strptime_format(_format(arguments[1], "to_date"))))
    return as_type(read, st.DATE)


def rewrite_to_timestamp(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """to_timestamp(seconds) and to_timestamp(text, format)."""
    if len(arguments) == 1:
        seconds = convert(arguments[0], st.FLOAT8) if type_of(arguments[0]) == st.UNKNOWN else arguments[0]
        return call("to_timestamp", as_type(seconds, st.FLOAT8), type=st.TIMESTAMPTZ)
    read = call("strptime", text_of(arguments[0]), text(formats.strptime_format(_format(arguments[1], "to_timestamp"))))
    return as_type(as_type(read, st.TIMESTAMP), st.TIMESTAMPTZ)


def rewrite_to_number(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """to_number(text, format): the digits, with the point where the format has one."""
    written = _format(arguments[1], "to_number").upper()
    if set(written) - set("90.,DGSMIPLFR "):
        raise refuse(f"to_number with the format {written!r}", node)
    places = len(written.replace("D", ".").partition(".")[2].replace(",", ""))
    return as_type(call("cirql_to_number", text_of(arguments[0])), st.NUMERIC, name=f"DECIMAL(38, {min(places, 18)})")


_TRUNCATIONS = {
    "microseconds",
    "milliseconds",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "decade",
    "century",
    "millennium",
}


def rewrite_date_trunc(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """date_trunc(unit, value [, zone]); a date becomes a timestamptz, as in PostgreSQL."""
    unit = constant(arguments[0])
    if unit is None:
        unit_node = text_of(arguments[0])
    else:
        cleaned = unit.lower()
        if cleaned not in _TRUNCATIONS:
            cleaned = cleaned.rstrip("s")
        if cleaned not in _TRUNCATIONS:
            raise InvalidText(f'unit "{unit}" not recognized for type timestamp without time zone', sqlstate="22023")
        unit_node = text(cleaned)
    value = arguments[1]
    kind = type_of(value)
    if kind == st.UNKNOWN:
        value, kind = convert(value, st.TIMESTAMPTZ), st.TIMESTAMPTZ
    if kind.name not in ("date", "timestamp", "timestamptz", "interval", "any"):
        raise unknown("date_trunc", arguments, node)
    if len(arguments) > 2:
        local = call("timezone", arguments[2], as_type(value, st.TIMESTAMPTZ))
        return call("timezone", arguments[2].copy(), call("date_trunc", unit_node, local), type=st.TIMESTAMPTZ)
    result = {"date": st.TIMESTAMPTZ}.get(kind.name, kind)
    if unit is not None and cleaned in ("century", "millennium") and kind.category == "moment":
        return as_type(call("cirql_trunc_years", value, number(100 if cleaned == "century" else 1000)), result)
    return as_type(call("date_trunc", unit_node, value), result)


def rewrite_date_part(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """date_part('field', value): extract, as a float."""
    field = constant(arguments[0])
    if field is None:
        raise refuse("date_part of a field that is not a constant", node)
    return as_type(moments.part(moments.field_of(exp.to_identifier(field)), arguments[1], site), st.FLOAT8)


def rewrite_date_bin(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """date_bin(stride, value, origin)."""
    stride = convert(arguments[0], st.INTERVAL)
    value = _moment(arguments[1])
    kind = st.TIMESTAMPTZ if type_of(value) in (st.TIMESTAMPTZ, st.DATE) else st.TIMESTAMP
    origin = as_type(convert(arguments[2], kind), kind)
    return call("cirql_date_bin", stride, as_type(value, kind), origin, type=kind)


def rewrite_age(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """age(a, b), and age(a) from midnight today."""
    values = [as_type(_moment(a), st.TIMESTAMP) for a in arguments]
    if len(values) == 1:
        values.insert(0, as_type(as_type(call("now"), st.DATE), st.TIMESTAMP))
    return call("age", *values, type=st.INTERVAL)


_PARTS = ("years", "months", "weeks", "days", "hours", "mins", "secs")


def rewrite_make_interval(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """make_interval(years, months, weeks, days, hours, mins, secs), by place or by name."""
    given: dict[str, exp.Expr] = {}
    for place, argument in enumerate(arguments):
        if isinstance(argument, (exp.Kwarg, exp.PropertyEQ, exp.EQ)):
            given[argument.this.name.lower()] = argument.expression
        else:
            given[_PARTS[place]] = argument
    unknown = set(given) - set(_PARTS)
    if unknown:
        raise refuse(f"make_interval({min(unknown)} => …)", node)
    return call("cirql_make_interval", *(given.get(part, number(0)) for part in _PARTS), type=st.INTERVAL)


def rewrite_timezone(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """timezone(zone, moment): AT TIME ZONE."""
    return moments.at_time_zone(exp.AtTimeZone(this=arguments[1], zone=arguments[0]), site)


def as_date(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """date(x): a cast."""
    return convert(arguments[0], st.DATE)


def to_type(target: SqlType) -> Special:
    """A rule for a cast written as a call: `text(x)`, `int4(x)`."""

    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        return typed(convert(arguments[0], target, explicit=True), target)

    return rule


CALLS: dict[str, Special] = {
    "to_char": to_char,
    "to_date": rewrite_to_date,
    "to_timestamp": rewrite_to_timestamp,
    "to_number": rewrite_to_number,
    "date_trunc": rewrite_date_trunc,
    "date_part": rewrite_date_part,
    "date_bin": rewrite_date_bin,
    "age": rewrite_age,
    "make_interval": rewrite_make_interval,
    "timezone": rewrite_timezone,
    "date": as_date,
    "text": to_type(st.TEXT),
    "int4": to_type(st.INT4),
    "int8": to_type(st.INT8),
    "float8": to_type(st.FLOAT8),
    "inet": to_type(st.INET),
    "cidr": to_type(st.CIDR),
    "jsonb": to_type(st.JSONB),
}
