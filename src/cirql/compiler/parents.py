"""Finds out which table can supply the keys that a list call needs: `ImageName` comes from the images.

By what names and calls say, within a service: a key is about a noun (`ClusterName`, `cluster`, `ClusterArn` are about clusters), or it is
what another table's describe call asks for (`WindowId` of `GetMaintenanceWindow`), or it says no more than `Name` and the table's own noun
says the rest (the name in `ListDocumentVersions` is a document's). What crosses services, or follows from no name, `keys` in the
overlay say. A key that nothing supplies makes the table's `problem`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from cirql.catalog.model import Fetch, Parent, Role, Table
from cirql.names import Scheme, snake
from cirql.startup.records import dataclass, replace
from cirql.types import ColumnType

_SUFFIXES = ("_identifier", "_name", "_arn", "_id", "_ids", "_arns", "_names", "_url", "_code", "")
# What names a thing, the surest first, and where an ARN will do.
_NAMES = ("id", "name", "identifier", "url", "arn")
_NAMES_OR_ARN = ("arn", *_NAMES)
# Keys that do not say what they are the name of.
_BARE = frozenset({"arn", "id", "name", "identifier"})

# What the overlay says of a service's keys: column to `<table>.<column>`, or to nothing, by the prefix of the service's tables.
Keys = Mapping[str, Mapping[str, str]]


def with_parents(tables: Iterable[Table], keys: Keys | None = None, arns: Collection[tuple[str, str, str]] = ()) -> list[Table]:
    """The tables with `parents` found where names and calls say enough, and `problem` set where one is missing.

    `arns` are the request members of list calls that may be told an ARN: service, operation, member.
    """
    every = list(tables)
    index: dict[tuple[Scheme, str], dict[str, Table]] = defaultdict(dict)
    for table in every:
        index[(table.name.scheme, table.service)][_noun(table)] = table
    by_name = {str(t.name): t for t in every}
    found = []
    for table in every:
        datasets = index[(Scheme.DATASET, table.service)]
        known = {column: _named(source, by_name) for column, source in (keys or {}).get(table.service, {}).items()}
        is_dataset = table.name.scheme is Scheme.DATASET
        siblings = index[(table.name.scheme, table.service)]
        found.append(_resolved(_Family(table, siblings, {} if is_dataset else datasets, known if is_dataset else {}), arns))
    return _without_cycles(found)


def root_fetches(table: Table) -> list[Fetch]:
    """The fetches that give rows without knowing any row."""
    return [f for f in table.fetches if f.role is Role.LIST]


@dataclass(frozen=True, slots=True)
class _Family:
    """A table and those that may supply its keys: its siblings by noun, native ones for a resource, and what the overlay names."""

    table: Table
    siblings: Mapping[str, Table]
    native: Mapping[str, Table]
    known: Mapping[str, tuple[Table, str] | None]

    @property
    def others(self) -> Iterator[tuple[str, Table]]:
        """The siblings themselves."""
        return ((noun, t) for noun, t in self.siblings.items() if t.name != self.table.name)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key to be supplied: its column, what the request calls it, whether an ARN will do, and whether it is one of a few known values."""

    column: str
    param: str
    takes_arn: bool
    is_choice: bool

    @property
    def asked(self) -> str:
        """What the request calls it, as a column is spelled."""
        own = snake(self.param.rpartition(".")[2])
        return own if self.column in (f"own_{own}", f"parent_{own}") else self.column


def _noun(table: Table) -> str:
    if table.cfn_type is None:
        return table.name.resource.removeprefix(f"{table.service}_")
    return table.name.resource


def _named(source: str, tables: Mapping[str, Table]) -> tuple[Table, str] | None:
    """The table and the column of `<table>.<column>`; None of nothing. Raises ValueError where there is no such table or column."""
    if not source:
        return None
    name, _, column = source.rpartition(".")
    if name not in tables or tables[name].column(column) is None:
        raise ValueError(f"overlay: keys: there is no {source}")
    return tables[name], column


def _resolved(family: _Family, arns: Collection[tuple[str, str, str]]) -> Table:
    table = family.table
    roots = root_fetches(table)
    if not roots or table.problem:
        return table
    best: tuple[list[Parent], list[str]] | None = None
    for fetch in roots:
        parents, missing = [], []
        for needed in fetch.inputs:
            if not needed.required or needed.default is not None or needed.column in ("region", table.account_column):
                continue
            takes_arn = table.cfn_type is not None or (fetch.service, fetch.operation, needed.param) in arns
            parent = _parent(family, _Key(needed.column, needed.param, takes_arn, is_choice=bool(needed.values)))
            if parent is not None and (not needed.is_structured or _is_structured(parent, family)):
                parents.append(parent)
            elif not needed.values:
                missing.append(needed.column)
        if best is None or len(missing) < len(best[1]):
            best = (parents, missing)
    if best is None:
        return table
    problem = f"needs {', '.join(best[1])}: no table is known to list the values" if best[1] else ""
    return replace(table, parents=tuple(best[0]), problem=problem)


def _is_structured(parent: Parent, family: _Family) -> bool:
    """Whether a parent's column holds documents: a request member that takes one cannot be told a name."""
    tables = (*family.siblings.values(), *family.native.values(), *(known[0] for known in family.known.values() if known is not None))
    column = next((t.column(parent.source) for t in tables if t.name == parent.table), None)
    return column is not None and column.type in (ColumnType.JSON, ColumnType.HSTORE)


