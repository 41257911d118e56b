"""Comparison: operands must be of one family, as in PostgreSQL; JSON compares by value, networks by address."""

from __future__ import annotations

import re

from sqlglot import exp

from cirql.errors import InvalidText, NotADocument
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.arithmetic import no_operator, of_mixed_precision, text_constant_is_number
from cirql.sql.translate.casts import convert, to_text
from cirql.sql.translate.expressions import apply, keep_type, refuse
from cirql.sql.translate.networks import as_network, contained
from cirql.sql.translate.nodes import as_type, call, constant, is_null, paren, type_of, typed
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.translate.whole_rows import fields
from cirql.sql.trees import first_of

_SYMBOLS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}


def aligned(left: exp.Expr, right: exp.Expr, symbol: str, site: Site) -> tuple[exp.Expr, exp.Expr]:
    """Both operands in a form in which DuckDB compares them as PostgreSQL does.

    Raises UnknownFunction where PostgreSQL has no such operator (text = integer).
    """
    left_type, right_type = type_of(left), type_of(right)
    if site.is_lenient and _needs_text(left, right):
        return to_text(left), to_text(right)
    if left_type == st.UNKNOWN and not right_type.is_open:
        left, left_type = _read(left, right, right_type), right_type
    elif right_type == st.UNKNOWN and not left_type.is_open:
        right, right_type = _read(right, left, left_type), left_type
    if {left_type.category, right_type.category} == {"network", "text"}:  # our columns of addresses are text
        left, right = as_network(left), as_network(right)
        left_type, right_type = type_of(left), type_of(right)
    if not _comparable(left_type, right_type) and not site.is_lenient:
        raise no_operator(symbol, left_type, right_type, left.parent or left, (left, right))
    if left_type == st.JSON and right_type == st.JSON and not (is_null(left) or is_null(right)):
        raise no_operator(symbol, left_type, right_type, left)
    if left_type.is_json and right_type.is_json and symbol in ("<", "<=", ">", ">="):
        return call("cirql_json_key_of", left, type=st.TEXT), call("cirql_json_key_of", right, type=st.TEXT)
    if left_type.is_json and right_type.is_json and (_plain_scalar(left) or _plain_scalar(right)):
        return as_type(left, st.TEXT), as_type(right, st.TEXT)
    if left_type.is_json and right_type.is_json:
        return call("cirql_jsonb_same", left, type=st.TEXT), call("cirql_jsonb_same", right, type=st.TEXT)
    if "network" in (left_type.category, right_type.category):
        return call("cirql_inet_key", left, type=st.TEXT), call("cirql_inet_key", right, type=st.TEXT)
    if of_mixed_precision(left_type, right_type):
        return as_type(left, st.FLOAT8), as_type(right, st.FLOAT8)
    if {left_type.name, right_type.name} == {"date", "timestamptz"} or {left_type.name, right_type.name} == {"timestamp", "timestamptz"}:
        return as_type(left, st.TIMESTAMPTZ), as_type(right, st.TIMESTAMPTZ)
    return paren(left) if isinstance(left, exp.Binary) else left, paren(right) if isinstance(right, exp.Binary) else right


def _read(written: exp.Expr, beside: exp.Expr, target: SqlType) -> exp.Expr:
    """A constant as the type of what it is compared with. Raises InvalidText, with what was likely meant where that is JSON."""
    try:
        return convert(written, target)
    except InvalidText as error:
        column = first_of(beside, exp.Column) if target.is_json else None
        if column is not None and error.hint is None:
            value = constant(written) or ""
            error.hint = f"{column.name} is JSON: name the member that is meant, as in {column.name}->>'Member' = '{value}'"
            raise NotADocument(error, column.name, column.table, value) from None
        raise


