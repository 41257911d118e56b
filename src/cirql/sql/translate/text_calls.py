"""Functions on text, numbers and arrays that need more than another name."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText, NotSupported
from cirql.sql.translate import aggregates, arrays
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, output_of, text_of, to_text
from cirql.sql.translate.expressions import finish_with, refuse
from cirql.sql.translate.nodes import as_type, call, constant, integer, is_null, number, text, type_of, typed
from cirql.sql.translate.signatures import name_of, unknown
from cirql.sql.translate.site import Site
from cirql.startup.regexes import regex

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def _variadic(arguments: Arguments) -> Arguments:
    if any(isinstance(a, exp.Variadic) for a in arguments):
        raise refuse("VARIADIC")
    return arguments


def concat(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """concat: NULLs are nothing."""
    return call("concat", *(output_of(a) for a in _variadic(arguments)), type=st.TEXT)


def concat_ws(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """concat_ws: NULLs are left out."""
    return call("concat_ws", *(output_of(a) for a in _variadic(arguments)), type=st.TEXT)


_FORMAT = regex(r"%(?:(\d+)\$)?(-?)(\d+|\*)?([sIL%])")


def format_text(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """format('%s-%I', …) with a constant format, written out as a concatenation."""
    template = constant(arguments[0])
    if is_null(arguments[0]):
        return as_type(exp.Null(), st.TEXT)
    if template is None:
        raise refuse("format with a format that is not a constant", arguments[0])
    pieces: list[exp.Expr] = []
    place, following = 0, 1
    for match in _FORMAT.finditer(template):
        between = template[place : match.start()]
        if "%" in between:
            raise InvalidText("unrecognized format() type specifier", hint='for a single "%" use "%%"')
        pieces += [text(between)] if between else []
        place = match.end()
        if match[4] == "%":
            pieces.append(text("%"))
            continue
        if match[3] == "*":
            raise refuse("a width taken from an argument of format", node)
        which = int(match[1]) if match[1] else following
        following = which + 1
        if which >= len(arguments):
            raise InvalidText("too few arguments for format()", sqlstate="22023")
        pieces.append(_formatted(match, arguments[which].copy()))
    if "%" in template[place:]:
        raise InvalidText("unterminated format() type specifier", sqlstate="22023")
    pieces += [text(template[place:])] if template[place:] else []
    return call("concat", *pieces, text(""), type=st.TEXT)


def _formatted(match: re.Match[str], argument: exp.Expr) -> exp.Expr:
    value = output_of(argument)
    if match[4] == "I":
        value = call("cirql_quote_ident", value, type=st.TEXT)
    elif match[4] == "L":
        value = call("cirql_quote_nullable", value, type=st.TEXT)
    if match[3]:
        value = call(
            "cirql_rpad_free" if match[2] else "cirql_lpad_free", call("coalesce", value, text("")), number(int(match[3])), type=st.TEXT
        )
    return value


def rewrite_encode(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """encode(bytes, 'hex' | 'base64' | 'escape')."""
    kind = (constant(arguments[1]) or "").lower()
    if kind not in ("hex", "base64", "escape"):
        raise InvalidText(f'unrecognized encoding: "{kind}"', sqlstate="22023")
    value = convert(arguments[0], st.BYTEA) if type_of(arguments[0]) == st.UNKNOWN else arguments[0]
    if type_of(value) not in (st.BYTEA, st.ANY):
        raise unknown("encode", arguments, node)
    return call(f"cirql_encode_{kind}", value, type=st.TEXT)


def rewrite_decode(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """decode(text, 'hex' | 'base64' | 'escape')."""
    kind = (constant(arguments[1]) or "").lower()
    if kind not in ("hex", "base64", "escape"):
        raise InvalidText(f'unrecognized encoding: "{kind}"', sqlstate="22023")
    return call(f"cirql_decode_{kind}", text_of(arguments[0]), type=st.BYTEA)


def rewrite_sha256(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """sha256(bytes) gives bytes."""
    value = convert(arguments[0], st.BYTEA) if type_of(arguments[0]).is_open else arguments[0]
    if type_of(value) not in (st.BYTEA, st.ANY):
        raise unknown("sha256", arguments, node)
    return call("unhex", call("sha256", value), type=st.BYTEA)


def rewrite_digest(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """sha224, sha384 and sha512 of bytes."""
    name = name_of(node)
    value = convert(arguments[0], st.BYTEA) if type_of(arguments[0]).is_open else arguments[0]
    if len(arguments) != 1 or type_of(value) not in (st.BYTEA, st.ANY):
        raise unknown(name, arguments, node)
    return call("unhex", call("cirql_digest", text(name), call("hex", value)), type=st.BYTEA)


def rewrite_convert_from(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """convert_from(bytes, 'UTF8')."""
    return call("decode", arguments[0], type=st.TEXT)


def rewrite_convert_to(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """convert_to(text, 'UTF8')."""
    return call("encode", text_of(arguments[0]), type=st.BYTEA)


def rewrite_substr(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """substr(text, from [, for])."""
    if type_of(arguments[0]).name not in ("text", "unknown", "any") and not site.is_lenient:
        raise unknown("substr", arguments, node)
    places = [convert(a, st.INT4) if type_of(a) == st.UNKNOWN else a for a in arguments[1:]]
    return call("cirql_substring" if len(places) > 1 else "cirql_substring_from", text_of(arguments[0]), *places, type=st.TEXT)


def round_number(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """round: half away from zero for numeric, half to even for floats; with digits only for numeric."""
    value, kind = arguments[0], type_of(arguments[0])
    if kind == st.UNKNOWN:
        value, kind = convert(value, st.FLOAT8), st.FLOAT8
    if not (kind.is_number or kind == st.ANY):
        raise unknown("round", arguments, node)
    if len(arguments) == 1:
        if kind.is_integer:
            return as_type(value, st.FLOAT8)
        return call("round_even", value, number(0), type=kind) if kind.name in ("float4", "float8") else call("round", value, type=kind)
    if kind.name in ("float4", "float8") and site.dialect == "postgres":
        raise unknown("round", arguments, node)
    digits = integer(arguments[1])
    if kind.is_integer:
        return as_type(call("round", value, arguments[1]), st.NUMERIC, name="DECIMAL(22, 0)")
    if kind == st.NUMERIC and digits is not None and digits >= 0:
        return as_type(call("round", value, number(digits)), st.NUMERIC, name=f"DECIMAL({22 + min(digits, 16)}, {min(digits, 16)})")
    return call("round", value, arguments[1], type=kind)


def _whole(name: str) -> Special:
    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        value, kind = arguments[0], type_of(arguments[0])
        if kind == st.UNKNOWN:
            value, kind = convert(value, st.FLOAT8), st.FLOAT8
        if not (kind.is_number or kind == st.ANY):
            raise unknown(name, arguments, node)
        if kind.is_integer:
            return as_type(value, st.FLOAT8)
        return call(name, value, type=kind)

    return rule


def rewrite_trunc(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """trunc(number [, digits])."""
    value, kind = arguments[0], type_of(arguments[0])
    if kind == st.UNKNOWN:
        value, kind = convert(value, st.FLOAT8), st.FLOAT8
    if len(arguments) == 1:
        return as_type(value, st.FLOAT8) if kind.is_integer else call("trunc", value, type=kind)
    if kind.name in ("float4", "float8"):
        raise unknown("trunc", arguments, node)
    digits = integer(arguments[1])
    if digits is None:
        raise refuse("trunc to digits that are not a constant", node)
    if digits < 0:
        return as_type(call("cirql_trunc_left", value, number(-digits)), st.NUMERIC, name="DECIMAL(38, 0)")
    return as_type(call("cirql_trunc_to", value, arguments[1]), st.NUMERIC, name=f"DECIMAL({22 + min(digits, 16)}, {min(digits, 16)})")


def quantifier(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """`ALL (array)`, which the parser takes for a function: the comparison around it reads it."""
    return typed(exp.Anonymous(this=str(node.this), expressions=arguments), st.ANY)


def _list_call(name: str, macro: str, result: str) -> Special:
    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        left, right = arguments[0], arguments[1]
        array, item = (right, left) if name == "array_prepend" else (left, right)
        if type_of(array) == st.UNKNOWN:
            array = convert(array, st.array_of(st.TEXT if type_of(item).is_open else type_of(item)))
        kind = type_of(array)
        if kind.element is None and kind != st.ANY:
            raise unknown(name, arguments, node)
        if type_of(item) == st.UNKNOWN and kind.element is not None:
            item = convert(item, kind.element)
        ordered = (item, array) if name == "array_prepend" else (array, item)
        rest = [convert(a, kind.element) if kind.element and type_of(a) == st.UNKNOWN else a for a in arguments[2:]]
        sql_type = {"same": kind, "int4": st.INT4, "int4[]": st.array_of(st.INT4)}[result]
        made = call(macro, *ordered, *rest, type=sql_type)
        return as_type(made, sql_type) if result != "same" else made

    return rule


def rewrite_array_cat(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """array_cat(a, b)."""
    return arrays.concatenate(arguments[0], arguments[1])


def rewrite_array_fill(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """array_fill(value, ARRAY[n]): one dimension."""
    if len(arguments) != 2:
        raise refuse("array_fill with bounds", node)
    return call("cirql_array_fill", arguments[0], arguments[1], type=st.array_of(type_of(arguments[0])))


def rewrite_trim_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """trim_array(a, n): without the last n."""
    return call("cirql_trim_array", *arguments, type=type_of(arguments[0]))


def rewrite_array_sort(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """array_sort(a): ascending, NULLs last."""
    if len(arguments) != 1:
        raise refuse("array_sort in another order", node)
    return call("list_sort", arguments[0], text("ASC"), text("NULLS LAST"), type=type_of(arguments[0]))


def rewrite_array_reverse(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """array_reverse(a)."""
    return call("list_reverse", arguments[0], type=type_of(arguments[0]))


def rewrite_array_to_string(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """array_to_string(a, separator [, for NULLs]): elements as PostgreSQL prints them."""
    array = convert(arguments[0], st.array_of(st.TEXT)) if type_of(arguments[0]) == st.UNKNOWN else arguments[0]
    kind = type_of(array)
    if kind.element is None and kind != st.ANY:
        raise unknown("array_to_string", arguments, node)
    if kind.element in (st.FLOAT8, st.FLOAT4, st.JSONB, st.INTERVAL):
        variable = typed(exp.column("_e"), kind.element)
        mapped = exp.Lambda(this=to_text(variable), expressions=[exp.to_identifier("_e")])
        array = call("list_transform", array, mapped, type=st.array_of(st.TEXT))
    elif kind.element == st.BOOL:
        array = call("cirql_bool_letters", array, type=st.array_of(st.TEXT))
    elif kind.element != st.TEXT:
        array = as_type(array, st.array_of(st.TEXT))
    extra = [text_of(arguments[2])] if len(arguments) > 2 else []
    return call("cirql_array_to_string_with" if extra else "array_to_string", array, text_of(arguments[1]), *extra, type=st.TEXT)


def rewrite_string_to_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """string_to_array(text, separator [, NULL text]); a NULL separator gives characters."""
    subject = text_of(arguments[0])
    if is_null(arguments[1]):
        pieces = call("cirql_characters", subject, type=st.array_of(st.TEXT))
    else:
        pieces = call("cirql_string_to_array", subject, text_of(arguments[1]), type=st.array_of(st.TEXT))
    return call("cirql_nullify", pieces, text_of(arguments[2]), type=st.array_of(st.TEXT)) if len(arguments) > 2 else pieces


def num_nulls(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """num_nulls and num_nonnulls."""
    negate = name_of(node) == "num_nonnulls"
    tests = [as_type(exp.Paren(this=exp.Is(this=a, expression=exp.Null(), negate=negate)), st.INT4) for a in arguments]
    total: exp.Expr = tests[0]
    for test in tests[1:]:
        total = exp.Add(this=total, expression=test)
    return typed(exp.Paren(this=total), st.INT4)


def typeof(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """pg_typeof: known when the statement is read."""
    return text(str(type_of(arguments[0])))


def rewrite_every(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """every(b) is bool_and(b)."""
    return call("bool_and", arguments[0], type=st.BOOL)


def rewrite_var_samp(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """var_samp(x) is variance(x)."""
    return aggregates.spread(exp.Variance(this=arguments[0]), site)


def regression(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regr_slope, regr_intercept and regr_r2: NULL where they are not defined, which the engine says as NaN."""
    if len(arguments) != 2 or any(not (type_of(a).is_number or type_of(a).is_open) for a in arguments):
        raise unknown(name_of(node), arguments, node)
    made = call(name_of(node), *(as_type(a, st.FLOAT8) for a in arguments), type=st.FLOAT8)
    return finish_with(made, lambda n: call("cirql_defined", n, type=st.FLOAT8))


