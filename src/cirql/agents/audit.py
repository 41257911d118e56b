"""AuditLog: a line of JSON for each call of a tool: who asked what, and what it cost. No row, and no value of a secret, is ever in it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cirql.changes.masking import told_statement
from cirql.errors import FileUnreadable
from cirql.startup.records import dataclass

_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One call, when it has ended. `error` is its class and SQLSTATE: messages may quote values."""

    time: datetime
    who: str
    tool: str
    arguments: Mapping[str, Any]
    milliseconds: int
    calls: int
    rows: int
    changes: int
    error: str

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "time": self.time.isoformat(timespec="milliseconds"),
            "who": self.who,
            "tool": self.tool,
            "arguments": {name: _told(value) for name, value in self.arguments.items()},
            "milliseconds": self.milliseconds,
            "calls": self.calls,
            "rows": self.rows,
            "changes": self.changes,
            **({"error": self.error} if self.error else {}),
        }


def _told(value: Any) -> Any:
    return told_statement(value)[:_LONGEST] if isinstance(value, str) else value if isinstance(value, int | float) else "…"


class AuditLog:
    """Appends lines to a file that is its owner's alone (0600), or to none."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises FileUnreadable where the file cannot be opened for writing."""
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        if path is not None:
            try:
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise FileUnreadable(f"the log of calls cannot be written to {path}: {error.strerror or error}") from None

    def write(self, line: AuditLine) -> None:
        """Write a line, whole. Raises FileUnreadable: a call that cannot be told of is not answered."""
        if self._descriptor is None:
            return
        data = (json.dumps(line.to_json()) + "\n").encode("ascii")  # else U+2028 in an argument would begin a line of its own
        with self._lock:
            try:
                os.write(self._descriptor, data)
            except OSError as error:
                raise FileUnreadable(f"the log of calls cannot be written: {error.strerror or error}") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
