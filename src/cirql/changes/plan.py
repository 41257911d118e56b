"""A change plan: everything that a statement or a transaction would do, in order, before any of it is done. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from cirql.catalog.model import Table
from cirql.catalog.rules import Rules
from cirql.changes.model import Change
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Changes in an order in which they can be made. `tables` and `rules` are by the changes' `table` and `type_name`.

    `unchanged` counts resources that are as wanted already. `statements` are the texts that asked for it, without secrets.
    """

    changes: tuple[Change, ...]
    statements: tuple[str, ...]
    tables: Mapping[str, Table]
    rules: Mapping[str, Rules]
    unchanged: int = 0

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every IAM action that carrying it out needs, sorted."""
        return tuple(sorted({p for c in self.changes for p in c.permissions}))
