"""Past: the statements that were run in the page, and how each ended, kept in a file of the user's own."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.completion.confidential import may_hold_secrets, without_texts

if TYPE_CHECKING:
    from cirql.web.run import PageRun

_KEPT = 2_000
_SHOWN = 200


class Past:
    """A line of JSON for each statement, the latest last; the rows are never kept. Without a path it lasts as long as the server."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries = _read(path)[-_KEPT:]

    def add(self, run: PageRun) -> None:
        """Take down a statement that has ended."""
        told = run.now()
        sql = without_texts(run.sql) if may_hold_secrets(run.sql) else run.sql
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sql": sql,
            "state": told["state"],
            "complete": told["state"] == "done" and not told.get("failures"),
            "rows": told["rows"],
            "calls": sum(told.get("calls", {}).values()),
            "seconds": told["seconds"],
            "error": told.get("error", {}).get("message", ""),
        }
        with self._lock:
            self._entries.append(entry)
            self._append(entry)

    def find(self, words: str) -> list[dict[str, Any]]:
        """The latest that have all words, the latest first."""
        wanted = words.lower().split()
        with self._lock:
            found = [e for e in reversed(self._entries) if all(w in str(e.get("sql", "")).lower() for w in wanted)]
        return found[:_SHOWN]

    def forget(self) -> None:
        """Let go of all."""
        with self._lock:
            self._entries = []
            if self._path is not None:
                self._path.unlink(missing_ok=True)

    def _append(self, entry: dict[str, Any]) -> None:
        if len(self._entries) > 2 * _KEPT:
            self._entries = self._entries[-_KEPT:]
            self._write("".join(json.dumps(e) + "\n" for e in self._entries), os.O_TRUNC)
        else:
            self._write(json.dumps(entry) + "\n", os.O_APPEND)

    def _write(self, text: str, mode: int) -> None:
        if self._path is None:
            return
        with suppress(OSError):  # A history that cannot be kept is no reason not to answer.
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | mode, 0o600)
            try:
                os.write(descriptor, text.encode())
            finally:
                os.close(descriptor)


def _read(path: Path | None) -> list[dict[str, Any]]:
    """The entries of a file; lines that a kill has cut short are left out."""
    if path is None:
        return []
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return []
    entries = []
    for line in lines:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                entries.append(entry)
    return entries
