"""What is known of a statement's tables before anything is asked: how many rows there were, and what need not be asked at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cirql.cloud.survey import of_settings
from cirql.cloud.target import Target
from cirql.errors import Error
from cirql.plan.explain import Foreknown
from cirql.plan.places import places, wanted
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.cloud.reach import Reach
    from cirql.fetch.runner import ScanOutcome
    from cirql.inventory.memory import Memory
    from cirql.inventory.model import Partition
    from cirql.inventory.recall import Recall
    from cirql.inventory.store import Store
    from cirql.inventory.stored import StoredTable
    from cirql.plan.model import Scan
    from cirql.plan.places import RowTest
    from cirql.settings import Settings


class ForesightDesk(Protocol):
    """What looking ahead needs from a session."""

    settings: Settings

    @property
    def reach(self) -> Reach:
        """The accounts and regions that statements ask now."""
        ...

    @property
    def memory(self) -> Memory:
        """The way to the inventory."""
        ...

    @property
    def last_scans(self) -> Sequence[ScanOutcome]:
        """How the scans of the last statement ended."""
        ...


@dataclass(frozen=True, slots=True)
class Foresight:
    """Looks ahead for one statement. `recall` is its own use of the inventory, where it makes any."""

    desk: ForesightDesk
    passes: RowTest
    recall: Recall | None

    def targets(self, scan: Scan) -> tuple[Target, ...] | None:
        """Whom a scan asks, where settings and constants say so without a call."""
        want = wanted(scan, scan)
        inquiry, known = want.inquiry(self.desk.reach), of_settings(self.desk.settings, self.desk.reach)
        if known is None or inquiry.enabled:
            known = self.recall.scopes.known(self.recall.clock()) if self.recall is not None else None
            if known is None or not known.answers(inquiry):
                return None
        return tuple(places(scan, want, self.desk.reach, known.of_named(want.accounts), self.passes).targets)

    def known(self, scan: Scan) -> Foreknown | None:
        """What the inventory has of a scan's rows, else what the last statement read of the same; None where neither knows anything."""
        store = self._store()
        found = self._remembered(scan, store) if store is not None else None
        return found or self._read_last(scan)

    def _store(self) -> Store | None:
        """The statement's inventory, else the one that is there: looking makes none."""
        if self.recall is not None:
            return self.recall.store
        settings = self.desk.settings
        if settings.locked or settings.store_place is None or not Path(settings.store_place).exists():
            return None
        try:
            return self.desk.memory.store(settings)
        except Error:  # it is no part of the statement: whoever reads from it is told
            return None

    def _remembered(self, scan: Scan, store: Store) -> Foreknown | None:
        from datetime import UTC

        from cirql.inventory.questions import partitions
        from cirql.inventory.stored import StoredTable

        stored, targets = StoredTable(scan.table), self.targets(scan)
        looked = targets if targets is not None else self._everywhere(scan, stored, store)
        asked: dict[Target, list[Partition]] = {t: partitions(stored, scan, t) or [] for t in looked if t.account}
        every = list(dict.fromkeys(p for ps in asked.values() for p in ps))
        if not every:
            return None
        found = store.fresh(every, (), None, datetime.now(UTC))
        held = [t for t, ps in asked.items() if ps and all(p in found for p in ps)]
        scans = {s.id: s for t in held for p in asked[t] for s in found[p]}
        if not scans:
            return None
        answers = self.recall.answers(scan, stored, targets) if self.recall is not None and targets is not None else ()
        return Foreknown(sum(s.rows for s in scans.values()), len(held), min(s.finished for s in scans.values()), len(answers))

    def _everywhere(self, scan: Scan, stored: StoredTable, store: Store) -> tuple[Target, ...]:
        """Every place that the table was read in and that the statement means, where nobody knows yet which accounts are meant."""
        regions, accounts = scan.constants("region"), scan.constants(scan.table.account_column)
        return tuple(
            Target(account, region)
            for account, region in store.places(stored.name)
            if (self.recall is None or self.recall.sight.sees(account, region))
            and (accounts is None or account in accounts)
            and (regions is None or region in regions or stored.is_global)
        )

    def _read_last(self, scan: Scan) -> Foreknown | None:
        for outcome in self.desk.last_scans:
            last = outcome.scan
            is_whole = not (last.filters or last.limit or last.keys or outcome.troubles)
            if last.table.name == scan.table.name and is_whole and outcome.targets and len(outcome.ended) == len(outcome.targets):
                return Foreknown(outcome.rows, len(outcome.targets), None)
        return None
