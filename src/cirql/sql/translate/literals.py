"""Constants: the types PostgreSQL reads them as."""

from __future__ import annotations

import math
import sys
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.expressions import keep_type
from cirql.sql.translate.nodes import as_type, call, position_of, text, typed
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
        near = float(value)
        if math.isinf(near) or (near == 0 and value != 0):
            raise InvalidText(f'"{node.name}" is out of range for type double precision', position=position_of(node), sqlstate="22003")
        return typed(exp.Literal.number(repr(near)), st.FLOAT8)
    plain = format(value, "f")
    digits = len(plain.replace(".", "").lstrip("0"))
    if digits > 38:
        return typed(exp.Literal.number(repr(float(value))), st.FLOAT8)
    return typed(exp.Literal.number(plain if "." in plain else plain + ".0"), st.NUMERIC)


def _whole(value: int) -> exp.Expr:
    node = exp.Literal.number(value)
    if value < 2**31:
        return typed(node, st.INT4)
    if value < 2**63:
        return typed(node, st.INT8)
    return (
        as_type(node, st.NUMERIC, name=f"DECIMAL({len(str(value))}, 0)")
        if value < 10**38
        else typed(exp.Literal.number(repr(float(value))), st.FLOAT8)
    )


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
