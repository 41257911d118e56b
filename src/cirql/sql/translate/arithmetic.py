"""Arithmetic: integer division that truncates, numeric division that stays numeric, and moments that move by intervals."""

from __future__ import annotations

from decimal import Decimal, localcontext

from sqlglot import exp

from cirql.errors import UnknownFunction
from cirql.sql.translate import hstores, jsons, networks
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.literals import wide, written_decimal
from cirql.sql.translate.nodes import as_type, call, constant, number, paren, position_of, type_of, typed
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.slots import decide
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.trees import all_of

NUMERIC_QUOTIENT = "DECIMAL(38, 16)"
"""What division gives: 22 digits before the point, 16 after, which leaves sums of bigints (22 digits) comparable with it."""


def no_operator(symbol: str, left: SqlType, right: SqlType, node: exp.Expr, operands: tuple[exp.Expr, ...] = ()) -> UnknownFunction:
    """PostgreSQL's complaint about operand types."""
    return UnknownFunction(
        f"operator does not exist: {left} {symbol} {right}",
        hint=_quoting(left, right, operands) or _of_document(left, operands) or "cast one side, for example (…)::int or (…)::text",
        position=position_of(node),
    )


def _quoting(left: SqlType, right: SqlType, operands: tuple[exp.Expr, ...]) -> str | None:
    """What helps where a number was written beside a text, as in `account_id = 111111111111`."""
    if st.TEXT not in (left, right) or not (left.is_number or right.is_number):
        return None
    number = next((n for o in operands for n in all_of(o, exp.Literal) if not n.is_string), None)
    return None if number is None else f"the column is text: write '{number.name}' in quotes"


def _of_document(left: SqlType, operands: tuple[exp.Expr, ...]) -> str | None:
    """What helps where a document is searched as if it were a text, as in `placement LIKE 'eu%'`."""
    if left.name not in ("json", "jsonb") or not operands or not isinstance(column := operands[0].unnest(), exp.Column):
        return None
    name = column.name
    return f"{name} is JSON: write {name}->>'…' for a member of it (DESCRIBE EXTENDED names them), or {name}::text for all of it"


def operands(node: exp.Expr) -> tuple[exp.Expr, exp.Expr, SqlType, SqlType]:
    """Both sides of a binary operator, an untyped literal taking the type of the other side."""
    left, right = node.this, node.expression
    left_type, right_type = type_of(left), type_of(right)
    if left_type == st.UNKNOWN and right_type.is_number:
        decide(left, right_type)
        left, left_type = as_type(left, right_type), right_type
    if right_type == st.UNKNOWN and left_type.is_number:
        decide(right, left_type)
        right, right_type = as_type(right, left_type), left_type
    if of_mixed_precision(left_type, right_type):
        left, right, left_type, right_type = as_type(left, st.FLOAT8), as_type(right, st.FLOAT8), st.FLOAT8, st.FLOAT8
    return left, right, left_type, right_type


def of_mixed_precision(left: SqlType, right: SqlType) -> bool:
    """Whether one is `real` and the other a number that is not: PostgreSQL takes both to double precision."""
    return (left == st.FLOAT4) is not (right == st.FLOAT4) and left.is_number and right.is_number


def _numbers(node: exp.Expr, symbol: str, site: Site) -> exp.Expr:
    left, right, left_type, right_type = operands(node)
    for one, other in ((left_type, right_type), (right_type, left_type)):
        if one.name in ("text", "bool", "json", "jsonb", "hstore") and not site.is_lenient:
            raise no_operator(symbol, left_type, right_type, node)
        if one.is_number and not (other.is_number or other.is_open):
            raise no_operator(symbol, left_type, right_type, node)
    node.set("this", left)
    node.set("expression", right)
    return typed(node, st.common((left_type, right_type)))


