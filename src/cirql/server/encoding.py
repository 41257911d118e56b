"""Arrow columns as PostgreSQL's values on the wire, and rows of them as messages.

Both are made a column at a time by Arrow's own kernels, which is what makes a million rows a matter of seconds: a row's message is its
header and, of each column, a length and a value, joined.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cirql.rows import to_values
from cirql.server import oids
from cirql.server.pg_types import PROCEDURES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_EPOCH_DAYS = 10_957
_EPOCH_MICROS = _EPOCH_DAYS * 86_400_000_000
_BINARY_NUMBERS = {20: ">i8", 21: ">i2", 23: ">i4", 24: ">u4", 26: ">u4", 28: ">u4", 700: ">f4", 701: ">f8"}
_VECTORS = (22, 30)
"""PostgreSQL's `int2vector` and `oidvector`: arrays that count from zero, and as texts have neither braces nor commas."""
_QUOTED = frozenset('{}",\\ \t\n\r\v\f')


def data_rows(batch: pa.RecordBatch, types: Sequence[str], formats: Sequence[int]) -> bytes:
    """The DataRow messages of a batch. `types` are the SQL types of its columns; a format is 0 (text) or 1 (binary)."""
    import numpy as np
    import pyarrow.compute as pc

    columns = [encoded(column, kind, form) for column, kind, form in zip(batch.columns, types, formats, strict=True)]
    count = batch.num_rows
    sizes = np.full(count, 6, dtype=np.int64)
    parts = []
    for column in columns:
        lengths, prefix = _lengths(column)
        sizes += 4 + np.maximum(lengths, 0)
        parts += [prefix, column.fill_null(b"")]
    head = np.empty(count, dtype=[("kind", "S1"), ("size", ">i4"), ("columns", ">i2")])
    head["kind"], head["size"], head["columns"] = b"D", sizes, len(columns)
    return joined(pc.binary_join_element_wise(_fixed(head), *parts, b"")) if parts else head.tobytes()


def copied(lines: pa.Array) -> bytes:
    """The CopyData messages of lines without their ends."""
    import numpy as np
    import pyarrow.compute as pc

    lengths: np.ndarray[Any, Any] = pc.binary_length(lines).to_numpy(zero_copy_only=False)
    head = np.empty(len(lines), dtype=[("kind", "S1"), ("size", ">i4")])
    head["kind"], head["size"] = b"d", lengths + 5
    return joined(pc.binary_join_element_wise(_fixed(head), lines, b"\n", b""))


def copy_rows(batch: pa.RecordBatch, types: Sequence[str]) -> list[bytes]:
    """The rows of a batch as COPY's binary format has them, each for itself."""
    import numpy as np
    import pyarrow.compute as pc

    columns = [encoded(column, kind, 1) for column, kind in zip(batch.columns, types, strict=True)]
    head = np.full(batch.num_rows, len(columns), dtype=">i2")
    parts = [part for column in columns for part in (_lengths(column)[1], column.fill_null(b""))]
    rows: list[bytes] = pc.binary_join_element_wise(_fixed(head), *parts, b"").to_pylist()
    return rows


def encoded(column: pa.Array, sql_type: str, form: int) -> pa.Array:
    """A column's values as bytes; NULL stays NULL."""
    import pyarrow as pa

    storage = column.storage if isinstance(column, pa.ExtensionArray) and sql_type == "JSON" else column
    if pa.types.is_string(storage.type) or pa.types.is_large_string(storage.type):
        plain = storage.cast(pa.binary())
        oid = oids.oid_of(sql_type)
        if form == 0 or oid not in _BINARIES:
            return plain
        if oid == 3802:
            return _behind(b"\x01", plain)
    elif not isinstance(storage, pa.ExtensionArray):
        fast = _text_by_arrow(storage, sql_type) if form == 0 else _binary_by_numpy(storage, sql_type)
        if fast is not None:
            return fast
    write = _writer(sql_type, form)
    values = storage.to_pylist() if sql_type == "INTERVAL" else to_values(column, sql_type)
    return pa.array([None if v is None else write(v) for v in values], pa.binary())


def _text_by_arrow(column: pa.Array, sql_type: str) -> pa.Array | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = pa.types
    if kinds.is_boolean(column.type):
        return pc.if_else(column, pa.scalar(b"t"), pa.scalar(b"f"))
    if kinds.is_integer(column.type) or kinds.is_date(column.type):
        return column.cast(pa.string()).cast(pa.binary())
    if kinds.is_float64(column.type):
        return _plain_numbers(column)
    if kinds.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us"))
        if (_numbers(moments.cast(pa.int64())) % 1_000_000 == 0).all():
            shown = moments.cast(pa.timestamp("s")).cast(pa.string())
        else:
            shown = pc.replace_substring_regex(moments.cast(pa.string()), r"(\.\d*[1-9])0+$|\.0+$", r"\1")
        return (pc.binary_join_element_wise(shown, "+00", "") if column.type.tz else shown).cast(pa.binary())
    return None


