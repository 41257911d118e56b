"""Constants: the types PostgreSQL reads them as."""

from __future__ import annotations

import math
import sys
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import constants
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.expressions import keep_type
from cirql.sql.translate.nodes import as_type, call, position_of, text, type_of, typed
from cirql.sql.translate.site import Rule, Site


def literal(node: exp.Expr, site: Site) -> exp.Expr:
    """`'x'` is UNKNOWN until its surroundings say otherwise; `1` is an integer; `1.5` and `1e5` are numeric, not float."""
    assert isinstance(node, exp.Literal)
    if node.is_string:
        return typed(node, st.UNKNOWN)
    written = node.name.replace("_", "")
    if written.isdigit():
        return _whole(int(written))
    try:
        value = Decimal(written)
    except InvalidOperation:
        return typed(node, st.ANY)
    if abs(value.adjusted()) > 60 or abs(int(value.as_tuple().exponent)) > 60:
        return wide(node, value)
    plain = format(value, "f")
    if len(plain.replace(".", "").lstrip("0")) > 38 or len(plain.partition(".")[2]) > 38:
        return wide(node, value)
    return typed(exp.Literal.number(plain if "." in plain else plain + ".0"), st.NUMERIC)


_WIDE = "wide_numeric"


def wide(node: exp.Expr, value: Decimal) -> exp.Expr:
    """A constant that numeric cannot hold: a double, which `check_wide` allows only where PostgreSQL would make one of it."""
    near = float(value)
    if math.isinf(near) or (near == 0 and value != 0):
        raise InvalidText(f'"{node.name}" is out of range for type double precision', position=position_of(node), sqlstate="22003")
    made = typed(exp.Literal.number(repr(near)), st.FLOAT8)
    made.meta[_WIDE] = (str(value), position_of(node))
    return made


def written_decimal(node: exp.Literal) -> Decimal:
    """The value of a number as it was written."""
    told = node.meta.get(_WIDE)
    return Decimal(told[0] if told else node.name)


def check_wide(tree: exp.Expr) -> None:
    """Refuse constants of more digits than numeric holds, but where they become doubles or are only compared. Raises InvalidText."""
    for node in list(tree.find_all(exp.Literal)):
        told = node.meta.get(_WIDE)
        if told is None:
            continue
        above: exp.Expr | None = node.parent
        child: exp.Expr = node
        while isinstance(above, (exp.Paren, exp.Neg)):
            child = above
            above = above.parent
        if isinstance(above, exp.Cast) and type_of(above) in (st.FLOAT8, st.FLOAT4):
            continue
        if isinstance(above, exp.Binary):
            other = above.expression if above.this is child else above.this
            is_beyond = not -38 <= Decimal(told[0]).adjusted() < 38  # of all that numeric holds
            is_compared = isinstance(above, _COMPARISONS) and is_beyond and type_of(other).is_number
            if (type_of(other) in (st.FLOAT8, st.FLOAT4) and _WIDE not in other.unnest().meta) or is_compared:
                continue
        raise InvalidText(constants.too_long(told[0]), hint=constants.IN_DOUBLE, position=told[1], sqlstate="22003")


_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def _whole(value: int) -> exp.Expr:
    node = exp.Literal.number(value)
    if value < 2**31:
        return typed(node, st.INT4)
    if value < 2**63:
        return typed(node, st.INT8)
    return as_type(node, st.NUMERIC, name=f"DECIMAL({len(str(value))}, 0)") if value < 10**38 else wide(node, Decimal(value))


def quoted(node: exp.Expr, site: Site) -> exp.Expr:
    """`$$x$$`, `E'x'` and national strings are plain quoted constants once read."""
    return typed(exp.Literal.string(node.name), st.UNKNOWN)


def escaped(node: exp.Expr, site: Site) -> exp.Expr:
    r"""`E'a\\nb'`: the escapes are read here, because DuckDB's differ."""
    return typed(exp.Literal.string(_unescape(node.name)), st.UNKNOWN)


_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _unescape(raw: str) -> str:
    import re

    def replacement(match: re.Match[str]) -> str:
        body = match[1]
        if body[0] in "xuU" and len(body) > 1:
            return _character(int(body[1:], 16))
        if body[0] in "01234567":
            return _character(int(body, 8))
        return _SIMPLE_ESCAPES.get(body, body)

    return _paired(re.sub(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)", replacement, raw, flags=re.DOTALL))


def _character(code: int) -> str:
    if code == 0:
        raise InvalidText('invalid byte sequence for encoding "UTF8": 0x00', sqlstate="22021")
    if code > sys.maxunicode:
        raise InvalidText(f"invalid Unicode escape value: {code:X}", sqlstate="42601")
    return chr(code)


def _paired(value: str) -> str:
    """The text with its surrogate pairs as the characters that they mean."""
    try:
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise InvalidText("invalid Unicode surrogate pair", sqlstate="42601") from None


def unicode_string(node: exp.Expr, site: Site) -> exp.Expr:
    r"""`U&'\\0041'`, with the default escape or the one that UESCAPE names."""
    import re

    mark = node.args.get("escape")
    escape = re.escape(mark.name if isinstance(mark, exp.Expr) and mark.name else "\\")
    value = re.sub(
        rf"{escape}(?:\+([0-9A-Fa-f]{{6}})|([0-9A-Fa-f]{{4}})|({escape}))",
        lambda m: _character(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3],
        node.name,
    )
    return typed(exp.Literal.string(_paired(value)), st.UNKNOWN)


def bits(node: exp.Expr, site: Site) -> exp.Expr:
    """`B'101'` and `X'1F'` are bit strings."""
    value = node.name if isinstance(node, exp.BitString) else "".join(f"{int(c, 16):04b}" for c in node.name)
    return typed(text(value), st.BIT)


def concatenated(node: exp.Expr, site: Site) -> exp.Expr:
    """`'a'` newline `'b'`: one constant in two pieces (the parser gives a Concat of literals)."""
    parts = node.expressions
    if all(isinstance(p, exp.Literal) and p.is_string for p in parts):
        return typed(exp.Literal.string("".join(p.name for p in parts)), st.UNKNOWN)
    return call("concat", *parts, type=st.TEXT)


RULES: dict[type[exp.Expr], Rule] = {
    exp.Literal: literal,
    exp.Null: keep_type(st.UNKNOWN),
    exp.Boolean: keep_type(st.BOOL),
    exp.RawString: quoted,
    exp.National: quoted,
    exp.Heredoc: quoted,
    exp.ByteString: escaped,
    exp.UnicodeString: unicode_string,
    exp.BitString: bits,
    exp.HexString: bits,
    exp.Concat: concatenated,
}
