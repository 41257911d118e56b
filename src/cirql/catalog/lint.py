"""Checks every table of a catalog: what must hold is an error, what a table cannot do yet is counted by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cirql.catalog.model import Fetch, Role, Table
from cirql.catalog.spellings import Spelling

# Filled by the engine, not by a fetch.
_CONTEXT = frozenset({"region", "_key", "_fetched_at", "_source"})


@dataclass(slots=True)
class Report:
    """What the checks found: errors in words, and counts by kind of what tables lack."""

    errors: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def lint(tables: Iterable[Table], spellings: Iterable[Spelling]) -> Report:
    """Check all tables and all names."""
    every = {str(t.name): t for t in tables}
    report = Report()
    report.errors += _name_errors(every, list(spellings))
    for table in every.values():
        report.errors += [f"{table.name}: {error}" for error in _table_errors(table, every)]
        report.counts.update(_kinds(table))
    return report


def _name_errors(tables: dict[str, Table], spellings: list[Spelling]) -> Iterator[str]:
    for name, count in Counter(s.name for s in spellings).items():
        if count > 1:
            yield f"{name}: {count} tables have this name"
    named = {s.table for s in spellings if s.published}
    yield from (f"{name}: has no published name" for name in tables.keys() - named)
    yield from (f"{s.name}: names no table" for s in spellings if s.table not in tables)


def _table_errors(table: Table, tables: dict[str, Table]) -> Iterator[str]:
    names = {c.name for c in table.columns}
    yield from _column_errors(table)
    for fetch in table.fetches:
        for column in (*(i.column for i in fetch.inputs), *(o.column for o in (*fetch.outputs, *fetch.lifted))):
            if column not in names:
                yield f"fetch {fetch.name} speaks of {column}, which is no column"
    for parent in table.parents:
        source = tables.get(str(parent.table))
        if source is None or source.column(parent.source) is None:
            yield f"its {parent.column} comes from {parent.table}.{parent.source}, which is not there"
    if _leads_back(table, tables):
        yield "its parents need it themselves"
    if not table.problem and (missing := _missing(table)):
        yield f"nothing supplies {', '.join(sorted(missing))}, and no problem is stated"


def _column_errors(table: Table) -> Iterator[str]:
    names = {c.name for c in table.columns}
    aliases = Counter(a for c in table.columns for a in set(c.aliases))
    yield from (f"column {a} is an alias and a name" for a in aliases if a in names)
    yield from (f"two columns have the alias {a}" for a, n in aliases.items() if n > 1)
    given = {name for f in table.fetches for name in f.gives}
    derived = _CONTEXT | {table.account_column} | ({table.arn.column} if table.arn is not None else set())
    for column in table.columns:
        is_filled = column.name in given or column.name in derived
        if not is_filled and column.access.is_readable and column.name != "tags" and not _is_unreadable(table):
            yield f"no fetch fills {column.name}"
    yield from (f"key column {k} is not there" for k in (*table.key, *table.identifier) if k not in names)


def _is_unreadable(table: Table) -> bool:
    """A type without a read handler: its list gives identifiers and nothing else."""
    return table.cfn_type is not None and not any(f.role is Role.GET for f in table.fetches)


def _missing(table: Table) -> set[str]:
    """What the way that needs least still lacks: columns that neither a parent, an enum nor the target supplies."""
    ways = [_lacking(table, f) for f in table.fetches if f.role is Role.LIST]
    return min(ways, key=len) if ways else set()


def _lacking(table: Table, fetch: Fetch) -> set[str]:
    supplied = {p.column for p in table.parents} | {"region", table.account_column}
    return {i.column for i in fetch.inputs if i.required and not i.values and i.column not in supplied}


def _leads_back(table: Table, tables: dict[str, Table]) -> bool:
    seen: set[str] = set()
    open_ = [str(p.table) for p in table.parents]
    while open_:
        name = open_.pop()
        if name == str(table.name):
            return True
        if name not in seen and name in tables:
            seen.add(name)
            open_ += [str(p.table) for p in tables[name].parents]
    return False


def _kinds(table: Table) -> Iterator[str]:
    scheme = table.name.scheme.value
    yield f"{scheme}: tables"
    if not any(f.role is not Role.ENRICH for f in table.fetches):
        yield f"{scheme}: no way to read"
    elif table.problem:
        yield f"{scheme}: keys that nothing supplies"
    if table.parents:
        yield f"{scheme}: with parents"
    if any(i.values for f in table.fetches for i in f.inputs):
        yield f"{scheme}: asked once for each value of an enum"
    if table.cfn_type is None:
        if not any(o.column == "tags" for f in table.fetches for o in f.outputs):
            yield "dataset: tags without a source"
        if not table.key:
            yield "dataset: nothing tells rows apart"
        if any(f.role is Role.GET for f in table.fetches):
            yield "dataset: with a describe call"
    else:
        if _is_unreadable(table) and table.fetches:
            yield "resource: listed but not read"
        if not any(f.role is Role.LIST for f in table.fetches) and table.fetches:
            yield "resource: read but not listed"
