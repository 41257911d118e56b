"""A table as an archive, and an archive's versions as physical rows: for copies in files, and between stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.inventory.model import Archive, ScanRecord
from cirql.inventory.versions.kept import KeptVersions
from cirql.sql.quoting import name, text

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


def archive(
    con: duckdb.DuckDBPyConnection, kept: KeptVersions, scans: Iterable[tuple[ScanRecord, frozenset[str] | None]], horizon: int
) -> Archive:
    """All versions of one table, and what its scans answer for."""
    renamed = ", ".join(f"{name(old)} AS {name(new)}" for old, new in NAMES.items())
    own = "".join(f", {name(c)}" for c in kept.types)
    ordered = con.sql(f"SELECT _key, {renamed}{own} FROM ({kept.every(kept.types)}) ORDER BY _account_id, _region, _key, _valid_from")
    return Archive(kept.table, kept.types, kept.column_sets, scans, ordered.to_arrow_reader(BATCH_ROWS), horizon)


def settled(con: duckdb.DuckDBPyConnection, archive: Archive, numbers: Mapping[int, int], scratch: Path) -> str:
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
