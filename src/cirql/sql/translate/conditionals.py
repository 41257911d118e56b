"""CASE, COALESCE, NULLIF, GREATEST, LEAST: one result type for all branches."""

from __future__ import annotations

from functools import reduce

from sqlglot import exp

from cirql.errors import TypeMismatch
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.comparison import aligned
from cirql.sql.translate.expressions import rewrite
from cirql.sql.translate.guards import guarded, holds_query, may_guard
from cirql.sql.translate.nodes import call, paren, type_of, typed
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.sqltypes import SqlType


def unify(branches: list[exp.Expr], construct: str) -> tuple[list[exp.Expr], SqlType]:
    """The branches brought to one type. Raises TypeMismatch where PostgreSQL cannot match them (text and integer)."""
    types = [type_of(branch) for branch in branches]
    result = st.common(types)
    families = {t.category for t in types if not t.is_open and t != st.RECORD}
    if len(families) > 1:
        named = [str(t) for t in types if not t.is_open]
        raise TypeMismatch(f"{construct} types {named[0]} and {next(n for n in named if n != named[0])} cannot be matched")
    if result.is_open:
        return branches, st.TEXT if result == st.UNKNOWN else st.ANY
    return [convert(b, result) if t != result and t != st.ANY else b for b, t in zip(branches, types, strict=True)], result


def case(node: exp.Expr, site: Site) -> exp.Expr:
    """CASE in both forms. What a branch asks is asked of the rows alone that come to it."""
    assert isinstance(node, exp.Case)
    subject = rewrite(node.this, site) if node.this is not None else None
    passed: list[exp.Expr] = []
    results: list[exp.Expr] = []
    for branch in node.args["ifs"]:
        here = guarded(site, passed) if holds_query(branch) else site
        guards = may_guard(branch.this) and (node.this is None or may_guard(node.this))
        tested = _tested(branch.this, subject, here, site)
        branch.set("this", tested)
        within = guarded(here, [tested]) if guards and holds_query(branch.args["true"]) else here
        results.append(rewrite(branch.args["true"], within))
        if guards:
            passed.append(exp.Not(this=exp.Is(this=exp.Paren(this=tested.copy()), expression=exp.Boolean(this=True))))
    default = node.args.get("default")
    if default is not None:
        results.append(rewrite(default, guarded(site, passed) if holds_query(default) else site))
    node.set("this", None)
    unified, sql_type = unify(results, "CASE")
    for branch, result in zip(node.args["ifs"], unified, strict=False):
        branch.set("true", result)
    if default is not None:
        node.set("default", unified[-1])
    return typed(node, sql_type)


def _tested(written: exp.Expr, subject: exp.Expr | None, here: Site, site: Site) -> exp.Expr:
    """The condition of one WHEN, rewritten."""
    rewritten = rewrite(written, here)
    if subject is None:
        return condition(rewritten, "CASE/WHEN", site)
    left, right = aligned(subject.copy(), rewritten, "=", site)
    return exp.EQ(this=left, expression=right)


def condition(node: exp.Expr, construct: str, site: Site) -> exp.Expr:
    """A condition: boolean or an untyped literal. Raises TypeMismatch otherwise, as PostgreSQL does."""
    found = type_of(node)
    if found == st.UNKNOWN:
        return convert(node, st.BOOL)
    if found.name not in ("bool", "any") and not site.is_lenient:
        raise TypeMismatch(f"argument of {construct} must be type boolean, not type {found}")
    return node


def coalesce(node: exp.Expr, site: Site) -> exp.Expr:
    """COALESCE: what comes later is asked where what comes first is NULL."""
    branches: list[exp.Expr] = []
    absent: list[exp.Expr] = []
    for written in [node.this, *node.expressions]:
        guards = may_guard(written)
        branches.append(rewrite(written, guarded(site, absent) if holds_query(written) else site))
        if guards:
            absent.append(exp.Is(this=paren(branches[-1].copy()), expression=exp.Null()))
    unified, sql_type = unify(branches, "COALESCE")
    return typed(exp.Coalesce(this=unified[0], expressions=unified[1:]), sql_type)


def extreme(node: exp.Expr, site: Site) -> exp.Expr:
    """GREATEST and LEAST ignore NULLs, in both languages."""
    branches, sql_type = unify([node.this, *node.expressions], type(node).__name__.upper())
    if sql_type.category == "network":
        macro = f"cirql_inet_{type(node).__name__.lower()}"
        return reduce(lambda one, other: call(macro, one, other, type=sql_type), branches)
    return typed(exp.Anonymous(this=type(node).__name__.lower(), expressions=branches), sql_type)


def nullif(node: exp.Expr, site: Site) -> exp.Expr:
    """NULLIF has the type of its first argument."""
    left_type = type_of(node.this)
    left, right = aligned(node.this.copy(), node.expression, "=", site)
    result = exp.Case(ifs=[exp.If(this=exp.EQ(this=left, expression=right), true=exp.Null())], default=node.this)
    return typed(result, st.TEXT if left_type == st.UNKNOWN else left_type)


def branch(node: exp.Expr, site: Site) -> exp.Expr:
    """One WHEN … THEN …: typed by its CASE."""
    return typed(node, st.ANY)


RULES: dict[type[exp.Expr], Rule] = {
    exp.If: branch,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Nullif: nullif,
}
STRUCTURED: dict[type[exp.Expr], Rule] = {exp.Case: case, exp.Coalesce: coalesce}
