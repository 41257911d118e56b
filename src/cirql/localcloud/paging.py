"""Pages of a list, with tokens that say where the next one starts."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import TypeVar

from cirql.localcloud.wire import ServiceError

T = TypeVar("T")


def take_page(items: Sequence[T], size: int, token: str | None, question: str) -> tuple[Sequence[T], str | None]:
    """One page of `items` and the token of the next, or None at the end.

    `question` is everything about the request that must not change between pages. Raises ServiceError for a token
    that is malformed or belongs to another question.
    """
    start = _read_token(token, question) if token else 0
    end = start + size
    return items[start:end], _make_token(end, question) if end < len(items) else None


def _make_token(offset: int, question: str) -> str:
    return base64.b64encode(f"{zlib.crc32(question.encode()):08x}.{offset}".encode()).decode()


def _read_token(token: str, question: str) -> int:
    try:
        mark, _, offset = base64.b64decode(token, validate=True).decode("ascii").partition(".")
        if mark == f"{zlib.crc32(question.encode()):08x}" and offset.isdigit():
            return int(offset)
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise ServiceError("ValidationException", "The NextToken is invalid.")
