"""One client's socket: whole messages in, bytes out no faster than they are taken, and word at once when the client has gone."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from cirql.errors import ProtocolViolation
from cirql.server.messages import MAX_MESSAGE, MAX_START

_ENOUGH = 1 << 20
"""Bytes that wait to be read: beyond them the client has to."""


class Wire(asyncio.Protocol):
    """All of it on the server's event loop."""

    def __init__(self, connected: Callable[[Wire], None]) -> None:
        self.gone: Callable[[], None] = lambda: None
        """Called when the client has gone, or has closed its side."""
        self.is_gone = False
        self._connected = connected
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._wants = 0

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio calls it; again once TLS is spoken."""
        is_first, self._transport = self._transport is None, cast("asyncio.Transport", transport)
        if is_first:
            self._connected(self)

    def data_received(self, data: bytes) -> None:
        """As asyncio calls it."""
        self._buffer += data
        if len(self._buffer) > max(_ENOUGH, self._wants) and self._transport is not None:
            self._transport.pause_reading()
        self._arrived.set()

    def eof_received(self) -> bool:
        """As asyncio calls it: nobody speaks this protocol with one side closed."""
        self._leave()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio calls it."""
        self._leave()

    def pause_writing(self) -> None:
        """As asyncio calls it."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """As asyncio calls it."""
        self._may_write.set()

    def _leave(self) -> None:
        if not self.is_gone:
            self.is_gone = True
            self._arrived.set()
            self._may_write.set()
            self.gone()

    # -- reading

    async def start_packet(self) -> bytes:
        """The body of a message without a kind, as the first ones are. Raises ConnectionError, ProtocolViolation."""
        (length,) = struct.unpack("!i", await self._take(4))
        if not 8 <= length <= MAX_START:
            raise ProtocolViolation(f"a start-up packet cannot have a length of {length}")
        return await self._take(length - 4)

    async def message(self, most: int = MAX_MESSAGE) -> tuple[bytes, bytes]:
        """The next message: its kind and its body. Raises ConnectionError, ProtocolViolation."""
        head = await self._take(5)
        (length,) = struct.unpack("!i", head[1:])
        if not 4 <= length <= most:
            raise ProtocolViolation(f"a message cannot have a length of {length}")
        return head[:1], await self._take(length - 4)

    async def _take(self, count: int) -> bytes:
        self._wants = count
        while len(self._buffer) < count:
            if self.is_gone:
                raise ConnectionResetError("the client has gone")
            self._arrived.clear()
            self._go_on()
            await self._arrived.wait()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._wants = 0
        if len(self._buffer) <= _ENOUGH:
            self._go_on()
        return data

    def _go_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # -- writing

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait while too many are on their way. Raises ConnectionError."""
        if self.is_gone or self._transport is None:
            raise ConnectionResetError("the client has gone")
        self._transport.write(data)
        await self._may_write.wait()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on. Raises ConnectionError, OSError (ssl.SSLError), ProtocolViolation."""
        if self._buffer:  # what came before TLS could be anybody's
            raise ProtocolViolation("data came before the encryption that was asked for")
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(self._transport, self, context, server_side=True)
        if transport is None:
            raise ConnectionResetError("the client has gone")
        self._transport = transport

    @property
    def address(self) -> str:
        """Where the client is."""
        peer = self._transport.get_extra_info("peername") if self._transport is not None else None
        return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "?"

    def close(self) -> None:
        """Send what is on its way, and hang up."""
        if self._transport is not None:
            with suppress(RuntimeError):  # the loop may have ended
                self._transport.close()

    def abort(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()
