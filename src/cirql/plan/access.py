"""Third pass: how a table's rows are reached: which fetch begins, and where its required keys come from.

A missing required key is looked up in the parent table, whose own scan is planned the same way; conditions on the key go
along. Every way that works is costed in calls, and the cheapest is taken.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable

from sqlglot import exp

from cirql.catalog.model import Fetch, Parent, Role, Table
from cirql.errors import MissingKey
from cirql.names import TableName
from cirql.plan.arns import arn_columns
from cirql.plan.assumptions import SessionTime, assumptions
from cirql.plan.equalities import combine, project
from cirql.plan.hydrate import context_columns, derivable, steps
from cirql.plan.keys import with_derived
from cirql.plan.model import KeyGroup, ParentScan, RowFilter, Scan, Step
from cirql.plan.ranges import bounds
from cirql.sql.trees import all_of
from cirql.startup.records import dataclass, replace

FindTable = Callable[[TableName], Table]
TranslateFilter = Callable[[Table, list[exp.Expr]], RowFilter]

ROWS_OF_LIST = 25.0
ROWS_OF_QUERY = 5.0
PAGES_OF_LIST = 1.2
SHARE_OF_KEYED_LIST = 0.8
"""What a list by key costs where another scan makes lists of the same kind, perhaps by the same keys: less than a read of each."""
PAGES_OF_BULK = 3.0
"""What a call counts that tells all of a target at once: its answer is long, and may come in several pages."""
MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Need:
    """What is wanted of one table: columns, the key groups that hold, and the conditions over it alone, as written and `folded`.

    `shared` are the list operations that other scans of the statement make anyway: without keys, their answers cost nothing more.
    `said` are all conditions over it, folded: what a time frame is read from, with pushdown or without.
    """

    table: Table
    columns: frozenset[str]
    groups: tuple[KeyGroup, ...]
    conjuncts: tuple[exp.Expr, ...]
    folded: tuple[exp.Expr, ...]
    shared: frozenset[tuple[str, str]] = frozenset()
    said: tuple[exp.Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer a need, and what it costs in calls."""

    cost: float
    root: Fetch
    parent: ParentScan | None
    steps: tuple[Step, ...]
    keys_suffice: bool


