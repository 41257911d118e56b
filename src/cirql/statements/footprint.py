"""How much memory the process holds: the backstop of `memory` for what the engine takes without counting it (lists that grow, for one)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_STATM = Path("/proc/self/statm")
_SLACK = 256 * 1024 * 1024
_PAUSE = 0.1
After = Callable[[float, Callable[[], None]], object]
"""Does something so many seconds later."""


def resident() -> int | None:
    """Bytes of memory that the process has; None where the system does not say."""
    import resource

    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def watch(memory: int, after: After, exceeded: Callable[[], None], is_over: Callable[[], bool]) -> None:
    """Look now and then, until it is over; `exceeded` is called once the process has grown by far more than `memory`.

    What others do in the process counts too, so the slack is large: an innocent statement may be stopped, one without end never goes on.
    """
    before = resident()
    if before is None:
        return

    def look() -> None:
        if is_over():
            return
        now = resident()
        if now is not None and now - before > 2 * memory + _SLACK:
            exceeded()
            return
        after(_PAUSE, look)

    after(_PAUSE, look)
