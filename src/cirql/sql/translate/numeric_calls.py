"""Functions on numbers that are exact on numerics and in double precision on floats: powers, roots, logarithms, whole quotients, scales."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.sql.translate import arithmetic
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.nodes import as_type, call, type_of, typed
from cirql.sql.translate.signatures import name_of, unknown
from cirql.sql.translate.site import Site
from cirql.sql.translate.sqltypes import SqlType

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]
_FLOATS = (st.FLOAT4, st.FLOAT8)


def _are_numeric(arguments: Arguments) -> bool:
    """Whether PostgreSQL takes the function of numerics: one of them is, and none is a float."""
    kinds = [type_of(a) for a in arguments]
    return st.NUMERIC in kinds and all(k.is_integer or k in (st.NUMERIC, st.UNKNOWN) for k in kinds)


def _as_numbers(arguments: Arguments, kind: SqlType) -> Arguments:
    return [convert(a, kind) if type_of(a) == st.UNKNOWN else a for a in arguments]


def power(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """The call of `^`."""
    if len(arguments) != 2:
        raise unknown(name_of(node), arguments, node)
    left, right = _as_numbers(arguments, st.NUMERIC if _are_numeric(arguments) else st.FLOAT8)
    return arithmetic.powered(left, right, type_of(left), type_of(right))


def modulo(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """mod(a, b); PostgreSQL has it for integers and numerics."""
    if len(arguments) != 2 or any(type_of(a) in _FLOATS for a in arguments):
        raise unknown("mod", arguments, node)
    kind = st.common([type_of(a) for a in arguments])
    arguments = [convert(a, kind) if type_of(a) == st.UNKNOWN and kind.is_number else a for a in arguments]
    left, right = (a if not isinstance(a, exp.Binary) else exp.Paren(this=a) for a in arguments)
    return typed(exp.Paren(this=exp.Mod(this=left, expression=right)), kind)


def whole_quotient(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """div(a, b): the whole quotient, as numeric."""
    if len(arguments) != 2 or any(not (type_of(a).is_open or type_of(a).is_number) or type_of(a) in _FLOATS for a in arguments):
        raise unknown("div", arguments, node)
    return _exact("cirql_numeric_whole_quotient", _as_numbers(arguments, st.NUMERIC), "DECIMAL(38, 0)")


def logarithm(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """ln, log (base 10), log10, log(base, x); an error below zero."""
    name = name_of(node)
    if len(arguments) not in ((1,) if name != "log" else (1, 2)):
        raise unknown(name, arguments, node)
    if len(arguments) == 2 or _are_numeric(arguments):
        values = [as_type(a, st.NUMERIC, name=arithmetic.NUMERIC_QUOTIENT) if type_of(a) in _FLOATS else a for a in arguments]
        values = _as_numbers(values, st.NUMERIC)
        if name == "ln":
            return arithmetic.exactly("cirql_numeric_ln", *values)
        return arithmetic.exactly("cirql_numeric_log", *(values if len(values) == 2 else [exp.Literal.number(10), *values]))
    value = as_type(_as_numbers(arguments, st.FLOAT8)[0], st.FLOAT8)
    return call("cirql_ln" if name == "ln" else "cirql_log10", value, type=st.FLOAT8)


def sign(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """sign: of the type of its argument, float for an integer."""
    kind = type_of(arguments[0])
    result = kind if kind in (st.NUMERIC, st.ANY) else st.FLOAT8
    return as_type(call("sign", arguments[0]), result, name="DECIMAL(1, 0)" if result == st.NUMERIC else None)


def factorial(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """As numeric."""
    return as_type(call("cirql_factorial", arguments[0]), st.NUMERIC, name="DECIMAL(38, 0)")


def _of_its_kind(of_floats: str, of_numerics: str) -> Special:
    """Exp and sqrt: numeric of a numeric, else float. What numeric cannot hold is an error."""

    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        kind = type_of(arguments[0]) if arguments else st.ANY
        if len(arguments) != 1 or not (kind.is_number or kind.is_open):
            raise unknown(name_of(node), arguments, node)
        if kind == st.NUMERIC:
            return arithmetic.exactly(of_numerics, arguments[0])
        value = convert(arguments[0], st.FLOAT8) if kind == st.UNKNOWN else arguments[0]
        return call(of_floats, as_type(value, st.FLOAT8), type=st.FLOAT8)

    return rule


def min_scale(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """Digits after the point without zeros at the end."""
    return as_type(call("cirql_min_scale", as_type(arguments[0], st.TEXT)), st.INT4)


def scale(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """Digits after the point."""
    return as_type(call("cirql_scale", as_type(arguments[0], st.TEXT)), st.INT4)


def trim_scale(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """The same number (`trim_scale`): how many zeros are shown is the column's matter."""
    kind = type_of(arguments[0]) if arguments else st.ANY
    if len(arguments) != 1 or not (kind.is_open or kind.is_integer or kind == st.NUMERIC):
        raise unknown("trim_scale", arguments, node)
    value = convert(arguments[0], st.NUMERIC) if kind == st.UNKNOWN else arguments[0]
    plain = arithmetic.decimal_of(value)
    if plain is None:
        return as_type(value, st.NUMERIC, name="DECIMAL(38, 0)") if kind.is_integer else typed(exp.Paren(this=value), st.NUMERIC)
    written = format(plain.normalize(), "f")
    return as_type(exp.Literal.string(written), st.NUMERIC, name=f"DECIMAL(38, {len(written.partition('.')[2])})")


