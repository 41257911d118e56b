"""References: columns, whole rows, stars, and the connectives that are kept flat to stay within Python's recursion."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import TypeMismatch
from cirql.sql.translate import sets
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import to_json
from cirql.sql.translate.conditionals import condition
from cirql.sql.translate.expressions import rewrite
from cirql.sql.translate.guards import guarded, holds_query, kept_back, may_guard
from cirql.sql.translate.nodes import call, position_of, text, type_of, typed
from cirql.sql.translate.signatures import name_of
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.slots import slot_type
from cirql.sql.translate.turns import in_order, marks_filter, may_fail


def column(node: exp.Expr, site: Site) -> exp.Expr:
    """A column with its type; the name of a set-returning function stands for its only column.

    `e` in `FROM jsonb_array_elements(doc) e` becomes `e.value`.
    """
    assert isinstance(node, exp.Column)
    if isinstance(node.this, exp.Star):
        return typed(node, st.RECORD)
    parent = node.parent
    found = _found(node, site)
    return kept_back(found, parent, site) if isinstance(found, exp.Column) else found


def _found(node: exp.Column, site: Site) -> exp.Expr:
    if node.table:
        source = site.scope.source(node.table)
        found = source.type_of(node.name) if source else None
        return typed(node, found or st.ANY)
    seen = site.scope.column(node.name)
    source = site.scope.source(node.name)
    if source and source.scalar and (seen is None or seen[0].columns is None):
        value = exp.column(source.scalar, table=source.name, quoted=True)
        return typed(value, source.type_of(source.scalar) or st.ANY)
    if seen is None and node.name in site.scope.outputs:
        return typed(node, site.scope.outputs[node.name])
    if seen is None and source is not None:
        return typed(node, st.RECORD)
    return typed(node, seen[1] if seen else st.ANY)


def struct_field(node: exp.Expr, site: Site) -> exp.Expr:
    """`(value).field` of a composite value, and `pg_catalog.function(…)`."""
    if isinstance(node.this, exp.Identifier) and node.this.name.lower() == "pg_catalog":
        return rewrite(node.expression, site)
    called = node.this.unnest()
    if isinstance(called, exp.Anonymous) and sets.set_function(name_of(called), site) is not None:
        arguments = [rewrite(argument, site) for argument in list(called.expressions)]
        return sets.field_in_select(name_of(called), node.expression.name, arguments, site)
    inner = rewrite(node.this, site)
    if type_of(inner).is_json or type_of(inner) in (st.TEXT, st.HSTORE):
        name, kind = node.expression.name, type_of(inner)
        raise TypeMismatch(
            f"column notation .{name} applied to type {kind}, which is not a composite type",
            hint=f"a member is (…)->>'{name}'" if kind.is_json else None,
            position=position_of(node),
        )
    if isinstance(inner, exp.Paren) and isinstance(inner.this, exp.Column) and type_of(inner.this) == st.RECORD:
        return column(exp.column(node.expression.copy(), table=inner.this.name), site)
    node.set("this", inner)
    fields = dict(type_of(inner).fields)
    return typed(node, fields.get(node.expression.name, st.ANY))


def connective(node: exp.Expr, site: Site) -> exp.Expr:
    """AND and OR, flat: a chain of a thousand is one level deep. Outside of filters, the terms are evaluated in order, as far as needed."""
    kind = type(node)
    terms = list(node.flatten(unnest=False))
    is_filter = marks_filter(node, terms)
    risky = [False] * len(terms) if is_filter else [may_fail(term) for term in terms]
    word = kind.__name__.upper()
    guarding = [may_guard(term) for term in terms]
    rewritten = {n: _term(term, word, site) for n, term in enumerate(terms) if not holds_query(term)}
    if len(rewritten) < len(terms):
        known = exp.Boolean(this=kind is exp.Or)
        tests = [exp.Not(this=exp.Is(this=exp.Paren(this=rewritten[n].copy()), expression=known)) for n in rewritten if guarding[n]]
        within = guarded(site, tests)
        rewritten |= {n: _term(term, word, within) for n, term in enumerate(terms) if n not in rewritten}
    steady = [safe and n in rewritten and not holds_query(rewritten[n]) for n, safe in enumerate(guarding)]
    return typed(in_order(kind, [rewritten[n] for n in range(len(terms))], risky, steady), st.BOOL)


def _term(term: exp.Expr, word: str, site: Site) -> exp.Expr:
    return condition(rewrite(term.pop() if term.parent else term, site), word, site)


def chain(node: exp.Expr, site: Site) -> exp.Expr:
    """Left-deep chains of `+`, `-`, `*`, `||`, taken from the innermost outward without recursion."""
    spine: list[exp.Expr] = []
    left: exp.Expr = node
    while isinstance(left, (exp.Add, exp.Sub, exp.Mul, exp.DPipe)):
        spine.append(left)
        left = left.this
    result = rewrite(left, site)
    for link in reversed(spine):
        right = rewrite(link.expression, site)
        link.set("this", result)
        link.set("expression", right)
        result = site.rules.chained[type(link)](link, site)
    return result


def parenthesis(node: exp.Expr, site: Site) -> exp.Expr:
    """Parentheses keep the type of what they hold."""
    inner = rewrite(node.this, site)
    if isinstance(inner, exp.Paren):
        return inner
    node.set("this", inner)
    return typed(node, type_of(inner))


def alias(node: exp.Expr, site: Site) -> exp.Expr:
    """`expression AS name`."""
    inner = rewrite(node.this, site)
    node.set("this", inner)
    return typed(node, type_of(inner))


def untouched(node: exp.Expr, site: Site) -> exp.Expr:
    """Names, types and other leaves that mean the same in both languages."""
    return typed(node, st.ANY)


def parameter(node: exp.Expr, site: Site) -> exp.Expr:
    """`$1`, `:name`, `%(name)s`: its value is put in before a statement runs; here only its type is asked for."""
    return typed(node, slot_type(node) or st.ANY)


def row_object(fields: list[exp.Expr]) -> exp.Expr:
    """A row as a JSON object: `{"column": value, …}`."""
    pairs = [part for field in fields for part in (text(field.name), to_json(field))]
    return call("json_object", *pairs, type=st.JSON)


STRUCTURED: dict[type[exp.Expr], Rule] = {
    exp.Column: column,
    exp.Dot: struct_field,
    exp.And: connective,
    exp.Or: connective,
    exp.Add: chain,
    exp.Sub: chain,
    exp.Mul: chain,
    exp.DPipe: chain,
    exp.Paren: parenthesis,
    exp.Alias: alias,
    exp.Parameter: parameter,
    exp.Placeholder: parameter,
    exp.DataType: untouched,
    exp.Identifier: untouched,
    exp.Star: untouched,
    exp.Var: untouched,
    exp.JSONPath: untouched,
}
