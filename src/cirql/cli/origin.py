"""Where the rows of a page are from: which places were asked, and how old is what the inventory answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cirql.cli.page import Provenance, ScanNote

if TYPE_CHECKING:
    from cirql.cloud.target import Target
    from cirql.session import Session


def origin(session: Session, statement: str) -> Provenance:
    """Where the rows of the statement that the session runs now are from; its scans are told once the last row is there."""
    return Provenance(statement, datetime.now(UTC), lambda: tuple(_notes(session)))


def _notes(session: Session) -> Iterator[ScanNote]:
    for outcome in session.last_scans:
        remembered = [target for target in outcome.targets if target not in outcome.seen]
        name = str(outcome.scan.table.name)
        yield ScanNote(name, len(outcome.targets), len(remembered), _oldest(session, name, remembered))


def _oldest(session: Session, table: str, places: list[Target]) -> datetime | None:
    """When the place that was looked at longest ago was last read."""
    if not places:
        return None
    latest: dict[tuple[str, str], datetime] = {}
    for scan in session.memory.store(session.settings).scans(table):
        if scan.complete:
            place = (scan.partition.account, scan.partition.region)
            latest[place] = max(latest.get(place, scan.finished), scan.finished)
    found = [latest[p] for t in places if (p := (t.account, t.region)) in latest]
    return min(found, default=None)
