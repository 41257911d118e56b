"""Small builders for DuckDB trees that carry their PostgreSQL type.

Every node that the translation has seen knows its `SqlType` (in the node's `meta`), so a rule reads the types of its
operands and stamps that of its result.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.sqltypes import SqlType

_KEY = "sql_type"
Node = TypeVar("Node", bound=exp.Expr)


def typed(node: Node, sql_type: SqlType) -> Node:
    """Stamp a node with its type and give it back."""
    node.meta[_KEY] = sql_type
    return node


def type_of(node: exp.Expr | None) -> SqlType:
    """The type a rule has stamped; ANY where none has."""
    if node is None:
        return st.ANY
    found = node.meta.get(_KEY)
    return found if isinstance(found, SqlType) else st.ANY


def call(name: str, *arguments: exp.Expr, type: SqlType = st.ANY) -> exp.Anonymous:
    """A DuckDB function call: a native function, or a macro of `functions` (those begin with `cirql_`)."""
    return typed(exp.Anonymous(this=name, expressions=list(arguments)), type)


def text(value: str) -> exp.Literal:
    """A text constant."""
    return typed(exp.Literal.string(value), st.TEXT)


def number(value: int) -> exp.Expr:
    """An integer constant."""
    literal = typed(exp.Literal.number(abs(value)), st.INT4)
    return literal if value >= 0 else typed(exp.Neg(this=literal), st.INT4)


def as_type(node: exp.Expr, sql_type: SqlType, *, name: str | None = None) -> exp.Expr:
    """A DuckDB cast, `name` being the DuckDB type where the usual one for `sql_type` is not meant."""
    return typed(exp.Cast(this=node, to=_datatype(name or st.duckdb_name(sql_type)).copy()), sql_type)


@cache
def _datatype(name: str) -> exp.DataType:
    """A DuckDB type, parsed once."""
    return exp.DataType.build(name, dialect="duckdb", udt=True)


def paren(node: exp.Expr) -> exp.Expr:
    """The node in parentheses, so that it may stand anywhere."""
    if isinstance(node, (exp.Anonymous, exp.Cast, exp.Column, exp.Literal, exp.Paren, exp.Null, exp.Subquery)):
        return node
    return typed(exp.Paren(this=node), type_of(node))


def constant(node: exp.Expr | None) -> str | None:
    """The text of a quoted constant, or None where the node is no constant."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node.name if isinstance(node, exp.Literal) and node.is_string else None


def is_null(node: exp.Expr | None) -> bool:
    """Whether the node is the word NULL, cast or not."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return isinstance(node, exp.Null)


def integer(node: exp.Expr | None) -> int | None:
    """The value of an integer constant, with its sign, or None."""
    if isinstance(node, exp.Paren):
        return integer(node.this)
    if isinstance(node, exp.Neg):
        inner = integer(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    return None


def position_of(node: exp.Expr | None) -> int | None:
    """Where the node begins in the user's text, where the parser has kept that."""
    if node is None:
        return None
    for part in node.walk():
        start = part.meta.get("start")
        if isinstance(start, int):
            return start
    return None