def _needs_text(left: exp.Expr, right: exp.Expr) -> bool:
    """Whether SQLite would compare the two as text: a number beside text that may not be one."""
    kinds = (type_of(left), type_of(right))
    if st.TEXT in kinds:
        return any(kind.is_number or kind == st.BOOL for kind in kinds)
    number_beside = any(kind.is_number for kind in kinds)
    return number_beside and any(type_of(n) == st.UNKNOWN and not text_constant_is_number(n) and not is_null(n) for n in (left, right))


def _plain_scalar(node: exp.Expr) -> bool:
    """Whether the node is a JSON constant with only one spelling: text without escapes, a boolean, null."""
    value = constant(node)
    return value is not None and (value in ("true", "false", "null") or re.fullmatch(r'"[^"\\]*"', value) is not None)


def _comparable(left: SqlType, right: SqlType) -> bool:
    if left.is_open or right.is_open or "record" in (left.name, right.name):
        return True
    return left.category == right.category


def compare(node: exp.Expr, site: Site) -> exp.Expr:
    """`= <> < <= > >=` and IS [NOT] DISTINCT FROM, of values, rows and `ANY`/`ALL` of an array or query."""
    symbol = _SYMBOLS[type(node)]
    left, right = node.this, node.expression
    if isinstance(right, (exp.Any, exp.All)) or _is_all_call(right):
        return _quantified(node, symbol, site)
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        return _rows(node, left, right, site)
    new_left, new_right = aligned(left, right, symbol, site)
    node.set("this", new_left)
    node.set("expression", new_right)
    return typed(node, st.BOOL)


def _rows(node: exp.Expr, left: exp.Tuple, right: exp.Tuple, site: Site) -> exp.Expr:
    """`(a, b) = (c, d)`: equality field by field, so that a NULL field makes the answer NULL as in PostgreSQL."""
    pairs = list(zip(left.expressions, right.expressions, strict=False))
    if len(left.expressions) != len(right.expressions):
        raise refuse("a comparison of rows of different lengths", node)
    if isinstance(node, (exp.EQ, exp.NEQ)):
        parts = []
        for one, other in pairs:
            new_one, new_other = aligned(one, other, "=", site)
            parts.append(exp.Paren(this=type(node)(this=new_one, expression=new_other)))
        return typed(exp.Paren(this=exp.and_(*parts) if isinstance(node, exp.EQ) else exp.or_(*parts)), st.BOOL)
    if isinstance(node, (exp.NullSafeEQ, exp.NullSafeNEQ)):
        return typed(node, st.BOOL)
    return typed(exp.Paren(this=_ordered(type(node), pairs, site)), st.BOOL)


def _ordered(kind: type[exp.Expr], pairs: list[tuple[exp.Expr, exp.Expr]], site: Site) -> exp.Expr:
    """`(a, b) < (c, d)` as `a < c OR (a = c AND b < d)`."""
    one, other = aligned(*pairs[0], "<", site)
    if len(pairs) == 1:
        return kind(this=one, expression=other)
    strict = exp.LT if kind in (exp.LT, exp.LTE) else exp.GT
    equal = exp.and_(exp.EQ(this=one.copy(), expression=other.copy()), exp.paren(_ordered(kind, pairs[1:], site), copy=False))
    return exp.or_(strict(this=one, expression=other), exp.paren(equal, copy=False))


