"""What all scans of a statement share: the way to AWS, the row test, the clock, and where notices go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.fetch.calls import Calls
from cirql.fetch.rows import Row
from cirql.plan.model import RowFilter

RowTest = Callable[[RowFilter, Table, Sequence[Row]], list[bool]]


@dataclass(slots=True)
class Surroundings:
    """What every scan of a statement shares. `denied` are the columns that a tolerated denial left NULL, by table and target."""

    calls: Calls
    passes: RowTest
    clock: Callable[[], datetime]
    concurrency: int = 64
    targets: tuple[Target, ...] = ()
    notices: list[str] = field(default_factory=list)
    denied: dict[tuple[str, Target], set[str]] = field(default_factory=dict)

    def notice(self, text: str) -> None:
        """Say something once."""
        if text not in self.notices:
            self.notices.append(text)
