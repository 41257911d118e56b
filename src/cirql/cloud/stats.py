"""Call statistics: what was really sent, counted per statement and for the life of a client; and who is asked before it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cirql.startup.records import dataclass, field


@dataclass(slots=True)
class CallStats:
    """Counts of HTTP requests really sent (a retried call counts each time), and of what came back.

    `calls` counts by `service:Operation`; `bytes` are those of response bodies.
    """

    calls: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    throttles: int = 0
    bytes: int = 0

    @property
    def requests(self) -> int:
        """All requests together."""
        return self.calls.total()

    def to_json(self) -> dict[str, Any]:
        """A plain dict for `--stats`."""
        return {"calls": dict(sorted(self.calls.items())), "retries": self.retries, "throttles": self.throttles, "bytes": self.bytes}


_recordings: ContextVar[tuple[CallStats, ...]] = ContextVar("cirql_call_stats", default=())


@contextmanager
def recording() -> Iterator[CallStats]:
    """Count the calls made inside the block, and in the tasks started inside it, apart from all others."""
    stats = CallStats()
    token = _recordings.set((*_recordings.get(), stats))
    try:
        yield stats
    finally:
        _recordings.reset(token)


def listeners() -> tuple[CallStats, ...]:
    """The recordings that the current task belongs to."""
    return _recordings.get()


Gate = Callable[[], None]
_gates: ContextVar[tuple[Gate, ...]] = ContextVar("cirql_call_gates", default=())


@contextmanager
def gated(gate: Gate) -> Iterator[None]:
    """Ask before each request that is sent inside the block, and in the tasks started inside it: a gate that raises lets none through."""
    token = _gates.set((*_gates.get(), gate))
    try:
        yield
    finally:
        _gates.reset(token)


def pass_gates() -> None:
    """Raise what a gate of the current task raises; the inner ones come first, so that an outer one counts what is sent."""
    for gate in reversed(_gates.get()):
        gate()
