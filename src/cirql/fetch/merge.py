"""Many async iterators as one: bounded concurrency, back-pressure, and nothing left running when the reader stops."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Generic, TypeVar

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

    feeder = _fed(feed(), lambda: results.put_nowait(None))
    try:
        while (result := await results.get()) is not None:
            room.release()
            yield result[0]
        _raise_first(feeder)
    finally:
        feeder.cancel()
        await asyncio.wait([feeder])


def _fed(feeding: Coroutine[Any, Any, None], end: Callable[[], None]) -> asyncio.Task[None]:
    """The task of a feeder, which tells its end. Its error counts as seen: whoever reads may be gone, and asyncio would print it."""

    def ended(feeder: asyncio.Task[None]) -> None:
        end()
        if not feeder.cancelled():
            feeder.exception()

    feeder = asyncio.create_task(feeding)
    feeder.add_done_callback(ended)
    return feeder


HELD = 256
"""How many results may wait for those that stand before them."""


class _Lane(Generic[U]):
    """What one item has given that has not been handed on."""

    __slots__ = ("ended", "values")

    def __init__(self) -> None:
        self.values: deque[U] = deque()
        self.ended = False


class _Line(Generic[U]):
    """The items under way, in order, and what waits of each."""

    def __init__(self, held: int) -> None:
        self._lanes: OrderedDict[_Lane[U], None] = OrderedDict()
        self._room = asyncio.Semaphore(held)
        self._changed = asyncio.Event()
        self._is_over = False

    def join(self) -> _Lane[U]:
        """A place at its end."""
        lane = _Lane[U]()
        self._lanes[lane] = None
        return lane

    async def put(self, lane: _Lane[U], value: U) -> None:
        """Let a value wait, once there is room."""
        await self._room.acquire()
        lane.values.append(value)
        self._changed.set()

    def leave(self, lane: _Lane[U]) -> None:
        """Nothing more comes of that item."""
        lane.ended = True
        self._drop(lane)
        self._changed.set()

    def end(self) -> None:
        """Nothing more comes at all."""
        self._is_over = True
        self._changed.set()

    def _drop(self, lane: _Lane[U]) -> None:
        if lane.ended and not lane.values:
            self._lanes.pop(lane, None)

    async def next(self, patience: float) -> tuple[U] | None:
        """The value whose turn it is; None after the last."""
        due = math.inf
        while True:
            self._changed.clear()
            if (lane := self._turn()) is not None:
                value = lane.values.popleft()
                self._drop(lane)
                self._room.release()
                return (value,)
            if self._is_over:
                return None
            now = asyncio.get_running_loop().time()
            due = min(due, now + patience) if any(lane.values for lane in self._lanes) else math.inf
            if not await _within(self._changed, due - now):
                self._lanes.move_to_end(next(iter(self._lanes)))
                due = math.inf

    def _turn(self) -> _Lane[U] | None:
        """Whose value is handed on: that of the first in line or, where no more can wait or come, the first that there is."""
        anyone = self._is_over or self._room.locked()
        waiting = (lane for lane in self._lanes if lane.values or not anyone)
        first = next(waiting, None)
        return first if first is not None and first.values else None


async def in_order(
    source: AsyncIterable[T], spread: Callable[[T], AsyncIterator[U]], limit: int, patience: float = math.inf, held: int = HELD
) -> AsyncGenerator[U]:
    """Like `flat_map`, in the order of `source`, wherever that costs next to nothing: work goes on just as far, only handing on waits.

    An item that has had nothing to give for `patience` seconds, while others had, goes to the end of the line; and
    with `held` results waiting, the next one that is there is handed on, whoever it is from.
    """
    line, under_way = _Line[U](held), asyncio.Semaphore(limit)

    async def work(item: T, lane: _Lane[U]) -> None:
        try:
            async for value in spread(item):
                await line.put(lane, value)
        finally:
            line.leave(lane)
            under_way.release()

    async def feed() -> None:
        async with asyncio.TaskGroup() as group:
            async for item in source:
                await under_way.acquire()
                group.create_task(work(item, line.join()))

    feeder = _fed(feed(), line.end)
    try:
        while (result := await line.next(patience)) is not None:
            yield result[0]
        _raise_first(feeder)
    finally:
        feeder.cancel()
        await asyncio.wait([feeder])


async def _within(changed: asyncio.Event, seconds: float) -> bool:
    """Wait until something has changed; False where nothing did for so long."""
    if math.isinf(seconds):
        return await changed.wait()
    try:
        async with asyncio.timeout(seconds):
            return await changed.wait()
    except TimeoutError:
        return False


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
