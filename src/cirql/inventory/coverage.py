"""Which scans answer for what: pure reasoning over partitions, columns and times.

A *claim* is what a complete scan can still answer for: its partition, and those of its columns that every row in the partition is
known to have. A later scan that meets a new row with fewer columns narrows the claims of earlier ones (`narrowed`), so
that a column which was not fetched is fetched, never shown as NULL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from cirql.errors import NotInInventory
from cirql.inventory.model import ALWAYS_KNOWN, KEY, Difference, Partition, RowChange, ScanRecord
from cirql.startup.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Claim:
    """A complete scan and the columns it still answers for."""

    scan: ScanRecord
    columns: frozenset[str]


def covering(claims: Iterable[Claim], partition: Partition, columns: Iterable[str], oldest: datetime | None) -> list[ScanRecord] | None:
    """The newest scans, none begun before `oldest`, that together cover the columns of a partition; None if some column is not covered.

    Where no column needs fetching, one complete scan is still needed: it says which rows there are.
    """
    usable = sorted(
        (c for c in claims if c.scan.partition.covers(partition) and (oldest is None or c.scan.started >= oldest)),
        key=lambda c: (c.scan.started, c.scan.id),
        reverse=True,
    )
    if not usable:
        return None
    missing = set(columns) - ALWAYS_KNOWN
    chosen = [usable[0].scan] if not missing else []
    for claim in usable:
        if missing & claim.columns:
            missing -= claim.columns
            chosen.append(claim.scan)
    return None if missing else chosen


def narrowed(claims: Iterable[Claim], partition: Partition, columns: frozenset[str]) -> list[Claim]:
    """The claims that change when rows with only `columns` appear in `partition`, as they are afterwards."""
    return [
        replace(claim, columns=claim.columns & columns)
        for claim in claims
        if not claim.scan.partition.excludes(partition) and not claim.columns <= columns
    ]


def redundant(claims: Sequence[Claim], new: Claim) -> list[Claim]:
    """The claims that a newer one makes useless: narrower or equal in partition and in what was fetched."""
    return [c for c in claims if new.scan.partition.covers(c.scan.partition) and c.scan.columns <= new.columns]


def rivals(scans: Iterable[ScanRecord], scan: ScanRecord) -> list[ScanRecord]:
    """The recorded scans of the same rows that ran at the same time as `scan`, or after it: where they looked, they know better.

    Two scans that overlapped in time may have seen the world in either order. The first to be recorded wins, so that no row
    is ever closed, or set back, by an observation that may be the older one.
    """
    return [
        s
        for s in scans
        if (s.complete or s.rows) and (s.finished > scan.started or s.started >= scan.started) and not s.partition.excludes(scan.partition)
    ]


def told_apart(change: RowChange, table: str, known: Collection[Partition]) -> RowChange:
    """The change, as one that is only first seen where none of the partitions read before has the row in it."""
    if change.kind is not Difference.CREATED:
        return change
    values = {c: str(new) for c, (_, new) in change.columns.items() if new is not None} | {KEY: change.key}
    holds = (p.place == (change.account, change.region) and all(values.get(c) == v for c, v in p.parent) for p in known)
    return change if any(holds) else replace(change, kind=Difference.FIRST_SEEN)


def never_read(table: str) -> NotInInventory:
    """The error for the history of a table of which nothing was ever seen: that it has none says nothing of it."""
    return NotInInventory(f"{table} is not in the inventory: it was never read", hint=f"cirql sync {table} reads it")


def unknown_then(table: str, at: datetime, since: datetime | None) -> NotInInventory:
    """The error for a moment at which nothing of a table had been read completely; `since` says when something first was."""
    when = at.isoformat(timespec="seconds")
    if since is None:
        return NotInInventory(
            f"{table} is not in the inventory as of {when}: it was never read completely", hint=f"cirql sync {table} reads it"
        )
    first = since.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return NotInInventory(
        f"{table} is not in the inventory as of {when}: it is known since {first}", hint="name that moment or a later one"
    )


def seen_at(claims: Iterable[Claim], columns: frozenset[str]) -> dict[Partition, datetime]:
    """For each scanned partition, when all of `columns` had last been read there; partitions where that never happened are left out."""
    by_partition: dict[Partition, list[Claim]] = {}
    for claim in claims:
        by_partition.setdefault(claim.scan.partition, []).append(claim)
    wanted = columns - ALWAYS_KNOWN
    moments: dict[Partition, datetime] = {}
    for partition, here in by_partition.items():
        newest = {c: max((k.scan.started for k in here if c in k.columns), default=None) for c in wanted}
        times = [t for t in newest.values() if t is not None]
        if len(times) == len(newest):
            moments[partition] = min(times) if times else max(k.scan.started for k in here)
    return moments
