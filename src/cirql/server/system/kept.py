"""PostgreSQL's catalog on disk: the contents of its tables, whole, for the next server of the same catalog.

Reading 94,000 columns out of the compiled catalog takes seconds of a processor; reading them back from here takes a third of one.
It is a copy that can be made again: one that is missing, old or broken is nothing but work to do, and is never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from cirql.server.system.definitions import stored_tables

_SOURCES = (
    "contents.py",
    "definitions.py",
    "postgres.txt",
    "standard.py",
    "standard.txt",
    "fixed.py",
    "columns.py",
    "../pg_types.py",
    "../oids.py",
    "../../introspection/steampipe.py",
    "../../introspection/directory.py",
)
"""What decides what is in the tables, beside the catalog."""
_PREFIX = "system-"
_MOST = 3
"""Copies: of catalogs that are used side by side. Six megabytes each."""


class KeptContents:
    """The copy for one catalog, in a directory where what can be made again is kept."""

    def __init__(self, home: Path, catalog: str) -> None:
        """`catalog` is the catalog's version in words."""
        digest = hashlib.blake2b(catalog.encode(), digest_size=10)
        for name in _SOURCES:
            digest.update((Path(__file__).parent / name).read_bytes())
        self._home = home
        self._folder = home / f"{_PREFIX}{digest.hexdigest()}"

    def read(self, connection: Any) -> bool:
        """Fill the empty tables of a DuckDB; whether there was a copy. Without one they stay empty."""
        import duckdb
        import pyarrow as pa

        if not self._folder.is_dir():
            return False
        try:
            connection.execute("BEGIN")
            for table in stored_tables():
                # Read, not mapped: a file that is cut short under a map ends the process.
                with pa.OSFile(str(self._folder / f"{table}.arrow")) as file:
                    connection.register("incoming", pa.ipc.open_file(file).read_all())
                connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
                connection.unregister("incoming")
            connection.execute("COMMIT")
        except (OSError, pa.ArrowException, duckdb.Error):
            with contextlib.suppress(duckdb.Error):
                connection.execute("ROLLBACK")
            return False
        return True

    def write(self, tables: dict[str, Any]) -> None:
        """Keep tables for the next server, and drop those that are oldest. Where they cannot be kept, they are not."""
        import pyarrow as pa

        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with contextlib.suppress(OSError):
            self._home.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="new-", dir=self._home))
            try:
                for name, rows in tables.items():
                    with pa.ipc.new_file(str(folder / f"{name}.arrow"), rows.schema, options=options) as out:
                        out.write_table(rows)
                if self._folder.exists():  # it was broken
                    self._folder.rename(folder / "broken")
                folder.rename(self._folder)
                copies = sorted(self._home.glob(f"{_PREFIX}*"), key=lambda p: p.stat().st_mtime, reverse=True)
                for old in copies[_MOST:]:
                    shutil.rmtree(old, ignore_errors=True)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
