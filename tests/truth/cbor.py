"""CBOR as AWS's protocol uses it (RFC 8949): values to bytes; botocore reads them back."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.parsers import RpcV2CBORParser

_TEXT, _BYTES, _LIST, _MAP, _TAG = 0x60, 0x40, 0x80, 0xA0, 0xC0


def encode(value: Any) -> bytes:
    """A value in CBOR; moments are seconds since 1970 under tag 1."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0x00, value) if value >= 0 else _head(0x20, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, datetime):
        return _head(_TAG, 1) + encode(value.timestamp())
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, Mapping):
        return _head(_MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return _head(_LIST, len(value)) + b"".join(encode(v) for v in value)
    data = str(value).encode()
    return _head(_TEXT, len(data)) + data


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major | size])
    for extra, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if size < limit:
            return bytes([major | extra]) + struct.pack(form, size)
    return bytes([major | 27]) + struct.pack(">Q", size)


def decode(data: bytes) -> Any:
    """The value in these bytes; an empty body is an empty map."""
    return RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(data))) if data else {}
