"""A bounded hand-over of batches from the event loop to the thread in which DuckDB reads them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Channel:
    """Batches in, batches out. The producer waits while `capacity` batches are unread; the reader waits for more.

    Once `stop` is called the producer's next `put` raises CancelledError, and a waiting reader ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity: int = 4) -> None:
        self._loop = loop
        self._capacity = capacity
        self._items: deque[pa.RecordBatch] = deque()
        self._ready = threading.Condition()
        self._room = asyncio.Event()
        self._room.set()
        self._error: BaseException | None = None
        self._ended = False
        self._stopped = False
        self.interrupt: KeyboardInterrupt | None = None

    async def put(self, batch: pa.RecordBatch) -> None:
        """Hand over a batch, after waiting for room."""
        await self._room.wait()
        if self._stopped:
            raise asyncio.CancelledError
        with self._ready:
            self._items.append(batch)
            if len(self._items) >= self._capacity:
                self._room.clear()
            self._ready.notify()

    def end(self, error: BaseException | None = None) -> None:
        """Say that there is no more, and why where it was an error. Called from the event loop."""
        with self._ready:
            self._ended, self._error = True, error
            self._ready.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the producer has said that there is no more."""
        return self._ended

    def stop(self) -> None:
        """Say that nobody reads any more. Called from any thread."""
        with self._ready:
            self._stopped = True
            self._items.clear()
            self._ready.notify_all()
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)

    def batches(self) -> Generator[pa.RecordBatch, None, None]:
        """The batches, for one reader."""
        try:
            while (batch := self._take()) is not None:
                yield batch
        except KeyboardInterrupt as interrupt:
            self.interrupt = interrupt  # DuckDB, which calls this, would turn it into an error of its own
            raise

    def _take(self) -> pa.RecordBatch | None:
        with self._ready:
            while not self._items:
                if self._stopped:
                    return None
                if self._ended:
                    if self._error is not None:
                        raise self._error
                    return None
                self._ready.wait()
            batch = self._items.popleft()
        self._loop.call_soon_threadsafe(self._room.set)
        return batch
