"""Parameters from the wire as Python values, which a statement takes as constants."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from cirql.errors import InvalidText, NotSupported, ProtocolViolation
from cirql.server.messages import Body
from cirql.server.oids import ELEMENTS, HSTORE, name_of
from cirql.startup.regexes import regex

_CLOCK = datetime(2000, 1, 1)
_TEXT_OIDS = frozenset({0, 19, 25, 705, 1042, 1043})


def value_of(data: bytes | None, oid: int, form: int) -> Any:
    """A parameter's value. Raises InvalidText for one that does not read as its type, NotSupported for a type that is not known."""
    if data is None:
        return None
    try:
        found = _from_text(data.decode(), oid) if form == 0 else _from_binary(data, oid)
        if isinstance(found, str) and "\0" in found:
            raise InvalidText("a text has no NUL in it", sqlstate="22021")
        return found
    except UnicodeDecodeError:
        raise InvalidText("a parameter is not UTF-8", hint="client_encoding is UTF8", sqlstate="22021") from None
    except struct.error:
        raise InvalidText(f"a parameter has not the length of {name_of(oid) or 'its type'}", sqlstate="22P03") from None
    except (ValueError, OverflowError, InvalidOperation):
        raise InvalidText(f"a parameter does not read as {name_of(oid) or 'text'}") from None


_ZONED_DAY = regex(r"\s*(\d{4,}-\d\d-\d\d) ?[+-]\d\d(?::?\d\d)?\s*")
"""A day with a zone, as pgjdbc sends it: PostgreSQL takes it for the day where a date is meant."""


def is_zoned_day(data: bytes | None) -> bool:
    """Whether it is a day with a zone, which means one thing to a date and another to a timestamptz."""
    return data is not None and len(data) < 30 and _ZONED_DAY.fullmatch(data.decode(errors="replace")) is not None


def _from_text(text: str, oid: int) -> Any:
    if oid == 1082 and (zoned := _ZONED_DAY.fullmatch(text)) is not None:
        text = zoned[1]
    if oid in ELEMENTS:
        return _text_array(text, ELEMENTS[oid].oid)
    read = _TEXTS.get(oid)
    return text if read is None else read(text)


_ITEM = regex(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*))\s*([,}])')


def _text_array(text: str, oid: int) -> list[Any]:
    """An array in PostgreSQL's spelling: `{1,NULL,"a b"}`."""
    body = text.strip()
    if body == "{}":
        return []
    if not body.startswith("{") or not body.endswith("}"):
        raise ValueError(text)
    items: list[Any] = []
    at, end = 1, ","
    while end == ",":
        found = _ITEM.match(body, at)
        if found is None:
            raise NotSupported("a parameter is an array of arrays, or none", hint="arrays of one dimension can be given")
        quoted, bare, end, at = found[1], found[2], found[3], found.end()
        if quoted is not None:
            items.append(_from_text(re.sub(r"\\(.)", r"\1", quoted), oid))
        else:
            items.append(None if bare.strip().upper() == "NULL" else _from_text(bare.strip(), oid))
    return items


def _or_text(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Values that Python reads too; others (`infinity`, `today`) stay text, for the statement to read."""

    def attempt(text: str) -> Any:
        try:
            return read(text)
        except ValueError:
            return text

    return attempt


def _bytes(text: str) -> bytes:
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    plain = text.replace("\\\\", "\\134").encode()
    return re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8) & 255]), plain)


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in ("t", "true", "1", "on", "yes", "y"):
        return True
    if word in ("f", "false", "0", "off", "no", "n"):
        return False
    raise ValueError(text)


_TEXTS: dict[int, Callable[[str], Any]] = {
    16: _boolean,
    20: int,
    21: int,
    23: int,
    26: int,
    700: float,
    701: float,
    1700: Decimal,
    17: _bytes,
    1082: _or_text(date.fromisoformat),
    1083: _or_text(time.fromisoformat),
    1114: _or_text(datetime.fromisoformat),
    1184: _or_text(datetime.fromisoformat),
    2950: _or_text(UUID),
}
"""Other types are read by the statement itself: their text is a constant like any in quotes."""


def _from_binary(data: bytes, oid: int) -> Any:
    if oid in _TEXT_OIDS or oid == 114:
        return data.decode()
    if oid in ELEMENTS:
        return _array(Body(data))
    read = _BINARIES.get(oid)
    if read is None:
        raise NotSupported(f"a parameter of type {name_of(oid) or oid} cannot be read in binary form", hint="send it as text")
    return read(data)


def _array(body: Body) -> list[Any]:
    dimensions, _, oid = body.number(), body.number(), body.number()
    if dimensions == 0:
        return []
    if dimensions != 1:
        raise NotSupported("a parameter is an array of arrays", hint="arrays of one dimension can be given")
    count, _ = body.number(), body.number()
    if count < 0 or count > 1 << 24:
        raise ProtocolViolation("an array has no such number of elements")
    return [value_of(body.value(), oid, 1) for _ in range(count)]


def _numeric(data: bytes) -> Decimal:
    body = Body(data)
    count, weight, sign, scale = body.count(), body.short(), body.number("!H"), body.count()
    if sign in (0xC000, 0xD000, 0xF000):
        return Decimal({0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}[sign])
    total = Decimal(0)
    for n in range(count):
        total += Decimal(body.short()).scaleb(4 * (weight - n))
    total = total.quantize(Decimal(1).scaleb(-scale)) if scale <= 28 and abs(weight) < 7 else total
    return -total if sign == 0x4000 else total


def _interval(data: bytes) -> str:
    micros, days, months = struct.unpack("!qii", data)
    return f"{months} months {days} days {micros} microseconds"


def _hstore(data: bytes) -> dict[str, str | None]:
    body = Body(data)
    found: dict[str, str | None] = {}
    for _ in range(body.number()):
        key, value = body.value() or b"", body.value()
        found[key.decode()] = None if value is None else value.decode()
    return found


def _network(data: bytes) -> str:
    """An address, with the bits of its network where they are not all: family, bits, whether it is a `cidr`, length, address."""
    _, bits, is_cidr, size = data[:4]
    packed = data[4:]
    if size != len(packed) or size not in (4, 16):
        raise ValueError(data)
    address = str(ip_address(packed))
    return address if bits == size * 8 and not is_cidr else f"{address}/{bits}"


def _since(micros: int) -> datetime:
    return _CLOCK + timedelta(microseconds=micros)


_BINARIES: dict[int, Callable[[bytes], Any]] = {
    16: lambda data: data != b"\x00",
    17: lambda data: data,
    20: lambda data: struct.unpack("!q", data)[0],
    21: lambda data: struct.unpack("!h", data)[0],
    23: lambda data: struct.unpack("!i", data)[0],
    26: lambda data: struct.unpack("!I", data)[0],
    650: _network,
    869: _network,
    700: lambda data: struct.unpack("!f", data)[0],
    701: lambda data: struct.unpack("!d", data)[0],
    1082: lambda data: date(2000, 1, 1) + timedelta(days=struct.unpack("!i", data)[0]),
    1083: lambda data: (_since(struct.unpack("!q", data)[0])).time() if len(data) == 8 else time(),
    1114: lambda data: _since(struct.unpack("!q", data)[0]),
    1184: lambda data: _since(struct.unpack("!q", data)[0]).replace(tzinfo=UTC),
    1186: _interval,
    1700: _numeric,
    2950: lambda data: UUID(bytes=data),
    3802: lambda data: data[1:].decode(),
    HSTORE: _hstore,
}