class Accessor:
    """Chooses ways; holds only the functions and the time that it needs from outside, so it stays pure."""

    def __init__(self, find_table: FindTable, translate_filter: TranslateFilter, frame: SessionTime | None = None) -> None:
        self._find = find_table
        self._translate = translate_filter
        self._frame = frame

    def scan(self, need: Need, relation: str, delivered: tuple[str, ...], depth: int = 0) -> Scan:
        """The cheapest scan for a need. Raises MissingKey where there is none."""
        if self._frame is not None and (more := assumptions(need.table, known_columns(need), need.said, self._frame)):
            need = replace(need, groups=(*need.groups, *more))
        ways = [w for w in (self._way(need, f, depth) for f in need.table.fetches if f.role is not Role.ENRICH) if w is not None]
        if not ways:
            raise _missing_key(need)
        best = min(ways, key=lambda w: w.cost)
        others = [w for w in ways if not _is_bulk(w.root)] if _is_bulk(best.root) else []
        other = min(others, key=lambda w: w.cost) if others else None
        filters, ranges = self.filters(need.table, need.conjuncts), bounds(need.table, need.folded)

        def by(way: Way, other: Scan | None = None) -> Scan:
            return Scan(
                relation=relation,
                table=need.table,
                columns=delivered,
                root=way.root,
                keys=need.groups,
                parent=way.parent,
                keys_suffice=way.keys_suffice,
                steps=way.steps,
                filters=filters,
                bounds=ranges,
                other=other,
            )

        return by(best, by(other) if other is not None else None)

    def filters(self, table: Table, conjuncts: Iterable[exp.Expr]) -> tuple[RowFilter, ...]:
        """One filter for each set of columns, so that each page is looked at once."""
        by_columns: dict[frozenset[str], list[exp.Expr]] = {}
        for conjunct in conjuncts:
            columns = frozenset(_columns(conjunct))
            if columns:  # what no row decides has been decided already
                by_columns.setdefault(columns, []).append(conjunct)
        return tuple(self._translate(table, conjuncts) for conjuncts in by_columns.values())

    def _way(self, need: Need, fetch: Fetch, depth: int) -> Way | None:
        listed = {i.column for i in fetch.inputs if i.values}
        lacking = fetch.required - known_columns(need) - listed - context_columns(need.table)
        if fetch.role is Role.GET and lacking and not _only_gets(need.table):
            return None
        # What is one of a few values is not asked in each where the row that gives the other keys says which it is.
        told = listed & {p.column for p in need.table.parents} - known_columns(need)
        parent = self._parent(need, lacking | told, depth) or (self._parent(need, lacking, depth) if told else None) if lacking else None
        if lacking and parent is None:
            return None
        given = {child for child, _ in parent.bindings} if parent is not None else set()
        tested = {c for conjunct in need.conjuncts for c in _columns(conjunct)}
        more = steps(need.table, fetch, need.columns | tested, given, tested, _most_rows(need, fetch, parent))
        if more is None:
            return None
        cost = _cost(need, fetch, parent, more)
        linked = fetch.required & {p.column for p in need.table.parents}
        either = self._parent(need, linked, depth) if parent is None and linked and not _names_place(need, linked) else None
        return Way(cost, fetch, parent or either, more, keys_suffice=parent is None)

    def _parent(self, need: Need, lacking: frozenset[str], depth: int) -> ParentScan | None:
        """The scan of the one parent table that has all the lacking keys, or of all those that have some of their values each."""
        if depth >= MAX_DEPTH:
            return None
        sources = _sources(need.table, lacking)
        are_among = any(p.among for links in sources for p in links)
        found: list[ParentScan] = []
        for links in sources:
            name = links[0].table
            table = self._find(name)
            renamed = {p.column: p.source for p in links}
            # What the parent needed itself (the environment's application) is known of its rows under the same name.
            renamed |= {c: c for c in lacking - set(renamed) if c in _own_keys(table)}
            equal = {c: source for c, source in renamed.items() if all(p.is_value for p in links if p.column == c)}
            if set(renamed) >= lacking:
                wanted = frozenset(renamed.values())
                conjuncts, folded = _renamed_conjuncts(need.conjuncts, equal), _renamed_conjuncts(need.folded, equal)
                said = _renamed_conjuncts(need.said, equal)
                inner = Need(table, wanted, _renamed_groups(need, equal), conjuncts, folded, need.shared, said)
                try:
                    scan = self.scan(inner, f"{table.name}", tuple(sorted(wanted)), depth + 1)
                except MissingKey:
                    continue
                says = tuple(dict(s for p in links for s in p.says).items())
                found.append(ParentScan(_with_early_filters(scan), tuple(renamed.items()), says))
                if not are_among:
                    return found[0]
        if not found or len(found) < len(sources):
            return None  # one of several tables alone would give some rows, and say nothing of the others
        return replace(found[0], others=tuple(found[1:]))


def _sources(table: Table, lacking: frozenset[str]) -> list[list[Parent]]:
    """The parents of these keys: those that one row of one table gives are together."""
    found: dict[tuple[TableName, int], list[Parent]] = {}
    seen: Counter[tuple[TableName, str]] = Counter()
    for parent in (p for p in table.parents if p.column in lacking):
        at = (parent.table, parent.column)
        found.setdefault((parent.table, seen[at]), []).append(parent)
        seen[at] += 1
    return list(found.values())


def _own_keys(table: Table) -> frozenset[str]:
    """The columns that this table's own calls cannot do without."""
    return frozenset(c for f in table.fetches if f.role is not Role.ENRICH for c in f.required)


def known_columns(need: Need) -> frozenset[str]:
    """The columns whose values the query gives, now or once other scans are read."""
    return derivable(need.table, {c for g in need.groups for c in g.columns})


def _names_place(need: Need, columns: Iterable[str]) -> bool:
    """Whether the keys say in which account and region each value of these columns is."""
    place = {"region", need.table.account_column}
    return any(place <= set(g.columns) and set(columns) <= set(g.columns) for g in need.groups)


def _only_gets(table: Table) -> bool:
    return not any(f.role is Role.LIST for f in table.fetches)


def _columns(node: exp.Expr) -> set[str]:
    return {c.name for c in all_of(node, exp.Column)}


