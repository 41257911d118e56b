"""Function calls by their PostgreSQL names: a table of plain ones, rules for the others, and the error for unknown names.

The table's lines read: name, arguments, result, DuckDB name (the same where left out). Argument letters: `t` text, `n` number,
`i` integer, `f` float, `j` document, `h` hstore, `a` array, `m` moment, `v` interval, `x` anything, `s` anything as text,
`w` network; after `|` come optional ones, a trailing `*` repeats the last.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

from cirql.errors import NotSupported, UnknownFunction
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.expressions import rewrite
from cirql.sql.translate.function_table import PLAIN
from cirql.sql.translate.nodes import as_type, call, constant, number, position_of, text, type_of, typed
from cirql.sql.translate.regexes import flags_of, group_count, pattern
from cirql.sql.translate.shield import PREFIX
from cirql.sql.translate.site import Dialect, Rule, Site
from cirql.sql.translate.sqltypes import SqlType

Special = Callable[[list[exp.Expr], exp.Expr, Site], exp.Expr]


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
def _plain() -> dict[str, Plain]:
    found = {}
    for line in PLAIN.strip().splitlines():
        name, arguments, result, *duckdb = line.split()
        repeats = arguments.endswith("*")
        required, _, optional = arguments.rstrip("*").partition("|")
        found[name] = Plain(name, required.strip("-"), optional, repeats, result, duckdb[0] if duckdb else name)
    return found


@cache
def _special() -> dict[str, Special]:
    from cirql.sql.translate import ddsql, json_calls, moment_calls, stackql, text_calls

    return {**text_calls.CALLS, **json_calls.CALLS, **moment_calls.CALLS, **ddsql.CALLS, **stackql.EVERYWHERE}


@cache
def _special_in(dialect: str) -> dict[str, Special]:
    from cirql.sql.translate import ddsql, stackql

    return {"ddsql": ddsql.OVERRIDES, "stackql": stackql.OVERRIDES}.get(dialect, {})


def name_of(node: exp.Expr) -> str:
    """The PostgreSQL name of a call, without the shield's prefix."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower().removeprefix(PREFIX)
    if isinstance(node, (exp.Explode, exp.Unnest)):
        return "unnest"
    if isinstance(node, (exp.GenerateSeries, exp.ExplodingGenerateSeries)):
        return "generate_series"
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""