def _is_all_call(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in ("all", "some", "any")


def _quantified(node: exp.Expr, symbol: str, site: Site) -> exp.Expr:
    """`x = ANY (array or query)`; a literal `'{a,b}'` is read as an array of the type of `x`."""
    quantifier = node.expression
    subject = quantifier.expressions[0] if isinstance(quantifier, exp.Anonymous) else quantifier.this
    while isinstance(subject, exp.Paren):
        subject = subject.this
    word = quantifier.name.lower() if isinstance(quantifier, exp.Anonymous) else type(quantifier).__name__.lower()
    left = node.this
    if type_of(subject) == st.UNKNOWN:
        element = st.TEXT if type_of(left).is_open else type_of(left)
        subject = convert(subject, st.array_of(element))
    element_type = type_of(subject).element
    if element_type is not None:
        if type_of(left) == st.UNKNOWN:
            left = convert(left, element_type)
        if not _comparable(type_of(left), element_type) and not site.is_lenient:
            raise no_operator(symbol, type_of(left), element_type, node)
    if element_type is not None and not isinstance(subject.unnest(), exp.Array):
        return _over_array(type(node), left, subject, every=word == "all")
    node.set("this", paren(left) if isinstance(left, exp.Binary) else left)
    kind = exp.All if word == "all" else exp.Any
    node.set("expression", kind(this=subject if isinstance(subject, (exp.Subquery, exp.Query)) else exp.Paren(this=subject)))
    return typed(node, st.BOOL)


def _over_array(kind: type[exp.Expr], left: exp.Expr, array: exp.Expr, *, every: bool) -> exp.Expr:
    """`x op ANY (array)` of an array that is no constructor: NULL elements make the answer unknown, which DuckDB forgets.

    'a' = ANY (labels) becomes CASE WHEN len(list_filter(labels, e -> 'a' = e)) > 0 THEN true WHEN … IS NULL … END
    """

    def counted(unknown: bool) -> exp.Expr:
        test: exp.Expr = kind(this=paren(left.copy()), expression=exp.column("_item"))
        if unknown:
            test = exp.Is(this=exp.Paren(this=test), expression=exp.Null())
        elif every:
            test = exp.Not(this=exp.Paren(this=test))
        found = call("list_filter", array.copy(), exp.Lambda(this=test, expressions=[exp.to_identifier("_item")]))
        return exp.GT(this=call("len", found), expression=exp.Literal.number(0))

    missing = exp.Is(this=paren(array.copy()), expression=exp.Null())
    branches = [
        exp.If(this=missing, true=exp.Null()),
        exp.If(this=counted(False), true=exp.Boolean(this=not every)),
        exp.If(this=counted(True), true=exp.Null()),
    ]
    return typed(exp.Case(ifs=branches, default=exp.Boolean(this=every)), st.BOOL)


def between(node: exp.Expr, site: Site) -> exp.Expr:
    """BETWEEN, with SYMMETRIC written out."""
    value = node.this
    _, low = aligned(value.copy(), node.args["low"], ">=", site)
    value, high = aligned(value, node.args["high"], "<=", site)
    if node.args.get("symmetric"):
        first = exp.Between(this=value.copy(), low=low.copy(), high=high.copy())
        second = exp.Between(this=value, low=high, high=low)
        return typed(exp.Paren(this=exp.or_(first, second)), st.BOOL)
    return typed(exp.Between(this=value, low=low, high=high), st.BOOL)


def in_list(node: exp.Expr, site: Site) -> exp.Expr:
    """IN (list) and IN (query)."""
    assert isinstance(node, exp.In)
    query = node.args.get("query")
    if query is not None:
        columns = getattr(query, "meta", {}).get("columns")
        if columns and len(columns) == 1 and not isinstance(node.this, exp.Tuple):
            found = columns[0][1]
            if not _comparable(type_of(node.this), found) and not site.is_lenient:
                raise no_operator("=", type_of(node.this), found, node)
        return typed(node, st.BOOL)
    members = []
    subject = node.this
    if isinstance(subject, exp.Tuple):
        alternatives = [
            _rows(exp.EQ(this=subject, expression=m), subject.copy(), m, site) if isinstance(m, exp.Tuple) else m for m in node.expressions
        ]
        return typed(exp.Paren(this=exp.or_(*alternatives)), st.BOOL)
    new_subject = subject
    for member in node.expressions:
        new_subject, new_member = aligned(subject.copy(), member, "=", site)
        members.append(new_member)
    node.set("this", new_subject)
    node.set("expressions", members)
    return typed(node, st.BOOL)


def is_test(node: exp.Expr, site: Site) -> exp.Expr:
    """IS [NOT] NULL, TRUE, FALSE, UNKNOWN and IS JSON."""
    against = node.expression
    if isinstance(against, exp.JSON):
        return _is_json(node, against)
    if isinstance(against, exp.Boolean) and type_of(node.this).name not in ("bool", "any", "unknown"):
        from cirql.errors import TypeMismatch

        raise TypeMismatch(f"argument of IS {str(against.this).upper()} must be type boolean, not type {type_of(node.this)}")
    parted = fields(node.this, site) if isinstance(against, exp.Null) else None
    if parted:
        negated = bool(node.args.get("negate"))
        parts = [exp.Is(this=paren(part), expression=exp.Null(), negate=negated) for part in parted]
        return typed(exp.Paren(this=exp.and_(*parts)), st.BOOL)
    if isinstance(node.this, (exp.Binary, exp.Not)):
        node.set("this", exp.Paren(this=node.this))
    return typed(exp.Paren(this=node), st.BOOL)


def _is_json(node: exp.Expr, against: exp.JSON) -> exp.Expr:
    wanted = str(against.this or "VALUE").upper()
    subject = as_type(node.this, st.TEXT)
    test: exp.Expr = call("cirql_is_json", subject, exp.Literal.string(wanted), type=st.BOOL)
    return typed(exp.Not(this=test), st.BOOL) if node.args.get("negate") else test


def existence(node: exp.Expr, site: Site) -> exp.Expr:
    """EXISTS; its query may have no columns, which the engine has no rows of."""
    query = node.this
    if isinstance(query, exp.Select) and not query.expressions:
        query.set("expressions", [exp.Literal.number(1)])
    return typed(node, st.BOOL)


def negation(node: exp.Expr, site: Site) -> exp.Expr:
    """NOT; the operand must be boolean."""
    inner = type_of(node.this)
    if inner == st.UNKNOWN:
        node.set("this", convert(node.this, st.BOOL))
    elif inner.name not in ("bool", "any") and not site.is_lenient:
        from cirql.errors import TypeMismatch

        raise TypeMismatch(f"argument of NOT must be type boolean, not type {inner}")
    if isinstance(node.this, exp.Binary) and not isinstance(node.this, exp.Connector):
        node.set("this", exp.Paren(this=node.this))
    return typed(exp.Paren(this=node), st.BOOL)


def operator(node: exp.Expr, site: Site) -> exp.Expr:
    """`a OPERATOR(schema.op) b`: the plain operator; the shield also spells `<<=` and `>>=` this way."""
    schema, _, symbol = str(node.args.get("operator")).replace(" ", "").rpartition(".")
    if schema.lower().strip('"') not in ("", "pg_catalog") or not symbol or not _OPERATOR_CHARACTERS.issuperset(symbol):
        raise refuse(f"OPERATOR({schema}{'.' if schema else ''}{symbol})", node)
    if symbol in ("<<=", ">>="):
        return contained(node, strict=False, inside_left=symbol == "<<=")
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        plain = parse_one(f"a {symbol} b", dialect="postgres")
    except SqlglotError:
        plain = node
    sides = (plain.args.get("this"), plain.args.get("expression"))
    if not isinstance(plain, exp.Binary) or sides != (exp.column("a"), exp.column("b")):  # `+-` is two of them
        raise refuse(f"OPERATOR({symbol})", node)
    plain.set("this", node.this)
    plain.set("expression", node.expression)
    return apply(plain, site)


_OPERATOR_CHARACTERS = frozenset("+-*/<>=~!@#%^&|`?")
"""What PostgreSQL's operators are made of (its manual, 4.1.3)."""

RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_SYMBOLS, compare),
    exp.Between: between,
    exp.In: in_list,
    exp.Is: is_test,
    exp.Not: negation,
    exp.Exists: existence,
    exp.Operator: operator,
    exp.Tuple: keep_type(st.RECORD),
}
