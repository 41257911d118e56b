"""Conditions carried over equalities: `v.region = i.region AND i.region LIKE 'us-%'` says `v.region LIKE 'us-%'` too."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.plan.keys import is_equality, provider_of
from cirql.plan.predicates import Conditions, Edge
from cirql.sql.trees import all_of


def propagate_conditions(drafts: Mapping[str, tuple[Table, Conditions]]) -> None:
    """Give each relation the conditions on single columns that its equal columns elsewhere must meet; types must be the same.

    Constants are carried over as keys, by the planner.
    """
    changed = True
    while changed:
        changed = False
        for table, own in drafts.values():
            for edge in own.edges:
                provider = relation_of(edge)
                if provider is None or provider not in drafts or not isinstance(edge.provider, exp.Column):
                    continue
                other_table, other = drafts[provider]
                mine, theirs = table.column(edge.column), other_table.column(edge.provider.name)
                if mine is None or theirs is None or mine.type is not theirs.type:
                    continue
                known = [_renamed(c, edge.column) for c in _over(edge.column, own.conjuncts)]
                for conjunct in _over(edge.provider.name, other.conjuncts):
                    moved = _renamed(conjunct, edge.column)
                    if moved not in known and not is_equality(table, moved):
                        own.conjuncts.append(moved)
                        changed = True


def relation_of(edge: Edge) -> str | None:
    """The relation that an edge's values come from, where it is one."""
    if not isinstance(edge.provider, exp.Column):
        return None
    provider = provider_of(edge.scope, edge.provider)
    return provider.name if isinstance(provider, exp.Table) else None


def _over(column: str, conjuncts: list[exp.Expr]) -> list[exp.Expr]:
    return [c for c in conjuncts if {x.name for x in all_of(c, exp.Column)} == {column}]


def _renamed(conjunct: exp.Expr, column: str) -> exp.Expr:
    """The condition on another column; unqualified, as it stands for one row of one table."""
    moved = conjunct.copy()
    for node in all_of(moved, exp.Column):
        renamed = exp.column(column, quoted=True)
        if node is moved:
            return renamed
        node.replace(renamed)
    return moved
