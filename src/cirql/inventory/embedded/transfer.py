"""Export and import: one Parquet file of versions per table, and the scan log and column sets as JSON.

Anything that reads Parquet can use the files. Column names: the table's own, `_key`, `_account_id`, `_region`, `_valid_from`,
`_valid_to` (NULL: open), `_known` and `_got` (numbers in `inventory.json`), `_oldest`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.errors import FileUnreadable
from cirql.inventory.coverage import Claim
from cirql.inventory.embedded.index import FORMAT
from cirql.inventory.embedded.segments import Contents, Reader, register_closures
from cirql.inventory.embedded.versions import every_version
from cirql.inventory.model import Partition, ScanRecord, micros, moment
from cirql.quoting import name, text
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb

MANIFEST = "inventory.json"
NAMES = {
    "$account": "_account_id",
    "$region": "_region",
    "$from": "_valid_from",
    "$to": "_valid_to",
    "$known": "_known",
    "$got": "_got",
    "$oldest": "_oldest",
}


@dataclass(frozen=True, slots=True)
class Export:
    """What an export's manifest says."""

    horizon: int
    column_sets: Mapping[int, frozenset[str]]
    tables: Mapping[str, tuple[str, Mapping[str, ColumnType]]]
    scans: Sequence[tuple[ScanRecord, frozenset[str] | None]]


def write_table(con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents, target: Path) -> None:
    """All versions of one table as one Parquet file, by place, key and time."""
    register_closures(con, contents.closures)
    versions = every_version(reader, contents, contents.types)
    renamed = ", ".join(f"{name(old)} AS {name(new)}" for old, new in NAMES.items())
    own = "".join(f", {name(c)}" for c in contents.types)
    con.execute(
        f"COPY (SELECT _key, {renamed}{own} FROM ({versions}) ORDER BY _account_id, _region, _key, _valid_from)"
        f" TO {text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()


def read_table(path: Path, columns: Mapping[str, ColumnType], numbers: Mapping[int, int]) -> str:
    """SQL for an exported table's versions in physical columns, its column sets renumbered."""
    back = ", ".join(f"{name(new)} AS {name(old)}" for old, new in NAMES.items() if old not in ("$known", "$got"))
    cases = " ".join(f"WHEN {old} THEN {new}" for old, new in numbers.items()) or "WHEN 0 THEN 0"
    sets = ", ".join(f"CAST(CASE {NAMES[c]} {cases} END AS INTEGER) AS {name(c)}" for c in ("$known", "$got"))
    own = "".join(f", {name(c)}" for c in columns)
    return f"SELECT _key, {back}, {sets}{own} FROM read_parquet({text(str(path))})"


def write_manifest(directory: Path, export: Export) -> None:
    """The JSON that goes with the tables."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "horizon": export.horizon,
        "column_sets": {str(i): sorted(columns) for i, columns in export.column_sets.items()},
        "tables": {t: {"file": file, "columns": {c: str(k) for c, k in columns.items()}} for t, (file, columns) in export.tables.items()},
        "scans": [_scan_to_json(scan, claimed) for scan, claimed in export.scans],
    }
    (directory / MANIFEST).write_text(json.dumps(document, indent=1), encoding="utf-8")


def read_manifest(directory: Path) -> Export:
    """Read it back. Raises FileUnreadable where it is missing or of another format."""
    try:
        document = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"{directory} holds no inventory export: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileUnreadable(f"{directory / MANIFEST} is not an export that this version of cirql reads")
    return Export(
        horizon=document["horizon"],
        column_sets={int(i): frozenset(columns) for i, columns in document["column_sets"].items()},
        tables={t: (e["file"], {c: ColumnType(k) for c, k in e["columns"].items()}) for t, e in document["tables"].items()},
        scans=[_scan_from_json(entry) for entry in document["scans"]],
    )


def claims_of(scans: Sequence[ScanRecord], claims: Sequence[Claim]) -> list[tuple[ScanRecord, frozenset[str] | None]]:
    """Each scan with what it still answers for."""
    still = {c.scan.id: c.columns for c in claims}
    return [(scan, still.get(scan.id)) for scan in scans]


def _scan_to_json(scan: ScanRecord, claimed: frozenset[str] | None) -> dict[str, Any]:
    p = scan.partition
    return {
        "table": p.table,
        "account": p.account,
        "region": p.region,
        "parent": p.parent,
        "started": micros(scan.started),
        "finished": micros(scan.finished),
        "by": scan.by,
        "complete": scan.complete,
        "reason": scan.reason,
        "calls": scan.calls,
        "rows": scan.rows,
        "columns": sorted(scan.columns),
        "claimed": None if claimed is None else sorted(claimed),
    }


def _scan_from_json(entry: Mapping[str, Any]) -> tuple[ScanRecord, frozenset[str] | None]:
    scan = ScanRecord(
        partition=Partition(entry["table"], entry["account"], entry["region"], tuple((c, v) for c, v in entry["parent"])),
        started=moment(entry["started"]),
        finished=moment(entry["finished"]),
        by=entry["by"],
        complete=entry["complete"],
        columns=frozenset(entry["columns"]),
        reason=entry["reason"],
        calls=entry["calls"],
        rows=entry["rows"],
    )
    return scan, None if entry["claimed"] is None else frozenset(entry["claimed"])
