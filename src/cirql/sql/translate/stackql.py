"""StackQL: the SQLite functions its queries use, and those it adds (json_equal, aws_policy_equal, regexp_*, split_part)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.sql.translate import intervals
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.aggregates import aggregated_text
from cirql.sql.translate.casts import text_of
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import as_type, call, constant, number, text, type_of, typed
from cirql.sql.translate.signatures import unknown
from cirql.sql.translate.site import Site

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def _document(node: exp.Expr) -> exp.Expr:
    return node if type_of(node).is_json else as_type(node, st.JSON)


def rewrite_json_extract(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_extract(doc, '$.a.b'): scalars as SQL text, documents as JSON text; several paths give an array."""
    document = _document(arguments[0])
    if len(arguments) > 2:
        return call("json_array", *(call("json_extract", document.copy(), a) for a in arguments[1:]), type=st.JSON)
    path = constant(arguments[1])
    shown = text(path.replace("[#-", "[#-")) if path is not None else arguments[1]
    return call("json_extract_string", document, shown, type=st.TEXT)


def rewrite_json_equal(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_equal(a, b): the same document whatever its spelling."""
    return call("cirql_json_equal", text_of(arguments[0]), text_of(arguments[1]), type=st.BOOL)


def rewrite_aws_policy_equal(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """aws_policy_equal(a, b): whether AWS would treat two IAM policies alike."""
    return call("cirql_aws_policy_equal", text_of(arguments[0]), text_of(arguments[1]), type=st.BOOL)


def rewrite_group_concat(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """group_concat(x [, separator])."""
    return aggregated_text(arguments[0], text_of(arguments[1]) if len(arguments) > 1 else text(","))


def _sqlite_moment(macro: str, arguments: Arguments, *, first: int = 0) -> exp.Expr:
    """SQLite's date functions: a time value, then modifiers applied from left to right."""
    value = arguments[first] if len(arguments) > first else text("now")
    literal = constant(value)
    if literal is not None and literal.lower() == "now":
        moment: exp.Expr = as_type(call("now"), st.TIMESTAMP)
    elif type_of(value).category == "moment":
        moment = as_type(value, st.TIMESTAMP)
    elif type_of(value).is_number:
        epoch = any((constant(a) or "").lower() in ("unixepoch", "auto") for a in arguments[first + 1 :])
        moment = call("cirql_sqlite_epoch" if epoch else "cirql_sqlite_julian", value, type=st.TIMESTAMP)
    else:
        moment = call("cirql_sqlite_moment", text_of(value), type=st.TIMESTAMP)
    for modifier in arguments[first + 1 :]:
        moment = _modified(moment, modifier)
    return call(macro, moment, type=st.TEXT)


def _modified(moment: exp.Expr, modifier: exp.Expr) -> exp.Expr:
    value = (constant(modifier) or "").strip().lower()
    if value in ("unixepoch", "auto", "utc", "localtime", "subsec", "subsecond", "julianday"):
        return moment
    if value.startswith("start of "):
        unit = value.removeprefix("start of ")
        if unit in ("day", "month", "year"):
            return call("date_trunc", text(unit), moment, type=st.TIMESTAMP)
    if value.startswith("weekday ") and value[8:].isdigit():
        return call("cirql_sqlite_weekday", moment, number(int(value[8:])), type=st.TIMESTAMP)
    try:
        span = intervals.read(value)
    except ValueError:
        raise refuse(f"the date modifier {value!r}" if value else "a date modifier that is not a constant", modifier) from None
    if span.months:
        moment = call("cirql_sqlite_months", moment, number(span.months), type=st.TIMESTAMP)
    span = intervals.Span(0, span.days, span.microseconds)
    return exp.Paren(this=exp.Add(this=moment, expression=as_type(exp.Literal.string(span.duckdb), st.INTERVAL)))


def rewrite_date(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """date(value, modifiers…) as text."""
    return _sqlite_moment("cirql_sqlite_date", arguments)


def rewrite_time(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """time(value, modifiers…) as text."""
    return _sqlite_moment("cirql_sqlite_time", arguments)


def rewrite_datetime(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """datetime(value, modifiers…) as text."""
    return _sqlite_moment("cirql_sqlite_datetime", arguments)


def rewrite_julianday(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """julianday(value, modifiers…)."""
    made = _sqlite_moment("cirql_sqlite_julianday", arguments)
    return as_type(made, st.FLOAT8)


def rewrite_unixepoch(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """unixepoch(value, modifiers…)."""
    return as_type(_sqlite_moment("cirql_sqlite_unixepoch", arguments), st.INT8)


_STRFTIME = {
    "%Y": "%Y",
    "%m": "%m",
    "%d": "%d",
    "%H": "%H",
    "%M": "%M",
    "%S": "%S",
    "%j": "%j",
    "%w": "%w",
    "%f": "%S.%g",
    "%F": "%Y-%m-%d",
    "%T": "%H:%M:%S",
    "%s": "%s",
    "%W": "%W",
    "%%": "%%",
}


def rewrite_strftime(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """strftime(format, value, modifiers…)."""
    import re

    template = constant(arguments[0])
    if template is None:
        raise refuse("strftime with a format that is not a constant", node)
    unknown = [p for p in re.findall(r"%.", template) if p not in _STRFTIME]
    if unknown:
        raise refuse(f"strftime with {unknown[0]}", node)
    moment = _sqlite_moment("cirql_identity", arguments, first=1).expressions[0]
    if template == "%s":
        return as_type(as_type(call("epoch", moment), st.INT8), st.TEXT)
    converted = re.sub(r"%.", lambda m: _STRFTIME[m[0]], template)
    return call("strftime", moment, text(converted), type=st.TEXT)


def rewrite_iif(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """iif(condition, then, else)."""
    return exp.Case(ifs=[exp.If(this=arguments[0], true=arguments[1])], default=arguments[2] if len(arguments) > 2 else None)


def rewrite_ifnull(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """ifnull(a, b)."""
    return exp.Coalesce(this=arguments[0], expressions=arguments[1:])


def text_value(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """string(x): the value kept as text."""
    return text_of(arguments[0])


def rewrite_total(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """total(x): a sum that is 0.0 over no rows."""
    return call("coalesce", call("sum", as_type(arguments[0], st.FLOAT8)), as_type(text("0"), st.FLOAT8), type=st.FLOAT8)


def rewrite_json_group_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_group_array(x)."""
    return call("json_group_array", arguments[0], type=st.JSON)


def rewrite_json_group_object(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_group_object(k, v)."""
    return call("json_group_object", text_of(arguments[0]), arguments[1], type=st.JSON)


def rewrite_json(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json(x): a text read as JSON; anything else as it is in JSON."""
    value = arguments[0]
    if type_of(value).category == "text" or constant(value) is not None:
        return as_type(value, st.JSON)
    return call("to_json", value, type=st.JSON)


def rewrite_json_type(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_type(doc [, path]) in SQLite's words."""
    return call("cirql_sqlite_json_type", _document(arguments[0]), arguments[1] if len(arguments) > 1 else text("$"), type=st.TEXT)


def rewrite_json_array_length(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_array_length(doc [, path])."""
    return as_type(call("json_array_length", _document(arguments[0]), *arguments[1:]), st.INT8)


def rewrite_json_object(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_object(key, value, …)."""
    return call("json_object", *arguments, type=st.JSON)


def rewrite_json_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_array(value, …)."""
    return call("json_array", *arguments, type=st.JSON)


def rewrite_json_valid(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_valid(text)."""
    return call("json_valid", text_of(arguments[0]), type=st.BOOL)


def rewrite_instr(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """instr(text, part)."""
    return as_type(call("strpos", text_of(arguments[0]), text_of(arguments[1])), st.INT8)


def rewrite_typeof(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """typeof(x) in SQLite's words."""
    kind = type_of(arguments[0])
    word = "integer" if kind.is_integer or kind == st.BOOL else "real" if kind.is_number else "text"
    return exp.Case(ifs=[exp.If(this=exp.Is(this=arguments[0], expression=exp.Null()), true=text("null"))], default=text(word))


def rewrite_glob(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """glob(pattern, text), the function behind GLOB; glob(path) is Steampipe's for its columns of ARNs."""
    if len(arguments) == 1:
        return call("cirql_aws_glob", text_of(arguments[0]), type=st.TEXT)
    if len(arguments) != 2:
        raise unknown("glob", arguments, node)
    return typed(exp.Paren(this=exp.Glob(this=text_of(arguments[1]), expression=text_of(arguments[0]))), st.BOOL)


def rewrite_substr(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """substr(text, from [, for]), which counts from the end where `from` is below zero."""
    if len(arguments) not in (2, 3):
        raise unknown("substr", arguments, node)
    return call("cirql_sqlite_substr", text_of(arguments[0]), *arguments[1:], type=st.TEXT)


OVERRIDES: dict[str, Special] = {
    "substr": rewrite_substr,
    "aws_glob": rewrite_glob,
    "json_extract": rewrite_json_extract,
    "json_equal": rewrite_json_equal,
    "aws_policy_equal": rewrite_aws_policy_equal,
    "group_concat": rewrite_group_concat,
    "date": rewrite_date,
    "time": rewrite_time,
    "datetime": rewrite_datetime,
    "julianday": rewrite_julianday,
    "unixepoch": rewrite_unixepoch,
    "strftime": rewrite_strftime,
    "iif": rewrite_iif,
    "if": rewrite_iif,
    "ifnull": rewrite_ifnull,
    "string": text_value,
    "total": rewrite_total,
    "json_group_array": rewrite_json_group_array,
    "json_group_object": rewrite_json_group_object,
    "json": rewrite_json,
    "json_type": rewrite_json_type,
    "json_array_length": rewrite_json_array_length,
    "json_object": rewrite_json_object,
    "json_array": rewrite_json_array,
    "json_valid": rewrite_json_valid,
    "instr": rewrite_instr,
    "typeof": rewrite_typeof,
}
# These mean nothing else in PostgreSQL, so they work in every dialect.
EVERYWHERE = {name: OVERRIDES[name] for name in ("json_equal", "aws_policy_equal", "group_concat", "ifnull", "json_extract")}
