"""What one client has asked and what it cost: a line of the log for each statement, and an end where its calls are spent."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cirql.agents.audit import AuditLine, AuditLog
from cirql.errors import Error, TooManyCalls


class AuditLedger:
    """One client's. `most_calls` is what it may send to AWS before it has to connect again; None is no limit."""

    def __init__(self, log: AuditLog, who: str, most_calls: int | None = None) -> None:
        self._log = log
        self._who = who
        self._most = most_calls
        self._sent = 0
        self._written = 0

    def sent(self) -> None:
        """A request is sent to AWS: it counts, however its statement ends."""
        self._sent += 1

    @property
    def calls_left(self) -> int | None:
        """How many requests the client may still send; None is no limit."""
        return None if self._most is None else max(self._most - self._sent, 0)

    def begin(self, *, is_free: bool = False) -> AuditEntry:
        """A statement begins. Raises TooManyCalls where the client has none left, unless it sends none (`is_free`)."""
        if not is_free and self._most is not None and self._sent >= self._most:
            raise TooManyCalls(f"this connection has sent {self._sent} requests of the {self._most} it may", hint="connect again")
        return AuditEntry(self)

    def write(self, sql: str, seconds: float, rows: int, changes: int, error: str) -> None:
        """Write a line, with the requests that no line before it has. Raises FileUnreadable."""
        calls, self._written = self._sent - self._written, self._sent
        arguments = {"sql": sql}
        self._log.write(AuditLine(datetime.now(UTC), self._who, "statement", arguments, round(seconds * 1000), calls, rows, changes, error))


class AuditEntry:
    """One statement, until it has ended: written once."""

    def __init__(self, ledger: AuditLedger) -> None:
        self._ledger = ledger
        self._started = time.monotonic()
        self._is_written = False

    def end(self, sql: str, *, rows: int = 0, changes: int = 0, error: BaseException | None = None) -> None:
        """It has ended. Raises FileUnreadable."""
        if self._is_written:
            return
        self._is_written = True
        said = "" if error is None else f"{type(error).__name__} {error.sqlstate}" if isinstance(error, Error) else type(error).__name__
        self._ledger.write(sql, time.monotonic() - self._started, rows, changes, said)
