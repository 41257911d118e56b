"""Fewer files, and none that nothing needs; checks of the files there are; and a table out of an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import InterfaceError
from cirql.inventory.coverage import Claim
from cirql.inventory.iceberg.heads import Heads
from cirql.inventory.iceberg.laid import Laid
from cirql.inventory.iceberg.lake import DataFile, Lake, LakeTable
from cirql.inventory.iceberg.writing import SCAN_BITS
from cirql.inventory.model import Archive, Problem, moment
from cirql.inventory.versions.kept import SYSTEM
from cirql.inventory.versions.transfer import settled
from cirql.sql.quoting import name, text, timestamp
from cirql.startup.records import replace

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SMALL_FILE = 20_000
MOST_SMALL = 96
FIRST_RESTORED = 1 << 30
"""Versions out of an archive are numbered as if scans beyond all that there will be had opened them."""

PART_ROWS = 500_000
"""So many rows are in memory at once, and in a file of each partition."""


def rewrite(con: duckdb.DuckDBPyConnection, log: Heads, lake: Lake, kept: Laid, now: int, forget: datetime | None = None) -> int:
    """Put a table's open versions into files of their own, and those that ended, with their ends, into others; how many were forgotten.

    Those that ended by `forget` are. A table with nothing to gain is left as it is. Call inside a commit.
    """
    look, head = kept.look, log.head(kept.table)
    if head is None:
        return 0
    versions = kept.every(kept.types)
    gone = f'"$to" <= {timestamp(forget)}' if forget is not None else "false"
    total, ended, lost = con.sql(
        f'SELECT count(*), count(*) FILTER ("$to" IS NOT NULL AND NOT ({gone})), count(*) FILTER ({gone}) FROM ({kept.every({})})'
    ).fetchall()[0]
    if lost == 0 and (forget is not None or _is_tidy(look)):
        return 0
    if lost == total:
        rows: Iterator[pa.Table] = iter(())
    else:
        rows = _parts(con, versions, gone, kept, has_ended=bool(ended))
    log.put_head(kept.table, lake.replace(kept.table, head, rows, total - lost))
    log.add_garbage(kept.table, [f.path for f in look.files], now)
    return int(lost)


def is_crowded(look: LakeTable) -> bool:
    """Whether a table has so many small files that reading them costs more than their rows."""
    small = [f for f in look.files if f.rows < SMALL_FILE]
    return len(small) > MOST_SMALL


def _is_tidy(look: LakeTable) -> bool:
    """Whether there are no ends to fold in, and no more files than partitions have to have."""
    return not any(f.kind == "end" for f in look.files) and len(look.files) <= len({(f.kind, f.bounds["$account"]) for f in look.files})


def _parts(con: duckdb.DuckDBPyConnection, versions: str, gone: str, kept: Laid, *, has_ended: bool) -> Iterator[pa.Table]:
    import pyarrow as pa

    own = [c for c in kept.types if c not in SYSTEM]
    columns = ", ".join(name(c) for c in ("$id", *SYSTEM, "$to", *own))
    kinds = (("version", '"$to" IS NULL'), *((("ended", f'"$to" IS NOT NULL AND NOT ({gone})'),) if has_ended else ()))
    for kind, which in kinds:
        ordered = f'SELECT {columns} FROM ({versions}) WHERE {which} ORDER BY "$account", "$region", _key, "$from"'
        reader = con.sql(ordered).to_arrow_reader(PART_ROWS)
        for batch in reader:
            if batch.num_rows:
                table = pa.Table.from_batches([batch])
                yield table.append_column("$kind", pa.repeat(kind, batch.num_rows))


def sweep(log: Heads, lake: Lake, since: int) -> None:
    """Remove files that were replaced before a moment, and the snapshots that had them."""
    for table, files in log.garbage(since).items():
        head = log.head(table)
        if head is None:
            continue
        lake.forget(table, head, moment(since), files)
        with log.commit():
            log.forget_garbage(files)


def damaged(con: duckdb.DuckDBPyConnection, lake: Lake, look: LakeTable, near: Callable[[DataFile], str]) -> Iterator[Problem]:
    """Files that are missing, have another size than was written, or cannot be read to their end."""
    import duckdb

    for file in look.files:
        label, size = f"the file {file.path.rpartition('/')[2]}", lake.size(file)
        if size is None:
            yield Problem(look.table, f"{label} is missing")
        elif size != file.bytes:
            yield Problem(look.table, f"{label} has {size} bytes, and {file.bytes} were written")
        else:
            try:
                rows = con.sql(f"SELECT count(*), max(hash(COLUMNS(*))) FROM read_parquet({text(near(file))})").fetchall()[0][0]
            except duckdb.Error as error:
                yield Problem(look.table, f"{label} cannot be read: {str(error).splitlines()[0]}")
                continue
            if rows != file.rows:
                yield Problem(look.table, f"{label} has {rows} rows, and {file.rows} were written")


def restore(con: duckdb.DuckDBPyConnection, log: Heads, lake: Lake, archive: Archive, scratch: Path) -> None:
    """Make a table of an archive's versions, and let its scans answer. Raises InterfaceError where the table is there."""
    if archive.table in log.tables():
        raise InterfaceError(f"the inventory already holds {archive.table}", hint="import into a new store")
    present = {columns: i for i, columns in log.column_sets().items()}
    first = max(present.values(), default=0) + 1
    fresh = [columns for columns in archive.column_sets.values() if columns not in present]
    numbers = present | {columns: first + n for n, columns in enumerate(fresh)}
    log.add_column_sets((numbers[columns], columns) for columns in fresh)
    rows = settled(con, archive, {i: numbers[columns] for i, columns in archive.column_sets.items()}, scratch)
    _fill(con, log, lake, archive, rows)
    for account, region in con.sql(f'SELECT DISTINCT "$account", "$region" FROM ({rows})').fetchall():
        log.touch(archive.table, (account, region), log.setting("last_scan") or 0)
    for scan, claimed in archive.scans:
        numbered = replace(scan, id=log.next_id("scan"))
        log.add_scan(numbered)
        if claimed is not None:
            log.put_claims([Claim(numbered, claimed)])
    log.put_setting("horizon", max(archive.horizon, log.setting("horizon") or 0))


def _fill(con: duckdb.DuckDBPyConnection, log: Heads, lake: Lake, archive: Archive, rows: str) -> None:
    import pyarrow as pa

    own = [c for c in archive.columns if c not in SYSTEM]
    base = (FIRST_RESTORED + log.next_id("restored")) << SCAN_BITS
    columns = ", ".join(name(c) for c in (*SYSTEM, "$to", *own))
    kind = "CASE WHEN \"$to\" IS NULL THEN 'version' ELSE 'ended' END"
    ordered = f'SELECT {columns}, {kind} AS "$kind" FROM ({rows}) ORDER BY "$account", "$region", _key, "$from"'
    count, head = 0, None
    for batch in con.sql(ordered).to_arrow_reader(PART_ROWS):
        if batch.num_rows:
            numbers = pa.array(range(base + count, base + count + batch.num_rows), pa.int64())
            count += batch.num_rows
            head = lake.append(archive.table, head, dict(archive.columns), [pa.Table.from_batches([batch]).append_column("$id", numbers)])
    if head is not None:
        log.put_head(archive.table, head)
