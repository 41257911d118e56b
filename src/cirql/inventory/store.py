"""What every inventory store does, whatever keeps the bytes, and how to open the one that is built in.

A second implementation (Apache Iceberg) keeps the same interface; nothing here knows DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cirql.inventory.model import KEY, Partition, Problem, Request, RowChange, ScanRecord, Version, WriteSummary

if TYPE_CHECKING:
    import pyarrow as pa


class Store(Protocol):
    """Rows by table, with when each was true, and a log of the scans that saw them.

    Safe from several threads and several processes at once: writers wait for each other (StoreBusy after a while), readers wait for
    nobody and see one consistent moment.
    """

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Merge what a scan saw.

        `rows` hold at least `scan.columns` and the key column; JSON columns are of Arrow's `arrow.json` type. Unchanged rows are not
        written again. A changed row's version is closed and a new one opened; columns that this scan did not fetch keep
        the values they had. Rows that are absent are closed only when the scan was complete, and only within its partition.
        """
        ...

    def fresh(
        self, partition: Partition, columns: Iterable[str], max_age: timedelta | None, now: datetime, as_of: datetime | None = None
    ) -> list[ScanRecord] | None:
        """The scans that together answer for `columns` of `partition`, none older than `max_age` (None: any age).

        With `as_of`, those that answered at that moment.
        None where there are no such scans. A scan of the whole table answers for a narrower partition, never the other way round.
        """
        ...

    def read(self, request: Request) -> pa.RecordBatchReader:
        """Stream rows: the wanted columns in the order asked for, then `_fetched_at` and `_source` ('inventory').

        `_fetched_at` is the oldest of the moments at which the wanted columns of that row were last read. Raises InvalidStatement when
        `as_of` lies before the history that was kept.
        """
        ...

    def history(self, table: str, key: str | None = None) -> Iterator[Version]:
        """Every version of each row, by account, region, key and time."""
        ...

    def diff(self, table: str, earlier: datetime, later: datetime) -> Iterator[RowChange]:
        """The rows that were created, changed or deleted between two moments."""
        ...

    def scans(self, table: str | None = None) -> list[ScanRecord]:
        """The scan log, oldest first."""
        ...

    def tables(self) -> list[str]:
        """The tables that anything is known about."""
        ...

    def expire(self, before: datetime) -> int:
        """Forget versions that ended before a moment; the number forgotten. Reads as of earlier moments fail from then on."""
        ...

    def compact(self, tables: Sequence[str] | None = None) -> None:
        """Rewrite each table as few large segments, and remove files that nothing needs any more."""
        ...

    def export(self, directory: Path) -> None:
        """Write everything as plain Parquet and JSON, for other tools and for `import_`."""
        ...

    def import_(self, directory: Path) -> None:
        """Load an export. Raises InterfaceError where a table of it is in the store already."""
        ...

    def verify(self) -> list[Problem]:
        """Check every file and every rule of the history; empty when all is well."""
        ...

    def close(self) -> None:
        """Let go of connections; a store without a path of its own is deleted."""
        ...


def open_store(path: Path | None, *, patience: timedelta = timedelta(seconds=60)) -> AbstractContextManager[Store]:
    """Open, or create, the embedded store in a directory; None is a store that lasts as long as the object.

    `patience` is how long a write waits for other writers. Raises StoreDamaged where the directory holds something else.
    The object is a `Store` and closes itself at the end of a `with`.
    """
    from cirql.inventory.embedded.store import DuckDBStore

    return DuckDBStore(path, patience=patience)