def add(node: exp.Expr, site: Site) -> exp.Expr:
    """`+` of numbers, of a date and days, of a moment and an interval."""
    names = {type_of(node.this).name, type_of(node.expression).name}
    if names & {"date", "time", "timestamp", "timestamptz", "interval"}:
        return _moved(node, "+")
    if names & {"inet"}:
        return call("cirql_inet_add", node.this, node.expression, type=st.INET)
    return _numbers(node, "+", site)


def subtract(node: exp.Expr, site: Site) -> exp.Expr:
    """`-` of numbers and moments; on JSON and hstore it deletes keys."""
    left_type = type_of(node.this)
    if left_type.is_json:
        return jsons.delete_key(node, site)
    if left_type == st.HSTORE:
        return hstores.delete_key(node, site)
    right_type = type_of(node.expression)
    if left_type == st.INET and (right_type == st.UNKNOWN or right_type.category == "network"):
        return as_type(call("cirql_inet_distance", node.this, networks.as_network(node.expression), type=st.TEXT), st.INT8)
    if left_type == st.INET and right_type.is_integer:
        return call("cirql_inet_add", node.this, exp.Neg(this=paren(node.expression)), type=st.INET)
    names = {left_type.name, right_type.name}
    if names & {"date", "time", "timestamp", "timestamptz", "interval"}:
        return _moved(node, "-")
    return _numbers(node, "-", site)


def _moved(node: exp.Expr, symbol: str) -> exp.Expr:
    """Date and time arithmetic, by PostgreSQL's table of operators."""
    left, right = type_of(node.this), type_of(node.expression)
    if right == st.UNKNOWN:
        right = left if symbol == "-" and left.category == "moment" else st.INTERVAL
        node.set("expression", _constant_as(node.expression, right))
    if left == st.UNKNOWN:
        left = st.INTERVAL if symbol == "+" else right
        node.set("this", _constant_as(node.this, left))
    if symbol == "-" and (left.category, right.category) == ("moment", "moment"):
        if left == right == st.DATE:
            return as_type(typed(exp.Paren(this=node), st.INT8), st.INT4)
        wide = st.common((left, right))
        return call("cirql_between", as_type(node.expression, wide), as_type(node.this, wide), type=st.INTERVAL)
    if symbol == "-" and left == right == st.TIME:
        return call("cirql_time_between", node.expression, node.this, type=st.INTERVAL)
    result = _moved_type(left, right)
    if result is None:
        raise no_operator(symbol, left, right, node)
    if result == st.DATE and right.is_integer:
        node.set("expression", as_type(node.expression, st.INT4))
    return typed(node, result)


def _constant_as(node: exp.Expr, sql_type: SqlType) -> exp.Expr:
    return convert(node, sql_type)


def _moved_type(left: SqlType, right: SqlType) -> SqlType | None:
    for one, other in ((left, right), (right, left)):
        if one == st.INTERVAL:
            moved = {"date": st.TIMESTAMP, "interval": st.INTERVAL, "time": st.TIME, "any": st.ANY}
            return moved.get(other.name, other if other.category == "moment" else None)
        if one == st.DATE and other.is_integer:
            return st.DATE
        if (one, other) == (st.DATE, st.TIME):
            return st.TIMESTAMP
        if one == st.ANY:
            return other if other.category == "moment" else st.ANY
    return None


def multiply(node: exp.Expr, site: Site) -> exp.Expr:
    """`*` of numbers, or of an interval and a number."""
    left, right = type_of(node.this), type_of(node.expression)
    if st.INTERVAL in (left, right):
        interval, factor = (node.this, node.expression) if left == st.INTERVAL else (node.expression, node.this)
        return call("cirql_interval_times", interval, as_type(factor, st.FLOAT8), type=st.INTERVAL)
    checked = _numbers(node, "*", site)
    if type_of(checked) != st.NUMERIC:
        return checked
    constants = [isinstance(n.unnest(), (exp.Literal, exp.Neg)) or type_of(n).is_integer for n in (node.this, node.expression)]
    if (folded := _product_of_constants(node.this, node.expression)) is not None:
        return folded
    if not any(constants):
        return exactly("cirql_numeric_product", node.this, node.expression)
    for key in ("this", "expression"):
        node.set(key, _widened(node.args[key]))
    return checked


