"""The event loop on which AWS is asked, in a thread of its own, and the work that other threads give it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Generic, TypeVar

from cirql.errors import InterfaceError

T = TypeVar("T")


class Work(Generic[T]):
    """A coroutine under way on a loop. `result` waits until it has come to rest, cancelled or not: nothing of it goes on afterwards."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        self._loop = loop
        self._task: asyncio.Task[T] | None = None
        self._is_cancelled = False
        self._future: Future[T] = Future()
        loop.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Coroutine[Any, Any, T]) -> None:
        self._task = self._loop.create_task(work)
        self._task.add_done_callback(self._rest)
        if self._is_cancelled:
            self._task.cancel()

    def _rest(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._future.set_exception(CancelledError())
        elif (error := task.exception()) is not None:
            self._future.set_exception(error)
        else:
            self._future.set_result(task.result())

    def result(self) -> T:
        """What it gives. Raises what it raises; concurrent.futures.CancelledError where it was cancelled."""
        return self._future.result()

    def wait(self, seconds: float) -> bool:
        """Wait until it rests; whether it did in time."""
        try:
            self._future.exception(seconds)
        except TimeoutError:
            return False
        return True

    def done(self) -> bool:
        """Whether it rests."""
        return self._future.done()

    def cancel(self) -> None:
        """Cancel it, from any thread. Cancelling again, or what has ended, is fine."""
        self._is_cancelled = True
        if not self._future.done() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


class Loop:
    """An event loop in a daemon thread, started when first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def running(self) -> asyncio.AbstractEventLoop:
        """The loop itself. Raises InterfaceError once it is closed."""
        with self._lock:
            return self._started()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise InterfaceError("the runtime is closed")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="cirql-fetch", daemon=True)
            self._thread.start()
        return self._loop

    @property
    def is_here(self) -> bool:
        """Whether the caller runs on it: whoever does must not wait for it."""
        return self._thread is threading.current_thread()

    def start(self, work: Coroutine[Any, Any, T]) -> Work[T]:
        """Run a coroutine on it, from any thread. Raises InterfaceError once it is closed."""
        with self._lock:
            try:
                return Work(self._started(), work)
            except InterfaceError:
                work.close()
                raise

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """End all that runs on it, wait for the threads that it uses, do what is `last`, and end. Closing twice is fine."""
        with self._lock:  # what was started before is on the loop by now, and ends with the rest
            loop, thread = self._loop, self._thread
            self._loop, self._closed = None, True
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_drain(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _drain(last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    while others := [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    if last is not None:
        await last()
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