def not_here(what: str) -> Special:
    """A rule for a function that only makes sense inside a server."""

    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        raise NotSupported(f"the function {what} is not supported", hint="it asks about a PostgreSQL server")

    return rule


CALLS: dict[str, Special] = {
    "concat": concat,
    "concat_ws": concat_ws,
    "format": format_text,
    "encode": rewrite_encode,
    "decode": rewrite_decode,
    "sha256": rewrite_sha256,
    "sha224": rewrite_digest,
    "sha384": rewrite_digest,
    "sha512": rewrite_digest,
    "convert_from": rewrite_convert_from,
    "convert_to": rewrite_convert_to,
    "substr": rewrite_substr,
    "round": round_number,
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "trunc": rewrite_trunc,
    "all": quantifier,
    "some": quantifier,
    "any": quantifier,
    "array_append": _list_call("array_append", "list_append", "same"),
    "array_prepend": _list_call("array_prepend", "list_prepend", "same"),
    "array_remove": _list_call("array_remove", "cirql_array_remove", "same"),
    "array_replace": _list_call("array_replace", "cirql_array_replace", "same"),
    "array_position": _list_call("array_position", "cirql_array_position", "int4"),
    "array_positions": _list_call("array_positions", "cirql_array_positions", "int4[]"),
    "array_cat": rewrite_array_cat,
    "array_fill": rewrite_array_fill,
    "trim_array": rewrite_trim_array,
    "array_sort": rewrite_array_sort,
    "array_reverse": rewrite_array_reverse,
    "array_to_string": rewrite_array_to_string,
    "string_to_array": rewrite_string_to_array,
    "num_nulls": num_nulls,
    "num_nonnulls": num_nulls,
    "pg_typeof": typeof,
    "every": rewrite_every,
    "var_samp": rewrite_var_samp,
    "regr_slope": regression,
    "regr_intercept": regression,
    "regr_r2": regression,
    "pg_sleep": not_here("pg_sleep"),
}