def exactly(name: str, *operands: exp.Expr) -> exp.Expr:
    """A call of one of `numerics`, which take and give texts."""
    return as_type(call(name, *(as_type(o, st.TEXT) for o in operands), type=st.TEXT), st.NUMERIC, name=NUMERIC_QUOTIENT)


def _product_of_constants(left: exp.Expr, right: exp.Expr) -> exp.Expr | None:
    """The product of two constants that DuckDB's decimals cannot reckon: exact where 38 digits hold it."""
    one, other = decimal_of(left), decimal_of(right)
    if one is None or other is None or _digits(one) + _digits(other) <= _SAFE_DIGITS:
        return None
    with localcontext(prec=200):
        product = one * other
    if _digits(product) > _HELD_DIGITS:
        return wide(left, product)
    plain = format(product, "f")
    return as_type(exp.Literal.string(plain), st.NUMERIC, name=f"DECIMAL({_HELD_DIGITS}, {len(plain.partition('.')[2])})")


_SAFE_DIGITS, _HELD_DIGITS = 30, 38


def _digits(value: Decimal) -> int:
    return len(format(value, "f").lstrip("-").replace(".", ""))


def _places(value: Decimal) -> int:
    return len(format(value, "f").partition(".")[2])


def decimal_of(node: exp.Expr) -> Decimal | None:
    """The value of a numeric constant; None for whatever else stands there."""
    inner = node.unnest()
    if isinstance(inner, exp.Neg):
        value = decimal_of(inner.this)
        return None if value is None else -value
    if isinstance(inner, exp.Cast) and type_of(inner) == st.NUMERIC:
        value = decimal_of(inner.this)
        sizes = [int(p.name) for p in inner.args["to"].expressions]
        is_kept = value is not None and len(sizes) == 2 and _places(value) <= sizes[1]  # a cast to fewer places is reckoned
        return value if is_kept else None
    return written_decimal(inner) if isinstance(inner, exp.Literal) and not inner.is_string else None


def _widened(node: exp.Expr) -> exp.Expr:
    """A numeric constant with room for a product: DuckDB gives DECIMAL(18) products eighteen digits."""
    value = node.unnest()
    if not isinstance(value, exp.Literal) or "." not in value.name:
        return node
    scale = len(value.name.partition(".")[2])
    return as_type(node, st.NUMERIC, name=f"DECIMAL(38, {scale})") if len(value.name) > 8 else node


def divide(node: exp.Expr, site: Site) -> exp.Expr:
    """`/`: truncating for integers, numeric for numerics, DDSQL's never truncating.

    5/2 -> 5 // 2, x/2.0 -> CAST(cirql_quotient(CAST(x AS TEXT), CAST(2.0 AS TEXT)) AS DECIMAL(38, 16))
    """
    left_node, right_node, left, _ = operands(node)
    if left == st.INTERVAL:
        return call("cirql_interval_times", left_node, exp.Div(this=number(1), expression=as_type(right_node, st.FLOAT8)), type=st.INTERVAL)
    node.set("this", left_node)
    node.set("expression", right_node)
    checked = _numbers(node, "/", site)
    sql_type = type_of(checked)
    if site.dialect == "ddsql":
        return typed(_slash(as_type(left_node, st.FLOAT8), right_node), st.FLOAT8)
    if sql_type.is_integer:
        return typed(exp.Paren(this=exp.IntDiv(this=_grouped(left_node), expression=_grouped(right_node))), sql_type)
    if sql_type == st.NUMERIC:
        return _quotient_of_constants(left_node, right_node) or quotient(left_node, right_node)
    return typed(_slash(left_node, right_node), sql_type)


