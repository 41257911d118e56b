"""An archive as a table of segments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import InterfaceError
from cirql.inventory.coverage import Claim
from cirql.inventory.embedded.index import Index, Segment
from cirql.inventory.embedded.segments import Writer
from cirql.inventory.model import Archive
from cirql.inventory.versions.transfer import settled
from cirql.startup.records import replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb


def restore(con: duckdb.DuckDBPyConnection, writer: Writer, index: Index, archive: Archive, scratch: Path) -> None:
    """Write an archive's versions as segments, and make them count with its scans. Raises InterfaceError where the table is there."""
    if archive.table in index.tables():
        raise InterfaceError(f"the inventory already holds {archive.table}", hint="import into a new store")
    present = {columns: i for i, columns in index.column_sets().items()}
    first = max(present.values(), default=0) + 1
    fresh = [columns for columns in archive.column_sets.values() if columns not in present]
    numbers = present | {columns: first + n for n, columns in enumerate(fresh)}
    rows = settled(con, archive, {i: numbers[columns] for i, columns in archive.column_sets.items()}, scratch)
    segments = list(_halves(con, writer, index, archive, rows))
    places = con.sql(f'SELECT DISTINCT "$account", "$region" FROM ({rows})').fetchall()
    with index.commit():
        index.add_column_sets((numbers[columns], columns) for columns in fresh)
        for segment in segments:
            index.add_segment(segment)
        for scan, claimed in archive.scans:
            numbered = replace(scan, id=index.next_id("scan"))
            index.add_scan(numbered)
            if claimed is not None:
                index.put_claims([Claim(numbered, claimed)])
        for account, region in places:
            index.touch(archive.table, (account, region), index.setting("last_scan") or 0)
        index.put_setting("horizon", max(archive.horizon, index.setting("horizon") or 0))


def _halves(con: duckdb.DuckDBPyConnection, writer: Writer, index: Index, archive: Archive, rows: str) -> list[Segment]:
    """The versions that are open and those that ended, each a segment where there are any."""
    found = []
    types: dict[str, ColumnType] = dict(archive.columns)
    for ended in (False, True):
        half = f'SELECT * FROM ({rows}) WHERE "$to" IS {"NOT " if ended else ""}NULL'
        count = con.sql(f"SELECT count(*) FROM ({half})").fetchall()[0][0]
        if count:
            found.append(writer.write(index.next_id("segment"), archive.table, half, count, types, ended=ended))
    return found