def _plain_numbers(column: pa.Array) -> pa.Array | None:
    """Numbers as PostgreSQL writes them, where all are of the size that Arrow writes alike: without exponents."""
    import numpy as np
    import pyarrow as pa

    sizes = np.abs(_numbers(column))
    return column.cast(pa.string()).cast(pa.binary()) if bool(np.all((sizes == 0) | ((sizes >= 1e-4) & (sizes < 1e10)))) else None


def _binary_by_numpy(column: pa.Array, sql_type: str) -> pa.Array | None:
    import numpy as np
    import pyarrow as pa

    kinds = pa.types
    if kinds.is_timestamp(column.type):
        numbers = _numbers(column.cast(pa.timestamp("us")).cast(pa.int64())) - _EPOCH_MICROS
        return _where_valid(column, _fixed(numbers.astype(">i8")))
    if kinds.is_date32(column.type):
        return _where_valid(column, _fixed((_numbers(column.cast(pa.int32())) - _EPOCH_DAYS).astype(">i4")))
    if kinds.is_boolean(column.type):
        return _where_valid(column, _fixed(_numbers(column.cast(pa.uint8())).astype(np.uint8)))
    form = _BINARY_NUMBERS.get(oids.oid_of(sql_type))
    if form is not None and (kinds.is_integer(column.type) or kinds.is_floating(column.type)):
        return _where_valid(column, _fixed(_numbers(column).astype(form)))
    return None


def _numbers(column: pa.Array) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = column.fill_null(0).to_numpy(zero_copy_only=False)
    return found


def _where_valid(column: pa.Array, values: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return values if column.null_count == 0 else pc.if_else(column.is_valid(), values, pa.scalar(None, pa.binary()))


def _fixed(values: np.ndarray[Any, Any]) -> pa.Array:
    import pyarrow as pa

    width = pa.binary(values.dtype.itemsize)
    return pa.Array.from_buffers(width, len(values), [None, pa.py_buffer(values.tobytes())]).cast(pa.binary())


def _lengths(column: pa.Array) -> tuple[np.ndarray[Any, Any], pa.Array]:
    import pyarrow.compute as pc

    lengths: np.ndarray[Any, Any] = pc.binary_length(column).fill_null(-1).to_numpy(zero_copy_only=False)
    return lengths, _fixed(lengths.astype(">i4"))


def _behind(prefix: bytes, column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar(prefix), column, b"")


def joined(column: pa.Array) -> bytes:
    """All values of a column of bytes, one after the other, as they lie in memory."""
    import numpy as np

    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)
    return bytes(memoryview(data)[places[column.offset] : places[column.offset + len(column)]]) if len(column) else b""


# -- one value at a time


def _writer(sql_type: str, form: int) -> Callable[[Any], bytes]:
    if oids.is_array(sql_type):
        element = sql_type.removesuffix("[]")
        write = _writer(element, form)
        if form == 0:
            return lambda values: _text_array(values, write)
        oid = oids.scalar_type(element).oid
        return lambda values: _binary_array(values, write, oid)
    oid = oids.scalar_type(sql_type).oid
    if form == 0:
        write_text = _TEXTS.get(oid, _plain)
        return lambda value: write_text(value).encode()
    return _BINARIES.get(oid, lambda value: _plain(value).encode())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _number(value: Any) -> str:
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        shown = repr(value).removesuffix(".0")
        if 1e15 <= abs(value) < 1e16:  # Python begins to write exponents one digit later
            sign, digits = shown[:-16], shown[-16:]
            return f"{sign}{digits[0]}.{digits[1:]}".rstrip("0").rstrip(".") + "e+15"
        return shown
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _hstore(value: dict[str, str | None]) -> str:
    def quoted(part: str | None) -> str:
        return "NULL" if part is None else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return ", ".join(f"{quoted(k)}=>{quoted(v)}" for k, v in value.items())


def _moment(value: datetime) -> str:
    shown = value.replace(tzinfo=None).isoformat(sep=" ")
    return f"{shown}+00" if value.tzinfo else shown


def _interval(value: Any) -> str:
    years, months = int(value.months / 12), value.months - 12 * int(value.months / 12)
    words = [f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in ((years, "year"), (months, "mon"), (value.days, "day")) if n]
    micros = value.nanoseconds // 1000
    if micros or not words:
        seconds, rest = divmod(abs(micros), 1_000_000)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" + (f".{rest:06}".rstrip("0") if rest else "")
        words.append(f"-{clock}" if micros < 0 else clock)
    return " ".join(words)


