"""A table as an archive, and an archive as a table: for copies in files, and between stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import InterfaceError
from cirql.inventory.coverage import Claim
from cirql.inventory.embedded.index import Index, Segment
from cirql.inventory.embedded.segments import Contents, Reader, Writer, register_closures
from cirql.inventory.embedded.versions import every_version
from cirql.inventory.model import Archive
from cirql.sql.quoting import name, text
from cirql.startup.records import replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb

BATCH_ROWS = 20_480
NAMES = {
    "$account": "_account_id",
    "$region": "_region",
    "$from": "_valid_from",
    "$to": "_valid_to",
    "$known": "_known",
    "$got": "_got",
    "$oldest": "_oldest",
}


def archive(con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents, index: Index) -> Archive:
    """All versions of one table, and what its scans answer for."""
    register_closures(con, contents.closures)
    versions = every_version(reader, contents, contents.types)
    renamed = ", ".join(f"{name(old)} AS {name(new)}" for old, new in NAMES.items())
    own = "".join(f", {name(c)}" for c in contents.types)
    ordered = con.sql(f"SELECT _key, {renamed}{own} FROM ({versions}) ORDER BY _account_id, _region, _key, _valid_from")
    still = {c.scan.id: c.columns for c in index.claims(contents.table)}
    scans = [(scan, still.get(scan.id)) for scan in index.scans(contents.table)]
    return Archive(
        contents.table, contents.types, contents.column_sets, scans, ordered.to_arrow_reader(BATCH_ROWS), index.setting("horizon") or 0
    )


def restore(con: duckdb.DuckDBPyConnection, writer: Writer, index: Index, archive: Archive, scratch: Path) -> None:
    """Write an archive's versions as segments, and make them count with its scans. Raises InterfaceError where the table is there."""
    if archive.table in index.tables():
        raise InterfaceError(f"the inventory already holds {archive.table}", hint="import into a new store")
    present = {columns: i for i, columns in index.column_sets().items()}
    first = max(present.values(), default=0) + 1
    fresh = [columns for columns in archive.column_sets.values() if columns not in present]
    numbers = present | {columns: first + n for n, columns in enumerate(fresh)}
    rows = _settled(con, archive, {i: numbers[columns] for i, columns in archive.column_sets.items()}, scratch)
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


def _settled(con: duckdb.DuckDBPyConnection, archive: Archive, numbers: Mapping[int, int], scratch: Path) -> str:
    """SQL for the versions in physical columns, their column sets renumbered, from a file: they can be read only once as they come."""
    con.register("archived", archive.versions)
    try:
        con.execute(f"COPY (SELECT * FROM archived) TO {text(str(scratch))} (FORMAT parquet, COMPRESSION lz4_raw)").fetchall()
    finally:
        con.unregister("archived")
    back = ", ".join(f"{name(new)} AS {name(old)}" for old, new in NAMES.items() if old not in ("$known", "$got"))
    cases = " ".join(f"WHEN {old} THEN {new}" for old, new in numbers.items()) or "WHEN 0 THEN 0"
    sets = ", ".join(f"CAST(CASE {NAMES[c]} {cases} END AS INTEGER) AS {name(c)}" for c in ("$known", "$got"))
    own = "".join(f", {name(c)}" for c in archive.columns)
    return f"SELECT _key, {back}, {sets}{own} FROM read_parquet({text(str(scratch))})"


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
