"""What PostgreSQL calls a column that has no alias: the function's name, the cast's type, `case`, or `?column?`.

PostgreSQL weighs names: a column or function outweighs a cast or CASE around it, and a constant has none.
"""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate.shield import PREFIX

_STRONG, _WEAK, _NONE = 2, 1, 0
_BY_CLASS: dict[type[exp.Expr], str] = {
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
    exp.Overlaps: "overlaps",
    exp.AtTimeZone: "timezone",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Localtimestamp: "localtimestamp",
    exp.CurrentTime: "current_time",
    exp.Localtime: "localtime",
    exp.CurrentUser: "current_user",
    exp.SessionUser: "session_user",
    exp.Grouping: "grouping",
    exp.GroupConcat: "string_agg",
    exp.LogicalAnd: "bool_and",
    exp.LogicalOr: "bool_or",
    exp.Stddev: "stddev",
    exp.StddevPop: "stddev_pop",
    exp.StddevSamp: "stddev_samp",
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
    exp.Corr: "corr",
    exp.CovarPop: "covar_pop",
    exp.CovarSamp: "covar_samp",
    exp.Explode: "unnest",
    exp.ExplodingGenerateSeries: "generate_series",
    exp.GenerateSeries: "generate_series",
}
_TRANSPARENT = (exp.Paren, exp.Filter, exp.Window, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Collate)
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


def output_name(node: exp.Expr) -> str:
    """The name PostgreSQL gives an unaliased output column."""
    return _weighed(node)[0] or "?column?"


def _weighed(node: exp.Expr | None) -> tuple[str, int]:
    """The best name for a node, and how much it weighs."""
    if isinstance(node, (exp.Column, exp.Identifier)):
        return node.name, _STRONG
    if isinstance(node, _TRANSPARENT):
        return _weighed(node.this)
    if isinstance(node, exp.Bracket):
        return _weighed(node.this)
    if isinstance(node, exp.Case):
        found = _weighed(node.args.get("default"))
        return found if found[1] == _STRONG else ("case", _WEAK)
    if isinstance(node, (exp.Cast, exp.ParseJSON)):
        found = _weighed(node.this)
        return found if found[1] == _STRONG else (_type_name(node), _WEAK)
    if isinstance(node, exp.Interval):
        return "interval", _WEAK
    if isinstance(node, exp.Dot):
        return _weighed(node.expression)
    if isinstance(node, exp.Subquery):
        query = node.this
        first = query.selects[0] if isinstance(query, exp.Query) and query.selects else None
        return (first.alias or output_name(first), _STRONG) if first is not None else ("", _NONE)
    return _function_name(node)


def _function_name(node: exp.Expr | None) -> tuple[str, int]:
    if isinstance(node, exp.Anonymous):
        return node.name.lower().removeprefix(PREFIX), _STRONG
    if isinstance(node, exp.Trim):
        side = str(node.args.get("position") or "").upper()
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "btrim"), _STRONG
    known = _BY_CLASS.get(type(node)) if node is not None else None
    operators = (exp.Binary, exp.Connector, exp.Any, exp.All, exp.Sqrt, exp.Cbrt, exp.StartsWith, exp.MatchAgainst)
    if known is None and isinstance(node, exp.Func) and not isinstance(node, operators):
        known = node.sql_name().lower()
    return (known, _STRONG) if known else ("", _NONE)


def _type_name(node: exp.Expr) -> str:
    if isinstance(node, exp.ParseJSON):
        return "json"
    target = node.args["to"]
    kind = getattr(target, "this", None)
    while isinstance(kind, exp.DType) and kind.value == "ARRAY" and target.expressions:
        target = target.expressions[0]
        kind = target.this
    value = kind.value if isinstance(kind, exp.DType) and kind != exp.DType.USERDEFINED else str(target.sql("postgres"))
    return _TYPE_NAMES.get(value, value.lower())
