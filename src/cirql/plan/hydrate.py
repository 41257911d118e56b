"""Fourth pass: the fewest per-row calls that fill the columns still missing once the root fetch has answered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Set

from cirql.catalog.model import Fetch, Role, Table
from cirql.plan.arns import arn_columns
from cirql.plan.model import Step
from cirql.startup.records import replace

FEW_ROWS = 3
"""So few rows take their own calls: a bulk call tells of all that a target has."""
CONTEXT_COLUMNS = frozenset({"region", "_key", "_fetched_at", "_source"})


def context_columns(table: Table) -> frozenset[str]:
    """The columns the engine fills itself, without a call."""
    return CONTEXT_COLUMNS | {table.account_column}


def derivable(table: Table, columns: Iterable[str]) -> frozenset[str]:
    """These columns and all that follow from them without a call: the parts of an ARN or of an identifier, and the reverse."""
    known = set(columns)
    if table.identifier and "data__identifier" in known:
        known.update(table.identifier)
    if table.identifier and set(table.identifier) <= known and table.column("data__identifier") is not None:
        known.add("data__identifier")
    if table.arn is not None:
        if table.arn.column in known:
            known.update(arn_columns(table.arn))
        elif set(arn_columns(table.arn)) <= known:
            known.add(table.arn.column)
            if table.identifier == (table.arn.column,):
                known.add("data__identifier")
    return frozenset(known)


def steps(
    table: Table, root: Fetch, wanted: Iterable[str], given: Iterable[str] = (), tested: Iterable[str] = (), most: float = math.inf
) -> tuple[Step, ...] | None:
    """The per-row fetches after `root`, in the order their inputs allow; None where some wanted column cannot be reached.

    Fetches that give `tested` columns, on which a condition is waiting, come in steps before all others: a row that fails the
    condition then costs no further call.
    `given` are columns that the parent or single key values supply, `most` is how many rows a target can have. A column that nothing
    can read (a write-only property, a tag column without a source) is no obstacle: it is NULL.
    """
    available = derivable(table, {*root.gives, *given, *context_columns(table)})
    missing = set(wanted) - available
    if "_key" in wanted:
        missing |= set(table.key) - available
    missing &= _readable(table, root)
    chosen: list[Fetch] = []
    while missing:
        best = _best(table, root, missing, available, chosen, most)
        if best is None:
            return None
        chosen += [f for f in best if f not in chosen]
        reached = derivable(table, {*available, *(c for f in chosen for c in f.gives)})
        missing -= reached
    ordered = _order(table, chosen, available, frozenset(tested) - available)
    needed = {*wanted, *table.key, *(c for f in chosen for c in f.required)} - available
    return ordered if most <= FEW_ROWS else tuple(_in_bulk(table, step, needed, available) for step in ordered)


def _in_bulk(table: Table, step: Step, needed: Set[str], available: Set[str]) -> Step:
    """The step with a bulk call in place of those per-row calls all of whose needed columns it gives."""
    for bulk in (f for f in table.fetches if f.match and set(f.match) <= available):
        own = tuple(f for f in step.fetches if not f.fallback and f.gives & needed and f.gives & needed <= bulk.gives)
        if own:
            kept = needed | set(bulk.match)
            outputs = tuple(o for o in bulk.outputs if o.column in kept)
            lifted = tuple(o for o in bulk.lifted if o.column in kept)
            return Step((*(f for f in step.fetches if f not in own), replace(bulk, outputs=outputs, lifted=lifted)), own)
    return step


def _readable(table: Table, root: Fetch) -> frozenset[str]:
    """What a scan that begins with `root` can know: what some answer has, and what was asked; not what another list call would ask."""
    answered = {o.column for f in table.fetches for o in (*f.outputs, *f.lifted)}
    return derivable(table, answered | root.gives | {c for f in table.fetches if f.role is not Role.LIST for c in f.gives})


def _best(
    table: Table, root: Fetch, missing: Set[str], available: frozenset[str], chosen: list[Fetch], most: float
) -> tuple[Fetch, ...] | None:
    """The chain of fetches that reaches the most missing columns with the fewest calls a row; of equal ones, what serves more rows."""
    candidates: list[tuple[int, int, int, tuple[Fetch, ...]]] = []
    reached = derivable(table, {*available, *(c for f in chosen for c in f.gives)})
    for fetch in table.fetches:
        if fetch is root or fetch.role is Role.LIST or fetch.match or fetch in chosen:
            continue
        row_by_row = table.fallback(fetch)
        if row_by_row is not None and most <= row_by_row.batch:
            continue  # one call of the service's own serves them all
        covered = len(missing & derivable(table, {*reached, *fetch.gives}))
        if not covered:
            continue
        chain = _chain(table, fetch, reached, (fetch,))
        if chain is not None:
            candidates.append((len(chain), -covered, -fetch.batch, chain))
    return min(candidates, key=lambda c: c[:3])[3] if candidates else None


def _chain(table: Table, fetch: Fetch, reached: frozenset[str], chain: tuple[Fetch, ...]) -> tuple[Fetch, ...] | None:
    """The fetch behind whatever must run first to give it its inputs."""
    lacking = fetch.required - reached
    if not lacking:
        return chain
    for other in table.fetches:
        if other.role is not Role.LIST and not other.match and other not in chain and lacking & other.gives:
            before = _chain(table, other, reached, (other, *chain))
            if before is not None and lacking <= derivable(table, {*reached, *(c for f in before for c in f.gives if f is not fetch)}):
                return before
    return None


def _order(table: Table, chosen: list[Fetch], available: frozenset[str], tested: frozenset[str]) -> tuple[Step, ...]:
    ordered: list[Step] = []
    left, reached = list(chosen), available
    while left:
        ready = tuple(f for f in left if f.required <= reached)
        if not ready:
            break
        waiting = tested - reached
        helpful = tuple(f for f in ready if f.gives & waiting or any(f.gives & (o.required - reached) and o.gives & waiting for o in left))
        ready = helpful or ready
        ordered.append(Step(ready))
        left = [f for f in left if f not in ready]
        reached = derivable(table, {*reached, *(c for f in ready for c in f.gives)})
    return tuple(ordered)
