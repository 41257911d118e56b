"""What PostgreSQL calls a column that has no alias: the function's name, the cast's type, `case`, or `?column?`."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate.shield import PREFIX

_BY_CLASS: dict[type[exp.Expression], str] = {
    exp.Case: "case",
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
    exp.Greatest: "greatest",
    exp.Least: "least",
    exp.Array: "array",
    exp.Exists: "exists",
    exp.Extract: "extract",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.Overlay: "overlay",
    exp.Interval: "interval",
    exp.AtTimeZone: "timezone",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "now",
    exp.Localtimestamp: "localtimestamp",
    exp.CurrentTime: "current_time",
    exp.Localtime: "localtime",
    exp.CurrentUser: "current_user",
    exp.Boolean: "bool",
    exp.Grouping: "grouping",
    exp.GroupConcat: "string_agg",
    exp.LogicalAnd: "bool_and",
    exp.LogicalOr: "bool_or",
    exp.Stddev: "stddev",
    exp.StddevPop: "stddev_pop",
    exp.StddevSamp: "stddev_samp",
    exp.Variance: "variance",
    exp.VariancePop: "var_pop",
    exp.PercentileCont: "percentile_cont",
    exp.PercentileDisc: "percentile_disc",
    exp.ArrayAgg: "array_agg",
    exp.BitwiseAndAgg: "bit_and",
    exp.BitwiseOrAgg: "bit_or",
    exp.RowNumber: "row_number",
    exp.DenseRank: "dense_rank",
    exp.PercentRank: "percent_rank",
    exp.CumeDist: "cume_dist",
    exp.FirstValue: "first_value",
    exp.LastValue: "last_value",
    exp.NthValue: "nth_value",
    exp.AnyValue: "any_value",
    exp.CovarPop: "covar_pop",
    exp.CovarSamp: "covar_samp",
    exp.Explode: "unnest",
    exp.ExplodingGenerateSeries: "generate_series",
    exp.GenerateSeries: "generate_series",
}
_TYPE_NAMES = {
    "INT": "int4",
    "BIGINT": "int8",
    "SMALLINT": "int2",
    "DECIMAL": "numeric",
    "DOUBLE": "float8",
    "FLOAT": "float4",
    "BOOLEAN": "bool",
    "CHAR": "bpchar",
    "VARBINARY": "bytea",
}


def output_name(node: exp.Expression) -> str:
    """The name PostgreSQL gives an unaliased output column."""
    return _name(node) or "?column?"


def _name(node: exp.Expression) -> str | None:
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, (exp.Paren, exp.Filter, exp.Window, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Collate, exp.Bracket)):
        return _name(node.this)
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        inner = _name(default) if isinstance(default, (exp.Column, exp.Cast, exp.Anonymous)) else None
        return inner or "case"
    if isinstance(node, exp.Anonymous):
        return node.name.removeprefix(PREFIX)
    if isinstance(node, exp.Dot):
        return _name(node.expression) if isinstance(node.expression, exp.Expression) else None
    if isinstance(node, exp.Identifier):
        return node.name
    if isinstance(node, exp.Cast):
        return _cast_name(node)
    if isinstance(node, exp.Trim):
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim")
    if isinstance(node, exp.Subquery):
        query = node.this
        first = query.selects[0] if isinstance(query, exp.Query) and query.selects else None
        return (first.alias or _name(first)) if first is not None else None
    if isinstance(node, exp.Alias):
        return node.alias
    known = _BY_CLASS.get(type(node))
    if known is None and isinstance(node, exp.Func) and not isinstance(node, (exp.Binary, exp.Connector, exp.Any, exp.All)):
        return node.sql_name().lower()
    return known


def _cast_name(node: exp.Cast) -> str:
    """A cast is named after what it casts where that has a name, else after the type."""
    inner = _name(node.this)
    if inner is not None and not isinstance(node.this, exp.Boolean):
        return inner
    target = node.args["to"]
    kind = getattr(target, "this", None)
    while isinstance(kind, exp.DType) and kind.value == "ARRAY" and target.expressions:
        target = target.expressions[0]
        kind = target.this
    value = kind.value if isinstance(kind, exp.DType) else str(target.sql("postgres"))
    return _TYPE_NAMES.get(value, value.lower())
