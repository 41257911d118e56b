"""Guards: a query that PostgreSQL would not run for a row is given no value of that row that could make it fail.

PostgreSQL runs a subquery when its value is wanted; the engine runs it for all rows at once, before CASE, AND, OR and COALESCE choose.

CASE WHEN jsonb_typeof(t.d) = 'array' THEN (SELECT count(*) FROM jsonb_array_elements(t.d)) END
-> … FROM jsonb_array_elements(CASE WHEN jsonb_typeof(t.d) = 'array' THEN t.d END)
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import type_of, typed
from cirql.sql.translate.signatures import NOT_SCALAR, name_of
from cirql.sql.translate.site import Guard, Site
from cirql.sql.trees import all_of, first_of

_HARMLESS = (
    exp.EQ,
    exp.NEQ,
    exp.LT,
    exp.LTE,
    exp.GT,
    exp.GTE,
    exp.In,
    exp.Is,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Alias,
    exp.Select,
    exp.Ordered,
    exp.Where,
    exp.Between,
)
"""A column as it is, compared or shown, makes nothing fail; left bare, it keeps a join on it a join."""
_EACH_TIME_ANOTHER = frozenset({"random", "gen_random_uuid", "clock_timestamp"})
_MOST_TERMS = 16


def holds_query(node: exp.Expr | None) -> bool:
    """Whether a query stands somewhere below."""
    return node is not None and first_of(node, exp.Query) is not None


def may_guard(condition: exp.Expr) -> bool:
    """Whether a condition, not rewritten yet, has the same value wherever it is written for the same row."""
    if first_of(condition, exp.Query, exp.AggFunc, exp.Window) is not None:
        return False
    names = {name_of(c) for c in all_of(condition, exp.Func)}
    return not names & (NOT_SCALAR | _EACH_TIME_ANOTHER)


def guarded(site: Site, conditions: Iterable[exp.Expr]) -> Site:
    """The site of what is only wanted where all `conditions`, rewritten, hold."""
    named = [found for c in list(conditions)[:_MOST_TERMS] if (found := _named(c.copy(), site)) is not None]
    if not named:
        return site
    whole = named[0]
    for more in named[1:]:
        whole = exp.And(this=whole, expression=more)
    return site.guarded(Guard(site.scope, whole))


def _named(condition: exp.Expr, site: Site) -> exp.Expr | None:
    """The condition with each column under its relation's name, so that it means the same further in; None where that is not known."""
    for column in all_of(condition, exp.Column):
        if column.table:
            continue
        seen = site.scope.column(column.name)
        if seen is None:
            return None
        column.set("table", exp.to_identifier(seen[0].name, quoted=True))
    return exp.Paren(this=condition)


def kept_back(column: exp.Column, parent: exp.Expr | None, site: Site) -> exp.Expr:
    """A rewritten column of a query further out, NULL where a guard says that the query it is in is not wanted."""
    if not site.guards or parent is None or isinstance(parent, _HARMLESS) or type_of(column) == st.RECORD:
        return column
    owner = site.scope.holder(column.table) if column.table else site.scope.holder_of(column.name)
    seen = None if column.table else site.scope.column(column.name)
    if seen is not None and seen[0].name:
        column.set("table", exp.to_identifier(seen[0].name, quoted=True))
    result: exp.Expr = column
    for guard in site.guards:
        if owner is None or owner not in list(guard.scope.chain()) or site.scope is guard.scope:
            continue
        tables = {c.table for c in all_of(guard.condition, exp.Column)}
        around = list(guard.scope.chain())
        if all(site.scope.holder(t) in around for t in tables):
            case = exp.Case(ifs=[exp.If(this=guard.condition.copy(), true=result)])
            result = typed(exp.Paren(this=case), type_of(column))
    return result
