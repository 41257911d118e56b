"""What a scan answers for once its rows are kept: its record, its claim, and what it leaves of earlier claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cirql.inventory.coverage import Claim, narrowed, redundant
from cirql.inventory.model import Observation, ScanRecord, WriteSummary
from cirql.inventory.scan_log import ScanLog
from cirql.inventory.versions.merge import Merged
from cirql.inventory.versions.small_scans import SmallScan
from cirql.inventory.versions.staging import Staged
from cirql.startup.records import dataclass, replace
from cirql.types import ColumnType


@dataclass(frozen=True, slots=True)
class Consequences:
    """What keeping a scan's rows did: `has_changed` anything, `has_new_rows`; `moves`: rows are in another partition now.

    `digest` says which rows it saw, where they are few and it saw all.
    """

    has_changed: bool
    has_new_rows: bool
    digest: bytes | None
    new_sets: Mapping[int, frozenset[str]]
    moves: bool = False


def record(log: ScanLog, scan: ScanRecord, done: Consequences, token: str | None) -> None:
    """Log a scan that has its number, and let it answer. Call inside a commit."""
    log.add_column_sets(done.new_sets.items())
    if done.has_changed:
        log.touch(scan.partition.table, scan.partition.place, scan.id)
    log.add_scan(scan, token)
    _claim(log, scan, done)


def _claim(log: ScanLog, scan: ScanRecord, done: Consequences) -> None:
    """Let a scan narrow what earlier ones answer for, and answer itself if it is complete.

    New rows may lack columns anywhere; rows that moved only in the partitions that they may have moved to.
    """
    claims = log.claims(scan.partition.table, [scan.partition.place])
    touched = claims if done.has_new_rows else [c for c in claims if done.moves and c.scan.partition.parent]
    if touched:
        fewer = {c.scan.id: c for c in narrowed(touched, scan.partition, scan.columns)}
        log.put_claims(fewer.values())
        claims = [fewer.get(c.scan.id, c) for c in claims]
    if scan.complete:
        claim = Claim(scan, scan.columns)
        log.remove_claims(redundant(claims, claim))
        log.put_claims([claim], done.digest)


def digest_of(observation: Observation, types: Mapping[str, ColumnType]) -> bytes | None:
    """What the rows of a scan are known by, where they are few and it saw all of its partition."""
    import pyarrow as pa

    scan = observation.scan
    if not scan.complete or not isinstance(observation.rows, pa.Table):
        return None
    small = SmallScan.of(scan, observation.rows, observation.key, lambda: types)
    return None if small is None else small.digest


def as_kept(scan: ScanRecord, others: Sequence[ScanRecord]) -> ScanRecord:
    """The record to log: it answers for no more than what scans that were recorded first leave it."""
    if not scan.complete or not others:
        return scan
    if any(s.complete and s.partition.covers(scan.partition) for s in others):
        return replace(scan, complete=False, reason="superseded: a scan of the same rows, no older, was recorded first")
    return replace(scan, columns=scan.columns.intersection(*(s.columns for s in others)))


def summary(scan: ScanRecord, staged: Staged, merged: Merged) -> WriteSummary:
    """What a merge did, as it is told."""
    return WriteSummary(
        scan=scan,
        created=merged.created,
        changed=merged.changed,
        learned=merged.learned,
        unchanged=staged.rows - merged.added - merged.superseded,
        closed=merged.closed,
        duplicates=staged.duplicates,
        superseded=merged.superseded,
    )