def bucket(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """width_bucket(x, low, high, count), exact for numerics; width_bucket(x, thresholds)."""
    if len(arguments) == 2 and (element := type_of(arguments[1]).element) is not None:
        value = convert(arguments[0], element) if type_of(arguments[0]) == st.UNKNOWN else arguments[0]
        kinds = {type_of(value).category, element.category}
        if len(kinds) > 1 and st.ANY.name not in kinds:
            raise unknown("width_bucket", arguments, node)
        return as_type(call("cirql_threshold", value, arguments[1]), st.INT4)
    if len(arguments) != 4 or any(not (type_of(a).is_open or type_of(a).is_number) for a in arguments):
        raise unknown("width_bucket", arguments, node)
    if _are_numeric(arguments[:3]):
        bounds = [as_type(a, st.TEXT) for a in _as_numbers(arguments[:3], st.NUMERIC)]
        return as_type(call("cirql_numeric_bucket", *bounds, as_type(arguments[3], st.INT8)), st.INT4)
    floats = [as_type(a, st.FLOAT8) for a in _as_numbers(arguments, st.FLOAT8)]
    return as_type(call("cirql_width_bucket", *floats), st.INT4)


def _common(name: str) -> Special:
    """Gcd and lcm, of integers or of numerics."""

    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        if len(arguments) != 2 or any(not (type_of(a).is_open or type_of(a).is_number) or type_of(a) in _FLOATS for a in arguments):
            raise unknown(name, arguments, node)
        if _are_numeric(arguments):
            return _exact(f"cirql_numeric_{name}", _as_numbers(arguments, st.NUMERIC), arithmetic.NUMERIC_QUOTIENT)
        integers = _as_numbers(arguments, st.INT4)
        return call(name, *integers, type=st.common([type_of(a) for a in integers]))

    return rule


def _exact(name: str, arguments: Arguments, result: str) -> exp.Expr:
    return as_type(call(name, *(as_type(a, st.TEXT) for a in arguments), type=st.TEXT), st.NUMERIC, name=result)


CALLS: dict[str, Special] = {
    "power": power,
    "pow": power,
    "mod": modulo,
    "div": whole_quotient,
    "ln": logarithm,
    "log": logarithm,
    "log10": logarithm,
    "exp": _of_its_kind("cirql_exp", "cirql_numeric_exp"),
    "sqrt": _of_its_kind("cirql_sqrt", "cirql_numeric_sqrt"),
    "scale": scale,
    "min_scale": min_scale,
    "trim_scale": trim_scale,
    "sign": sign,
    "factorial": factorial,
    "width_bucket": bucket,
    "gcd": _common("gcd"),
    "lcm": _common("lcm"),
}
