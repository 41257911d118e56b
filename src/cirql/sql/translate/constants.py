"""Reading quoted constants as PostgreSQL reads them, at translation time: arrays, hstore, JSON, booleans, intervals, moments.

Pure functions from text to a DuckDB constant. Raises InvalidText (SQLSTATE 22P02) for text that is not of the type.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import intervals
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import as_type, call, text, typed
from cirql.sql.translate.sqltypes import SqlType
from cirql.startup.regexes import regex

_OF_TIME = ("interval", "date", "time", "timestamp", "timestamptz")
_MAX_EXPONENT = 400
"""Numbers are written out in full: an exponent of a billion would fill the memory."""
MAX_LEVELS = 256
"""Levels of brackets in a JSON value: canonical text takes two of the interpreter's 1,000 frames for each."""
_BRACKET_OR_TEXT = regex(r'"(?:[^"\\]|\\.)*+"|[\[{\]}]', re.DOTALL)
_TRUE = ("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1")
_FALSE = ("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0")


def read(value: str, target: SqlType, *, numeric: str | None = None, position: int | None = None) -> exp.Expr:
    """The constant `value` as `target`."""
    reader = _READERS.get("array" if target.element else target.name)
    try:
        if target.element is not None:
            return _array(value, target)
        if target == st.NUMERIC:
            return _numeric(value, numeric)
        return reader(value, target) if reader else as_type(exp.Literal.string(value), target)
    except (ValueError, InvalidOperation):
        message = f"invalid input syntax for type {target}: {json.dumps(value, ensure_ascii=False)}"
        raise InvalidText(message, position=position, sqlstate="22007" if target.name in _OF_TIME else None) from None


def _integer(value: str, target: SqlType) -> exp.Expr:
    stripped = value.strip().replace("_", "")
    found = int(stripped, 0) if re.fullmatch(r"[+-]?0[xob][0-9a-fA-F]+", stripped) else int(stripped, 10)
    limit = {"int2": 2**15, "int4": 2**31, "int8": 2**63}[target.name]
    if not -limit <= found < limit:
        raise InvalidText(f'value "{value}" is out of range for type {target}', sqlstate="22003")
    return as_type(exp.Literal.string(str(found)), target)


_HELD = 38
IN_DOUBLE = "numeric holds 38 digits here: write it as double precision, (…)::float8, or as text"


def too_long(value: str) -> str:
    """The complaint about a numeric constant that cannot be held."""
    return f"the number {value[:60]}{'…' if len(value) > 60 else ''} has more digits than numeric holds"


def _numeric(value: str, name: str | None) -> exp.Expr:
    number = Decimal(value.strip().replace("_", ""))
    if number.is_finite() and abs(number.adjusted()) > _MAX_EXPONENT:
        raise InvalidText("value overflows numeric format", sqlstate="22003")
    if not number.is_finite():
        raise InvalidText(f"numeric cannot hold {value!r} here", hint="use double precision, which has NaN and Infinity")
    plain = format(number, "f")
    scale = len(plain.partition(".")[2])
    whole = max(len(plain.lstrip("-").partition(".")[0]), 1)
    if (name is None and len(plain.lstrip("-").replace(".", "").lstrip("0")) > _HELD) or scale > _HELD:
        raise InvalidText(too_long(value.strip()), hint=IN_DOUBLE, sqlstate="22003")
    built = name or f"DECIMAL({min(whole + scale, 38)}, {min(scale, 38 - min(whole, 38))})"
    return as_type(exp.Literal.string(plain), st.NUMERIC, name=built)


