"""hstore: tags, as DuckDB's MAP(VARCHAR, VARCHAR). `->` gives text, NULL where the key is absent."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.nodes import call, type_of, typed
from cirql.sql.translate.site import Site


def value_at(subject: exp.Expr, key: exp.Expr) -> exp.Expr:
    """`tags -> 'env'` and `tags -> ARRAY['a', 'b']`.

    tags -> 'env' becomes tags['env']
    """
    if type_of(key).element is not None:
        return call("cirql_hstore_values", subject, key, type=st.array_of(st.TEXT))
    target = subject if isinstance(subject, (exp.Column, exp.Paren)) else exp.Paren(this=subject)
    return typed(exp.Bracket(this=target, expressions=[key]), st.TEXT)


def has_key(subject: exp.Expr, key: exp.Expr) -> exp.Expr:
    """`tags ? 'env'`."""
    return call("cirql_hstore_has", subject, key, type=st.BOOL)


def has_keys(subject: exp.Expr, keys: exp.Expr, quantity: str) -> exp.Expr:
    """`tags ?| ARRAY[…]` (any) and `tags ?& ARRAY[…]` (all)."""
    wanted = convert(keys, st.array_of(st.TEXT))
    return call(f"cirql_hstore_has_{quantity}", subject, wanted, type=st.BOOL)


def contains(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`tags @> 'env=>prod'`."""
    return call("cirql_hstore_contains", convert(left, st.HSTORE), convert(right, st.HSTORE), type=st.BOOL)


def merge(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`tags || other`: the right one wins."""
    return call("map_concat", convert(left, st.HSTORE), convert(right, st.HSTORE), type=st.HSTORE)


def delete_key(node: exp.Expr, site: Site) -> exp.Expr:
    """`tags - 'env'`, `tags - ARRAY[…]`, `tags - hstore`."""
    left, right = node.this, node.expression
    kind = type_of(right)
    if kind == st.HSTORE:
        return call("cirql_hstore_minus", left, right, type=st.HSTORE)
    if kind.element is not None:
        return call("cirql_hstore_without", left, right, type=st.HSTORE)
    return call("cirql_hstore_without", left, exp.Array(expressions=[right]), type=st.HSTORE)
