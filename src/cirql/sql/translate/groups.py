"""What counts as the same row: DISTINCT and GROUP BY over documents, where 1 and 1.0 are one value; and what may order it.

SELECT j, count(*) FROM t GROUP BY j  ->  SELECT any_value(j), count(*) FROM t GROUP BY cirql_jsonb_group(j)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from cirql.errors import InvalidStatement
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import call, integer, type_of, typed
from cirql.sql.translate.signatures import NOT_SCALAR, name_of
from cirql.sql.trees import all_of, first_of

_AGGREGATES = NOT_SCALAR | frozenset(
    "array_agg list string_agg bool_and bool_or quantile_cont quantile_disc cirql_mode any_value count sum avg min max".split()  # noqa: SIM905
)
_ORDER = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
_INITIAL = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"


def check_distinct(select: exp.Select) -> None:
    """Refuse an ORDER BY by what DISTINCT has dropped; the select is not rewritten yet. Raises InvalidStatement."""
    distinct, order = select.args.get("distinct"), select.args.get("order")
    if distinct is None or order is None:
        return
    ordered = [_meant(o.this, select) for o in order.expressions]
    if distinct.args.get("on") is None:
        given = [_plain(p.unalias()) for p in select.expressions]
        starred = any(p.is_star for p in select.expressions)
        for item in ordered:
            if not _is_among(item, given) and not (starred and isinstance(item, exp.Column)):
                raise InvalidStatement(
                    _ORDER, hint="name it in the select list too, or GROUP BY and order by an aggregate", sqlstate="42P10"
                )
        return
    on = distinct.args["on"]
    wanted = [_meant(e, select) for e in (on.expressions if isinstance(on, exp.Tuple) else [on.unnest()])]
    met = [_is_among(item, wanted) for item in ordered]
    is_short = any(not _is_among(w, ordered) for w in wanted)
    if False in met and (True in met[met.index(False) :] or is_short):
        raise InvalidStatement(_INITIAL, hint="begin ORDER BY with what stands in DISTINCT ON (…)", sqlstate="42P10")


def group_documents(select: exp.Select) -> None:
    """Have a rewritten select take documents that are the same for the same, however their numbers are written."""
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is None:
        _distinct(select, distinct)
    group = select.args.get("group")
    if group is not None:
        for item in list(group.expressions):
            _group(select, item)


def same_document(node: exp.Expr) -> exp.Expr:
    """Text that is the same for the same documents; of what is no document, the value itself."""
    return call("cirql_jsonb_group", node, type=st.TEXT) if type_of(node) == st.JSONB else node


def _distinct(select: exp.Select, distinct: exp.Expr) -> None:
    values = [p.unalias() for p in select.expressions]
    if not any(type_of(v) == st.JSONB for v in values) or not all(_may_stand_twice(v) for v in values):
        return
    distinct.set("on", exp.Tuple(expressions=[same_document(v.copy()) for v in values]))


def _may_stand_twice(value: exp.Expr) -> bool:
    return (
        not value.is_star
        and first_of(value, exp.Query, exp.Window) is None
        and all(name_of(f) not in ("unnest", "random") for f in all_of(value, exp.Func))
    )


def _group(select: exp.Select, item: exp.Expr) -> None:
    value = _named(select, item)
    if type_of(value) != st.JSONB or not _may_stand_twice(value):
        return
    value = value.copy()
    clauses = [c for key in ("having", "qualify", "order") if (c := select.args.get(key)) is not None]
    places = [n for part in (*select.expressions, *clauses) for n in _occurrences(part, value)]
    if any(p.find_ancestor(exp.Query) is not select for p in places):
        return  # a query of its own names it, which must stay what it is
    item.replace(same_document(typed(value.copy(), st.JSONB)))
    for place in places:
        one: exp.Expr = call("any_value", value.copy(), type=st.JSONB)
        if place.parent is select:
            one = exp.Alias(this=one, alias=exp.to_identifier(place.alias_or_name, quoted=True))
        place.replace(one)


def _named(select: exp.Select, item: exp.Expr) -> exp.Expr:
    """What an item of GROUP BY groups by: an ordinal and an output's name stand for the output."""
    place = integer(item)
    value: exp.Expr
    if place is not None and 1 <= place <= len(select.expressions):
        value = select.expressions[place - 1].unalias()
        return value
    if isinstance(item, exp.Column) and not item.table:
        named = [p for p in select.expressions if isinstance(p, exp.Alias) and p.alias == item.name]
        value = named[0].unalias() if named else item
        return value
    return item


def _occurrences(part: exp.Expr, value: exp.Expr) -> Iterator[exp.Expr]:
    """Where a value stands outside of aggregates, outermost first."""
    if type(part.unnest()) is type(value) and _plain(part) == _plain(value):
        yield part
    elif not (isinstance(part, exp.AggFunc) or (isinstance(part, exp.Anonymous) and name_of(part) in _AGGREGATES)):
        for child in part.iter_expressions():
            yield from _occurrences(child, value)


def _meant(item: exp.Expr, select: exp.Select) -> exp.Expr:
    """What an item of ORDER BY or DISTINCT ON stands for, in a form that compares."""
    return _plain(_named(select, item))


def _is_among(item: exp.Expr, others: list[exp.Expr]) -> bool:
    """Whether an expression is one of those; a column may have the name of its table before it or not."""
    return item in others or (not _is_qualified(item) and item in map(_unqualified, others)) or _unqualified(item) in others


def _is_qualified(item: exp.Expr) -> bool:
    return all(c.table for c in all_of(item, exp.Column))


def _unqualified(item: exp.Expr) -> exp.Expr:
    copy = item.copy()
    for column in all_of(copy, exp.Column):
        column.set("table", None)
    return copy


def _plain(value: exp.Expr) -> exp.Expr:
    """A copy without what the same expression may be written with or without: parentheses, quotes."""
    copy = value.unnest().copy()
    for inner in all_of(copy, exp.Paren):
        inner.replace(inner.this)
    for identifier in all_of(copy, exp.Identifier):
        identifier.set("quoted", True)
    return copy