def _combinations(need: Need, columns: Iterable[str]) -> float:
    known = [g for g in need.groups if g.rows is not None]
    later = [g for g in need.groups if g.rows is None and set(g.columns) & derivable_inputs(need.table, columns)]
    groups = with_derived(need.table, combine(known))
    named = {c for g in groups for c in g.columns}
    arn = need.table.arn
    if arn is not None and not named & {arn.column, "data__identifier"} and {arn.column, "data__identifier"} & set(columns):
        columns = (*columns, *arn_columns(arn))  # the identifier will be made of its parts
    here = tuple(c for c in dict.fromkeys(columns) if any(c in g.columns for g in groups) and c not in context_columns(need.table))
    return len(project(groups, here)) * ROWS_OF_QUERY ** len(later)


def _most_rows(need: Need, fetch: Fetch, parent: ParentScan | None) -> float:
    """How many rows a target can have: one for each key of a describe call, where the keys are known."""
    if fetch.role is not Role.GET or parent is not None or any(g.rows is None for g in need.groups):
        return math.inf
    return _combinations(need, sorted(fetch.required))


def _cost(need: Need, fetch: Fetch, parent: ParentScan | None, more: tuple[Step, ...]) -> float:
    """Calls, roughly: what is exact here is only the order of the ways."""
    is_shared = (fetch.service, fetch.operation) in need.shared
    free = not fetch.required and is_shared
    calls = 1.0 if fetch.role is Role.GET else PAGES_OF_LIST * (SHARE_OF_KEYED_LIST if is_shared else 1)
    if _is_bulk(fetch):
        calls *= PAGES_OF_BULK
    if parent is not None:
        calls *= ROWS_OF_LIST
    calls *= _combinations(need, sorted(fetch.required))
    rows = calls if fetch.role is Role.GET else calls * (ROWS_OF_LIST if not need.conjuncts else ROWS_OF_LIST / 3)
    identity = need.table.identifier
    if fetch.role is not Role.GET and identity and set(identity) <= {c for g in need.groups if g.rows is not None for c in g.columns}:
        rows = _combinations(need, identity)  # the list is filtered down to the rows named
    completing = sum(min(rows, PAGES_OF_BULK if f.match else max(1.0, rows / f.batch)) for step in more for f in step.fetches)
    return (0.0 if free else calls) + completing + (1.0 if parent is not None else 0.0)


def _is_bulk(fetch: Fetch) -> bool:
    """Whether a list tells at once what another one tells key by key."""
    return fetch.role is Role.LIST and bool(fetch.fallback)


def derivable_inputs(table: Table, required: Iterable[str]) -> set[str]:
    """The required columns, and the ARN or identifier whose parts they are."""
    found = set(required)
    if table.arn is not None and found & derivable(table, {table.arn.column}):
        found.add(table.arn.column)
    if table.identifier and found & {"data__identifier", *table.identifier}:
        found |= {"data__identifier", *table.identifier}
    return found


def _renamed_groups(need: Need, renamed: dict[str, str]) -> tuple[KeyGroup, ...]:
    """The child's keys that also narrow the parent: those on the linked columns alone."""
    return tuple(replace(g, columns=tuple(renamed[c] for c in g.columns)) for g in need.groups if set(g.columns) <= set(renamed))


def _renamed_conjuncts(conjuncts: Iterable[exp.Expr], renamed: dict[str, str]) -> tuple[exp.Expr, ...]:
    found = []
    for conjunct in conjuncts:
        columns = _columns(conjunct)
        if columns and columns <= set(renamed):
            moved = conjunct.copy()
            for column in all_of(moved, exp.Column):
                column.set("this", exp.to_identifier(renamed[column.name], quoted=True))
            found.append(moved)
    return tuple(found)


def _with_early_filters(scan: Scan) -> Scan:
    """A parent's filters are only worth having where they need no call of their own."""
    cheap = derivable(scan.table, {*scan.root.gives, *context_columns(scan.table)})
    return replace(scan, filters=tuple(f for f in scan.filters if f.columns <= cheap))


def _missing_key(need: Need) -> MissingKey:
    table = need.table
    roots = [f for f in table.fetches if f.role is not Role.ENRICH]
    if not roots:
        return MissingKey(f"AWS offers no way to read {table.name}", hint=table.problem or None)
    known = known_columns(need) | context_columns(table)
    lacking = min((sorted(f.required - known) for f in roots), key=len)
    names = " and ".join(lacking)
    return MissingKey(
        f"{table.name} cannot be listed without {names}",
        hint=f"add WHERE {' AND '.join(f'{n} = …' for n in lacking)}, or join a table that has {names}",
    )
