"""What every inventory store does, whatever keeps the bytes and wherever they are, and how to open the one that is built in.

Nothing here knows an engine or a directory. What any store must do beside having these methods is said by the tests in
`tests/inventory/conformance`, which every implementation passes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

from cirql.errors import SettingsError
from cirql.inventory.model import (
    KEY,
    Archive,
    LastRead,
    Observation,
    Partition,
    Problem,
    Request,
    RowChange,
    ScanRecord,
    Version,
    WriteSummary,
)

if TYPE_CHECKING:
    import pyarrow as pa


ICEBERG = "iceberg:"


class Store(Protocol):
    """Rows by table, with when each was true, and a log of the scans that saw them.

    Safe from several threads and several processes at once: writers wait for each other (StoreBusy after a while), readers wait for
    nobody and see one consistent moment.
    """

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """Keep what one scan saw: `write_all` with one observation."""
        ...

    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Merge what scans saw, in their order; what each did.

        Unchanged rows are not written again. A changed row's version is closed and a new one opened; columns that a scan did not fetch keep
        the values they had. Rows that are absent are closed only when the scan was complete, and only within its partition. Each
        scan is kept whole or not at all, and what was reported is kept whatever happens then. Scans of several partitions given together
        may cost less than one by one. One whose token is there already is not merged again: its summary has the scan as it was kept.
        """
        ...

    def fresh(
        self,
        partitions: Collection[Partition],
        columns: Iterable[str],
        max_age: timedelta | None,
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[Partition, list[ScanRecord]]:
        """For each partition that is answered for, the scans that together do so for `columns`, none older than `max_age` (None: any age).

        With `as_of`, those that answered at that moment. A partition that nothing answers for is left out. A scan of the whole
        table answers for a narrower partition, never the other way round.
        """
        ...

    def fresh_since(self, partitions: Collection[Partition], columns: Iterable[str], after: datetime) -> datetime | None:
        """The first moment later than `after` as of which all of the partitions are answered for; None where there is none."""
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
        """The rows that were created, changed or deleted between two moments, and those that are new to the store alone.

        Raises NotInInventory where nothing of the table had been read completely by the earlier moment.
        """
        ...

    def scans(self, table: str | None = None) -> Iterator[ScanRecord]:
        """The scan log, oldest first, a stretch at a time."""
        ...

    def places(self, table: str) -> list[tuple[str, str]]:
        """The accounts and regions in which a table was ever scanned."""
        ...

    def last_calls(self, tables: Collection[str], by: str) -> dict[str, int]:
        """How many calls the last complete scans of whole places took, by table: those of readers whose name begins with `by`."""
        ...

    def last_reads(self, tables: Collection[str], by: str) -> dict[str, LastRead]:
        """When whole places were last read completely, by `table` or by `account`, as `by` says. What was never read is left out."""
        ...

    def tables(self) -> list[str]:
        """The tables that anything is known about."""
        ...

    def note(self, name: str) -> str | None:
        """A short text that is kept beside the rows; None where there is none."""
        ...

    def swap_note(self, name: str, before: str | None, after: str | None) -> bool:
        """Replace a note (None: no note) if it still is what it was `before`; whether it was."""
        ...

    def expire(self, before: datetime) -> int:
        """Forget versions that ended before a moment; the number forgotten. Reads as of earlier moments fail from then on."""
        ...

    def compact(self, tables: Sequence[str] | None = None) -> None:
        """Make reads and writes fast again after many small writes, and let go of space that nothing needs any more."""
        ...

    def archive(self, table: str) -> AbstractContextManager[Archive]:
        """All that there is of a table, as of one moment; its versions can be read inside the block, once."""
        ...

    def restore(self, archive: Archive) -> None:
        """Keep what another store had of a table. Raises InterfaceError where something of it is there already."""
        ...

    def verify(self) -> list[Problem]:
        """Check every byte and every rule of the history; empty when all is well."""
        ...

    def close(self) -> None:
        """Let go of connections; a store that has no place is deleted."""
        ...


def open_store(place: str | Path | None, *, patience: timedelta = timedelta(seconds=60)) -> AbstractContextManager[Store]:
    """Open, or create, the store at a place, which says what kind it is.

    A directory is the embedded one, `iceberg:` and a directory one of Iceberg tables,
    with pyiceberg's options as in a URL (`iceberg:/path?warehouse=s3://bucket/name&s3.region=eu-west-1`), None one in memory.

    `patience` is how long a write waits for other writers. Raises StoreDamaged where the place holds something else, SettingsError for an
    address. The object is a `Store` and closes itself at the end of a `with`.
    """
    if place is not None and "://" in str(place).partition("?")[0]:
        raise SettingsError(
            f"an inventory is a directory, which {place} is not",
            hint="with tables in a bucket: iceberg:/directory?warehouse=s3://bucket/name",
        )
    folder = None if place is None else _folder(place)
    if folder is not None and is_on_iceberg(place):
        from cirql.inventory.iceberg.store import IcebergStore

        return IcebergStore(folder, dict(parse_qsl(str(place).partition("?")[2])), patience=patience)
    from cirql.inventory.embedded.store import DuckDBStore

    return DuckDBStore(folder, patience=patience)


def is_made(place: str) -> bool:
    """Whether there is a store at a place: opening it would not make one. One whose log is elsewhere has no directory at first."""
    return _folder(place).is_dir() or (is_on_iceberg(place) and "log" in dict(parse_qsl(place.partition("?")[2])))


def is_on_iceberg(place: str | Path | None) -> bool:
    """Whether a place names a store of Iceberg tables."""
    return place is not None and str(place).startswith(ICEBERG)


def _folder(place: str | Path) -> Path:
    text = str(place)
    return Path(text.removeprefix(ICEBERG).partition("?")[0] if text.startswith(ICEBERG) else text).expanduser()
