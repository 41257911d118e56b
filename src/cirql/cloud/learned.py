"""Learned rates, kept between processes: what an API was found to allow lately, so that the next process need not look for it.

News has an age: a rate that is older than a day is not looked at, and what is kept is only tried first after a throttle, so that nobody
waits for what was true once. The file is the user's alone, and what cannot be read or written is as if it were not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

LASTING = 86_400.0
"""Seconds for which a rate counts."""
MOST = 2_000
"""Rates in the file: those that were learned last."""
_LARGEST_FILE = 1 << 20

Place = tuple[str, str, str, str]
"""Account, region, service and operation (empty where a service's operations share one limit)."""


class LearnedRates:
    """The rates in one file. `clock` gives seconds since the epoch. Read once, when the first is asked for."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._found: dict[Place, tuple[float, float]] | None = None
        self._new: dict[Place, float] = {}

    def find(self, place: Place) -> float | None:
        """Requests a second that an API was found to allow, where that is not long ago."""
        if self._found is None:
            self._found = self._read()
        known = self._found.get(place)
        return known[0] if known is not None else None

    def learn(self, place: Place, rate: float) -> None:
        """What an API allows, found out by this process."""
        self._new[place] = rate

    def save(self) -> None:
        """Write what this process learned beside what others have written meanwhile."""
        if not self._new:
            return
        now = self._clock()
        rates = self._read() | {place: (rate, now) for place, rate in self._new.items()}
        latest = sorted(rates.items(), key=lambda item: item[1][1])[-MOST:]
        text = json.dumps([[*place, round(rate, 3), round(at)] for place, (rate, at) in latest])
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "w") as file:
                    file.write(text)
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)
        self._new.clear()

    def _read(self) -> dict[Place, tuple[float, float]]:
        try:
            with self._path.open(encoding="utf-8") as file:
                entries = json.loads(file.read(_LARGEST_FILE))
        except (OSError, ValueError, RecursionError):
            return {}
        now = self._clock()
        found = {}
        for entry in entries if isinstance(entries, list) else ():
            if _is_entry(entry) and 0.0 <= now - entry[5] < LASTING:
                account, region, service, operation, rate, at = entry
                found[account, region, service, operation] = (float(rate), float(at))
        return found


def _is_entry(entry: Any) -> bool:
    """Whether something in the file is a rate: a file may have been written by anybody."""
    return (
        isinstance(entry, list)
        and len(entry) == 6
        and all(isinstance(word, str) for word in entry[:4])
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in entry[4:])
        and 0.1 <= entry[4] <= 100_000
    )
