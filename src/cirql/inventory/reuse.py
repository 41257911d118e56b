"""Reuse: what the inventory has of resources whose list data are as they were, so that a sync need not describe them again.

Believed only of tables whose list call tells of every change (`Table.modified`), and only where the row was stored well after its
last modification: a second change in the same tick of AWS's clock would show the same time. Tags are not covered by such times: the calls
that fetch them are made for every row.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Role
from cirql.cloud.target import Target
from cirql.errors import CloudError, Error
from cirql.fetch.batches import pass_over, record_batch
from cirql.fetch.rows import Row
from cirql.inventory.model import KEY, Request
from cirql.inventory.store import Store
from cirql.inventory.stored import StoredTable
from cirql.plan.model import Scan
from cirql.sql.bound import column_types
from cirql.startup.records import dataclass
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

SETTLED_AFTER = timedelta(minutes=2)
"""How long after its last modification a row must have been stored: the clocks of both sides, and coarse times, differ by less."""


def may_reuse(scan: Scan) -> bool:
    """Whether the list call of a scan tells which rows need not be described again."""
    gets = [f for step in scan.steps for f in step.fetches if f.role is Role.GET]
    return bool(gets) and scan.root.role is Role.LIST and scan.table.modified in scan.root.gives


@dataclass(frozen=True, slots=True)
class _Known:
    """The stored rows of one target: `at` finds one by its key, `columns` have the values."""

    at: Mapping[str, int]
    columns: Mapping[str, pa.ChunkedArray]
    seen: pa.ChunkedArray


class Reuse:
    """The stored rows of one table, read once for each target when its first page comes. `counted` is told how many are reused."""

    def __init__(
        self, store: Store, stored: StoredTable, scan: Scan, clock: Callable[[], datetime], counted: Callable[[int], None]
    ) -> None:
        self._store = store
        self._stored = stored
        self._scan = scan
        self._clock = clock
        self._counted = counted
        self._known: dict[Target, asyncio.Task[_Known | None]] = {}
        steps = [f for step in scan.steps for f in step.fetches]
        names = {c.name for c in stored.table.columns}
        self._described = sorted({c for f in steps if f.role is Role.GET for c in f.gives} & names)
        enriched = {o.column for f in steps if f.role is Role.ENRICH for o in f.outputs}
        listed = {o.column for o in (*scan.root.outputs, *scan.root.lifted)}
        self._listed = sorted(stored.kept(listed & names) - enriched - {stored.key})

    async def unchanged(self, target: Target, rows: Sequence[Row]) -> list[Row | None]:
        """For each listed row what its describe call gave when it was stored; None where that may have changed."""
        if target not in self._known:
            self._known[target] = asyncio.create_task(asyncio.to_thread(self._load, target))
        known = await asyncio.shield(self._known[target])
        if known is None or self._stored.key is None:
            return [None] * len(rows)
        try:
            listed = record_batch(self._stored.table, self._listed, rows, pass_over)
        except CloudError:  # a value of another type: whoever delivers the rows says so
            return [None] * len(rows)
        found = [self._row(known, str(row.get(self._stored.key)), listed, i) for i, row in enumerate(rows)]
        self._counted(sum(row is not None for row in found))
        return found

    def _load(self, target: Target) -> _Known | None:
        """All that is known of a target; None where no complete scans say it with all columns, or it cannot be read."""
        try:
            return self._read(target)
        except (Error, OSError):  # everything is described then; writing says what is wrong with the store
            return None

    def _read(self, target: Target) -> _Known | None:
        stored = self._stored
        wanted = sorted({*self._listed, *stored.kept(self._described)} - {stored.key})
        if not target.account or not self._store.fresh([stored.partition(target)], stored.needed(wanted), None, self._clock()):
            return None
        types = column_types(stored.table, wanted)
        account, region = stored.place(target)
        columns = {KEY: ColumnType.VARCHAR, **{stored.spelled(c): types[c] for c in wanted}}
        rows = self._store.read(Request(stored.name, columns, (account,), (region,))).read_all()
        at = {key: i for i, key in enumerate(rows.column(0).to_pylist())}
        return _Known(at, {c: rows.column(stored.spelled(c)) for c in wanted}, rows.column("_fetched_at"))

    def _row(self, known: _Known, key: str, listed: pa.RecordBatch, place: int) -> Row | None:
        at = known.at.get(key)
        if at is None:
            return None
        modified, seen = _value(known.columns[self._scan.table.modified], at), _value(known.seen, at)
        if modified is None or (isinstance(modified, datetime) and _aware(modified) + SETTLED_AFTER > _aware(seen)):
            return None
        for column in self._listed:
            now = _value(listed.column(column), place)
            if now is None and column in self._described:
                continue  # the list call does not say, and what the describe call said stands
            if now != _value(known.columns[column], at):
                return None
        types = column_types(self._stored.table, self._described)
        return {c: _given(_value(known.columns[c], at), t) for c, t in types.items() if c in known.columns}


def _value(array: Any, at: int) -> Any:
    return array[at].as_py()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _given(value: Any, column_type: ColumnType) -> Any:
    """A stored value in the form in which AWS gives it."""
    if value is None:
        return None
    if column_type is ColumnType.JSON and isinstance(value, str) and value[:1] not in ("{", "["):
        return json.loads(value)
    return dict(value) if column_type.is_hstore else value
