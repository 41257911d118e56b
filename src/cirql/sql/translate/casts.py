"""Casts: constants are read here as PostgreSQL reads them, values through macros where DuckDB's cast means something else."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import InvalidText, NotSupported, TypeMismatch
from cirql.sql.translate import constants
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import as_type, call, constant, is_null, number, position_of, text, type_of, typed
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.slots import decide
from cirql.sql.translate.sqltypes import SqlType

_WIDE_NUMERIC = "DECIMAL(38, 16)"


def cast(node: exp.Expr, site: Site) -> exp.Expr:
    """`x::type` and CAST(x AS type)."""
    target = node.args["to"]
    if target.this is exp.DataType.Type.MONEY:
        return call("cirql_money", convert(node.this, st.NUMERIC, explicit=True), type=st.TEXT)  # shown, and not reckoned with
    sql_type = st.of_datatype(target)
    if sql_type is None:
        spoken = target.sql("postgres").lower()
        hint = st.WITHOUT_RANGES if st.is_of_ranges(spoken) else None
        raise NotSupported(f"the type {spoken} is not supported", hint=hint, position=position_of(node.this))
    size = _size(target)
    if site.is_lenient and sql_type.is_integer and type_of(node.this).is_number and not type_of(node.this).is_integer:
        node.set("this", call("trunc", node.this, type=type_of(node.this)))  # SQLite cuts, where PostgreSQL rounds
    return sized(convert(node.this, sql_type, explicit=True, numeric=_numeric_name(target)), sql_type, target, size)


def _size(target: exp.Expr) -> int | None:
    """The length of varchar(n), char(n) or timestamp(n)."""
    if not target.expressions or not isinstance(target.expressions[0], exp.DataTypeParam):
        return None
    return int(target.expressions[0].this.name)


def _numeric_name(target: exp.Expr) -> str | None:
    """The DuckDB type of numeric(p, s)."""
    if st.of_datatype(target) != st.NUMERIC or not target.expressions:
        return None
    sizes = [int(p.this.name) for p in target.expressions]
    return f"DECIMAL({min(sizes[0], 38)}, {sizes[1] if len(sizes) > 1 else 0})"


_BLANK_PADDED = (exp.DType.CHAR, exp.DType.NCHAR, exp.DType.BPCHAR)


def sized(node: exp.Expr, sql_type: SqlType, target: exp.Expr, size: int | None) -> exp.Expr:
    """Cut text to varchar(n) and char(n); round moments to timestamp(n)."""
    if sql_type == st.TEXT and target.this in _BLANK_PADDED:
        # Blanks at the end of a char(n) count for nothing: they are gone, and not shown again.
        size = 1 if size is None and target.this == exp.DType.CHAR else size
        return call("rtrim", node if size is None else call("left", node, number(size)), text(" "), type=st.TEXT)
    if size is None:
        return node
    if sql_type == st.TEXT:
        return call("left", node, number(size), type=st.TEXT)
    if sql_type.name in ("timestamp", "timestamptz") and size < 6:
        return as_type(call("cirql_round_timestamp", node, number(size)), sql_type)
    return node


def convert(node: exp.Expr, target: SqlType, *, explicit: bool = False, numeric: str | None = None) -> exp.Expr:
    """A value as another type, with PostgreSQL's reading of it.

    Raises InvalidText for constants that do not read as the type, TypeMismatch for casts PostgreSQL does not have.
    """
    source = type_of(node)
    if is_null(node):
        return as_type(exp.Null(), target, name=numeric)
    if source == st.UNKNOWN:
        decide(node, target)
        value = constant(node)
        if value is not None:
            return constants.read(value, target, numeric=numeric, position=position_of(node))
        return _from_text(node, target, numeric)
    if source == target and numeric is None and not explicit:
        return node
    if explicit:
        _check(source, target)
    if source.name in ("text", "any"):
        return _from_text(node, target, numeric) if source == st.TEXT else _from_any(node, target, numeric)
    if target == st.TEXT:
        return to_text(node)
    return _between(node, source, target, numeric, explicit=explicit)


def _from_any(node: exp.Expr, target: SqlType, numeric: str | None) -> exp.Expr:
    return as_type(node, target, name=numeric or (_WIDE_NUMERIC if target == st.NUMERIC else None))


def _from_text(node: exp.Expr, target: SqlType, numeric: str | None) -> exp.Expr:
    name = target.name
    if target.is_integer:
        return as_type(call("cirql_text_to_int", node), target)
    if name in ("bool", "inet", "cidr", "hstore", "jsonb"):
        macro = {"bool": "cirql_text_to_bool", "hstore": "cirql_text_to_hstore", "jsonb": "cirql_text_to_jsonb"}.get(name, "cirql_inet")
        return call(macro, node, type=target)
    if target.element is not None:
        listed = call("cirql_text_to_array", node, type=st.array_of(st.TEXT))
        if target.element in (st.FLOAT8, st.FLOAT4):
            return call(f"cirql_texts_to_{target.element.name}", listed, type=target)
        return listed if target.element == st.TEXT else as_type(listed, target)
    if name in ("float8", "float4"):
        return call(f"cirql_text_to_{name}", node, type=target)
    if name == "numeric":
        return as_type(node, target, name=numeric or _WIDE_NUMERIC)
    if name == "bytea":
        return call("cirql_text_to_bytea", node, type=st.BYTEA)
    if name in ("timestamp", "timestamptz", "time"):
        return call("cirql_to_the_microsecond", node, as_type(node.copy(), target), type=target)
    return node if target == st.TEXT else as_type(node, target)


_NO_CASTS = {
    "bool": {"float8", "float4", "numeric", "date", "timestamp", "timestamptz", "int8", "int2", "json", "jsonb", "interval"},
    "date": {"int4", "int8", "float8", "numeric", "bool", "json", "jsonb"},
    "timestamp": {"int4", "int8", "float8", "numeric", "bool", "interval", "json", "jsonb"},
    "timestamptz": {"int4", "int8", "float8", "numeric", "bool", "interval", "json", "jsonb"},
    "int4": {"date", "timestamp", "timestamptz", "interval", "json", "jsonb", "hstore", "inet"},
    "int8": {"date", "timestamp", "timestamptz", "interval", "json", "jsonb", "bool", "hstore", "inet"},
    "float8": {"date", "timestamp", "timestamptz", "interval", "json", "jsonb", "bool", "hstore", "inet"},
    "numeric": {"date", "timestamp", "timestamptz", "interval", "json", "jsonb", "bool", "hstore", "inet"},
    "jsonb": {"date", "timestamp", "timestamptz", "interval"},
}


def _check(source: SqlType, target: SqlType) -> None:
    refused = target.name in _NO_CASTS.get(source.name, ())
    if refused or (source.element is None and target.element is not None and source.is_number):
        raise TypeMismatch(f"cannot cast type {source} to {target}", sqlstate="42846")
    if source.element is not None and target.element is None and target.name not in ("text", "any"):
        raise TypeMismatch(f"cannot cast type {source} to {target}", sqlstate="42846")


def _between(node: exp.Expr, source: SqlType, target: SqlType, numeric: str | None, *, explicit: bool) -> exp.Expr:
    """Between two typed values, neither of them text."""
    if source.is_json and not target.is_json:
        return _from_json(node, source, target, numeric)
    if target == st.JSONB and source == st.JSON:
        return call("cirql_text_to_jsonb", as_type(node, st.TEXT), type=st.JSONB)
    if target == st.JSON:
        return typed(node, st.JSON) if source.is_json else to_json(node)
    if target == st.JSONB and source == st.HSTORE:
        return call("to_json", node, type=st.JSONB)
    if target == st.NUMERIC and numeric is None:
        if source.is_integer:
            return as_type(node, target, name="DECIMAL(19, 0)") if explicit else typed(node, st.NUMERIC)
        return _float_to_numeric(node, 15 if source == st.FLOAT8 else 6) if source in (st.FLOAT8, st.FLOAT4) else typed(node, st.NUMERIC)
    if target.is_integer and source.name in ("float8", "float4"):
        return as_type(call("round_even", node, number(0)), target)
    if (source.name, target.name) in (("timestamptz", "timestamp"), ("timestamp", "timestamptz"), ("inet", "cidr"), ("cidr", "inet")):
        return call("cirql_cidr", node, type=st.CIDR) if target == st.CIDR else as_type(node, target)
    if (source.name, target.name) == ("timestamptz", "time"):
        return as_type(as_type(node, st.TIMESTAMP), target)
    return as_type(node, target, name=numeric)


def _float_to_numeric(node: exp.Expr, digits: int) -> exp.Expr:
    """A double keeps 15 significant digits on its way to numeric, a real 6."""
    return as_type(call("cirql_float_digits", node, number(digits), type=st.TEXT), st.NUMERIC, name=_WIDE_NUMERIC)


def _from_json(node: exp.Expr, source: SqlType, target: SqlType, numeric: str | None) -> exp.Expr:
    if target.is_number:
        macro = call("cirql_json_to_number", node, type=st.NUMERIC)
        if target in (st.FLOAT8, st.FLOAT4):
            return call(f"cirql_text_to_{target.name}", macro, type=target)
        return as_type(macro, target, name=numeric or (_WIDE_NUMERIC if target == st.NUMERIC else None))
    if target == st.BOOL:
        return call("cirql_json_to_bool", node, type=st.BOOL)
    if target == st.HSTORE:
        return as_type(node, st.HSTORE)
    return as_type(node, target)


def to_text(node: exp.Expr) -> exp.Expr:
    """A value as PostgreSQL prints it: floats without a trailing `.0`, arrays in braces, jsonb with its spaces."""
    source = type_of(node)
    if is_null(node):
        return as_type(exp.Null(), st.TEXT)
    if source.is_text:
        return typed(node, st.TEXT)
    if source.element is not None:
        return array_to_text(node, source)
    macro = _TEXT_MACROS.get(source.name)
    if macro is not None:
        return call(macro, node, type=st.TEXT)
    if source == st.RECORD:
        raise NotSupported("a row as text is not supported", hint="use row_to_json(…) or the columns themselves")
    return as_type(node, st.TEXT)


_TEXT_MACROS = {
    "float8": "cirql_float_text",
    "float4": "cirql_float_text",
    "jsonb": "cirql_jsonb_text",
    "hstore": "cirql_hstore_text",
    "interval": "cirql_interval_text",
    "bytea": "cirql_bytea_text",
    "inet": "cirql_inet_text",
}


def array_to_text(node: exp.Expr, source: SqlType) -> exp.Expr:
    """`{a,b,NULL}`, elements quoted where they must be."""
    element = source.element
    if element is None or element.element is not None:
        return call("cirql_nested_array_text", node, type=st.TEXT)
    if element == st.TEXT:
        return call("cirql_array_text", node, type=st.TEXT)
    if element == st.BOOL:
        return call("cirql_array_text", call("cirql_bool_letters", node), type=st.TEXT)
    return call("cirql_array_text", as_type(node, st.array_of(st.TEXT)), type=st.TEXT)


def text_of(node: exp.Expr) -> exp.Expr:
    """A value where text is meant (a `||` operand, an argument of concat)."""
    value = constant(node)
    return text(value) if value is not None and type_of(node) == st.UNKNOWN else to_text(node)


def output_of(node: exp.Expr) -> exp.Expr:
    """A value as its output function writes it, which concat and format use: booleans are `t` and `f` there."""
    return call("cirql_bool_letter", node, type=st.TEXT) if type_of(node) == st.BOOL else text_of(node)


def to_json(node: exp.Expr) -> exp.Expr:
    """Any value as JSON, the way to_jsonb prints it: moments in ISO 8601 with a T, numerics without trailing zeros."""
    kind = type_of(node)
    if is_null(node):
        return typed(exp.Cast(this=exp.Null(), to=exp.DataType.build("JSON", dialect="duckdb")), st.JSONB)
    if kind.is_json:
        return node
    if kind in (st.TIMESTAMP, st.TIMESTAMPTZ):
        return call("cirql_moment_json" if kind == st.TIMESTAMP else "cirql_instant_json", node, type=st.JSONB)
    if kind.name in ("unknown", "interval", "inet", "cidr"):
        return call("to_json", text_of(node), type=st.JSONB)
    return call("to_json", node, type=st.JSONB)


def try_cast(node: exp.Expr, site: Site) -> exp.Expr:
    """TRY_CAST is not PostgreSQL; DuckDB's meaning is kept."""
    sql_type = st.of_datatype(node.args["to"])
    return typed(node, sql_type or st.ANY)


def parse_json(node: exp.Expr, site: Site) -> exp.Expr:
    """`JSON '{…}'`."""
    value = constant(node.this)
    if value is None:
        raise InvalidText("JSON needs a quoted constant", position=position_of(node))
    return constants.read(value, st.JSON)


RULES: dict[type[exp.Expr], Rule] = {exp.Cast: cast, exp.TryCast: try_cast, exp.ParseJSON: parse_json}