def quotient(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The exact quotient of integers or numerics."""
    return exactly("cirql_quotient", left, right)


def _quotient_of_constants(left: exp.Expr, right: exp.Expr) -> exp.Expr | None:
    """The quotient of two constants, with all the digits that PostgreSQL gives it; None for whatever else is divided."""
    one, other = decimal_of(left), decimal_of(right)
    if one is None or not other:
        return None
    from cirql.sql import numerics

    try:
        plain = numerics.quotient_as_written(format(one, "f"), format(other, "f"))
    except ValueError:
        return None
    if _digits(Decimal(plain)) > _HELD_DIGITS:
        return None
    return as_type(exp.Literal.string(plain), st.NUMERIC, name=f"DECIMAL({_HELD_DIGITS}, {len(plain.partition('.')[2])})")


def _slash(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Div(this=_grouped(left), expression=_grouped(right), typed=False, safe=False))


def _grouped(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, (exp.Binary, exp.Neg)) else node


def modulo(node: exp.Expr, site: Site) -> exp.Expr:
    """`%`."""
    return _numbers(node, "%", site)


def power(node: exp.Expr, site: Site) -> exp.Expr:
    """`^`: numeric for a numeric operand, else float; never an integer."""
    left, right, left_type, right_type = operands(node)
    return powered(left, right, left_type, right_type)


def powered(left: exp.Expr, right: exp.Expr, left_type: SqlType, right_type: SqlType) -> exp.Expr:
    """The call behind `^` and `power`."""
    if st.NUMERIC in (left_type, right_type) and not {st.FLOAT8, st.FLOAT4} & {left_type, right_type}:
        return exactly("cirql_numeric_power", left, right)
    return call("cirql_power", as_type(left, st.FLOAT8), as_type(right, st.FLOAT8), type=st.FLOAT8)


def negate(node: exp.Expr, site: Site) -> exp.Expr:
    """Unary minus."""
    inner = type_of(node.this)
    if inner.name in ("text", "bool", "json", "jsonb"):
        raise no_operator("-", SqlType(""), inner, node)
    return typed(node, inner)


def bitwise(node: exp.Expr, site: Site) -> exp.Expr:
    """`& | # << >> ~` on integers; `<<` and `>>` on networks ask about containment, `&&` on arrays and networks is elsewhere."""
    left = type_of(node.this)
    right = type_of(node.expression) if node.args.get("expression") is not None else left
    if "network" in (left.category, right.category) and isinstance(node, (exp.BitwiseLeftShift, exp.BitwiseRightShift)):
        return networks.contained(node, strict=True, inside_left=isinstance(node, exp.BitwiseLeftShift))
    if "network" in (left.category, right.category) and type(node) in networks.BITS:
        return networks.combined(node)
    if isinstance(node, exp.BitwiseXor):
        return call("xor", node.this, node.expression, type=st.common((left, right)))
    if isinstance(node, exp.BitwiseLeftShift):
        return call("cirql_shift_left", node.this, node.expression, type=left)
    for key in ("this", "expression"):
        if node.args.get(key) is not None:
            node.set(key, paren(node.args[key]))
    return typed(exp.Paren(this=node), st.common((left, right)))


def text_constant_is_number(node: exp.Expr) -> bool:
    """Whether a quoted constant reads as a number."""
    value = constant(node)
    return value is not None and value.strip().lstrip("+-").replace(".", "", 1).isdigit()


CHAINED: dict[type[exp.Expr], Rule] = {exp.Add: add, exp.Sub: subtract, exp.Mul: multiply}
RULES: dict[type[exp.Expr], Rule] = {
    exp.Div: divide,
    exp.Mod: modulo,
    exp.Pow: power,
    exp.Neg: negate,
    exp.BitwiseAnd: bitwise,
    exp.BitwiseOr: bitwise,
    exp.BitwiseXor: bitwise,
    exp.BitwiseNot: bitwise,
    exp.BitwiseLeftShift: bitwise,
    exp.BitwiseRightShift: bitwise,
}
