"""Many async iterators as one: bounded concurrency, back-pressure, and nothing left running when the reader stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def flat_map(source: AsyncIterable[T], spread: Callable[[T], AsyncIterator[U]], limit: int, unread: int = 32) -> AsyncGenerator[U]:
    """What `spread` gives for every item of `source`, as it comes, with at most `limit` items under way and `unread` results waiting.

    The first exception stops the rest and is raised. Closing the generator cancels everything it started.
    """
    results: asyncio.Queue[tuple[U] | None] = asyncio.Queue()
    room, under_way = asyncio.Semaphore(unread), asyncio.Semaphore(limit)

    async def work(item: T) -> None:
        try:
            async for value in spread(item):
                await room.acquire()
                results.put_nowait((value,))
        finally:
            under_way.release()

    async def feed() -> None:
        async with asyncio.TaskGroup() as group:
            async for item in source:
                await under_way.acquire()
                group.create_task(work(item))

    feeder = asyncio.create_task(feed())
    feeder.add_done_callback(lambda _: results.put_nowait(None))
    try:
        while (result := await results.get()) is not None:
            room.release()
            yield result[0]
        _raise_first(feeder)
    finally:
        feeder.cancel()
        await asyncio.wait([feeder])


async def in_waves(source: AsyncGenerator[T], spread: Callable[[T], AsyncGenerator[U]], most: int) -> AsyncGenerator[U]:
    """Like `flat_map`, for a reader that may soon have enough: one item first, then ever more at once, up to `most`.

    Nothing is begun before the reader wants more than the items before it gave. So `LIMIT 5` mostly costs one call, and where few rows
    match, the waves soon run as wide as `flat_map`.
    """
    at_once = 1
    async with aclosing(source) as items:
        while wave := await _take(items, at_once):
            results = spread(wave[0]) if len(wave) == 1 else flat_map(each(wave), spread, at_once, 1)
            async with aclosing(results) as values:
                async for value in values:
                    yield value
            at_once = min(2 * at_once, most)


async def in_blocks(source: AsyncGenerator[list[T]], size: int) -> AsyncGenerator[list[T]]:
    """The items of many lists as lists of that size; what is left over comes last. Holds no more than a list and a block."""
    block: list[T] = []
    async with aclosing(source) as lists:
        async for items in lists:
            block += items
            while len(block) >= size:
                yield block[:size]
                block = block[size:]
    if block:
        yield block


async def _take(source: AsyncIterator[T], count: int) -> list[T]:
    """The next items of an iterator, which stays open for those after them."""
    taken: list[T] = []
    while len(taken) < count:
        try:
            taken.append(await anext(source))
        except StopAsyncIteration:
            break
    return taken


def _raise_first(task: asyncio.Task[None]) -> None:
    """Raise what ended the task, without the groups that nested task groups wrap it in."""
    error = task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error


async def each(items: list[T]) -> AsyncGenerator[T]:
    """A list as an async iterator."""
    for item in items:
        yield item
