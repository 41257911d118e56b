"""Errand: how a statement reads that is run for the inventory's sake, and what came of it.

A sync, an event and a recording each send statements of their own. What they want of these goes with each, and nothing of a session is set
for it: others may use the session meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cirql.cloud.target import Target
from cirql.inventory.model import WriteSummary
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.result import ProgressEvent

Place = tuple[str, str]
"""An account and a region."""


@dataclass(slots=True)
class Ledger:
    """What each write of an errand did, which could not be made, and how many rows were not described again."""

    written: list[WriteSummary] = field(default_factory=list)
    unkept: list[tuple[Target, str]] = field(default_factory=list)
    reused: int = 0

    def count_reused(self, rows: int) -> None:
        """So many rows were not described again."""
        self.reused += rows


@dataclass(frozen=True, slots=True)
class Errand:
    """`by` is who reads, as the log of scans says it.

    `since`: what was seen from then on is done, and is neither read nor delivered; without it everything is read. `dated`: when what is
    read was so, if not now. `reuses`: what the list call shows to be unchanged is not described again. `places`: the only ones to ask.
    `watch` is told how far its scans are, in place of who watches the session.
    """

    by: str
    since: datetime | None = None
    dated: datetime | None = None
    reuses: bool = False
    places: frozenset[Place] | None = None
    watch: Callable[[ProgressEvent], None] | None = None
    ledger: Ledger = field(default_factory=Ledger)
