"""ProxyStore: a store that another process holds. Whoever crawls has one of these and needs neither a way to the files nor their libraries.

It packs what is to be kept into bytes and waits until the holder says that it is kept: so whatever a worker reports is on disk, and many
workers share the holder's commits. How the two talk is not known here: `ask` takes a method's name and its arguments, and gives what
the method gave (`answered` does so on the holder's side).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cirql.errors import InterfaceError
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
from cirql.startup.records import replace

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.inventory.store import Store

Ask = Callable[[str, tuple[Any, ...]], Any]
Packed = tuple[Observation, bytes]
"""An observation without its rows, and those as an Arrow stream."""

STREAMED = frozenset({"read", "history", "diff", "scans"})
"""What gives an iterator: it is sent when all of it is there."""
WRITE = "write_all"


class ProxyStore:
    """A `Store` by what another process does for it. Safe from several threads where `ask` is."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def write(self, scan: ScanRecord, rows: pa.Table | Iterable[pa.RecordBatch], key: str = KEY) -> WriteSummary:
        """As in `Store`."""
        return self.write_all([Observation(scan, rows, key)])[0]

    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """As in `Store`."""
        kept: list[WriteSummary] = self._ask(WRITE, ([packed(o) for o in observations],))
        return kept

    def fresh(
        self,
        partitions: Collection[Partition],
        columns: Iterable[str],
        max_age: timedelta | None,
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[Partition, list[ScanRecord]]:
        """As in `Store`."""
        found: dict[Partition, list[ScanRecord]] = self._ask("fresh", (list(partitions), sorted(columns), max_age, now, as_of))
        return found

    def fresh_since(self, partitions: Collection[Partition], columns: Iterable[str], after: datetime) -> datetime | None:
        """As in `Store`."""
        since: datetime | None = self._ask("fresh_since", (list(partitions), sorted(columns), after))
        return since

    def read(self, request: Request) -> pa.RecordBatchReader:
        """As in `Store`; all rows are in memory."""
        return _opened(self._ask("read", (request,)))

    def history(self, table: str, key: str | None = None) -> Iterator[Version]:
        """As in `Store`."""
        return iter(self._ask("history", (table, key)))

    def diff(self, table: str, earlier: datetime, later: datetime) -> Iterator[RowChange]:
        """As in `Store`."""
        return iter(self._ask("diff", (table, earlier, later)))

    def scans(self, table: str | None = None) -> Iterator[ScanRecord]:
        """As in `Store`."""
        return iter(self._ask("scans", (table,)))

    def places(self, table: str) -> list[tuple[str, str]]:
        """As in `Store`."""
        found: list[tuple[str, str]] = self._ask("places", (table,))
        return found

    def last_calls(self, tables: Collection[str], by: str) -> dict[str, int]:
        """As in `Store`."""
        found: dict[str, int] = self._ask("last_calls", (list(tables), by))
        return found

    def last_reads(self, tables: Collection[str], by: str) -> dict[str, LastRead]:
        """As in `Store`."""
        found: dict[str, LastRead] = self._ask("last_reads", (list(tables), by))
        return found

    def tables(self) -> list[str]:
        """As in `Store`."""
        found: list[str] = self._ask("tables", ())
        return found

    def note(self, name: str) -> str | None:
        """As in `Store`."""
        text: str | None = self._ask("note", (name,))
        return text

    def swap_note(self, name: str, before: str | None, after: str | None) -> bool:
        """As in `Store`."""
        return bool(self._ask("swap_note", (name, before, after)))

    def expire(self, before: datetime) -> int:
        """As in `Store`."""
        raise _not_here("expire")

    def compact(self, tables: Sequence[str] | None = None) -> None:
        """As in `Store`."""
        raise _not_here("compact")

    def archive(self, table: str) -> AbstractContextManager[Archive]:
        """As in `Store`."""
        raise _not_here("archive")

    def restore(self, archive: Archive) -> None:
        """As in `Store`."""
        raise _not_here("restore")

    def verify(self) -> list[Problem]:
        """As in `Store`."""
        found: list[Problem] = self._ask("verify", ())
        return found

    def close(self) -> None:
        """There is nothing to let go of."""


def packed(observation: Observation) -> Packed:
    """An observation as it is sent: its rows cost their bytes, not those of the table that they are a part of."""
    import pyarrow as pa

    rows = observation.rows
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches(rows)
    return replace(observation, rows=()), _streamed(table)


def unpacked(sent: Packed) -> Observation:
    """What `packed` made bytes of."""
    return replace(sent[0], rows=_opened(sent[1]).read_all())


def answered(store: Store, method: str, arguments: tuple[Any, ...]) -> Any:
    """What a store gives for anything but a write, in a form that can be sent."""
    found = getattr(store, method)(*arguments)
    if method == "read":
        return _streamed(found.read_all())
    return list(found) if method in STREAMED else found


def _streamed(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _opened(content: bytes) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.ipc.open_stream(content)


def _not_here(what: str) -> InterfaceError:
    return InterfaceError(f"a worker of a crawl cannot {what} the inventory: the process that holds it does that")
