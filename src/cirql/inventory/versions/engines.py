"""The DuckDB instances of a store: in memory, opened when first needed, spilling to the store's workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.startup.imports import import_duckdb

if TYPE_CHECKING:
    import duckdb


class StoreEngine:
    """One DuckDB, whose cursors any thread may take. `spill` makes its directory and gives it when the instance is opened.

    Every thread that sorts or writes Parquet holds buffers that cannot be spilled, so what rewrites whole tables within a memory limit
    does it with one thread: the work is bound by Python's side, and four threads run out of 512 MB at a million rows.
    """

    def __init__(self, spill: Callable[[], Path], memory: str, threads: int | None = None) -> None:
        self._spill = spill
        self._memory = memory
        self._threads = threads
        self._guard = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of the caller's own, to close after use."""
        with self._guard:
            if self._instance is None:
                self._instance = self._open()
            cursor = self._instance.cursor()
        # These two are per connection: a cursor does not inherit them.
        for setting in ("TimeZone = 'UTC'", "parquet_metadata_cache = true"):
            cursor.execute(f"SET {setting}").fetchall()
        return cursor

    def close(self) -> None:
        """Close the instance, if there is one; another cursor opens another."""
        with self._guard:
            if self._instance is not None:
                self._instance.close()
                self._instance = None

    def _open(self) -> duckdb.DuckDBPyConnection:
        library = import_duckdb()
        spill = str(self._spill()).replace("'", "''")
        settings = ["preserve_insertion_order = false", f"memory_limit = '{self._memory}'", f"temp_directory = '{spill}'"]
        settings += ["enable_progress_bar = false"] + ([] if self._threads is None else [f"threads = {self._threads}"])
        instance: duckdb.DuckDBPyConnection = library.connect(":memory:")
        for setting in settings:
            instance.execute(f"SET {setting}").fetchall()
        return instance
