"""What a store answers from its scan log alone, wherever its rows are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Generic

from cirql.errors import InvalidStatement
from cirql.inventory.coverage import Claim, covering
from cirql.inventory.faults import wording
from cirql.inventory.model import ALWAYS_KNOWN, LastRead, Partition, ScanRecord, micros, moment
from cirql.inventory.premises import L, Premises
from cirql.inventory.scan_log import ScanLog

SCANS_AT_ONCE = 2_000


class Logged(Generic[L]):
    """The half of a `Store` that needs no rows. The log is opened per call, so threads may share one."""

    def __init__(self, premises: Premises[L]) -> None:
        self._premises = premises

    @property
    def place(self) -> str:
        """The directory, as messages name it."""
        return str(self._premises.root)

    def all_know(self, log: L, partitions: Collection[Partition], columns: frozenset[str], at: datetime) -> Collection[Partition]:
        """Those of some partitions of one table of which every row at a moment knew the columns."""
        raise NotImplementedError

    @wording
    def fresh(
        self,
        partitions: Collection[Partition],
        columns: Iterable[str],
        max_age: timedelta | None,
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[Partition, list[ScanRecord]]:
        """The scans that answer; see `Store.fresh`. Touches only the log, but for moments at which some rows knew fewer columns."""
        wanted, oldest = frozenset(columns), None if max_age is None else now - max_age
        found: dict[Partition, list[ScanRecord]] = {}
        with self._premises.opened() as log, log.snapshot():
            for table, asked in _by_table(partitions).items():
                if as_of is None:
                    places = {p.place for p in asked}
                    found |= _covered(log.claims(table, places), asked, wanted, oldest)
                    continue
                then = _covered(log.claims_at(table, micros(as_of)), asked, wanted, oldest)
                if then:
                    knowing = self.all_know(log, then.keys(), wanted - ALWAYS_KNOWN, as_of)
                    found |= {p: then[p] for p in knowing}
        return found

    @wording
    def fresh_since(self, partitions: Collection[Partition], columns: Iterable[str], after: datetime) -> datetime | None:
        """When all are first answered for; see `Store.fresh_since`."""
        wanted = frozenset(columns)
        with self._premises.opened() as log:
            begun = {at for table in _by_table(partitions) for at in log.beginnings(table, micros(after))}
        moments = (moment(at) for at in sorted(begun))
        return next((at for at in moments if len(self.fresh(partitions, wanted, None, at, at)) == len(set(partitions))), None)

    def scans(self, table: str | None = None) -> Iterator[ScanRecord]:
        """The scan log; see `Store.scans`."""
        last = 0
        while stretch := self._scans(table, last):
            yield from stretch
            last = stretch[-1].id

    @wording
    def _scans(self, table: str | None, after: int) -> list[ScanRecord]:
        with self._premises.opened() as log:
            return log.scans(table, after, SCANS_AT_ONCE)

    @wording
    def places(self, table: str) -> list[tuple[str, str]]:
        """Where a table was ever scanned."""
        with self._premises.opened() as log:
            return log.places(table)

    @wording
    def last_calls(self, tables: Collection[str], by: str) -> dict[str, int]:
        """The calls of the last complete scans; see `Store.last_calls`."""
        with self._premises.opened() as log:
            return log.last_calls(tables, by)

    @wording
    def last_reads(self, tables: Collection[str], by: str) -> dict[str, LastRead]:
        """When places were last read; see `Store.last_reads`."""
        with self._premises.opened() as log:
            return log.last_reads(tables, by)

    @wording
    def note(self, name: str) -> str | None:
        """A short text that is kept; see `Store.note`."""
        with self._premises.opened() as log:
            return log.note(name)

    @wording
    def swap_note(self, name: str, before: str | None, after: str | None) -> bool:
        """Replace a note if it still is what it was; see `Store.swap_note`."""
        with self._premises.writing(), self._premises.opened() as log, log.commit():
            is_same = log.note(name) == before
            if is_same:
                log.put_note(name, after)
        return is_same

    @wording
    def tables(self) -> list[str]:
        """The tables that anything is known about."""
        with self._premises.opened() as log:
            return log.tables()

    def check_horizon(self, log: ScanLog, as_of: datetime | None) -> None:
        """Raises InvalidStatement for a moment before the history that is kept."""
        horizon = log.setting("horizon")
        if as_of is not None and horizon is not None and micros(as_of) < horizon:
            raise InvalidStatement(
                f"the inventory keeps no history from before {moment(horizon).isoformat()}",
                hint="ask for a later moment; `expire` removed what was older",
            )


def _by_table(partitions: Iterable[Partition]) -> dict[str, list[Partition]]:
    found: dict[str, list[Partition]] = {}
    for partition in partitions:
        found.setdefault(partition.table, []).append(partition)
    return found


def _covered(
    claims: Iterable[Claim], partitions: Iterable[Partition], columns: frozenset[str], oldest: datetime | None
) -> dict[Partition, list[ScanRecord]]:
    """The partitions that claims cover, each by those of its own place."""
    by_place: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        by_place.setdefault(claim.scan.partition.place, []).append(claim)
    found = ((p, covering(by_place.get(p.place, ()), p, columns, oldest)) for p in partitions)
    return {p: scans for p, scans in found if scans is not None}
