"""Values for `$1`, `:name`, `%s` and `%(name)s`, put into the tree as constants, so that planning sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from cirql.errors import InvalidStatement, NotSupported
from cirql.sql.parse import Statement, refuse_half_characters
from cirql.sql.trees import all_of
from cirql.startup.records import replace
from cirql.startup.regexes import regex

Parameters = Sequence[Any] | Mapping[str, Any]

_UNDEFINED = "42P02"
"""PostgreSQL's undefined_parameter."""

_PERCENT = regex(
    r"(?P<skip>'[^']*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)|--[^\n]*+|/\*.*?(?:\*/|\Z)|\$(?P<tag>\w*+)\$.*?(?:\$(?P=tag)\$|\Z))|%\((?P<name>\w+)\)s|(?P<bare>%s)|(?P<double>%%)",
    re.DOTALL,
)


def from_percent(text: str, params: Parameters) -> str:
    """The statement with psycopg's `%(name)s` and `%s` written as `:name` and `$n`, and `%%` as `%`; strings and comments stay.

    Names keep the length of the text, so that positions in errors stay true.
    """
    count = 0

    def spell(match: re.Match[str]) -> str:
        nonlocal count
        if match["name"]:
            return f":{match['name']}".ljust(len(match[0]))
        if match["bare"]:
            count += 1
            return f"${count}"
        return "%" if match["double"] else match[0]

    wants_names = isinstance(params, Mapping)
    if (wants_names and "%(" not in text) or (not wants_names and "%s" not in text):
        return text
    return _PERCENT.sub(spell, text)


def fill(statement: Statement, params: Parameters) -> Statement:
    """The statement with every parameter replaced by its value.

    Text, numbers, booleans, None, dates, times and timedeltas, Decimals, UUIDs and bytes are constants; lists are arrays, dicts are JSON.
    Raises InvalidStatement for a parameter that is missing or left over, NotSupported for a value of no SQL type.
    """
    tree = statement.tree.copy()
    used: set[str] = set()
    for node in all_of(tree, exp.Parameter, exp.Placeholder):
        name = node.name
        used.add(name)
        value = _lookup(name, params)
        if type(value) is int and _is_subscript(node):
            value -= 1  # constants count from zero there: the parser sees to those that are written
        tree = put(tree, node, _constant(value))
    expected = set(params) if isinstance(params, Mapping) else {str(i + 1) for i in range(len(params))}
    if left := sorted(expected - used):
        raise InvalidStatement(f"the statement has no parameter {', '.join(left)}", sqlstate=_UNDEFINED)
    return replace(statement, tree=tree)


def _is_subscript(node: exp.Expr) -> bool:
    """Whether a parameter is what an array or a document is subscripted with."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return isinstance(node.parent, exp.Bracket) and node.arg_key == "expressions"


def put(tree: exp.Expr, node: exp.Expr, value: exp.Expr) -> exp.Expr:
    """The tree with a value where a parameter was; an output column that was only a parameter keeps PostgreSQL's name for it."""
    if node is tree:
        return value
    is_output = isinstance(node.parent, exp.Select) and node.arg_key == "expressions"
    node.replace(exp.alias_(value, "?column?", quoted=True) if is_output else value)
    return tree


def _lookup(name: str, params: Parameters) -> Any:
    if isinstance(params, Mapping):
        if name in params:
            return params[name]
        raise InvalidStatement(
            f"no value for parameter :{name}", hint=f"given are {', '.join(map(str, params)) or 'none'}", sqlstate=_UNDEFINED
        )
    if name.isdigit() and 0 < int(name) <= len(params):
        return params[int(name) - 1]
    raise InvalidStatement(f"no value for parameter ${name}", hint=f"{len(params)} were given", sqlstate=_UNDEFINED)


def _constant(value: Any) -> exp.Expr:
    import json
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal
    from uuid import UUID

    if isinstance(value, str):
        refuse_half_characters(value, "the value of a parameter")
    match value:
        case None | bool() | int() | str():
            return exp.convert(value)
        case float() | Decimal():
            return exp.cast(exp.Literal.string(str(value)), "double" if isinstance(value, float) else "decimal")
        case datetime():
            return exp.cast(
                exp.Literal.string(value.isoformat(sep=" ")), "timestamptz" if value.tzinfo else "timestamp", dialect="postgres"
            )
        case date():
            return exp.cast(exp.Literal.string(value.isoformat()), "date")
        case time():
            return exp.cast(exp.Literal.string(value.isoformat()), "time")
        case timedelta():
            written = f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
            return exp.cast(exp.Literal.string(written), "interval", dialect="postgres")
        case UUID():
            return exp.cast(exp.Literal.string(str(value)), "uuid")
        case bytes():
            return exp.cast(exp.Literal.string("\\x" + value.hex()), "bytea", dialect="postgres")
        case list() | tuple():
            return exp.Array(expressions=[_constant(v) for v in value])
        case dict():
            return exp.cast(exp.Literal.string(json.dumps(value)), "jsonb", dialect="postgres")
    raise NotSupported(f"a parameter cannot be a {type(value).__name__}", hint="pass text, a number, a date, a list or a dict")
