"""Garbage: Python looks for none while a large answer is read, or a statement planned.

A tree of a hundred thousand elements makes the collector of cycles run hundreds of times, now and then over everything that the process
holds, and an answer under way has no cycles. It took longer than reading did. The trees of a statement are full of cycles, and live until
its plan is there: looking for garbage among them finds none, and took a tenth of the planning.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = 50_000
"""Bytes of an answer from which the pause is worth it."""


@contextmanager
def uncollected(size: int) -> Iterator[None]:
    """No collection of cycles inside, where an answer of so many bytes is large and nobody else has switched it off."""
    if size < LARGE:
        yield
        return
    with resting():
        yield


@contextmanager
def resting() -> Iterator[None]:
    """No collection of cycles inside, where nobody else has switched it off."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
