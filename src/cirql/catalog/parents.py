"""Finds out which table can supply the keys that a list call needs: `ImageName` comes from the images.

By name alone: a key is about a noun of the same service (`ClusterName`, `cluster`, `ClusterArn` are about clusters), or a table there
is identified by a column of exactly that name. A key that nothing supplies makes the table's `problem`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cirql.catalog.model import Fetch, Input, Parent, Role, Table

_SUFFIXES = ("_identifier", "_name", "_arn", "_id", "_ids", "_arns", "_names", "_url", "")
_OWN = ("arn", "id", "name", "identifier", "url")


def with_parents(tables: Iterable[Table]) -> list[Table]:
    """The tables with `parents` found where a name says enough, and `problem` set where one is missing."""
    every = list(tables)
    index: dict[tuple[str, str], dict[str, Table]] = defaultdict(dict)
    for table in every:
        index[(table.name.scheme.value, table.service)][_noun(table)] = table
    found = [_resolved(t, index[(t.name.scheme.value, t.service)], index[("dataset", t.service)]) for t in every]
    return _without_cycles(found)


def _noun(table: Table) -> str:
    if table.cfn_type is None:
        return table.name.resource.removeprefix(f"{table.service}_")
    return table.name.resource


def root_fetches(table: Table) -> list[Fetch]:
    """The fetches that give rows without knowing any row."""
    return [f for f in table.fetches if f.role is Role.LIST]


def _resolved(table: Table, siblings: dict[str, Table], datasets: dict[str, Table]) -> Table:
    roots = root_fetches(table)
    if not roots or table.problem:
        return table
    best: tuple[list[Parent], list[str]] | None = None
    for fetch in roots:
        parents, missing = [], []
        for needed in fetch.inputs:
            if not needed.required or needed.column in ("region", table.account_column):
                continue
            parent = _parent(table, needed, siblings, datasets)
            if parent is not None:
                parents.append(parent)
            elif not needed.values:
                missing.append(needed.column)
        if best is None or len(missing) < len(best[1]):
            best = (parents, missing)
    if best is None:
        return table
    problem = f"needs {', '.join(best[1])}: no table is known to list the values" if best[1] else ""
    return replace(table, parents=tuple(best[0]), problem=problem)


def _candidates(name: str) -> Iterator[tuple[str, str]]:
    """The nouns that a key may be about, each with what it says of it: `image_name` is the `name` of an `image`."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            yield name.removesuffix(suffix), suffix.strip("_").rstrip("s")


def _parent(table: Table, needed: Input, siblings: dict[str, Table], datasets: dict[str, Table]) -> Parent | None:
    """The best source of a key: a sibling whose list call gives it, a native one that does, a sibling that has it at all."""
    native = datasets if table.cfn_type is not None else {}
    ways = ((siblings, True), (native, True), (siblings, False))
    return next((p for tables, listed in ways if (p := _about(table, needed.column, tables, listed=listed)) is not None), None)


def _about(table: Table, name: str, siblings: dict[str, Table], *, listed: bool) -> Parent | None:
    for noun, kind in _candidates(name):
        for candidate in (siblings.get(noun), siblings.get(f"{table.service}_{noun}")):
            if candidate is None or candidate.name == table.name:
                continue
            source = _source(candidate, name, noun, kind, listed=listed)
            if source is not None:
                return Parent(name, candidate.name, source)
    for candidate in siblings.values():
        if candidate.name != table.name and candidate.identifier == (name,):
            return Parent(name, candidate.name, name)
    return None


def _source(candidate: Table, name: str, noun: str, kind: str, *, listed: bool) -> str | None:
    """The column of the parent that holds the key's values: one that its list call fills, or any."""
    wanted = [name, *((f"{noun}_{kind}", kind) if kind else ())]
    if not kind or kind == "identifier":
        wanted += [n for own in _OWN for n in (f"{noun}_{own}", own)]
    columns = {c for f in root_fetches(candidate) for c in f.gives} if listed else {c for f in candidate.fetches for c in f.gives}
    found = next((column for column in wanted if column in columns), None)
    if found is None and listed and candidate.cfn_type is not None and len(candidate.identifier) == 1 and kind != "arn":
        identifier = candidate.identifier[0]
        return None if identifier.endswith("arn") and kind else identifier
    return found


def _without_cycles(tables: list[Table]) -> list[Table]:
    """The tables with those parents taken out that would need their own children first."""
    by_name = {t.name: t for t in tables}

    def leads_to(start: Table, goal: Table, seen: set[str]) -> bool:
        for parent in start.parents:
            if parent.table == goal.name:
                return True
            if str(parent.table) not in seen:
                seen.add(str(parent.table))
                if leads_to(by_name[parent.table], goal, seen):
                    return True
        return False

    for table in tables:
        current = by_name[table.name]
        if current.parents and leads_to(current, current, set()):
            columns = ", ".join(p.column for p in current.parents)
            problem = f"needs {columns}: the tables that list the values need this one"
            by_name[table.name] = replace(current, parents=(), problem=problem)
    return list(by_name.values())
