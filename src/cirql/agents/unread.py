"""Messages that cannot be read are answered: a client that waits for what nobody understood would wait for ever.

The protocol's SDK drops a line of stdin that is no message, and its readers stop at some 200 levels of nesting: a call can be one.
"""

from __future__ import annotations

import json
import re
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

_ID = re.compile(r'"id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,200}")')


class AnsweredStream:
    """What comes in, as the server reads it; what is no message is answered on the way out, with the id that it has."""

    def __init__(self, reading: Any, writing: Any) -> None:
        self._reading, self._writing = reading, writing

    @property
    def last_context(self) -> Any:
        """The sender's context of the last message."""
        return getattr(self._reading, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while True:
            item: SessionMessage | Exception = await self._reading.receive()
            if not isinstance(item, ValidationError):
                return item
            await self._writing.send(SessionMessage(_answer(item)))

    async def aclose(self) -> None:
        """Nothing more is read."""
        await self._reading.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


def _answer(error: ValidationError) -> JSONRPCError:
    first = error.errors(include_url=False)[0]
    if first["type"] != "json_invalid":
        asked = first["input"].get("id") if isinstance(first["input"], dict) else None
        known = asked if isinstance(asked, (int, str)) and not isinstance(asked, bool) else None
        return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=INVALID_REQUEST, message="that is no message of the protocol"))
    found = _ID.search(str(first["input"]))
    is_deep = "recursion" in first["msg"]
    said = "the message is nested too deeply" if is_deep else "the message is not JSON"
    known = json.loads(found.group(1)) if found is not None and is_deep else None
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=PARSE_ERROR, message=said))
