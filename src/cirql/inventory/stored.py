"""How one table's rows are kept: how the store spells its columns, where they belong, and which columns can name a partition.

The catalog's tables meet the store's words here and nowhere else. Account and region are never kept in rows: the partition has them. A
service that lives once per account is kept under the region `global`, so that it is one set of rows however it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cirql.catalog.model import Fetch, Scope, Table
from cirql.cloud.sight import GLOBAL_REGION
from cirql.cloud.target import Target
from cirql.inventory.model import KEY, Partition
from cirql.plan.arns import arn_columns
from cirql.plan.hydrate import derivable
from cirql.plan.keys import IDENTIFIER
from cirql.plan.model import Scan
from cirql.startup.records import dataclass
from cirql.types import ColumnType

_BY_THE_STORE = frozenset({"_fetched_at", "_source"})
_OWN_ACCOUNT = "own_account_id"
"""How a resource's property AccountId is kept: `account_id` means the account that was asked, to the store."""

_NAMING_TYPES = (ColumnType.VARCHAR, ColumnType.BIGINT)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """One table of the catalog, as the store keeps it."""

    table: Table

    @property
    def name(self) -> str:
        """The store's name for it: the published one."""
        return str(self.table.name)

    @property
    def key(self) -> str | None:
        """The column that names a row; None where nothing does: its rows are kept under what they say."""
        if not self.table.key:
            return None
        return next((c for c in (KEY, IDENTIFIER) if self.table.column(c) is not None), None)

    @property
    def is_global(self) -> bool:
        """Whether it is asked once per account."""
        return self.table.scope is Scope.GLOBAL

    def spelled(self, column: str) -> str:
        """The store's spelling of a column."""
        if column == self.key:
            return KEY
        if column == self.table.account_column:
            return "account_id"
        return _OWN_ACCOUNT if column == "account_id" else column

    def columns(self, stored: Iterable[str]) -> dict[str, str]:
        """The store's spellings, each with the table's own."""
        names = {self.spelled(c.name): c.name for c in self.table.columns}
        return {s: names[s] for s in stored if s in names}

    def kept(self, columns: Iterable[str]) -> frozenset[str]:
        """Those of the columns that rows are kept with."""
        place = {"region", self.table.account_column}
        own = {KEY} if self.key is None else set()
        return frozenset(c for c in columns if c not in place and c not in _BY_THE_STORE and c not in own)

    def told_by(self, root: Fetch) -> frozenset[str]:
        """The columns, as the store spells them, that say what a row is where its key does not: all that the call that lists it gives.

        What other calls add is not asked for each time, so it cannot be part of it.
        """
        names = {c.name for c in self.table.columns} - {KEY, IDENTIFIER}
        return frozenset(self.spelled(c) for c in self.kept((root.gives | root.required) & names))

    def twins(self) -> str:
        """The store's note that says that rows of this table shared a key."""
        return f"twins {self.name}"

    def needed(self, columns: Iterable[str]) -> frozenset[str]:
        """The spellings of the columns that a scan must have filled, for the store to answer with these."""
        return frozenset(self.spelled(c) for c in self.kept(columns))

    def place(self, target: Target) -> tuple[str, str]:
        """The account and region that a target's rows are kept under."""
        return target.account, GLOBAL_REGION if self.is_global else target.region

    def partition(self, target: Target, values: Mapping[str, Any] | None = None) -> Partition:
        """The rows of a target that have these values."""
        parent = tuple((self.spelled(c), str(v)) for c, v in (values or {}).items())
        return Partition(self.name, *self.place(target), parent)

    @property
    def naming(self) -> frozenset[str]:
        """The columns that say which resource a row is, and so never change: only they may narrow a partition.

        A condition on anything else (`state = 'running'`) does not: a row that no longer meets it has changed, and is not gone.
        """
        table = self.table
        names = {*table.key, *table.identifier, KEY, IDENTIFIER, *(p.column for p in table.parents)}
        if table.arn is not None:
            names |= {table.arn.column, *arn_columns(table.arn)}
        types = {c.name: c.type for c in table.columns}
        return self.kept(n for n in names if types.get(n) in _NAMING_TYPES)

    def filled_by(self, scan: Scan) -> frozenset[str]:
        """The columns that a scan's calls fill, wanted or not."""
        given = {c for f in (scan.root, *(f for step in scan.steps for f in step.fetches)) for c in f.gives}
        asked = {c for g in scan.keys if g.rows is not None and len(g.rows) == 1 for c in g.columns} & self.naming
        known = derivable(self.table, given | asked | {"region", self.table.account_column})
        if set(self.table.key) <= known and self.key is not None:
            known |= {self.key}
        return self.kept(known & {c.name for c in self.table.columns})
