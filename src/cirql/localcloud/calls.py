"""The log of calls that a local AWS got: what tests and `--stats` are checked against."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cirql.startup.records import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ServedCall:
    """One HTTP request as the local AWS understood it.

    `time` is seconds since the epoch; `service` and `operation` are botocore's names; `status` is the HTTP status, 0 where
    no answer was sent; `fault` is the kind of the fault that shaped the answer, or None.
    """

    time: float
    account: str
    region: str
    service: str
    operation: str
    status: int
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dict, for the control interface."""
        return asdict(self)


class CallLog:
    """Calls in the order in which they were answered. Iterates over a snapshot, and is safe to use from any thread."""

    def __init__(self) -> None:
        self._calls: list[ServedCall] = []
        self._lock = threading.Lock()
        self.cleared = 0
        """How often it was cleared: what arrived before the last time is not the next reader's."""

    def add(self, call: ServedCall, cleared: int) -> None:
        """Append a call that arrived when the log had been cleared so often; nothing where it was cleared since."""
        with self._lock:
            if cleared == self.cleared:
                self._calls.append(call)

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._calls.clear()
            self.cleared += 1

    def counts(self) -> dict[str, int]:
        """How often each `service:Operation` was asked, as `{"sagemaker:ListImages": 1}`."""
        return dict(Counter(f"{call.service}:{call.operation}" for call in self))

    def __iter__(self) -> Iterator[ServedCall]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> ServedCall:
        return self._calls[index]
