"""What a plan is: scans in dependency order, and the SQL that remains for DuckDB. Data only; EXPLAIN prints it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cirql.catalog.model import Fetch, Table
from cirql.startup.records import dataclass, field, replace
from cirql.types import ColumnType

KeyRows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """Key values that other scans supply: SQL over their relations, run once those are read, and the columns it gives."""

    sql: str
    relations: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Values that go together for some columns of a table.

    `rows` are known now (constants); else `query` gives them later, for the first of the columns; the others follow from those.
    Several groups combine by natural join.
    `why` is said in EXPLAIN. `assumed`: the statement does not say so, and its reader is told.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] | None
    why: str
    query: KeyQuery | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class RowRange:
    """A range or pattern that rows must meet to matter: `operator` is `>=`, `<=`, `prefix` or `contains`. Inexact: only ever too loose."""

    column: str
    operator: str
    value: Any


class Calculator(Protocol):
    """What computes without asking AWS: DuckDB."""

    def value(self, sql: str) -> Any:
        """The one value of a query without tables. Raises DatabaseError."""
        ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query over what needs no scan. Raises DatabaseError."""
        ...

    def passes(self, row_filter: RowFilter, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Which rows a filter keeps."""
        ...


DocumentPath = tuple[str, ...]
"""Where something is in a JSON document: the names of members, from the outside in."""


@dataclass(frozen=True, slots=True)
class TextAt:
    """Only rows matter where the text at `path` in a JSON column, or behind that one key of a map, is one of `values`.

    Without a path: where a map has one of `values` as a key.
    """

    column: str
    path: DocumentPath
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A condition on one table's own columns: a DuckDB query over a relation `page` that gives one boolean a row, in order.

    Where the whole condition is that one text, integer or boolean column is one of some constants, `allowed` has them: the same test,
    without DuckDB's cost for each page. The query is then written only if a value is of another type, since that is half of what it costs.
    """

    write: Callable[[], str]
    columns: frozenset[str]
    allowed: frozenset[Any] | None = None

    @property
    def sql(self) -> str:
        """The query."""
        return self.write()

    def decide(self, values: Sequence[Any]) -> list[bool] | None:
        """What the constants say of the values of the only column; None where a value is not of the constants' type."""
        if self.allowed is None:
            return None
        kinds = {type(a) for a in self.allowed} | {type(None)}
        return [v in self.allowed for v in values] if all(type(v) in kinds for v in values) else None


@dataclass(frozen=True, slots=True)
class Step:
    """Per-row fetches that run together, once the columns they need are there.

    `instead` are those that one of them, a bulk call, stands for: they serve the rows that it leaves out, and all where it is refused or
    saves nothing.
    """

    fetches: tuple[Fetch, ...]
    instead: tuple[Fetch, ...] = ()


@dataclass(frozen=True, slots=True)
class ParentScan:
    """The scan whose rows supply keys: `bindings` pairs the child's column with the parent's.

    `says` is what the child's call is told besides for these keys, by column. `others` supply more of the same keys: all are read.
    """

    scan: Scan
    bindings: tuple[tuple[str, str], ...]
    says: tuple[tuple[str, str], ...] = ()
    others: tuple[ParentScan, ...] = ()

    @property
    def every(self) -> tuple[ParentScan, ...]:
        """All scans that supply these keys, itself first."""
        return (self, *self.others)


@dataclass(frozen=True, slots=True)
class Scan:
    """One table in one query.

    `columns` are delivered to DuckDB as `relation`. `keys` narrow what is asked. `root` gives rows, `steps` complete them,
    Where `keys_suffice` and there is a `parent` too, the parent's rows only say which of the keys exist in a target.
    `filters` drop rows as soon as their columns are known. `limit` is how many rows are enough, where nothing later can drop one.
    `conditions` are those of the filters, as SQL, that say more than which values a column has: with none, every row that
    has the values of `keys` is read.
    `other` is the next best way to the rows, where the root is a list that a target may refuse: its root, parent and steps count.
    `members`: of these JSON columns nothing but what is at those paths is looked at. `texts` are conditions on such members.
    """

    relation: str
    table: Table
    columns: tuple[str, ...]
    root: Fetch
    keys: tuple[KeyGroup, ...] = ()
    parent: ParentScan | None = None
    keys_suffice: bool = True
    steps: tuple[Step, ...] = ()
    filters: tuple[RowFilter, ...] = ()
    bounds: tuple[RowRange, ...] = ()
    limit: int | None = None
    conditions: tuple[str, ...] = ()
    members: Mapping[str, frozenset[DocumentPath]] = field(default_factory=dict)
    texts: tuple[TextAt, ...] = ()
    other: Scan | None = None

    @property
    def instead(self) -> Scan | None:
        """The same scan by the other way, where there is one."""
        if self.other is None:
            return None
        way = self.other
        return replace(self, root=way.root, parent=way.parent, keys_suffice=way.keys_suffice, steps=way.steps, other=None)

    @property
    def parents(self) -> tuple[ParentScan, ...]:
        """All scans whose rows supply keys."""
        return self.parent.every if self.parent is not None else ()

    @property
    def depends(self) -> frozenset[str]:
        """The relations that must be read before this scan can start."""
        own = {r for g in self.keys if g.query is not None for r in g.query.relations}
        return frozenset(own).union(*(p.scan.depends for p in self.parents))

    @property
    def fetches(self) -> tuple[Fetch, ...]:
        """Every fetch of this scan and of its parents, root first."""
        own = (self.root, *(f for step in self.steps for f in step.fetches))
        return (*(f for p in self.parents for f in p.scan.fetches), *own)

    @property
    def calls(self) -> tuple[Fetch, ...]:
        """Every call that this scan may make itself, those included that stand in for others."""
        planned = (self.root, *(f for step in self.steps for f in (*step.fetches, *step.instead)))
        own = tuple(call for f in planned for call in (f, self.table.fallback(f)) if call is not None)
        return own if self.other is None else (*own, *self.other.calls)

    def constants(self, column: str) -> frozenset[Any] | None:
        """The only values the column may have, where constants say so; None where any value may come."""
        found: frozenset[Any] | None = None
        for group in self.keys:
            if group.rows is not None and column in group.columns:
                at = group.columns.index(column)
                values = frozenset(row[at] for row in group.rows)
                if None in values:  # the part of an ARN that it leaves out, as S3's leave out the region
                    continue
                found = values if found is None else found & values
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All scans of a statement, in an order in which each finds its keys, and what DuckDB then runs.

    `replan` plans one scan again, now that its key queries have given their rows: how many there are decides what is cheapest. The same
    plan may be run by several statements at once: each hands in the engine that computes for it.

    `relations` gives each relation's columns and types. `streamed` names the relation that may be read once while its pages
    arrive; all others are read completely first. `compares_rows`: rows that are missing would make those that are there wrong.
    """

    scans: tuple[Scan, ...]
    sql: str
    relations: Mapping[str, Mapping[str, ColumnType]]
    streamed: str | None = None
    compares_rows: bool = False
    replan: Callable[[str, Mapping[str, KeyRows], Calculator | None], Scan] | None = field(default=None, compare=False)