def _float(value: str, target: SqlType) -> exp.Expr:
    stripped = value.strip().lower()
    if stripped not in ("inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "nan"):
        _check_range(value, float(stripped), target)
    return as_type(exp.Literal.string(stripped), target)


_SMALLEST_REAL, _LARGEST_REAL = 2.0**-150, 2.0**128 - 2.0**103
"""What rounds to the smallest and the largest float4, and no further."""


def _check_range(value: str, number: float, target: SqlType) -> None:
    is_nought = number == 0 and any(c in "123456789" for c in value.lower().partition("e")[0])
    is_real = target == st.FLOAT4 and number != 0 and not _SMALLEST_REAL < abs(number) < _LARGEST_REAL
    if math.isinf(number) or is_nought or is_real:
        raise InvalidText(f"{json.dumps(value.strip())} is out of range for type {target}", sqlstate="22003")


def _boolean(value: str, target: SqlType) -> exp.Expr:
    word = value.strip().lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(value)
    return typed(exp.Boolean(this=word in _TRUE), st.BOOL)


def _text(value: str, target: SqlType) -> exp.Expr:
    return text(value)


def _json(value: str, target: SqlType) -> exp.Expr:
    parsed = loads(value)
    written = canonical_json(parsed) if target == st.JSONB else value
    return as_type(exp.Literal.string(written), target)


def loads(value: str) -> Any:
    """Strict JSON with numbers kept exactly as Decimal or int. Raises ValueError for other text, and beyond `MAX_LEVELS`."""

    def refuse(name: str) -> Any:
        raise ValueError(name)

    def exact(written: str) -> Decimal:
        number = Decimal(written)
        if abs(number.adjusted()) > _MAX_EXPONENT:
            raise ValueError("value overflows numeric format")
        return number

    # The interpreter's own bound depends on who called, and on what other threads are about: the same text was refused or not.
    if value.count("[") + value.count("{") > MAX_LEVELS and _levels(value) > MAX_LEVELS:
        raise ValueError("nested too deeply")
    return json.loads(value, parse_float=exact, parse_constant=refuse)


def _levels(value: str) -> int:
    """How many brackets of a JSON text are open at once, at most."""
    level = deepest = 0
    for mark in _BRACKET_OR_TEXT.findall(value):
        if mark in "[{":
            level += 1
            deepest = max(deepest, level)
        elif mark in "]}":
            level -= 1
    return deepest


def canonical_json(value: Any) -> str:
    """Compact text with keys in jsonb's order (shorter first, then bytewise) and the last of repeated keys."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: (len(k.encode()), k.encode()))
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{canonical_json(value[k])}" for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(v) for v in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def _hstore(value: str, target: SqlType) -> exp.Expr:
    pairs = dict(reversed(list(hstore_pairs(value))))
    keys = exp.Array(expressions=[text(k) for k in sorted(pairs, key=lambda k: (len(k.encode()), k.encode()))])
    values = exp.Array(expressions=[exp.Null() if pairs[k.name] is None else text(str(pairs[k.name])) for k in keys.expressions])
    return as_type(call("map", keys, values), st.HSTORE)


_BLANKS = regex(r"\s*+\Z")
_HSTORE_PAIR = regex(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"=,>\\]|=(?!>)|\\.)+))\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s",\\]|\\.)+))\s*(,|$)""", re.DOTALL
)


def _members(value: str) -> Iterator[tuple[str, str | None]]:
    """A JSON object: tags are that to many people, and no hstore text is one."""
    document = json.loads(value)
    for key, item in document.items():
        if isinstance(item, dict | list):
            raise ValueError(value)
        yield key, item if item is None or isinstance(item, str) else json.dumps(item)


def hstore_pairs(value: str) -> Iterator[tuple[str, str | None]]:
    """The pairs of hstore text such as `a=>1, "b c"=>NULL`, or of a JSON object of scalars. Raises ValueError for other text."""
    if value.lstrip().startswith("{"):
        yield from _members(value)
        return
    place, comma = 0, ""
    while _BLANKS.match(value, place) is None:
        match = _HSTORE_PAIR.match(value, place)
        if match is None:
            raise ValueError(value)
        key = match[1] if match[1] is not None else match[2]
        item = match[3] if match[3] is not None else (None if match[4].lower() == "null" else match[4])
        yield _unbackslash(key), None if item is None else _unbackslash(item)
        place, comma = match.end(), match[5]
    if comma == ",":
        raise ValueError(value)


def unistr(value: str) -> str:
    r"""Text with its `\\XXXX`, `\\uXXXX`, `\\+XXXXXX` and `\\UXXXXXXXX` as the characters that they mean. Raises ValueError for others."""

    def character(match: re.Match[str]) -> str:
        digits = next((g for g in match.groups() if g), None)
        if digits is None and match[0] != "\\\\":
            raise ValueError("invalid Unicode escape")
        return "\\" if digits is None else chr(int(digits, 16))

    hexadecimal = "[0-9A-Fa-f]"
    pattern = rf"\\(?:\\|u({hexadecimal}{{4}})|U({hexadecimal}{{8}})|\+({hexadecimal}{{6}})|({hexadecimal}{{4}})|)"
    written = re.sub(pattern, character, value)
    return written.encode("utf-16", "surrogatepass").decode("utf-16")


