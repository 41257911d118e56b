"""What one client has asked and what it cost: a line of the log for each statement, and an end where its calls are spent."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cirql.agents.audit import AuditLine, AuditLog
from cirql.errors import Error, TooManyCalls
from cirql.result import Result


class AuditLedger:
    """One client's. `most_calls` is what it may send to AWS before it has to connect again; None is no limit."""

    def __init__(self, log: AuditLog, who: str, most_calls: int | None = None) -> None:
        self._log = log
        self._who = who
        self._most = most_calls
        self._calls = 0

    @property
    def calls_left(self) -> int | None:
        """How many requests the client may still send; None is no limit."""
        return None if self._most is None else max(self._most - self._calls, 0)

    def begin(self) -> AuditEntry:
        """A statement begins. Raises TooManyCalls where the client has none left."""
        if self._most is not None and self._calls >= self._most:
            raise TooManyCalls(f"this connection has sent {self._calls} requests of the {self._most} it may", hint="connect again")
        return AuditEntry(self)

    def write(self, sql: str, seconds: float, calls: int, rows: int, changes: int, error: str) -> None:
        """Count, and write a line. Raises FileUnreadable."""
        self._calls += calls
        arguments = {"sql": sql}
        self._log.write(AuditLine(datetime.now(UTC), self._who, "statement", arguments, round(seconds * 1000), calls, rows, changes, error))


class AuditEntry:
    """One statement, until it has ended: written once."""

    def __init__(self, ledger: AuditLedger) -> None:
        self._ledger = ledger
        self._started = time.monotonic()
        self._is_written = False

    def end(self, sql: str, result: Result | None, *, rows: int = 0, changes: int = 0, error: BaseException | None = None) -> None:
        """It has ended; how well, its result says. Raises FileUnreadable."""
        if self._is_written:
            return
        self._is_written = True
        calls = sum(result.stats.calls.values()) if result is not None else 0
        said = "" if error is None else f"{type(error).__name__} {error.sqlstate}" if isinstance(error, Error) else type(error).__name__
        self._ledger.write(sql, time.monotonic() - self._started, calls, rows, changes, said)
