"""What a statement asks of the relations that are answered without AWS: for some columns, the only values that matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.plan.keys import constant_groups
from cirql.plan.predicates import conditions
from cirql.sql.bind import Bound


def restrictions(bound: Bound) -> Mapping[str, Mapping[str, frozenset[Any]]]:
    """By relation and column, the values that constants in the statement allow; columns that any value may have are left out."""
    found = conditions(bound)
    allowed: dict[str, Mapping[str, frozenset[Any]]] = {}
    for source in bound.system:
        groups = constant_groups(source.table, found[source.relation].conjuncts)
        allowed[source.relation] = {
            column: frozenset(row[at] for row in group.rows)
            for group in groups
            if group.rows is not None
            for at, column in enumerate(group.columns)
        }
    return allowed
