"""The bytes of PostgreSQL's protocol, version 3: messages made, and the bodies of messages read."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from cirql.errors import Error, ProtocolViolation
from cirql.startup.records import dataclass

PROTOCOL = 196_608
SSL_REQUEST = 80_877_103
GSS_REQUEST = 80_877_104
CANCEL_REQUEST = 80_877_102
MAX_MESSAGE = 64 << 20
MAX_START = 10_000


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a RowDescription."""

    name: str
    oid: int
    size: int = -1
    modifier: int = -1


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message."""
    return kind + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    """Text as a message has it; a NUL, which would end it, is left out."""
    return value.replace("\0", "").encode("utf-8", "replace") + b"\0"


def authentication(code: int, body: bytes = b"") -> bytes:
    """One step of authentication; 0 is success."""
    return message(b"R", struct.pack("!i", code) + body)


def parameter_status(name: str, value: str) -> bytes:
    """The value of a setting that clients follow."""
    return message(b"S", text(name) + text(value))


def key_data(process: int, secret: int) -> bytes:
    """What a client sends to cancel."""
    return message(b"K", struct.pack("!iI", process, secret))


def ready(status: str) -> bytes:
    """ReadyForQuery: `I` outside of a transaction, `T` in one, `E` in one that failed."""
    return message(b"Z", status.encode())


def negotiate(options: Sequence[str]) -> bytes:
    """The newest protocol that is spoken here, and the options that are not known."""
    return message(b"v", struct.pack("!ii", PROTOCOL, len(options)) + b"".join(map(text, options)))


def row_description(fields: Sequence[Field], formats: Sequence[int]) -> bytes:
    """The columns of the rows that follow."""
    parts = [struct.pack("!h", len(fields))]
    for field, form in zip(fields, formats, strict=True):
        parts.append(text(field.name) + struct.pack("!ihihih", 0, 0, field.oid, field.size, field.modifier, form))
    return message(b"T", b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    """The types of a statement's parameters."""
    return message(b"t", struct.pack(f"!h{len(oids)}i", len(oids), *oids))


def copy_out(columns: int, *, is_binary: bool) -> bytes:
    """The beginning of COPY's data."""
    form = int(is_binary)
    return message(b"H", struct.pack(f"!bh{columns}h", form, columns, *[form] * columns))


def complete(tag: str) -> bytes:
    """CommandComplete."""
    return message(b"C", text(tag))


PARSE_COMPLETE = message(b"1")
BIND_COMPLETE = message(b"2")
CLOSE_COMPLETE = message(b"3")
NO_DATA = message(b"n")
SUSPENDED = message(b"s")
EMPTY_QUERY = message(b"I")
COPY_DONE = message(b"c")


def error(fault: Error, *, is_fatal: bool = False) -> bytes:
    """ErrorResponse: what is wrong, where in the text, and what to do."""
    detail = None
    if fault.failure is not None:
        detail = str(fault.failure)
    position = None if fault.position is None else str(fault.position + 1)
    severity = "FATAL" if is_fatal else "ERROR"
    return message(b"E", _fields(severity, fault.sqlstate, fault.message, detail, fault.hint, position))


def notice(said: str, sqlstate: str = "01000", severity: str = "WARNING", detail: str | None = None) -> bytes:
    """NoticeResponse."""
    return message(b"N", _fields(severity, sqlstate, said, detail))


def _fields(
    severity: str, sqlstate: str, said: str, detail: str | None = None, hint: str | None = None, position: str | None = None
) -> bytes:
    pairs: Iterable[tuple[str, str | None]] = (
        *(("S", severity), ("V", severity), ("C", sqlstate), ("M", said)),
        *(("D", detail), ("H", hint), ("P", position)),
    )
    return b"".join(code.encode() + text(value) for code, value in pairs if value) + b"\0"


class Body:
    """What a client sent in one message, read from its beginning. Whatever is not as it must be raises ProtocolViolation."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self._at + count
        if count < 0 or end > len(self._data):
            raise ProtocolViolation("a message is shorter than what it says is in it")
        part, self._at = self._data[self._at : end], end
        return part

    def number(self, form: str = "!i") -> int:
        """The next number: four bytes, or as `form` says."""
        found: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return found

    def short(self) -> int:
        """The next number of two bytes."""
        return self.number("!h")

    def count(self) -> int:
        """The next number of two bytes, which says how many things follow."""
        return self.number("!H")

    def text(self) -> str:
        """The next text, without the NUL that ends it."""
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise ProtocolViolation("a text in a message has no end")
        part = self.take(end - self._at)
        self._at += 1
        try:
            return part.decode()
        except UnicodeDecodeError:
            raise ProtocolViolation("a text in a message is not UTF-8", hint="client_encoding is UTF8") from None

    def value(self) -> bytes | None:
        """The next value with its length before it; None is NULL."""
        length = self.number()
        return None if length == -1 else self.take(length)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """There is nothing left."""
        if self._at != len(self._data):
            raise ProtocolViolation("a message is longer than what is in it")
