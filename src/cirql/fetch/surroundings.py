"""What all scans of a statement share: the way to AWS, the row test, the clock, and where notices go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.fetch.calls import Calls
from cirql.fetch.refusals import Refusals
from cirql.fetch.rows import Row
from cirql.fetch.spread import Spreading
from cirql.fetch.unread import Unread
from cirql.plan.model import RowFilter
from cirql.startup.records import dataclass, field

RowTest = Callable[[RowFilter, Table, Sequence[Row]], list[bool]]


class Known(Protocol):
    """What was read of a table before, where it is certain to be so still."""

    async def unchanged(self, target: Target, rows: Sequence[Row]) -> list[Row | None]:
        """For each listed row what its describe call would give; None where that must be asked."""
        ...


@dataclass(slots=True)
class Surroundings:
    """What every scan of a statement shares.

    `bulk` is what bulk calls told, by call and key of the row.
    `denied` are the columns that a tolerated denial left NULL, by table and target; `refusals` the calls that were refused and not needed.
    `patience` is how many seconds rows that are there may wait for those that stand before them.
    `known` spares describe calls of the one scan that it was made for; `unread` is what that scan could not read of single rows, and
    `spreading` which of its targets gives what several answer alike.
    """

    calls: Calls
    passes: RowTest
    clock: Callable[[], datetime]
    concurrency: int = 64
    patience: float = 1.0
    targets: tuple[Target, ...] = ()
    notices: list[str] = field(default_factory=list)
    bulk: dict[str, Mapping[tuple[Any, ...], Row]] = field(default_factory=dict)
    denied: dict[tuple[str, Target], set[str]] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=Refusals)
    known: Known | None = None
    unread: Unread = field(default_factory=Unread)
    spreading: Spreading = field(default_factory=Spreading)

    def notice(self, text: str) -> None:
        """Say something once."""
        if text not in self.notices:
            self.notices.append(text)
