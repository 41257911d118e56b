"""Many async iterators as one: bounded concurrency, back-pressure, and nothing left running when the reader stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def flat_map(source: AsyncIterable[T], spread: Callable[[T], AsyncIterator[U]], limit: int) -> AsyncGenerator[U]:
    """What `spread` gives for every item of `source`, as it comes, with at most `limit` items under way.

    The first exception stops the rest and is raised. Closing the generator cancels everything it started.
    """
    results: asyncio.Queue[tuple[U] | BaseException | None] = asyncio.Queue(maxsize=max(2, limit))
    room = asyncio.Semaphore(limit)
    running: set[asyncio.Task[None]] = set()

    async def work(item: T) -> None:
        try:
            async for value in spread(item):
                await results.put((value,))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # handed to the reader, which raises it
            await results.put(error)
        finally:
            room.release()

    async def feed() -> None:
        try:
            async for item in source:
                await room.acquire()
                task = asyncio.create_task(work(item))
                running.add(task)
                task.add_done_callback(running.discard)
            while running:
                await asyncio.wait(set(running))
            await results.put(None)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # handed to the reader, which raises it
            await results.put(error)

    feeder = asyncio.create_task(feed())
    try:
        while True:
            result = await results.get()
            if result is None:
                return
            if isinstance(result, BaseException):
                raise result
            yield result[0]
    finally:
        left = [feeder, *running]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def each(items: list[T]) -> AsyncIterator[T]:
    """A list as an async iterator."""
    for item in items:
        yield item
