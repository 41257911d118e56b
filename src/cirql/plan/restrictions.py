"""What a statement asks of the relations that are answered without AWS: which of their rows matter, as far as constants and keys say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from cirql.plan.keys import constant_groups
from cirql.plan.model import RowFilter
from cirql.plan.predicates import conditions
from cirql.plan.row_filters import Translate, make_row_filter
from cirql.sql.bound import Bound, Source
from cirql.sql.trees import all_of
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Restriction:
    """What matters of one relation: `values` are, by column, the only ones; `filter` tests its key columns, which are known first."""

    values: Mapping[str, frozenset[Any]]
    filter: RowFilter | None


def restrictions(bound: Bound, translate: Translate) -> Mapping[str, Restriction]:
    """The restriction of each relation. Columns that any value may have are not in its values."""
    found = conditions(bound)
    return {s.relation: _restriction(s, found[s.relation].conjuncts, translate) for s in bound.system}


def _restriction(source: Source, conjuncts: list[exp.Expr], translate: Translate) -> Restriction:
    groups = constant_groups(source.table, conjuncts)
    values = {
        column: frozenset(row[at] for row in group.rows)
        for group in groups
        if group.rows is not None
        for at, column in enumerate(group.columns)
    }
    keys = set(source.table.key)
    on_keys = [c for c in conjuncts if {x.name for x in all_of(c, exp.Column)} <= keys]
    return Restriction(values, make_row_filter(source.table, on_keys, translate) if on_keys else None)
