"""What ends our own functions over rows in the middle of a value, from another thread.

DuckDB looks whether a statement was interrupted between two batches of 2,048 rows. A function of `vectorised` may be in one batch, or one
value, for as long as it likes, so its statement's number goes with each call, and whoever interrupts the statement raises an error in the
threads that are in one. Python does that between two bytecodes: what takes long in C must have a bound of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
_NUMBERS = count(1)
_AGAIN = 0.5
"""Seconds after which a function that still runs is told again."""
_KNOWN: WeakValueDictionary[int, Interruption] = WeakValueDictionary()


class _Stopped(BaseException):
    """Raised in the middle of a function. No function that means to handle errors of its own takes it for one."""


class Interruption:
    """One statement's functions that are under way. `number` tells the statement in each call."""

    def __init__(self) -> None:
        self.number = next(_NUMBERS)
        self._lock = threading.Lock()
        self._inside: dict[int, list[float]] = {}
        _KNOWN[self.number] = self

    def interrupt(self) -> None:
        """End the functions that run now. What begins afterwards is not ended. From any thread; never waits long.

        One that goes on for a while hears it again: an error is lost where it meets what Python calls by the way (finalisers).
        """
        now = monotonic()
        with self._lock:
            for thread, told in list(self._inside.items()):
                if not told or now - told[-1] > _AGAIN:
                    told.append(now)
                    _raise_in(thread, _Stopped)

    def run(self, work: Callable[[], T]) -> T:
        """Do that, unless it is ended: then ValueError."""
        here = threading.get_ident()
        told: list[float] = []
        try:
            with self._lock:
                self._inside[here] = told
            try:
                return work()
            finally:
                with self._lock:
                    self._inside.pop(here, None)
                    if told:  # it may still be on its way, and must not arrive in what comes next
                        _raise_in(here, None)
        except _Stopped:
            self._inside.pop(here, None)
            raise ValueError("the function was interrupted") from None


def interruption(number: int) -> Interruption | None:
    """That of the statement with this number; None once it has ended."""
    return _KNOWN.get(number)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an error in a thread, at its next bytecode; None takes back what has not been raised."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None if error is None else ctypes.py_object(error))
