"""Aggregates and window functions: result types as PostgreSQL's, JSON and text aggregation, ordered sets."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText, UnknownFunction
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.arithmetic import NUMERIC_QUOTIENT, quotient
from cirql.sql.translate.casts import convert, text_of, to_json
from cirql.sql.translate.columns import row_object
from cirql.sql.translate.expressions import finish_with, keep_type, refuse, rewrite
from cirql.sql.translate.groups import same_document
from cirql.sql.translate.nodes import as_type, call, integer, is_null, number, text, type_of, typed
from cirql.sql.translate.overflows import checked_total
from cirql.sql.translate.signatures import name_of
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.translate.whole_rows import row_fields
from cirql.sql.trees import all_of


def argument(node: exp.Expr) -> exp.Expr:
    """The aggregated value inside DISTINCT and ORDER BY."""
    while isinstance(node, (exp.Order, exp.Distinct)):
        node = node.this if isinstance(node, exp.Order) else node.expressions[0]
    return node


def replace_argument(node: exp.Expr, new: exp.Expr) -> exp.Expr:
    """The same argument list with another aggregated value."""
    if isinstance(node, exp.Order):
        node.set("this", replace_argument(node.this, new))
        return node
    if isinstance(node, exp.Distinct):
        node.set("expressions", [new, *node.expressions[1:]])
        return node
    return new


def _wants_number(node: exp.Expr, name: str, site: Site) -> SqlType:
    kind = type_of(argument(node.this))
    if not (kind.is_number or kind.is_open or kind == st.INTERVAL) and not site.is_lenient:
        raise UnknownFunction(f"function {name}({kind}) does not exist", hint="cast the argument, for example (…)::numeric")
    return kind


def total(node: exp.Expr, site: Site) -> exp.Expr:
    """sum: bigint over integers, numeric over bigints."""
    kind = _wants_number(node, "sum", site)
    if kind == st.INTERVAL:
        listed = call("list", node.this, type=st.INTERVAL)
        return finish_with(listed, lambda n: call("cirql_interval_total", n, type=st.INTERVAL))
    if kind in (st.INT2, st.INT4):
        return finish_with(typed(node, st.INT8), lambda n: as_type(n, st.INT8))
    if kind == st.INT8:
        return finish_with(typed(node, st.NUMERIC), lambda n: as_type(n, st.NUMERIC, name="DECIMAL(22, 0)"))
    return _checked(typed(node, kind))


def _checked(node: exp.Expr) -> exp.Expr:
    """A total of floats is an error where it leaves their range."""
    if type_of(node) not in (st.FLOAT4, st.FLOAT8) or argument(node.this).find(exp.Query) is not None:
        return node
    return finish_with(node, lambda whole: checked_total(whole, _greatest(whole.copy())))


def _greatest(total: exp.Expr) -> exp.Expr:
    """The greatest magnitude among what a sum or an average is of."""
    inner = all_of(total, exp.Sum, exp.Avg)[0]
    greatest = exp.Max(this=call("abs", argument(inner.this).copy()))
    if inner is total:
        return greatest
    inner.replace(greatest)
    return total


def average(node: exp.Expr, site: Site) -> exp.Expr:
    """avg: numeric over integers and numerics."""
    kind = _wants_number(node, "avg", site)
    if kind == st.INTERVAL:
        listed = call("list", node.this, type=st.INTERVAL)
        return finish_with(listed, lambda n: call("cirql_interval_mean", n, type=st.INTERVAL))
    if kind.is_integer or kind == st.NUMERIC:
        return finish_with(typed(node, st.NUMERIC), _exact_mean)
    return _checked(typed(node, st.FLOAT8 if kind == st.FLOAT4 else kind))


def _exact_mean(whole: exp.Expr) -> exp.Expr:
    """The sum by the count: DuckDB's own average is reckoned in double precision."""
    parts = (_in_place(whole, lambda value: exp.Sum(this=value)), _in_place(whole, lambda value: exp.Count(this=value)))
    return quotient(*parts)


