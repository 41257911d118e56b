"""KeptVersions: the versions of one table as of one moment, as SQL on one DuckDB connection; what a store must give for all else to work.

The physical columns of a version, beside the table's own: `$id`, which no other version of the table has; `_key`; `$account`, `$region`;
`$from` and `$to` (NULL: open); `$known` and `$got`, the column sets that it knows and that the scan which opened it fetched; `$oldest`,
when the oldest of its values was read. JSON is text, exactly as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from cirql.inventory.versions.members import NO_HINTS, Hints
from cirql.sql.quoting import name, stored_type
from cirql.types import ColumnType, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

SYSTEM = ("_key", "$account", "$region", "$from", "$known", "$got", "$oldest")


class KeptVersions(Protocol):
    """A table's versions. `types` has its own columns, `column_sets` what the numbers in `$known` and `$got` mean."""

    @property
    def table(self) -> str:
        """The table's name."""
        ...

    @property
    def types(self) -> Mapping[str, ColumnType]:
        """The types of the stored columns."""
        ...

    @property
    def column_sets(self) -> Mapping[int, frozenset[str]]:
        """The sets of columns, by number."""
        ...

    @property
    def may_be_open(self) -> bool:
        """Whether any version may be open."""
        ...

    @property
    def count(self) -> int:
        """How many versions there are."""
        ...

    def every(self, columns: Mapping[str, ColumnType], where: str = "true") -> str:
        """SQL for all versions: the physical columns, then `columns`. `where` is a condition on physical columns but `$to`."""
        ...

    def held(self, columns: Mapping[str, ColumnType], as_of: datetime | None, where: str = "true", hints: Hints = NO_HINTS) -> str:
        """SQL for the versions that held at a moment (None: those that are open)."""
        ...


def plain_arrow(column_type: ColumnType | None, column: str = "") -> pa.DataType:
    """The Arrow type of a stored column, JSON as text; without a column type, that of a physical column."""
    import pyarrow as pa

    if column_type is not None:
        return pa.string() if column_type is ColumnType.JSON else arrow_type(column_type)
    if column in ("$known", "$got"):
        return pa.int32()
    return pa.timestamp("us") if column in ("$from", "$oldest", "$to") else pa.string()


def nothing(columns: Mapping[str, ColumnType]) -> str:
    """SQL for no versions at all."""
    types = {"$id": "BIGINT", "_key": "VARCHAR", "$account": "VARCHAR", "$region": "VARCHAR", "$from": "TIMESTAMP", "$known": "INTEGER"}
    types |= {"$got": "INTEGER", "$oldest": "TIMESTAMP", "$to": "TIMESTAMP"}
    types |= {c: stored_type(t) for c, t in columns.items() if c not in types}
    return "SELECT " + ", ".join(f"NULL::{t} AS {name(c)}" for c, t in types.items()) + " WHERE false"
