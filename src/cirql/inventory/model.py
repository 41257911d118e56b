"""The inventory's words: partitions, scans, versions, changes. Data that checks itself; no I/O.

Every moment is an aware UTC `datetime`. What a scan saw is dated at the scan's **start**, so nothing is ever said to be
younger than it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cirql.startup.records import dataclass, field
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

KEY = "_key"
"""The column that names a row within an account and region."""

PLACE_COLUMNS = frozenset({"account_id", "region"})
"""Columns that every row can answer from where it was seen, whether they were fetched or not."""

ALWAYS_KNOWN = PLACE_COLUMNS | {KEY, "_fetched_at", "_source"}
"""Columns that the store gives by itself: no fetch is needed for them."""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """What one scan ranged over: a table in one account and region, narrowed by the values of `parent`.

    `parent` holds (column, value) equalities; empty means the whole table there. A scan that was narrowed by anything but
    equality (a prefix, a time range, a LIMIT) is recorded under the equalities it had, and as incomplete.
    """

    table: str
    account: str
    region: str
    parent: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        columns = [column for column, _ in self.parent]
        if len(set(columns)) != len(columns):
            raise ValueError(f"{self.table}: a partition gives two values for one column")
        object.__setattr__(self, "parent", tuple(sorted(self.parent)))

    @property
    def place(self) -> tuple[str, str]:
        """The account and the region."""
        return self.account, self.region

    def covers(self, other: Partition) -> bool:
        """Whether every row of `other` is a row of this partition.

        >>> Partition("t", "1", "r").covers(Partition("t", "1", "r", (("image", "a"),)))
        True
        >>> Partition("t", "1", "r", (("image", "a"),)).covers(Partition("t", "1", "r"))
        False
        """
        return self.table == other.table and self.place == other.place and set(self.parent) <= set(other.parent)

    def excludes(self, other: Partition) -> bool:
        """Whether no row can be in both: another place, or another value of the same column."""
        if self.table != other.table or self.place != other.place:
            return True
        mine = dict(self.parent)
        return any(mine.get(column, value) != value for column, value in other.parent)


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One scan of one partition, as it went.

    `columns` are those that this scan really filled (a column whose fetch was denied is left out). `complete` says that every row of
    the partition was seen, with all of `columns`; otherwise `reason` says why not. `by` names who asked (`query`, `sync`,
    `events`). `calls` counts API calls, `rows` what came back. `id` is given by the store.
    """

    partition: Partition
    started: datetime
    finished: datetime
    by: str
    complete: bool
    columns: frozenset[str]
    reason: str = ""
    calls: int = 0
    rows: int = 0
    id: int = 0

    def __post_init__(self) -> None:
        if self.started.tzinfo is None or self.finished.tzinfo is None:
            raise ValueError("a scan's times are aware datetimes")
        if self.finished < self.started:
            raise ValueError("a scan cannot end before it starts")
        if not self.complete and not self.reason:
            raise ValueError("an incomplete scan says why")


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """What a scan did to the inventory.

    `scan` is the record as it was kept: not complete, with a reason, where a newer scan of the same place had been
    recorded before it. `learned` rows did not change, but a column was fetched for the first time. `duplicates` are rows beyond the
    first under one key (the last one counts); `superseded` are rows that a newer scan already knew better.
    """

    scan: ScanRecord
    created: int = 0
    changed: int = 0
    learned: int = 0
    unchanged: int = 0
    closed: int = 0
    duplicates: int = 0
    superseded: int = 0


Path = tuple[str, ...]
"""Where something is in a JSON document: the names of members, from the outside in."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A column of text, integers or booleans is one of `values`; with a `path`, the text there in a JSON column (what `->>` gives) is.

    Nothing else is ever said to a store: what a statement asks beside that, its engine tests.
    """

    column: str
    type: ColumnType
    values: tuple[str | int | bool, ...]
    path: Path = ()


Clause = tuple[Condition, ...]
"""Conditions of which at least one holds."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a read wants: columns with the types to give them, where, when, and what allows skipping rows.

    `accounts` and `regions` of None mean every one; these, and `as_of` (None: the rows now open) and `keys`, which names rows, are kept
    exactly. All clauses of `where` hold of the rows that matter: a store may apply each exactly, loosely or not at all, so rows that
    do not meet them may come, and none that does is left out. Of the JSON columns in `abridged` only these members are looked at:
    their documents may come with nothing else in them. Where it costs a store little, rows come by account, region, the columns
    of `order` and key.
    """

    table: str
    columns: Mapping[str, ColumnType]
    accounts: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    as_of: datetime | None = None
    keys: tuple[str, ...] | None = None
    where: tuple[Clause, ...] = ()
    abridged: Mapping[str, frozenset[Path]] = field(default_factory=dict)
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastRead:
    """When the places of a table, or of an account, were last read completely: `oldest`, the beginning of the oldest of those scans.

    `changing` is the share of these places in which the last scan, or one after it, found anything changed.
    """

    oldest: datetime
    changing: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What a scan saw, to be kept.

    `rows` hold at least `scan.columns` and the column `key`; JSON columns are of Arrow's `arrow.json` type. An observation with a `token`
    is kept once, however often it is given: so whoever does not know whether it was kept may give it again.
    """

    scan: ScanRecord
    rows: pa.Table | Iterable[pa.RecordBatch]
    key: str = KEY
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """All that a store has of one table, to be kept by another.

    `versions` have `_key`, `_account_id`, `_region`, `_valid_from`, `_valid_to` (NULL: open), `_known` and `_got` (ids of `column_sets`:
    what the row knows, and what the scan that opened this version fetched), `_oldest` (when the oldest of its values was read), then
    `columns`, by place, key and time; JSON as text. Of each scan the columns that it still answers for are given, None where it does not
    answer any more. Nothing is known of what was before the `horizon` (microseconds).
    """

    table: str
    columns: Mapping[str, ColumnType]
    column_sets: Mapping[int, frozenset[str]]
    scans: Iterable[tuple[ScanRecord, frozenset[str] | None]]
    versions: pa.RecordBatchReader
    horizon: int = 0


class Event(StrEnum):
    """How a version began."""

    CREATED = "created"
    CHANGED = "changed"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one row: its values from `valid_from` until `valid_to` (None: still so).

    `known` are the columns that had been fetched by then; the others are not NULL but unknown, and are not in `values`. `changed`
    names the columns whose value differs from the version before (for LEARNED: the columns that became known). `deleted`: the row
    was gone at `valid_to`, rather than followed by another version.
    """

    key: str
    account: str
    region: str
    valid_from: datetime
    valid_to: datetime | None
    event: Event
    changed: tuple[str, ...]
    known: frozenset[str]
    values: Mapping[str, Any] = field(default_factory=dict)
    deleted: bool = False


class Difference(StrEnum):
    """What became of a row between two moments. FIRST_SEEN: nobody had looked where it is before, so it may have been there."""

    CREATED = "created"
    FIRST_SEEN = "first seen"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that differs between two moments: per column, the old and the new value.

    For a row that was created, or first seen, every old value is None, for a deleted row every new one. Columns not known at both
    moments are left out of a changed row.
    """

    kind: Difference
    key: str
    account: str
    region: str
    columns: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the store, found by `verify`: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly (no float on the way)."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(value: int) -> datetime:
    """The aware UTC datetime of `micros`."""
    return EPOCH + timedelta(microseconds=value)
