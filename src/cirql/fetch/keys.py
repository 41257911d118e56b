"""Key groups at run time: which combinations of values a scan asks for in one target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.plan.arns import arn_columns
from cirql.plan.equalities import combine, project
from cirql.plan.keys import IDENTIFIER, with_derived
from cirql.plan.model import KeyGroup


class TargetKeys:
    """The values that a scan's key columns may have in one target."""

    def __init__(self, table: Table, groups: Iterable[KeyGroup], target: Target) -> None:
        self._account_column = table.account_column
        place = {"region": target.known_region, table.account_column: target.account}
        here = [_in_place(g, place) for g in with_derived(table, combine(list(groups)))]
        self._groups = _with_arns(table, here, target)

    @property
    def empty(self) -> bool:
        """Whether no row of this target can match."""
        return any(not g.rows for g in self._groups)

    def covers(self, columns: Iterable[str]) -> bool:
        """Whether all these columns have known values."""
        known = {c for g in self._groups for c in g.columns}
        return set(columns) <= known

    def combinations(self, columns: Sequence[str], every: Mapping[str, tuple[str, ...]] | None = None) -> list[dict[str, Any]]:
        """The distinct combinations for these columns; `every` has all the values of columns that may not be constrained."""
        open_ = [c for c in columns if every and c in every and not self.covers([c])]
        free = [KeyGroup((c,), tuple((v,) for v in every[c]), "every value") for c in open_] if every else []
        return [dict(zip(columns, row, strict=True)) for row in project([*self._groups, *free], tuple(columns))]

    def tell_apart(self, columns: Iterable[str], targets: Iterable[Target]) -> bool:
        """Whether the keys say in which of the targets each combination is, so that none is asked for in vain."""
        wanted = set(columns)
        named = {c for g in self._groups if wanted & set(g.columns) for c in g.columns}
        regions = {t.region for t in targets} if "region" not in named else set()
        accounts = {(t.account, t.credentials) for t in targets} if self._account_column not in named else set()
        return len(regions) <= 1 and len(accounts) <= 1

    def agree(self, values: dict[str, Any]) -> bool:
        """Whether values that a parent row gives are among those wanted."""
        for group in self._groups:
            shared = [c for c in group.columns if c in values]
            if shared and not any(all(row[group.columns.index(c)] == values[c] for c in shared) for row in group.rows or ()):
                return False
        return True


def _with_arns(table: Table, groups: list[KeyGroup], target: Target) -> list[KeyGroup]:
    """The groups and, where they have every part of the table's ARNs, the ARNs that these parts make in this target."""
    arn = table.arn
    if arn is None or not target.account:
        return groups
    parts = arn_columns(arn)
    known = {c for g in groups for c in g.columns}
    if arn.column in known or not set(parts) <= known:
        return groups
    place = {"partition": target.partition, "region": target.region, "account_id": target.account}
    names = (arn.column, IDENTIFIER, *parts) if table.identifier == (arn.column,) else (arn.column, *parts)
    rows = []
    for values in project(groups, parts):
        text = arn.template.format(**place, **dict(zip(parts, values, strict=True)))
        rows.append((text,) * (len(names) - len(parts)) + values)
    return combine([*groups, KeyGroup(names, tuple(rows), "the parts of the ARN")])


def _in_place(group: KeyGroup, place: dict[str, str]) -> KeyGroup:
    """The rows that speak of this target. An account or a region that is not known agrees with any."""
    rows = group.rows or ()
    for column, here in place.items():
        if column in group.columns and here:
            at = group.columns.index(column)
            rows = tuple(r for r in rows if r[at] is None or r[at] == here)
    return KeyGroup(group.columns, rows, group.why)
