"""Function calls by their PostgreSQL names: plain ones by their signature, rules for the others, the error for unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache

from sqlglot import exp

from cirql.errors import NotSupported
from cirql.sql.admission import READERS, allowed_functions
from cirql.sql.translate import ddsql, json_calls, moment_calls, numeric_calls, regex_calls, sets, stackql, text_calls
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.expressions import rewrite
from cirql.sql.translate.nodes import as_type, call, position_of, text, type_of, typed
from cirql.sql.translate.shield import PREFIX
from cirql.sql.translate.signatures import (
    NOT_SCALAR,
    Plain,
    function_of,
    name_of,
    plain_functions,
    result_type,
    take,
    unknown,
)
from cirql.sql.translate.site import Dialect, Rule, Site

Special = Callable[[list[exp.Expr], exp.Expr, Site], exp.Expr]


@cache
def _special() -> dict[str, Special]:
    return {
        **text_calls.CALLS,
        **numeric_calls.CALLS,
        **regex_calls.CALLS,
        **json_calls.CALLS,
        **moment_calls.CALLS,
        **ddsql.CALLS,
        **stackql.EVERYWHERE,
    }


@cache
def _special_in(dialect: str) -> dict[str, Special]:
    return {"ddsql": ddsql.OVERRIDES, "stackql": stackql.OVERRIDES}.get(dialect, {})


def special_names() -> frozenset[str]:
    """The functions that have a rule of their own, in whichever dialect."""
    return frozenset((*_special(), *_special_in("ddsql"), *_special_in("stackql")))


def is_scalar(node: exp.Expr, dialect: Dialect = "postgres") -> bool:
    """Whether a call surely gives one value from one row: neither an aggregate nor a set. A planner may not cut rows before others.

    The parser sees many aggregates (`jsonb_agg`) as calls of unknown functions; names cirql does not know are not scalar either.
    """
    name = name_of(node)
    if name in NOT_SCALAR or name in sets.SET_FUNCTIONS:
        return False
    return name in plain_functions() or name in _special() or name in _special_in(dialect)


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
    name = name_of(node)
    arguments = list(node.expressions)
    if sets.set_function(name, site) is not None:
        found = sets.in_select(name, arguments, site)
        if found is not None:
            return found
    if arguments and (own := function_of(name, type_of(arguments[0]))) is not None:
        return _plain_call(own, arguments, node, site)
    if not arguments and name in site.names:
        said = site.names[name]
        return typed(exp.Literal.number(said), st.INT4) if said.isdigit() else text(said)
    special = _special_in(site.dialect).get(name) or _special().get(name)
    if special is not None:
        return special(arguments, node, site)
    plain = plain_functions().get(name)
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
    result = result_type(plain.result, taken)
    made = call(plain.duckdb, *taken, type=result)
    return as_type(made, result) if plain.result in ("int4", "int8", "int2") else made


_BOUNDED = {"range": "cirql_range", "list_resize": "cirql_list_resize", "array_resize": "cirql_list_resize"}
"""Functions that make something large out of nothing, in one step that nothing can interrupt: macros that refuse to."""


def _nearest(name: str) -> str | None:
    known = {*plain_functions(), *_special(), *allowed_functions()}
    near = difflib.get_close_matches(name, known, 3)
    return "did you mean " + " or ".join(near) + "?" if near else None


def _duckdb_call(name: str, arguments: list[exp.Expr], node: exp.Expr) -> exp.Expr:
    """A function only DuckDB has, taken as it is where it computes from its arguments alone."""
    if st.is_of_ranges(name):
        raise NotSupported(f"the function {name} is not supported", hint=st.WITHOUT_RANGES, position=position_of(node))
    if name not in allowed_functions() or name in READERS:
        raise unknown(name, arguments, node, _nearest(name))
    return call(_BOUNDED.get(name, name), *arguments)


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
    """current_user and its kin: who the session is for, else the name that DuckDB has."""
    return text(site.names.get("current_user", "duckdb"))


def own_name(node: exp.Expr, site: Site) -> exp.Expr:
    """current_catalog and current_schema, with parentheses or without: what the session's client knows them as, else DuckDB's."""
    return text(site.names[name]) if (name := _OWN_NAMES[type(node)]) in site.names else _duckdb_call(name, [], node)


def square_root(node: exp.Expr, site: Site) -> exp.Expr:
    """`|/ x`, which is of floats alone."""
    value = convert(node.this, st.FLOAT8) if type_of(node.this) == st.UNKNOWN else as_type(node.this, st.FLOAT8)
    return call("cirql_sqrt", value, type=st.FLOAT8)


_OWN_NAMES: dict[type[exp.Expr], str] = {exp.CurrentCatalog: "current_database", exp.CurrentSchema: "current_schema"}
RULES: dict[type[exp.Expr], Rule] = {
    exp.Anonymous: function,
    exp.Explode: exploded,
    exp.GenerateSeries: exploded,
    exp.ExplodingGenerateSeries: exploded,
    exp.Grouping: grouping,
    exp.Kwarg: named_argument,
    exp.Order: ordered_argument,
    exp.Sqrt: square_root,
    exp.Distinct: ordered_argument,
    exp.Ordered: ordering,
    exp.CurrentUser: user,
    exp.SessionUser: user,
    exp.CurrentRole: user,
    **dict.fromkeys(_OWN_NAMES, own_name),
}
