"""Export and import: one Parquet file of versions per table, and the scan log and column sets as JSON; from any store, into any.

Anything that reads Parquet can use the files. Column names: the table's own, `_key`, `_account_id`, `_region`, `_valid_from`,
`_valid_to` (NULL: open), `_known` and `_got` (numbers in `inventory.json`), `_oldest`. They are readable by their owner alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.errors import FileUnreadable, InterfaceError
from cirql.inventory.faults import worded
from cirql.inventory.model import Archive, Partition, ScanRecord, micros, moment
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.inventory.store import Store

FORMAT = 2
MANIFEST = "inventory.json"
BATCH_ROWS = 20_480


def export_to(store: Store, directory: Path) -> None:
    """Write everything as plain files, each table as of one moment. Raises StoreUnwritable."""
    with worded(str(directory)):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        tables: dict[str, Any] = {}
        scans: list[dict[str, Any]] = []
        horizon = 0
        for table in store.tables():
            with store.archive(table) as archive:
                _write(directory / f"{table}.parquet", archive.versions)
                tables[table] = {
                    "file": f"{table}.parquet",
                    "columns": {c: str(t) for c, t in archive.columns.items()},
                    "column_sets": {str(i): sorted(columns) for i, columns in archive.column_sets.items()},
                }
                scans += [_scan_to_json(scan, claimed) for scan, claimed in archive.scans]
                horizon = max(horizon, archive.horizon)
        document = {"format": FORMAT, "horizon": horizon, "tables": tables, "scans": scans}
        with _own(directory / MANIFEST) as handle:
            handle.write(json.dumps(document, indent=1).encode())


def import_from(store: Store, directory: Path) -> None:
    """Load what `export_to` wrote.

    Raises InterfaceError where a table of it is in the store already, FileUnreadable where it is no export.
    """
    import pyarrow.parquet as pq

    document = _manifest(directory)
    _check_new(document["tables"], store)
    scans: dict[str, list[tuple[ScanRecord, frozenset[str] | None]]] = {}
    for entry in document["scans"]:
        scans.setdefault(entry["table"], []).append(_scan_from_json(entry))
    for table, said in document["tables"].items():
        sets = said.get("column_sets") or document.get("column_sets", {})
        with pq.ParquetFile(directory / said["file"]) as file:
            store.restore(
                Archive(
                    table,
                    {c: ColumnType(t) for c, t in said["columns"].items()},
                    {int(i): frozenset(columns) for i, columns in sets.items()},
                    scans.get(table, []),
                    _reader(file),
                    document["horizon"],
                )
            )


def copy_all(source: Store, target: Store) -> Iterator[str]:
    """Copy every table of a store into another, whole, one after the other; gives each one's name when it is there.

    Raises InterfaceError, and copies nothing, where a table is there already.
    """
    tables = source.tables()
    _check_new(tables, target)
    for table in tables:
        with source.archive(table) as archive:
            target.restore(archive)
        yield table


def _check_new(tables: Iterable[str], target: Store) -> None:
    clash = sorted(set(tables) & set(target.tables()))
    if clash:
        raise InterfaceError(f"the inventory already holds {', '.join(clash)}", hint="import into a new store")


def _reader(file: Any) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(BATCH_ROWS))


def _write(path: Path, versions: pa.RecordBatchReader) -> None:
    import pyarrow.parquet as pq

    with _own(path) as handle, pq.ParquetWriter(handle, versions.schema, compression="zstd") as writer:
        for batch in versions:
            writer.write_batch(batch)


def _own(path: Path) -> Any:
    """A file to write that nobody else may read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _manifest(directory: Path) -> Any:
    try:
        document = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"{directory} holds no inventory export: {error}") from error
    if not isinstance(document, dict) or document.get("format") not in (1, FORMAT):
        raise FileUnreadable(f"{directory / MANIFEST} is not an export that this version of cirql reads")
    return document


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
