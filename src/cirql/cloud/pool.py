"""A pool of connections to one origin: bounded, fair, and safe to cancel.

Connections are handed out newest first, so that surplus ones grow old and are dropped. Waiters are served in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Generic, Protocol, TypeVar

IDLE_LIMIT = 20.0
"""Seconds an idle connection is trusted; AWS's load balancers close after 20 to 60."""


class Pooled(Protocol):
    """What the pool asks of a connection."""

    last_used: float

    @property
    def is_reusable(self) -> bool:
        """Whether another request may follow."""
        ...

    def close(self) -> None:
        """Drop it."""
        ...


C = TypeVar("C", bound=Pooled)
Connect = Callable[[], Coroutine[Any, Any, C]]


class Pool(Generic[C]):
    """At most `limit` connections made by `connect`."""

    def __init__(self, connect: Connect[C], limit: int) -> None:
        self._connect = connect
        self._limit = limit
        self._idle: list[C] = []
        self._busy: set[C] = set()
        self._connecting = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def acquire(self, *, fresh: bool = False) -> C:
        """An idle connection, or a new one (`fresh`: always a new one) once the limit allows it."""
        loop = asyncio.get_running_loop()
        if len(self._busy) + self._connecting >= self._limit:
            turn: asyncio.Future[None] = loop.create_future()
            self._waiters.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._connecting -= 1
                    self._wake()
                raise
        else:
            self._connecting += 1
        # From here on this task holds one place in the limit, counted in `_connecting`.
        try:
            connection = None if fresh else self._pop_idle(loop.time())
            if connection is None:
                connection = await self._made(loop)
        except BaseException:
            self._connecting -= 1
            self._wake()
            raise
        self._connecting -= 1
        self._busy.add(connection)
        return connection

    async def _made(self, loop: asyncio.AbstractEventLoop) -> C:
        """A new connection, in a context of its own: it outlives the statement it is made for, and would keep that."""
        making = loop.create_task(self._connect(), context=Context())
        try:
            return await making
        except asyncio.CancelledError:
            making.add_done_callback(_drop)
            raise

    def release(self, connection: C) -> None:
        """Give a connection back; one that cannot be used again is dropped."""
        self._busy.discard(connection)
        if connection.is_reusable and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()
        self._wake()

    def close(self) -> None:
        """Drop every connection."""
        self._closed = True
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()

    def _pop_idle(self, now: float) -> C | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable and now - connection.last_used < IDLE_LIMIT:
                return connection
            connection.close()
        return None

    def _wake(self) -> None:
        """Pass a free place to the first waiter still there."""
        while self._waiters and len(self._busy) + self._connecting < self._limit:
            turn = self._waiters.popleft()
            if not turn.done():
                self._connecting += 1
                turn.set_result(None)


def _drop(making: asyncio.Task[C]) -> None:
    """Close a connection that was made for somebody who has gone."""
    if not making.cancelled() and making.exception() is None:
        making.result().close()
