"""What was typed, kept in a file of the user's own: a JSON text on each line, appended as it comes, so that a kill loses only the last.

Secrets are not kept. What asks is written down at once; what changes something when it has ended, without what its changes hold in
confidence, and where nobody knows what that would be (it failed before it was planned), without any of its texts. In the session's own
memory everything stays as it was typed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.history import History

from cirql.changes.masking import without_secrets
from cirql.completion.confidential import may_hold_secrets, without_texts

if TYPE_CHECKING:
    from cirql.changes.model import Change


class StatementHistory(History):
    """The history of all sessions of a user, the newest last. Without a path it is this session's alone."""

    def __init__(self, path: Path | None, most: int) -> None:
        super().__init__()
        self._path = path if most else None
        self._most = most
        self._waiting: list[str] = []

    def load_history_strings(self) -> Iterable[str]:
        """What was typed before, the newest first."""
        entries = _read(self._path)
        if self._path is not None and len(entries) > 2 * self._most:
            _write_anew(self._path, entries[-self._most :])
        return reversed(entries[-self._most :])

    def store_string(self, string: str) -> None:
        """Write an entry down, or wait with it until `settle`."""
        if may_hold_secrets(string):
            self._waiting.append(string)
        else:
            self._append(string)

    def settle(self, changes: Sequence[Change] = ()) -> None:
        """Write down what waits; `changes` are those that it made, where they are known."""
        for text in self._waiting:
            self._append(without_secrets(text, changes) if changes else without_texts(text))
        self._waiting.clear()

    def _append(self, text: str) -> None:
        if self._path is None:
            return
        with suppress(OSError):  # A history that cannot be kept is no reason not to answer.
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, (json.dumps(text) + "\n").encode())
            finally:
                os.close(descriptor)


def _read(path: Path | None) -> list[str]:
    """The entries of a file, the oldest first; lines that a kill has cut short are left out."""
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
            if isinstance(entry, str):
                entries.append(entry)
    return entries


def _write_anew(path: Path, entries: Iterable[str]) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    with suppress(OSError):
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries)
        unfinished.replace(path)