def _parent(family: _Family, key: _Key) -> Parent | None:
    """The best source of a key: what the overlay says, a table it is about, and what calls or the table's own noun tell."""
    column = key.column
    if column in family.known:
        known = family.known[column]
        if known is None:
            return None
        if known[0].name != family.table.name:
            return Parent(column, known[0].name, known[1])
    ways = ((family.siblings, True), (family.native, True), (family.siblings, False))
    named = (_about(family.table, key, tables, listed=listed) for tables, listed in ways)
    return next((p for p in named if p is not None), None) or (None if key.is_choice else _told(family, key))


def _candidates(name: str) -> Iterator[tuple[str, str]]:
    """The nouns that a key may be about, each with what it says of it: `image_name` is the `name` of an `image`."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            yield name.removesuffix(suffix), suffix.strip("_").rstrip("s")


def _about(table: Table, key: _Key, siblings: Mapping[str, Table], *, listed: bool) -> Parent | None:
    name, own = key.column, _noun(table)
    for noun, kind in _candidates(key.asked if name.startswith("parent_") else name):
        # The rule of a rate based rule's managed key is a rate based rule, though there are plain ones too.
        closer = (t for n, t in siblings.items() if n.endswith(f"_{noun}") and own.startswith(f"{n}_") and _identity(t, key) is not None)
        for candidate in (*closer, siblings.get(noun), siblings.get(f"{table.service}_{noun}")):
            if candidate is None or candidate.name == table.name:
                continue
            source = _source(candidate, key, noun, kind, listed=listed)
            if source is not None:
                return Parent(name, candidate.name, source)
    for candidate in siblings.values():
        if candidate.name != table.name and candidate.identifier == (name,):
            return Parent(name, candidate.name, name)
    return None


def _source(candidate: Table, key: _Key, noun: str, kind: str, *, listed: bool) -> str | None:
    """The column of the parent that holds the key's values: one that its list call fills, or any."""
    wanted = [key.column, *((f"{noun}_{kind}", kind) if kind else ())]
    if not kind or kind == "identifier":
        wanted += [n for own in (_NAMES_OR_ARN if key.takes_arn else _NAMES) for n in (f"{noun}_{own}", own)]
    columns = {c for f in root_fetches(candidate) for c in f.gives} if listed else {c for f in candidate.fetches for c in f.gives}
    found = next((column for column in wanted if column in columns), None)
    if found is None and listed and candidate.cfn_type is not None and len(candidate.identifier) == 1 and kind != "arn":
        identifier = candidate.identifier[0]
        return None if identifier.endswith("arn") and kind else identifier
    return found


def _told(family: _Family, key: _Key) -> Parent | None:
    """The source of a dataset's key that no noun names outright."""
    if family.table.cfn_type is not None:
        return None
    if key.asked in _BARE:
        return _of_own_noun(family, key)
    return _of_one_kind(family, key)


def _of_own_noun(family: _Family, key: _Key) -> Parent | None:
    """A bare key is of the noun that the table's own begins with: `arn` of a `configuration_revision` is a `configuration`'s."""
    own = _noun(family.table)
    for noun, candidate in sorted(family.others, key=lambda o: -len(o[0])):
        if own.startswith(f"{noun}_"):
            source = _identity(candidate, key) or _source(candidate, key, noun, key.asked, listed=True)
            if source is not None:
                return Parent(key.column, candidate.name, source)
    return None


def _of_one_kind(family: _Family, key: _Key) -> Parent | None:
    """A key that another table's describe call asks for by the same name, or that is about the end of its noun.

    `window_id` is a `maintenance_window`'s. Where there are several such tables, the one named most like this one is meant.
    """
    found = {noun: (t, source) for noun, t in family.others if (source := _identity(t, key)) is not None}
    for about, kind in _candidates(key.asked):
        for noun, candidate in family.others:
            if noun not in found and f"_{noun}".endswith(f"_{about}"):
                source = _source(candidate, key, noun, kind, listed=True)
                found |= {noun: (candidate, source)} if source is not None else {}
    chosen = _nearest(family, found)
    return Parent(key.column, found[chosen][0].name, found[chosen][1]) if chosen is not None else None


def _nearest(family: _Family, found: Iterable[str]) -> str | None:
    """The one noun, or the one that shares most first words with the table's own; None where two are equally near."""
    own = _noun(family.table).split("_")

    def shared(noun: str) -> int:
        words = noun.split("_")
        return next((n for n, (a, b) in enumerate(zip(words, own, strict=False)) if a != b), min(len(words), len(own)))

    ranked = sorted(found, key=shared, reverse=True)
    if len(ranked) > 1 and shared(ranked[0]) == shared(ranked[1]):
        return None
    return ranked[0] if ranked else None


def _identity(candidate: Table, key: _Key) -> str | None:
    """The column by which a table's describe call asks for a row, where it asks by a request member of this name."""
    required = {c for f in root_fetches(candidate) for c in f.required}
    listed = {c for f in root_fetches(candidate) for c in f.gives} - required
    for fetch in candidate.fetches:
        for given in fetch.inputs if fetch.role is Role.GET else ():
            if given.column in listed and snake(given.param.removesuffix("s")) == snake(key.param.removesuffix("s")):
                return given.column
    return None


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
