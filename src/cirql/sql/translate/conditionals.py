"""CASE, COALESCE, NULLIF, GREATEST, LEAST: one result type for all branches."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import TypeMismatch
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.comparison import aligned
from cirql.sql.translate.nodes import type_of, typed
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
    """CASE in both forms."""
    assert isinstance(node, exp.Case)
    ifs = node.args["ifs"]
    default = node.args.get("default")
    subject = node.this
    for branch in ifs:
        if subject is not None:
            new_subject, tested = aligned(subject.copy(), branch.this, "=", site)
            branch.set("this", exp.EQ(this=new_subject, expression=tested))
        else:
            branch.set("this", condition(branch.this, "CASE/WHEN", site))
    if subject is not None:
        node.set("this", None)
    results = [branch.args["true"] for branch in ifs] + ([default] if default is not None else [])
    unified, sql_type = unify(results, "CASE")
    for branch, result in zip(ifs, unified, strict=False):
        branch.set("true", result)
    if default is not None:
        node.set("default", unified[-1])
    return typed(node, sql_type)


def condition(node: exp.Expr, construct: str, site: Site) -> exp.Expr:
    """A condition: boolean or an untyped literal. Raises TypeMismatch otherwise, as PostgreSQL does."""
    found = type_of(node)
    if found == st.UNKNOWN:
        return convert(node, st.BOOL)
    if found.name not in ("bool", "any") and not site.is_lenient:
        raise TypeMismatch(f"argument of {construct} must be type boolean, not type {found}")
    return node


def coalesce(node: exp.Expr, site: Site) -> exp.Expr:
    """COALESCE."""
    branches, sql_type = unify([node.this, *node.expressions], "COALESCE")
    return typed(exp.Coalesce(this=branches[0], expressions=branches[1:]), sql_type)


def extreme(node: exp.Expr, site: Site) -> exp.Expr:
    """GREATEST and LEAST ignore NULLs, in both languages."""
    branches, sql_type = unify([node.this, *node.expressions], type(node).__name__.upper())
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
    exp.Case: case,
    exp.If: branch,
    exp.Coalesce: coalesce,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Nullif: nullif,
}
