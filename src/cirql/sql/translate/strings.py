"""Text: `||` with PostgreSQL's text of each operand, LIKE in all its forms, and functions with a grammar of their own."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import arrays, hstores, jsons
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.arithmetic import no_operator
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import as_type, call, number, text, type_of, typed
from cirql.sql.translate.regexes import first_match, similar_part, similar_with
from cirql.sql.translate.site import Rule, Site


def concatenate(node: exp.Expr, site: Site) -> exp.Expr:
    """`||`: of arrays, documents, hstores, or of text with anything."""
    left, right = node.this, node.expression
    left_type, right_type = type_of(left), type_of(right)
    texts = "text" in (left_type.name, right_type.name)
    if (left_type.element or right_type.element) and not (left_type == st.TEXT and right_type.element != st.TEXT):
        return arrays.concatenate(left, right)
    if (left_type.is_json or right_type.is_json) and not texts:
        return jsons.merge(left, right)
    if st.HSTORE in (left_type, right_type):
        return hstores.merge(left, right)
    if left_type == st.BYTEA or right_type == st.BYTEA:
        return typed(node, st.BYTEA)
    if not (left_type.is_open or right_type.is_open or st.TEXT in (left_type, right_type) or site.is_lenient):
        raise no_operator("||", left_type, right_type, node)
    if (
        left_type == st.UNKNOWN
        and right_type not in (st.TEXT, st.UNKNOWN, st.ANY)
        and right_type.is_text is False
        and right_type.name == "record"
    ):
        raise no_operator("||", left_type, right_type, node)
    return typed(exp.Paren(this=exp.DPipe(this=_plain(left), expression=_plain(right), safe=True)), st.TEXT)


def _plain(node: exp.Expr) -> exp.Expr:
    as_text = text_of(node)
    return exp.Paren(this=as_text) if isinstance(as_text, exp.Binary) else as_text


def like(node: exp.Expr, site: Site) -> exp.Expr:
    """LIKE and ILIKE, also over ANY and ALL of an array; the default escape is a backslash."""
    subject, pattern = node.this, node.expression
    if type_of(subject).name not in ("text", "unknown", "any", "name") and not site.is_lenient:
        raise no_operator("~~", type_of(subject), type_of(pattern), node, (subject, pattern))
    if type_of(pattern).is_number and not site.is_lenient:
        raise no_operator("~~", type_of(subject), type_of(pattern), node)
    if isinstance(pattern, (exp.Any, exp.All)):
        return _like_many(node, subject, pattern)
    escape = None
    if isinstance(node.parent, exp.Escape):
        return typed(node, st.BOOL)
    return _like(node, subject, pattern, escape)


def _like(node: exp.Expr, subject: exp.Expr, pattern: exp.Expr, escape: exp.Expr | None) -> exp.Expr:
    name = "like_escape" if isinstance(node, exp.Like) else "ilike_escape"
    result: exp.Expr = call(name, text_of(subject), text_of(pattern), escape or text("\\"), type=st.BOOL)
    return typed(exp.Not(this=result), st.BOOL) if node.args.get("negate") else result


def _like_many(node: exp.Expr, subject: exp.Expr, quantifier: exp.Expr) -> exp.Expr:
    patterns = quantifier.this
    while isinstance(patterns, exp.Paren):
        patterns = patterns.this
    patterns = convert(patterns, st.array_of(st.TEXT))
    kind = "ilike" if isinstance(node, exp.ILike) else "like"
    word = "any" if isinstance(quantifier, exp.Any) else "all"
    negated = "not_" if node.args.get("negate") else ""
    return call(f"cirql_{negated}{kind}_{word}", subject, patterns, type=st.BOOL)


def escape(node: exp.Expr, site: Site) -> exp.Expr:
    """`x LIKE p ESCAPE e` and `x SIMILAR TO p ESCAPE e`."""
    test = node.this
    if isinstance(test, exp.SimilarTo) or not isinstance(test, (exp.Like, exp.ILike)):
        return similar_with(test, node.expression)
    return _like(test, test.this, test.expression, text_of(node.expression))


def rewrite_substring(node: exp.Expr, site: Site) -> exp.Expr:
    """substring(s, from, for), substring(s from regex), and the same over bytes."""
    subject, start, length = node.this, node.args.get("start"), node.args.get("length")
    if start is not None and type_of(start).is_text and type_of(start) != st.ANY:
        return similar_part(subject, start, length) if length is not None else first_match(subject, start)
    if type_of(subject) == st.BYTEA:
        return call("cirql_bytes_part", subject, start or number(1), *([length] if length is not None else []), type=st.BYTEA)
    arguments = [text_of(subject), start or number(1), *([length] if length is not None else [])]
    return call("cirql_substring" if length is not None else "cirql_substring_from", *arguments, type=st.TEXT)


def rewrite_trim(node: exp.Expr, site: Site) -> exp.Expr:
    """trim([LEADING | TRAILING | BOTH] characters FROM text)."""
    side = str(node.args.get("position") or "").upper()
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "trim")
    characters = node.args.get("expression")
    return call(name, text_of(node.this), text_of(characters) if characters is not None else text(" "), type=st.TEXT)


def rewrite_overlay(node: exp.Expr, site: Site) -> exp.Expr:
    """overlay(text PLACING new FROM start FOR length)."""
    if type_of(node.this) == st.BYTEA:
        return _bytes_overlaid(node)
    new, start, length = text_of(node.expression), node.args["from_"], node.args.get("for_")
    count = length if length is not None else call("length", new.copy())
    return call("cirql_overlay", text_of(node.this), new, start, count, type=st.TEXT)


def _bytes_overlaid(node: exp.Expr) -> exp.Expr:
    new, start, length = convert(node.expression, st.BYTEA), node.args["from_"], node.args.get("for_")
    count = length if length is not None else call("octet_length", new.copy())
    return call("cirql_bytes_overlay", node.this, new, start, count, type=st.BYTEA)


def rewrite_position(node: exp.Expr, site: Site) -> exp.Expr:
    """position(part IN text)."""
    return as_type(call("strpos", text_of(node.this), text_of(node.args["substr"])), st.INT4)


def collate(node: exp.Expr, site: Site) -> exp.Expr:
    """COLLATE "C" is the only collation there is: bytes in order."""
    name = node.expression.name.lower()
    if name not in ("c", "posix", "default", "ucs_basic", "c.utf-8", "c.utf8", "pg_c_utf8"):
        raise refuse(f'COLLATE "{node.expression.name}"', node, hint='text sorts by its bytes, which is COLLATE "C"')
    inner: exp.Expr = node.this
    return typed(inner, type_of(inner))


def starts_with(node: exp.Expr, site: Site) -> exp.Expr:
    """`text ^@ prefix`."""
    return call("starts_with", text_of(node.this), text_of(node.expression), type=st.BOOL)


CHAINED: dict[type[exp.Expr], Rule] = {exp.DPipe: concatenate}
RULES: dict[type[exp.Expr], Rule] = {
    exp.Like: like,
    exp.ILike: like,
    exp.Escape: escape,
    exp.Substring: rewrite_substring,
    exp.Trim: rewrite_trim,
    exp.Overlay: rewrite_overlay,
    exp.StrPosition: rewrite_position,
    exp.Collate: collate,
    exp.StartsWith: starts_with,
}