_TEXTS: dict[int, Callable[[Any], str]] = {
    16: lambda value: "t" if value else "f",
    17: lambda value: "\\x" + bytes(value).hex(),
    700: _number,
    701: _number,
    1083: lambda value: value.isoformat() if isinstance(value, time) else _plain(value),
    1114: _moment,
    1184: _moment,
    1186: _interval,
    1700: _number,
    3802: _json,
    **dict.fromkeys(_VECTORS, lambda values: " ".join(map(str, values))),
    oids.HSTORE: _hstore,
}


def _text_array(values: list[Any], write: Callable[[Any], bytes]) -> bytes:
    def quoted(value: Any) -> str:
        if value is None:
            return "NULL"
        text = write(value).decode()
        if text and text.upper() != "NULL" and not _QUOTED.intersection(text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return ("{" + ",".join(map(quoted, values)) + "}").encode()


def _binary_array(values: list[Any], write: Callable[[Any], bytes], oid: int, first: int = 1) -> bytes:
    """An array whose elements are counted from `first`."""
    if not values and first:
        return struct.pack("!iii", 0, 0, oid)
    parts = [struct.pack("!iiiii", 1, int(None in values), oid, len(values), first)]
    parts += [_sized(None if value is None else write(value)) for value in values]
    return b"".join(parts)


def _sized(data: bytes | None) -> bytes:
    return struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data


def _binary_numeric(value: Any) -> bytes:
    number = Decimal(value)
    if not number.is_finite():
        return struct.pack("!hhHh", 0, 0, 0xC000 if number.is_nan() else 0xD000 if number > 0 else 0xF000, 0)
    sign, digits, exponent = number.as_tuple()
    scale = max(-int(exponent), 0)
    whole = "".join(map(str, digits)) + "0" * max(int(exponent), 0)
    before, after = (whole[: len(whole) - scale], whole[len(whole) - scale :].rjust(scale, "0")) if scale else (whole, "")
    before = before.rjust(-(-len(before) // 4) * 4, "0")
    after = after.ljust(-(-len(after) // 4) * 4, "0")
    groups = [int((before + after)[n : n + 4]) for n in range(0, len(before) + len(after), 4)]
    weight = len(before) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    return struct.pack(f"!hhHh{len(groups)}h", len(groups), weight if groups else 0, 0x4000 if sign else 0, scale, *groups)


def _binary_hstore(value: dict[str, str | None]) -> bytes:
    parts = [struct.pack("!i", len(value))]
    for key, item in value.items():
        parts += [_sized(key.encode()), _sized(None if item is None else item.encode())]
    return b"".join(parts)


def _binary_moment(value: datetime) -> bytes:
    since = value.replace(tzinfo=None) - datetime(2000, 1, 1)
    return struct.pack("!q", (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _binary_time(value: time) -> bytes:
    return struct.pack("!q", ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond)


def _network(value: Any, *, is_cidr: bool) -> bytes:
    """An address and its network's bits: PostgreSQL's families are 2 and 3."""
    found = ip_interface(str(value))
    packed = found.ip.packed
    return bytes([2 if found.version == 4 else 3, found.network.prefixlen, is_cidr, len(packed)]) + packed


_BINARIES: dict[int, Callable[[Any], bytes]] = {
    16: lambda value: b"\x01" if value else b"\x00",
    17: bytes,
    20: lambda value: struct.pack("!q", value),
    21: lambda value: struct.pack("!h", value),
    23: lambda value: struct.pack("!i", value),
    26: lambda value: struct.pack("!I", value),
    700: lambda value: struct.pack("!f", value),
    701: lambda value: struct.pack("!d", value),
    1082: lambda value: struct.pack("!i", (value - date(2000, 1, 1)).days),
    1083: _binary_time,
    1114: _binary_moment,
    1184: _binary_moment,
    1186: lambda value: struct.pack("!qii", value.nanoseconds // 1000, value.days, value.months),
    1700: _binary_numeric,
    650: lambda value: _network(value, is_cidr=True),
    869: lambda value: _network(value, is_cidr=False),
    2950: lambda value: UUID(str(value)).bytes,
    18: lambda value: value.encode()[:1] or b"\0",
    22: lambda values: _binary_array(values, _BINARIES[21], 21, 0),
    24: lambda value: struct.pack("!I", PROCEDURES.get(value, 0)),
    28: lambda value: struct.pack("!I", value),
    30: lambda values: _binary_array(values, _BINARIES[26], 26, 0),
    3802: lambda value: b"\x01" + _json(value).encode(),
    oids.HSTORE: _binary_hstore,
}