def _unbackslash(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def _interval(value: str, target: SqlType) -> exp.Expr:
    return as_type(exp.Literal.string(intervals.read(value).duckdb), st.INTERVAL)


def _moment(value: str, target: SqlType) -> exp.Expr:
    word = value.strip().lower()
    offsets = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if word == "now":
        return as_type(as_type(call("now"), st.TIMESTAMP), target) if target == st.TIME else as_type(call("now"), target)
    if word in offsets:
        day = exp.Add(this=exp.CurrentDate(), expression=exp.Literal.number(offsets[word]))
        return as_type(exp.Paren(this=day), target)
    written = intervals.read_moment(value)
    _check_moment(value, written, target)
    moment = as_type(exp.Literal.string(written), target)
    if target.name == "date" or not _FINER.search(value):
        return moment
    return typed(exp.Paren(this=exp.Add(this=moment, expression=call("to_microseconds", exp.Literal.number(1)))), target)


_DAY, _NO_DAY = regex(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"), regex(r"\s*[+-]?(?:\d|infinity|epoch)", re.IGNORECASE)


def _check_moment(value: str, written: str, target: SqlType) -> None:
    """Refuse what is no moment before any row is looked at: the engine would only refuse it beside one.

    Raises ValueError for what no moment begins with, InvalidText for a day that no month has.
    """
    if not _NO_DAY.match(written):
        raise ValueError(value)
    day = _DAY.match(written) if target != st.TIME else None
    if day is not None and day[1] != "0000":
        try:
            datetime.date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            raise InvalidText(f"date/time field value out of range: {json.dumps(value, ensure_ascii=False)}", sqlstate="22008") from None


# More digits than microseconds have, the first of them rounding up: the engine drops them.
_FINER = regex(r":\d\d\.\d{6}[5-9]")


def _network(value: str, target: SqlType) -> exp.Expr:
    return typed(exp.Literal.string(read_network(value, target.name)), target)


def read_network(value: str, kind: str) -> str:
    """An inet or cidr in PostgreSQL's spelling: no /32 on an inet host, always a length on a cidr."""
    written = value.strip()
    if kind == "cidr":
        network = ipaddress.ip_network(_padded(written), strict=True)
        return str(network)
    interface = ipaddress.ip_interface(written)
    return str(interface.ip) if interface.network.prefixlen == interface.max_prefixlen else str(interface)


def _padded(value: str) -> str:
    """`10.1/16` as `10.1.0.0/16`: cidr text may leave out trailing octets."""
    address, slash, length = value.partition("/")
    if ":" in address:
        return value
    octets = address.split(".")
    implied = length if slash else str(32 if len(octets) == 4 else 8 * len(octets))
    return ".".join(octets + ["0"] * (4 - len(octets))) + "/" + implied


def array_items(value: str) -> list[Any]:
    """The items of array text such as `{a,"b c",NULL,{1,2}}`. Raises ValueError for other text."""
    items, place = _array_level(value.strip(), 0)
    if value.strip()[place:].strip():
        raise ValueError(value)
    return items


_ARRAY_TOKEN = regex(r'\s*+(?:"((?:[^"\\]|\\.)*+)"|([^",{}]++))\s*+(?=[,}])', re.DOTALL)


def _array_level(value: str, place: int) -> tuple[list[Any], int]:
    if place >= len(value) or value[place] != "{":
        raise ValueError(value)
    place += 1
    items: list[Any] = []
    if re.compile(r"\s*+\}").match(value, place):
        return items, value.index("}", place) + 1
    while True:
        opened = re.compile(r"\s*\{").match(value, place)
        if opened:
            inner, place = _array_level(value, opened.end() - 1)
            items.append(inner)
        else:
            match = _ARRAY_TOKEN.match(value, place)
            if match is None:
                raise ValueError(value)
            bare = (match[2] or "").rstrip()
            items.append(_unbackslash(match[1]) if match[1] is not None else None if bare.upper() == "NULL" else _unbackslash(bare))
            place = match.end()
        rest = re.compile(r"\s*([,}])").match(value, place)
        if rest is None:
            raise ValueError(value)
        place = rest.end()
        if rest[1] == "}":
            return items, place


def _array(value: str, target: SqlType) -> exp.Expr:
    def build(items: list[Any], element: SqlType) -> exp.Expr:
        nodes = []
        for item in items:
            if isinstance(item, list):
                nodes.append(build(item, element))
            else:
                nodes.append(as_type(exp.Null(), element) if item is None else read(item, element))
        return exp.Array(expressions=nodes)

    element = target.element or st.TEXT
    while element.element is not None:
        element = element.element
    items = array_items(value)
    depth = st.array_of(element)
    probe: Any = items
    while probe and isinstance(probe[0], list):
        depth, probe = st.array_of(depth), probe[0]
    return as_type(build(items, element), depth)


def _bytes(value: str, target: SqlType) -> exp.Expr:
    raw = bytes.fromhex(value[2:]) if value.startswith("\\x") else _unbackslash(value).encode()
    return call("unhex", text(raw.hex()), type=st.BYTEA)


def _bits(value: str, target: SqlType) -> exp.Expr:
    wrong = next((c for c in value if c not in "01"), None)
    if wrong is not None:
        raise InvalidText(f'"{wrong}" is not a valid binary digit')
    return typed(exp.Literal.string(value), st.BIT)


_READERS = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _float,
    "float8": _float,
    "bool": _boolean,
    "text": _text,
    "unknown": _text,
    "json": _json,
    "jsonb": _json,
    "hstore": _hstore,
    "interval": _interval,
    "date": _moment,
    "timestamp": _moment,
    "timestamptz": _moment,
    "time": _moment,
    "inet": _network,
    "cidr": _network,
    "bytea": _bytes,
    "bit": _bits,
}
