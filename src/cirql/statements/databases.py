"""The DuckDB instances of a runtime that hold nothing of anybody's: statements run in them one after the other, or beside each other.

An instance costs 36 ms, 4 MB and several threads (docs/decisions), so sessions share one; only one with tables of its own, or a statement
with a limit on memory, which DuckDB has for an instance, has one to itself.
"""

from __future__ import annotations

import threading

from cirql.engine import Database, Engine

_IDLE = 4


class Databases:
    """Lends instances. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._common: Database | None = None
        self._idle: list[tuple[int, Database]] = []
        self._closed = False

    def engine(self, memory: int | None) -> Engine:
        """Connections for one statement to an instance that is lent for it; `memory` is the limit of it in bytes."""
        lent = self.lend(memory)
        return Engine(lent, lambda: self.give_back(memory, lent))

    def lend(self, memory: int | None) -> Database:
        """An instance: with a limit on memory one that nobody else uses until it is given back, the common one without."""
        with self._lock:
            if memory is None:
                if self._common is None:
                    self._common = Database()
                return self._common
            for at, (limit, database) in enumerate(self._idle):
                if limit == memory:
                    del self._idle[at]
                    return database
        return Database(memory=memory)

    def give_back(self, memory: int | None, database: Database) -> None:
        """The statement that it was lent to is done with it."""
        if memory is None:
            return
        with self._lock:
            if not self._closed:
                self._idle.append((memory, database))
            surplus = self._idle.pop(0)[1] if len(self._idle) > _IDLE else database if self._closed else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close all that are not lent. Closing twice is fine."""
        with self._lock:
            self._closed = True
            closing = [d for _, d in self._idle] + ([self._common] if self._common is not None else [])
            self._idle.clear()
            self._common = None
        for database in closing:
            database.close()
