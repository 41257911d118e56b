"""The scan log of a store on Iceberg: with it, which snapshot of each table counts, and the files that readers may still need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cirql.inventory.scan_log import ScanLog

OWN = """
CREATE TABLE heads(tbl TEXT PRIMARY KEY, snapshot INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE garbage(file TEXT PRIMARY KEY, tbl TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
"""


class Heads(ScanLog):
    """The log, and the snapshots that count: what an Iceberg table has beyond that was never reported as kept."""

    own: ClassVar[str] = OWN

    def tables(self) -> list[str]:
        """The tables with rows or scans."""
        return [t for (t,) in self._sql.execute("SELECT tbl FROM heads UNION SELECT tbl FROM scans ORDER BY 1")]

    def head(self, table: str) -> int | None:
        """The snapshot of a table that counts; None before it has any rows."""
        row = self._sql.execute("SELECT snapshot FROM heads WHERE tbl = ?", (table,)).fetchone()
        return None if row is None else int(row[0])

    def put_head(self, table: str, snapshot: int) -> None:
        """Let a snapshot count."""
        self._sql.execute("INSERT INTO heads VALUES (?, ?) ON CONFLICT (tbl) DO UPDATE SET snapshot = excluded.snapshot", (table, snapshot))

    def add_garbage(self, table: str, files: Iterable[str], now: int) -> None:
        """Note files that no snapshot that counts has any more."""
        self._sql.executemany(
            "INSERT INTO garbage VALUES (?, ?, ?) ON CONFLICT (file) DO UPDATE SET tbl = excluded.tbl, since = excluded.since",
            [(f, table, now) for f in files],
        )

    def garbage(self, before: int) -> dict[str, list[str]]:
        """Files that stopped counting before a moment, by table."""
        found: dict[str, list[str]] = {}
        for file, table in self._sql.execute("SELECT file, tbl FROM garbage WHERE since <= ?", (before,)):
            found.setdefault(table, []).append(file)
        return found

    def forget_garbage(self, files: Iterable[str]) -> None:
        """Drop the note of files that are gone."""
        self._sql.executemany("DELETE FROM garbage WHERE file = ?", [(f,) for f in files])