_NOT_SCALAR = frozenset(
    """
    first last regr_slope regr_intercept regr_count regr_r2 regr_avgx regr_avgy every total group_concat json_agg jsonb_agg json_object_agg
    jsonb_object_agg json_group_array json_group_object jsonb_path_query approx_percentile
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)


def is_scalar(node: exp.Expr, dialect: Dialect = "postgres") -> bool:
    """Whether a call surely gives one value from one row: neither an aggregate nor a set. A planner may not cut rows before others.

    The parser sees many aggregates (`jsonb_agg`) as calls of unknown functions; names cirql does not know are not scalar either.
    """
    from cirql.sql.translate import sets

    name = name_of(node)
    if name in _NOT_SCALAR or name in sets.SET_FUNCTIONS:
        return False
    return name in _plain() or name in _special() or name in _special_in(dialect)


def arguments_of(node: exp.Expr, site: Site) -> list[exp.Expr]:
    """The rewritten arguments of a call, in order."""
    if isinstance(node, exp.Anonymous):
        return [rewrite(a, site) for a in list(node.expressions)]
    found: list[exp.Expr] = []
    for value in list(node.args.values()):
        found += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expr)]
    return [rewrite(a, site) for a in found]


def function(node: exp.Expr, site: Site) -> exp.Expr:
    """A call whose arguments are rewritten.

    Raises UnknownFunction where neither PostgreSQL nor DuckDB has it, or not with arguments of these types.
    """
    from cirql.sql.translate import sets

    name = name_of(node)
    arguments = list(node.expressions)
    if sets.set_function(name, site) is not None:
        found = sets.in_select(name, arguments, site)
        if found is not None:
            return found
    special = _special_in(site.dialect).get(name) or _special().get(name)
    if special is not None:
        return special(arguments, node, site)
    plain = _plain().get(name)
    if plain is not None:
        return _plain_call(plain, arguments, node, site)
    return _duckdb_call(name, arguments, node)


def exploded(node: exp.Expr, site: Site) -> exp.Expr:
    """`unnest(a)` and `generate_series(…)` in a SELECT list, which the stock parser knows."""
    arguments = [v for v in node.args.values() if isinstance(v, exp.Expr)] + list(node.expressions)
    return function(exp.Anonymous(this=PREFIX + name_of(node), expressions=arguments), site)


def _plain_call(plain: Plain, arguments: list[exp.Expr], node: exp.Expr, site: Site) -> exp.Expr:
    letters = plain.required + plain.optional
    if plain.repeats and len(arguments) > len(letters):
        letters += letters[-1] * (len(arguments) - len(letters))
    if not len(plain.required) <= len(arguments) <= len(letters):
        raise unknown(plain.name, arguments, node)
    taken = [take(letter, a, plain.name, arguments, node, site) for letter, a in zip(letters, arguments, strict=False)]
    result = _result(plain.result, taken)
    made = call(plain.duckdb, *taken, type=result)
    return as_type(made, result) if plain.result in ("int4", "int8", "int2") else made


def _result(name: str, arguments: list[exp.Expr]) -> SqlType:
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
    if kind.name not in families:
        raise unknown(name, all_arguments, call_node)
    return as_type(node, st.FLOAT8) if letter == "f" and kind != st.FLOAT8 else node


def unknown(name: str, arguments: list[exp.Expr], node: exp.Expr | None = None) -> UnknownFunction:
    """PostgreSQL's complaint about a name with these argument types."""
    types = ", ".join(str(type_of(a)) for a in arguments)
    return UnknownFunction(
        f"function {name}({types}) does not exist",
        hint="no function of that name takes such arguments: you may need to add casts" if name in _plain() else _nearest(name),
        position=position_of(node),
    )


def _nearest(name: str) -> str | None:
    known = {*_plain(), *_special(), *_duckdb_names()}
    near = difflib.get_close_matches(name, known, 3)
    return "did you mean " + " or ".join(near) + "?" if near else None


@cache
def _duckdb_names() -> frozenset[str]:
    """The functions DuckDB has, asked once and only when an unknown name turns up."""
    import duckdb

    connection = duckdb.connect()
    try:
        rows = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    finally:
        connection.close()
    return frozenset(str(row[0]) for row in rows)


def _duckdb_call(name: str, arguments: list[exp.Expr], node: exp.Expr) -> exp.Expr:
    """A function only DuckDB has, taken as it is."""
    if name not in _duckdb_names() or name.startswith(("cirql_", "duckdb_", "pragma_", "read_", "glob", "sniff_")):
        raise unknown(name, arguments, node)
    return call(name, *arguments)


def table_function(node: exp.Table, name: str, arguments: list[exp.Expr], site: Site, *, first: bool) -> exp.Expr:
    """A function in FROM that returns one value, or a table function of DuckDB such as read_csv."""
    from cirql.sql.translate.queries import add_source

    if name.startswith("read_") or name in ("glob", "range") or not isinstance(node.this, exp.Anonymous):
        add_source(site, node.alias_or_name, None)
        return node
    value = function(exp.Anonymous(this=name, expressions=arguments), site)
    alias = node.args.get("alias")
    given = [c.name for c in (alias.args.get("columns") or [])] if alias is not None else []
    relation_name = alias.name if alias is not None and alias.name else name
    column = given[0] if given else relation_name
    add_source(site, relation_name, ((column, type_of(value)),), scalar=column)
    subquery = exp.Subquery(this=exp.select(exp.alias_(value, column, quoted=True)))
    table_alias = exp.TableAlias(this=exp.to_identifier(relation_name, quoted=True))
    if first:
        subquery.set("alias", table_alias)
        return subquery
    return exp.Lateral(this=subquery, alias=table_alias)


def regexp_groups(subject: exp.Expr, source: exp.Expr, flags: str, site: Site, *, every: bool) -> exp.Expr:
    """The groups of the first match, or a list of those of every match; the whole match where there are no groups."""
    value = constant(source)
    if value is None:
        raise NotSupported("a regular expression that is not a constant is not supported here", position=position_of(source))
    groups = group_count(value)
    converted = pattern(source, flags, site)
    macro = "cirql_regexp_every" if every else "cirql_regexp_once"
    numbers = exp.Array(expressions=[number(i) for i in (range(1, groups + 1) if groups else (0,))])
    kind = st.array_of(st.TEXT)
    return call(macro, text_of(subject), converted, numbers, type=st.array_of(kind) if every else kind)


def regexp_pieces(arguments: list[exp.Expr], site: Site) -> exp.Expr:
    """The pieces between matches."""
    flags = flags_of(arguments[2]) if len(arguments) > 2 else ""
    return call("cirql_regexp_split", text_of(arguments[0]), pattern(arguments[1], flags, site), type=st.array_of(st.TEXT))


def grouping(node: exp.Expr, site: Site) -> exp.Expr:
    """GROUPING(a, b)."""
    return as_type(exp.Grouping(expressions=node.expressions), st.INT4)


def named_argument(node: exp.Expr, site: Site) -> exp.Expr:
    """`name => value`."""
    return typed(node, type_of(node.expression))


def ordered_argument(node: exp.Expr, site: Site) -> exp.Expr:
    """An argument with DISTINCT or ORDER BY has the type of its value."""
    inner = node.this if isinstance(node, exp.Order) else node.expressions[0] if node.expressions else None
    return typed(node, type_of(inner))


def ordering(node: exp.Expr, site: Site) -> exp.Expr:
    """One key of an ORDER BY inside an aggregate or window."""
    if type_of(node.this).category == "network":
        node.set("this", call("cirql_inet_key", node.this, type=st.TEXT))
    return typed(node, type_of(node.this))


def user(node: exp.Expr, site: Site) -> exp.Expr:
    """current_user and its kin: the name that DuckDB has."""
    return text("duckdb")


RULES: dict[type[exp.Expr], Rule] = {
    exp.Anonymous: function,
    exp.Explode: exploded,
    exp.GenerateSeries: exploded,
    exp.ExplodingGenerateSeries: exploded,
    exp.Grouping: grouping,
    exp.Kwarg: named_argument,
    exp.Order: ordered_argument,
    exp.Distinct: ordered_argument,
    exp.Ordered: ordering,
    exp.CurrentUser: user,
    exp.SessionUser: user,
}
