"""Write-through: what a live scan saw of each target goes into the store when that target has ended, complete or not.

The recorder watches a scan (`fetch.runner.Watcher`); it never changes what the scan gives. What cannot be kept is said, and the
statement goes on: its rows are right all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cirql.cloud.target import Target
from cirql.errors import DatabaseError, Error
from cirql.fetch.batches import record_batch
from cirql.fetch.rows import UNREAD, Row
from cirql.fetch.surroundings import Surroundings
from cirql.inventory.errand import Errand
from cirql.inventory.gathering import Gathering
from cirql.inventory.identities import identify
from cirql.inventory.model import KEY, Observation, Partition, ScanRecord
from cirql.inventory.questions import named_values, shortfall
from cirql.inventory.stored import StoredTable
from cirql.plan.model import Scan

if TYPE_CHECKING:
    import pyarrow as pa


class Recorder:
    """Keeps what one scan sees, target by target.

    `columns` are those that every row is read with: what the statement wants, and what the same calls give besides.
    """

    def __init__(
        self,
        gathering: Gathering,
        stored: StoredTable,
        scan: Scan,
        around: Surroundings,
        errand: Errand | None,
        started: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._gathering = gathering
        self._store = gathering.store
        self._stored = stored
        self._scan = scan
        self._around = around
        self._errand = errand
        self._started = started
        self._clock = clock
        own = frozenset() if stored.key is None else frozenset({stored.key})
        filled = stored.filled_by(scan) | stored.kept(scan.columns)
        self._tells_keys = own <= filled
        self.columns = tuple(sorted(filled | own))
        self._rows: dict[Target, list[pa.RecordBatch]] = {}
        self._broken: dict[Target, str] = {}

    def page(self, target: Target, rows: Sequence[Row]) -> None:
        """A page of a target's rows, as raw values."""
        whole = [row for row in rows if UNREAD not in row]  # a NULL that stands for what was refused is no value to remember
        bad: set[int] = set()
        batch = record_batch(self._stored.table, self.columns, whole, lambda at, *_: bad.add(at))
        if bad:  # a NULL that stands for what no column can hold is no value to remember either
            self._broken[target] = f"AWS gave {len(bad)} rows with values that their columns cannot hold"
            batch = record_batch(self._stored.table, self.columns, [row for at, row in enumerate(whole) if at not in bad])
        self._rows.setdefault(target, []).append(batch)

    async def ended(self, target: Target, error: DatabaseError | None) -> None:
        """A target has given all it will: write it down."""
        combinations = named_values(self._stored, self._scan, target)
        if combinations is None or not target.account:
            return
        reason = self._broken.get(target, "") or shortfall(self._stored, self._scan, target)
        batches = self._rows.pop(target, [])
        if error is not None:
            reason = f"{type(error).__name__}: {error.message}"
        elif reason and not any(b.num_rows for b in batches):
            return  # a condition that nothing met: no news
        try:
            seen = await asyncio.to_thread(self._observations, target, combinations, batches, reason)
            kept = await self._gathering.keep(seen) if seen else []
        except (Error, OSError) as fault:
            self._around.notice(f"what was read of {self._stored.name} in {target} could not be kept: {fault}")
            if self._errand is not None:
                self._errand.ledger.unkept.append((target, str(fault)))
        else:
            if self._errand is not None:
                self._errand.ledger.written += kept

    def _observations(
        self, target: Target, combinations: Sequence[Mapping[str, Any]], batches: list[pa.RecordBatch], reason: str
    ) -> list[Observation]:
        """What is to be kept of a target: an observation for each partition that was asked for."""
        import pyarrow as pa

        denied = self._around.denied.get((self._stored.name, target), set())
        columns = [c for c in self.columns if c not in denied]
        if batches:
            table = pa.Table.from_batches(batches)
        else:
            table = pa.Table.from_batches([record_batch(self._stored.table, self.columns, [])])
        if len(columns) < len(self.columns):
            table = table.select(columns)
        table = table.rename_columns([self._stored.spelled(c) for c in columns])
        if not self._tells_keys and table.column(KEY).null_count:
            return []  # what the rows are called was not asked for, and they are not to be kept as if they had no name
        found = identify(table, None if self._stored.key is None else KEY, sorted(self._stored.told_by(self._scan.root)))
        table = found.rows
        names = sorted({c for values in combinations for c in values})
        if found.shared:
            self._say_shared(target, found.shared)
        if self._stored.key in names and (found.shared or self._store.note(self._stored.twins()) is not None):
            reason = reason or "the key does not tell all rows apart"
        if len(combinations) > 1 and (reason or not set(names) <= set(columns)):
            reason, combinations = reason or "rows could not be told apart by key", [{}]
        seen = []
        for values in combinations:
            part = table if len(combinations) == 1 else table.filter(_having(self._stored, table, values))
            sent = self._around.calls.sent[target.account, target.region]
            seen.append(self._observation(self._stored.partition(target, values), part, reason, sent))
        return seen

    def _say_shared(self, target: Target, keys: Sequence[str]) -> None:
        """Remember, before they are kept, that rows are kept under more than their key; and say which share one."""
        self._store.swap_note(self._stored.twins(), None, "")  # whoever was first: it is there
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        self._around.notice(
            f"different rows of {self._stored.name} in {target} have one key ({keys[0]}{more}):"
            " the inventory keeps each of them, without versions"
        )

    def _observation(self, partition: Partition, rows: pa.Table, reason: str, calls: int) -> Observation:
        record = ScanRecord(
            partition=partition,
            started=self._started,
            finished=max(self._clock(), self._started),
            by=self._errand.by if self._errand is not None else "query",
            complete=not reason,
            columns=frozenset(rows.column_names) - {KEY},
            reason=reason,
            calls=calls,
            rows=rows.num_rows,
        )
        return Observation(record, rows)


def _having(stored: StoredTable, table: pa.Table, values: Mapping[str, Any]) -> pa.Array:
    """Which rows have these values."""
    wanted = {stored.spelled(c): str(v) for c, v in values.items()}
    columns = {c: table.column(c).to_pylist() for c in wanted}
    import pyarrow as pa

    return pa.array([all(str(columns[c][at]) == v for c, v in wanted.items()) for at in range(table.num_rows)], pa.bool_())
