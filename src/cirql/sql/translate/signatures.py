"""What a function takes and gives: the table of plain ones, how an argument is taken, and the complaint that it is not.

The table's lines read: name, arguments, result, DuckDB name (the same where left out). Argument letters: `t` text, `n` number,
`i` integer, `f` float, `j` document, `h` hstore, `a` array, `m` moment, `v` interval, `x` anything, `s` anything as text,
`w` network; after `|` come optional ones, a trailing `*` repeats the last.
"""

from __future__ import annotations

from functools import cache

from sqlglot import exp

from cirql.errors import UnknownFunction
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.function_table import BYTES, CIDRS, PLAIN
from cirql.sql.translate.nodes import as_type, position_of, type_of
from cirql.sql.translate.shield import PREFIX
from cirql.sql.translate.site import Site
from cirql.sql.translate.sqltypes import SqlType
from cirql.startup.records import dataclass

NOT_SCALAR = frozenset(
    """
    first last regr_slope regr_intercept regr_count regr_r2 regr_avgx regr_avgy every var_samp total group_concat
    json_agg jsonb_agg json_object_agg jsonb_object_agg json_group_array json_group_object jsonb_path_query approx_percentile
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
"""Aggregates and sets that the parser takes for calls of unknown functions."""


@dataclass(frozen=True, slots=True)
class Plain:
    """One line of the table."""

    name: str
    required: str
    optional: str
    repeats: bool
    result: str
    duckdb: str


@cache
def plain_functions() -> dict[str, Plain]:
    """The table, read once."""
    return _read(PLAIN)


@cache
def _functions_of(kind: str) -> dict[str, Plain]:
    return _read({"bytea": BYTES, "cidr": CIDRS}.get(kind, ""))


def function_of(name: str, kind: SqlType) -> Plain | None:
    """The function of that name that means something else where its first argument is of this type."""
    return _functions_of(kind.name).get(name)


def _read(table: str) -> dict[str, Plain]:
    found = {}
    for line in table.strip().splitlines():
        name, arguments, result, *duckdb = line.split()
        repeats = arguments.endswith("*")
        required, _, optional = arguments.rstrip("*").partition("|")
        found[name] = Plain(name, required.strip("-"), optional, repeats, result, duckdb[0] if duckdb else name)
    return found


def name_of(node: exp.Expr) -> str:
    """The PostgreSQL name of a call, without the shield's prefix."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower().removeprefix(PREFIX)
    if isinstance(node, (exp.Explode, exp.Unnest)):
        return "unnest"
    if isinstance(node, (exp.GenerateSeries, exp.ExplodingGenerateSeries)):
        return "generate_series"
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""


def result_type(name: str, arguments: list[exp.Expr]) -> SqlType:
    """The type that a line of the table promises for these arguments."""
    if name == "same":
        return type_of(arguments[0])
    if name == "element":
        return type_of(arguments[0]).element or st.ANY
    if name == "same2":
        return st.common((type_of(arguments[0]), type_of(arguments[1])))
    if name.endswith("[]"):
        return st.array_of(SqlType(name[:-2]))
    return SqlType(name)


_FAMILIES: dict[str, tuple[tuple[str, ...], SqlType]] = {
    "t": (("text",), st.TEXT),
    "n": (("int2", "int4", "int8", "numeric", "float4", "float8"), st.FLOAT8),
    "i": (("int2", "int4", "int8"), st.INT4),
    "f": (("int2", "int4", "int8", "numeric", "float4", "float8"), st.FLOAT8),
    "j": (("json", "jsonb", "hstore"), st.JSONB),
    "h": (("hstore",), st.HSTORE),
    "m": (("date", "timestamp", "timestamptz"), st.TIMESTAMP),
    "v": (("interval",), st.INTERVAL),
    "b": (("bool",), st.BOOL),
    "y": (("bytea",), st.BYTEA),
    "w": (("inet", "cidr"), st.INET),
}


def take(letter: str, node: exp.Expr, name: str, all_arguments: list[exp.Expr], call_node: exp.Expr, site: Site) -> exp.Expr:
    """One argument as the table's letter wants it. Raises UnknownFunction where PostgreSQL would not take it."""
    kind = type_of(node)
    if letter == "x":
        return convert(node, st.TEXT) if kind == st.UNKNOWN else node
    if letter == "s":
        return text_of(node)
    if letter == "a":
        if kind == st.UNKNOWN:
            element = next((type_of(a) for a in all_arguments if type_of(a).element), st.array_of(st.TEXT))
            return convert(node, element)
        if kind.element is None and kind != st.ANY:
            raise unknown(name, all_arguments, call_node)
        return node
    families, default = _FAMILIES[letter]
    if kind == st.UNKNOWN:
        return convert(node, default)
    if kind == st.ANY or (site.is_lenient and letter == "t"):
        return text_of(node) if letter == "t" and kind != st.ANY else node
    if letter == "w" and kind == st.TEXT:  # our columns of addresses are text
        return convert(node, st.INET)
    if kind.name not in families:
        raise unknown(name, all_arguments, call_node)
    return as_type(node, st.FLOAT8) if letter == "f" and kind != st.FLOAT8 else node


_ADD_CASTS = "no function of that name takes such arguments: you may need to add casts"


def unknown(name: str, arguments: list[exp.Expr], node: exp.Expr | None = None, hint: str | None = _ADD_CASTS) -> UnknownFunction:
    """PostgreSQL's complaint about a name with these argument types."""
    types = ", ".join(str(type_of(a)) for a in arguments)
    return UnknownFunction(
        f"function {name}({types}) does not exist",
        hint=hint,
        position=position_of(node),
    )