def _in_place(whole: exp.Expr, make: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """The same aggregate, with its FILTER and OVER, but another one of the same values."""
    copied = whole.copy()
    inner = copied if isinstance(copied, _OF_MANY) else all_of(copied, *_OF_MANY)[0]
    made = make(inner.this)
    if inner is copied:
        return made
    inner.replace(made)
    return copied


_SPREADS: dict[type[exp.Expr], str] = {
    exp.Stddev: "stddev_samp",
    exp.StddevSamp: "stddev_samp",
    exp.StddevPop: "stddev_pop",
    exp.Variance: "var_samp",
    exp.VariancePop: "var_pop",
}
_OF_MANY: tuple[type[exp.Expr], ...] = (exp.Avg, *_SPREADS)


def least_or_most(node: exp.Expr, site: Site) -> exp.Expr:
    """Min and max; PostgreSQL has none for booleans, documents and hstores."""
    kind = type_of(argument(node.this))
    if node.expressions:
        return _of_several([node.this, *node.expressions], node, site)
    if kind.name in ("bool", "json", "jsonb", "hstore", "uuid") and not site.is_lenient and kind != st.UUID:
        raise UnknownFunction(f"function {type(node).__name__.lower()}({kind}) does not exist")
    if kind.category == "network":  # text, of which the first by its bytes is not the least
        name = "arg_min" if isinstance(node, exp.Min) else "arg_max"
        return call(name, argument(node.this), call("cirql_inet_key", argument(node.this).copy(), type=st.TEXT), type=kind)
    return typed(node, st.TEXT if kind == st.UNKNOWN else kind)


def _of_several(values: list[exp.Expr], node: exp.Expr, site: Site) -> exp.Expr:
    """max(a, b), which is SQLite's alone: the greater value of one row, NULL beside NULL. DuckDB's lists the greatest of all rows."""
    word, other = ("min", "least") if isinstance(node, exp.Min) else ("max", "greatest")
    if not site.is_lenient:
        types = ", ".join(str(type_of(v)) for v in values)
        raise UnknownFunction(f"function {word}({types}) does not exist", hint=f"of the values of one row it is {other}(…)")
    kind = st.common([type_of(v) for v in values])
    alike = [convert(v, kind) if type_of(v) == st.UNKNOWN and kind != st.ANY else v for v in values]
    nothing = exp.or_(*(exp.Is(this=v.copy(), expression=exp.Null()) for v in alike))
    chosen = exp.Case(ifs=[exp.If(this=nothing, true=exp.Null())], default=call(other, *alike))
    return typed(exp.Paren(this=chosen), st.TEXT if kind == st.UNKNOWN else kind)


def spread(node: exp.Expr, site: Site) -> exp.Expr:
    """Stddev and variance: numeric over integers and numerics; NULL over a single value."""
    kind = _wants_number(node, type(node).__name__.lower(), site)
    if kind.is_integer or kind == st.NUMERIC:
        is_summed = kind.is_integer and not isinstance(node.this, exp.Distinct)
        reckon = _variation_of_sums if is_summed else _variation
        return finish_with(typed(node, st.NUMERIC), lambda n: reckon(n, _SPREADS[type(node)]))
    return typed(node, st.FLOAT8)


def _variation(whole: exp.Expr, name: str) -> exp.Expr:
    """Of all values, exactly."""
    values = _in_place(whole, lambda value: call("list", replace_argument(value, as_type(argument(value), st.TEXT))))
    return as_type(call("cirql_variation", text(name), values, type=st.TEXT), st.NUMERIC, name=NUMERIC_QUOTIENT)


def _variation_of_sums(whole: exp.Expr, name: str) -> exp.Expr:
    """Of integers: their sum and that of their squares, in two parts, which no number of rows overflows."""

    def squares(part: str) -> exp.Expr:
        return as_type(_in_place(whole, lambda value: exp.Sum(this=call(part, value))), st.TEXT)

    count = _in_place(whole, lambda value: exp.Count(this=value))
    total = as_type(_in_place(whole, lambda value: exp.Sum(this=value)), st.TEXT)
    made = call(
        "cirql_variation_of_sums", text(name), count, total, squares("cirql_square_high"), squares("cirql_square_low"), type=st.TEXT
    )
    return as_type(made, st.NUMERIC, name=NUMERIC_QUOTIENT)


def correlated(node: exp.Expr, site: Site) -> exp.Expr:
    """corr: NULL where it is not defined, which the engine says as NaN."""
    return finish_with(typed(node, st.FLOAT8), lambda n: call("cirql_defined", n, type=st.FLOAT8))


def combined_bits(node: exp.Expr, site: Site) -> exp.Expr:
    """bit_and and bit_or, of integers."""
    if type_of(argument(node.this)) == st.BIT:
        raise refuse("an aggregate of bit strings", node)
    return shifted(node, site)


def boolean(node: exp.Expr, site: Site) -> exp.Expr:
    """bool_and, bool_or, every."""
    name = "bool_or" if isinstance(node, exp.LogicalOr) else "bool_and"
    kind = type_of(argument(node.this))
    if kind.name not in ("bool", "any", "unknown") and not site.is_lenient:
        raise UnknownFunction(f"function {name}({kind}) does not exist")
    return call(name, node.this, type=st.BOOL)


def counted(node: exp.Expr, site: Site) -> exp.Expr:
    """count: DISTINCT over documents counts those that are not the same."""
    inner = node.this
    if inner is None:
        raise UnknownFunction("count(*) must be used to call a parameterless aggregate function", hint="write count(*)", sqlstate="42809")
    if isinstance(inner, exp.Distinct):
        inner.set("expressions", [same_document(e) for e in inner.expressions])
    return typed(node, st.INT8)


def collect(node: exp.Expr, site: Site) -> exp.Expr:
    """array_agg keeps NULLs, in both languages."""
    return call("array_agg", node.this, type=st.array_of(type_of(argument(node.this))))


def join_text(node: exp.Expr, site: Site) -> exp.Expr:
    """string_agg(value, separator ORDER BY …), and StackQL's group_concat with its comma."""
    kind = type_of(argument(node.this))
    if kind.name not in ("text", "unknown", "any", "bytea") and not site.is_lenient:
        raise UnknownFunction(f"function string_agg({kind}, unknown) does not exist", hint="cast the value: (…)::text")
    separator = node.args.get("separator")
    if separator is None and not site.is_lenient:
        hint = "say what stands between the values: string_agg(value, ',')"
        raise UnknownFunction(f"function string_agg({kind}) does not exist", hint=hint)
    if kind == st.BYTEA and separator is not None:
        return _joined_bytes(node.this, separator)
    between = text(",") if separator is None else text("") if is_null(separator) else text_of(separator)
    return aggregated_text(node.this, between)


def _joined_bytes(value: exp.Expr, separator: exp.Expr) -> exp.Expr:
    """string_agg of bytes: of their hexadecimal digits."""
    order = value.expressions if isinstance(value, exp.Order) else None
    inner = value.this if isinstance(value, exp.Order) else value
    between = call("hex", convert(separator, st.BYTEA))
    digits = replace_argument(inner, call("hex", argument(inner), type=st.TEXT))
    last = exp.Order(this=between, expressions=order) if order else between
    joined = call("string_agg", digits, last, type=st.BYTEA)
    return finish_with(joined, lambda n: call("unhex", n, type=st.BYTEA))


def aggregated_text(value: exp.Expr, separator: exp.Expr) -> exp.Expr:
    """The call, the separator standing before the ORDER BY that the parser keeps around the value."""
    if isinstance(value, exp.Order):
        ordered = value.expressions
        inner = replace_argument(value.this, text_of(argument(value.this)))
        return call("string_agg", inner, exp.Order(this=separator, expressions=ordered), type=st.TEXT)
    return call("string_agg", replace_argument(value, text_of(argument(value))), separator, type=st.TEXT)


def json_agg(arguments: list[exp.Expr], kind: SqlType, site: Site) -> exp.Expr:
    """json_agg and jsonb_agg: NULL over no rows, JSON null for a NULL value."""
    value = argument(arguments[0])
    fields = row_fields(value, site)
    if fields is None and _is_distinct(arguments[0]):
        return _distinct_documents(arguments[0], kind)
    document = row_object(fields) if fields is not None else to_json(value)
    listed = call("list", replace_argument(arguments[0], call("cirql_json_or_null", document)), type=kind)
    return finish_with(listed, lambda n: call("cirql_json_array", n, type=kind))


def _is_distinct(node: exp.Expr) -> bool:
    return isinstance(node.this if isinstance(node, exp.Order) else node, exp.Distinct)


def _distinct_documents(node: exp.Expr, kind: SqlType) -> exp.Expr:
    """json_agg(DISTINCT x [ORDER BY x]): the values are told apart and put in order as what they are, and made documents then."""
    ordered = node.expressions[0] if isinstance(node, exp.Order) else None
    value = argument(node)
    descending = ordered is not None and bool(ordered.args.get("desc"))
    nulls_first = descending if ordered is None or ordered.args.get("nulls_first") is None else bool(ordered.args["nulls_first"])
    order = [text("DESC" if descending else "ASC"), text("NULLS FIRST" if nulls_first else "NULLS LAST")]
    item = typed(exp.column("_e"), type_of(value))
    document = exp.Lambda(this=call("cirql_json_or_null", to_json(item)), expressions=[exp.to_identifier("_e")])
    listed = call("list", exp.Distinct(expressions=[value]), type=kind)
    sort = "cirql_json_sorted" if type_of(value).is_json else "list_sort"
    return finish_with(listed, lambda n: call("cirql_json_array", call("list_transform", call(sort, n, *order), document), type=kind))


def object_agg(arguments: list[exp.Expr], kind: SqlType) -> exp.Expr:
    """json_object_agg and jsonb_object_agg: in key order where an ORDER BY says so; the last of repeated keys wins in jsonb."""
    distinct: list[exp.Expr] = arguments
    ordering: list[exp.Expr] = []
    if len(arguments) == 2 and isinstance(arguments[1], exp.Order):
        ordering = arguments[1].expressions
        distinct = [arguments[0], arguments[1].this]
    if len(distinct) == 1 and isinstance(distinct[0], exp.Distinct):
        distinct = list(distinct[0].expressions)
    key, value = text_of(distinct[0]), call("cirql_json_or_null", to_json(distinct[1]))
    pair: exp.Expr = call(
        "struct_pack",
        exp.PropertyEQ(this=exp.to_identifier("k"), expression=key),
        exp.PropertyEQ(this=exp.to_identifier("v"), expression=value),
    )
    if ordering:
        pair = exp.Order(this=pair, expressions=ordering)
    name = "cirql_json_object" if kind == st.JSON else "cirql_jsonb_object"
    return finish_with(call("list", pair, type=kind), lambda n: call(name, n, type=kind))


def object_agg_node(node: exp.Expr, site: Site) -> exp.Expr:
    """json_object_agg(k, v), which the parser knows."""
    return object_agg(list(node.expressions), st.JSON)


def within_group(node: exp.Expr, site: Site) -> exp.Expr:
    """percentile_cont, percentile_disc, mode and approx_percentile WITHIN GROUP (ORDER BY …).

    percentile_cont(0.5) WITHIN GROUP (ORDER BY x) becomes quantile_cont(x, 0.5)
    """
    function, order = node.this, node.expression
    ordered = order.expressions[0]
    value = rewrite(ordered.this, site)
    descending = bool(ordered.args.get("desc"))
    kind = type_of(value)
    if isinstance(function, exp.Mode):
        return call("cirql_mode", value, type=kind)
    name = name_of(function)
    fraction = rewrite(function.expressions[0] if isinstance(function, exp.Anonymous) else function.this, site)
    _check_fraction(fraction)
    if descending:
        fraction = exp.Paren(this=exp.Sub(this=number(1), expression=fraction))
    if isinstance(function, exp.PercentileDisc):
        return call("quantile_disc", value, fraction, type=kind)
    if name not in ("percentile_cont", "approx_percentile", "approx_quantile"):
        raise refuse(f"{name} WITHIN GROUP", node)
    many = type_of(fraction).element is not None
    if many and kind == st.INTERVAL:
        raise refuse("percentile_cont of intervals with several fractions", node)
    result = st.INTERVAL if kind == st.INTERVAL else st.FLOAT8
    measured = value if kind == st.INTERVAL else as_type(value, st.FLOAT8)
    return call("quantile_cont", measured, fraction, type=st.array_of(result) if many else result)


def _check_fraction(node: exp.Expr) -> None:
    """Raises InvalidText for a constant that is no fraction."""
    for part in [node, *node.find_all(exp.Literal)]:
        above = part.parent
        while isinstance(above, (exp.Cast, exp.Paren)):
            above = above.parent
        sign = -1 if isinstance(above, exp.Neg) else 1
        if isinstance(part, exp.Literal) and not part.is_string and not 0 <= sign * float(part.name) <= 1:
            raise InvalidText(f"percentile value {sign * float(part.name):g} is not between 0 and 1", sqlstate="22003")


def window(node: exp.Expr, site: Site) -> exp.Expr:
    """`f(…) OVER (…)` has the type of f."""
    return typed(node, type_of(node.this))


def shifted(node: exp.Expr, site: Site) -> exp.Expr:
    """lag, lead, first_value, last_value, nth_value have the type of their argument."""
    return typed(node, type_of(argument(node.this)))


def nth(node: exp.Expr, site: Site) -> exp.Expr:
    """nth_value(value, n), of which n counts from one."""
    place = integer(node.args.get("offset"))
    if place is not None and place <= 0:
        raise InvalidText("argument of nth_value must be greater than zero", sqlstate="22016")
    return shifted(node, site)


RULES: dict[type[exp.Expr], Rule] = {
    exp.Count: counted,
    exp.Sum: total,
    exp.Avg: average,
    exp.Min: least_or_most,
    exp.Max: least_or_most,
    exp.Stddev: spread,
    exp.StddevPop: spread,
    exp.StddevSamp: spread,
    exp.Variance: spread,
    exp.VariancePop: spread,
    exp.LogicalAnd: boolean,
    exp.LogicalOr: boolean,
    exp.ArrayAgg: collect,
    exp.GroupConcat: join_text,
    exp.JSONObjectAgg: object_agg_node,
    exp.Corr: correlated,
    exp.CovarPop: keep_type(st.FLOAT8),
    exp.CovarSamp: keep_type(st.FLOAT8),
    exp.BitwiseAndAgg: combined_bits,
    exp.BitwiseOrAgg: combined_bits,
    exp.AnyValue: shifted,
    exp.RowNumber: keep_type(st.INT8),
    exp.Rank: keep_type(st.INT8),
    exp.DenseRank: keep_type(st.INT8),
    exp.PercentRank: keep_type(st.FLOAT8),
    exp.CumeDist: keep_type(st.FLOAT8),
    exp.Ntile: keep_type(st.INT4),
    exp.Lag: shifted,
    exp.Lead: shifted,
    exp.FirstValue: shifted,
    exp.LastValue: shifted,
    exp.NthValue: nth,
    exp.Window: window,
    exp.Filter: window,
    exp.IgnoreNulls: window,
    exp.RespectNulls: window,
}
STRUCTURED: dict[type[exp.Expr], Rule] = {exp.WithinGroup: within_group}
