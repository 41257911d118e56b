"""From bound statement to plan: one pass per idea, in this order.

    predicates   what must hold of each table's rows            (`predicates`)
    keys         which values its key columns can have          (`keys`)
    parents      how its rows are reached                       (`access`)
    hydrate      which calls per row complete them              (`hydrate`)
    limit        how many rows are enough                       (`limit`)

Pure: the catalog's lookup, the translation to DuckDB's dialect and the time are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from cirql.catalog.model import Fetch, Role, Table
from cirql.errors import DatabaseError
from cirql.names import TableName
from cirql.plan.access import Accessor, Need
from cirql.plan.assumptions import SessionTime
from cirql.plan.constants import NotConstantError
from cirql.plan.documents import contradict, members, texts
from cirql.plan.equalities import combine, project
from cirql.plan.folding import Evaluate, fold, is_volatile
from cirql.plan.hydrate import derivable
from cirql.plan.keys import IDENTIFIER, constant_groups, is_equality, provider_of, with_derived
from cirql.plan.kinship import Kin, implied_edges, kin, parent_groups
from cirql.plan.limit import apply_limit, streamed_relation
from cirql.plan.model import Calculator, DocumentPath, KeyGroup, KeyQuery, KeyRows, Plan, RowFilter, Scan
from cirql.plan.outer_joins import split
from cirql.plan.predicates import Conditions, Edge, conditions
from cirql.plan.propagation import propagate_conditions, relation_of
from cirql.plan.ranges import bounds, contradictions
from cirql.plan.row_filters import Translate, make_row_filter
from cirql.plan.untold import check_told
from cirql.sql.bound import Bound, Source
from cirql.sql.trees import all_of, copied, first_of
from cirql.startup.records import dataclass, field, replace


@dataclass(slots=True)
class _Draft:
    """A scan while it is being planned."""

    source: Source
    conditions: Conditions
    groups: list[KeyGroup] = field(default_factory=list)
    members: Mapping[str, frozenset[DocumentPath]] = field(default_factory=dict)
    folded: tuple[exp.Expr, ...] = ()
    said: tuple[exp.Expr, ...] = ()
    kin: Mapping[str, Kin] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return self.source.table

    def has_constants(self, column: str) -> bool:
        return any(column in g.columns and g.rows is not None for g in self.groups)


def plan(
    bound: Bound,
    find_table: Callable[[TableName], Table],
    translate: Translate,
    *,
    pushdown: bool = True,
    calculator: Calculator | None = None,
    frame: SessionTime | None = None,
) -> Plan:
    """Plan a statement. With a `calculator`, constant expressions count as constants, and keys that fail a condition are not asked for.

    `frame` is the time that tables are read for which AWS reads for a time only, where the statement names none.
    `pushdown=False` reads every table whole: the answer must be the same, and a test holds that it is.
    Raises MissingKey where a table cannot be reached, InvalidText where a constant cannot be an identifier.
    """
    found = conditions(bound)
    evaluate = _evaluator(calculator, translate)
    drafts = [_Draft(s, found[s.relation] if pushdown else Conditions()) for s in bound.sources]
    by_relation = {d.source.relation: d for d in drafts}
    for draft in drafts:
        draft.kin = kin(draft.table, find_table)
        draft.conditions.edges += list(implied_edges(draft.conditions.edges, draft.kin, lambda e: _table_of(e, by_relation)))
    propagate_conditions({d.source.relation: (d.table, d.conditions) for d in drafts})
    for draft in drafts:
        conjuncts = found[draft.source.relation].conjuncts
        check_told(draft.table, conjuncts)
        folded = draft.said = tuple(fold(c, evaluate) for c in conjuncts) if evaluate is not None else tuple(conjuncts)
        draft.groups = constant_groups(draft.table, folded)
        draft.groups = combine([*draft.groups, *parent_groups(draft.kin, draft.groups)])
        if not pushdown:
            draft.groups = _indispensable(draft)
            continue
        draft.members = members(bound, draft.source)
        draft.folded = folded
        draft.groups += contradictions(bounds(draft.table, folded))
    _propagate_constants(drafts)
    order = _key_queries(bound, drafts, translate, calculator)
    filters: dict[tuple[int, ...], tuple[list[exp.Expr], RowFilter]] = {}

    def row_filter(table: Table, conjuncts: list[exp.Expr]) -> RowFilter:
        """Each filter translated once, though scans are planned more than once; the conjuncts are kept, so that their ids are theirs."""
        key = tuple(map(id, conjuncts))
        if key not in filters:
            filters[key] = conjuncts, make_row_filter(table, conjuncts, translate)
        return filters[key][1]

    accessor = Accessor(find_table, row_filter, frame)
    if calculator is not None:
        for draft in drafts:
            draft.groups = _narrowed(draft, accessor, calculator)
    scans = [_scan(accessor, draft, frozenset()) for draft in order]
    if len(scans) > 1:
        scans = [_scan(accessor, draft, _listed_by_others(scans, draft)) for draft in order]
    if pushdown:
        scans = apply_limit(bound, scans)

    def replan(relation: str, rows: Mapping[str, KeyRows], engine: Calculator | None) -> Scan:
        draft = next(d for d in drafts if d.source.relation == relation)
        known = [g if g.query is None else KeyGroup(g.query.columns, rows[g.query.sql], g.why) for g in draft.groups]
        draft = replace(draft, groups=combine([*known, *parent_groups(draft.kin, known)]))
        if engine is not None:
            draft.groups = _narrowed(draft, accessor, engine)
        return _scan(accessor, draft, _listed_by_others(scans, draft))

    return Plan(
        scans=tuple(scans),
        sql=translate(bound.tree, bound.relations),
        relations=bound.relations,
        streamed=streamed_relation(bound),
        compares_rows=_compares_rows(bound.tree),
        replan=replan,
    )


def _evaluator(calculator: Calculator | None, translate: Translate) -> Evaluate | None:
    if calculator is None:
        return None

    def evaluate(node: exp.Expr) -> Any:
        try:
            return calculator.value(translate(exp.select(exp.alias_(node.copy(), "value")), {}))
        except DatabaseError:
            raise NotConstantError from None  # it is the statement's to raise, on the rows it really reads

    return evaluate


def _narrowed(draft: _Draft, accessor: Accessor, calculator: Calculator) -> list[KeyGroup]:
    """The groups without the rows that some condition over their columns rules out: what fails it need not be asked for."""
    tests = accessor.filters(draft.table, _own(draft))
    return [_passing(group, draft.table, tests, calculator) if group.rows else group for group in draft.groups]


def _passing(group: KeyGroup, table: Table, tests: Iterable[RowFilter], calculator: Calculator) -> KeyGroup:
    rows = [dict(zip(group.columns, row, strict=True)) for row in group.rows or ()]
    for test in tests:
        if not test.columns <= set(group.columns):
            continue
        kept = test.decide([row[next(iter(test.columns))] for row in rows])
        if kept is None:
            kept = calculator.passes(test, table, rows)
        open_ = [any(row[c] is None for c in test.columns) for row in rows]  # the part of an ARN that it leaves out
        rows = [row for row, keep, unknown in zip(rows, kept, open_, strict=True) if keep or unknown]
    return replace(group, rows=tuple(tuple(row[c] for c in group.columns) for row in rows))


def _compares_rows(tree: exp.Expr) -> bool:
    """Whether the statement speaks of rows together, or of rows that are not there: aggregates, windows, EXCEPT, NOT EXISTS, NOT IN."""
    if first_of(tree, exp.AggFunc, exp.Window, exp.Except) is not None:
        return True
    return any(isinstance(n.this.unnest(), exp.Exists | exp.In) and first_of(n, exp.Query) is not None for n in all_of(tree, exp.Not))


def _indispensable(draft: _Draft) -> list[KeyGroup]:
    """Without pushdown, what is kept: where to ask, and keys that no list call and no parent replaces."""
    listable = any(f.role is Role.LIST and (not f.required or _has_parents(draft.table, f)) for f in draft.table.fetches)
    if not listable:
        return draft.groups
    place = ("region", draft.table.account_column)
    kept = []
    for group in draft.groups:
        columns = tuple(c for c in group.columns if c in place)
        if columns and group.rows is not None:
            kept.append(KeyGroup(columns, tuple(project([group], columns)), group.why))
    return kept


def _has_parents(table: Table, fetch: Fetch) -> bool:
    return fetch.required <= {p.column for p in table.parents}


def _propagate_constants(drafts: list[_Draft]) -> None:
    """`v.image_name = i.image_name AND i.image_name = 'a'` says `v.image_name = 'a'` too."""
    by_relation = {d.source.relation: d for d in drafts}
    changed = True
    while changed:
        changed = False
        for draft in drafts:
            for edge in draft.conditions.edges:
                provider = relation_of(edge)
                if provider not in by_relation or draft.has_constants(edge.column):
                    continue
                assert isinstance(edge.provider, exp.Column)
                values = _single_column(by_relation[provider], edge.provider.name)
                if values is not None:
                    why = f"equal to {edge.provider.table}.{edge.provider.name}"
                    group = KeyGroup((edge.column,), values, why)
                    equality = exp.In(
                        this=exp.column(edge.column, table=draft.source.alias, quoted=True),
                        expressions=[exp.convert(v) for (v,) in values],
                    )
                    draft.groups = combine([*draft.groups, *constant_groups(draft.table, [equality]), group])
                    changed = True


def _table_of(edge: Edge, drafts: Mapping[str, _Draft]) -> Table | None:
    relation = relation_of(edge)
    return drafts[relation].table if relation is not None and relation in drafts else None


def _single_column(draft: _Draft, column: str) -> tuple[tuple[object], ...] | None:
    for group in draft.groups:
        if column in group.columns and group.rows is not None:
            at = group.columns.index(column)
            return tuple((v,) for v in dict.fromkeys(row[at] for row in group.rows))
    return None


def _key_queries(bound: Bound, drafts: list[_Draft], translate: Translate, calculator: Calculator | None) -> list[_Draft]:
    """Let tables that need keys take them from the others, and give the order in which all can run."""
    depends: dict[str, set[str]] = {d.source.relation: set() for d in drafts}
    needy = sorted(drafts, key=lambda d: (not _needs_keys(d), len(d.groups)))
    for draft in needy:
        for edges in _edges_by_provider(draft):
            columns = tuple(dict.fromkeys(e.column for e in edges if not draft.has_constants(e.column)))
            if not any(_is_useful(draft, c) for c in columns):
                continue
            query = _provider_query(bound, edges, columns)
            if query is None:
                continue
            relations = {t.name for t in all_of(query, exp.Table) if t.name in depends}
            known = relations | {s.relation for s in bound.system}
            own = draft.source.relation
            if own in relations or any(_reaches(depends, r, own) for r in relations):
                continue
            if not _needs_keys(draft) and not all(_is_narrow(d) for d in drafts if d.source.relation in relations):
                continue
            depends[own] |= relations
            sql = translate(query, {r: t for r, t in bound.relations.items() if r in known})
            why = "joined with " + ", ".join(sorted({_provider_name(e) for e in edges}))
            inferred = tuple(mine for c in columns if c in draft.kin for mine in draft.kin[c].pairs if mine not in columns)
            group = KeyGroup((*columns, *inferred), None, why, KeyQuery(sql, tuple(sorted(relations)), columns))
            if calculator is not None and not known:  # VALUES, the session's own tables: nothing to wait for
                rows = tuple(row for row in calculator.rows(sql) if None not in row)
                draft.groups = combine([*draft.groups, *with_derived(draft.table, [KeyGroup(columns, rows, why)])])
            else:
                draft.groups.append(group)
    return _topological(drafts, depends)


def _needs_keys(draft: _Draft) -> bool:
    """Whether no list call works without a key that the query has not given yet."""
    known = derivable(draft.table, {c for g in draft.groups for c in g.columns})
    return not any(f.role is not Role.ENRICH and f.required <= known for f in draft.table.fetches)


def _is_narrow(draft: _Draft) -> bool:
    return any(g.rows is not None for g in draft.groups) or bool(draft.conditions.conjuncts)


def _is_useful(draft: _Draft, column: str) -> bool:
    inputs = {c for f in draft.table.fetches if f.role is not Role.ENRICH for c in f.required}
    return column in draft.kin or bool(derivable(draft.table, {column}) & (inputs | {IDENTIFIER}))


def _edges_by_provider(draft: _Draft) -> list[list[Edge]]:
    groups: dict[object, list[Edge]] = {}
    for edge in (e for e in draft.conditions.edges if not e.loose):
        key: object = id(edge.provider) if isinstance(edge.provider, exp.Query) else (id(edge.scope), edge.provider.table)
        groups.setdefault(key, []).append(edge)
    return list(groups.values())


def _provider_name(edge: Edge) -> str:
    return edge.provider.table if isinstance(edge.provider, exp.Column) else "a subquery"


def _provider_query(bound: Bound, edges: list[Edge], columns: tuple[str, ...]) -> exp.Query | None:
    """SELECT DISTINCT of the values that the other side can give; None where it depends on the row being looked for."""
    first = edges[0].provider
    if isinstance(first, exp.Query):
        scope = next((s for s in edges[0].scope.subquery_scopes if s.expression is first), None)
        if scope is None or scope.external_columns:
            return None
        return _with_ctes(bound, copied(first))
    source = provider_of(edges[0].scope, first)
    by_column = {e.column: e.provider for e in edges if isinstance(e.provider, exp.Column)}
    selects = [exp.alias_(exp.column(by_column[c].name, table="p", quoted=True), c, quoted=True) for c in columns]
    if isinstance(source, exp.Table):
        inner: exp.Expr = copied(source)
        inner.set("joins", None)
        named = source.args.get("alias")  # of a function in FROM, the alias may name the columns
        columns_of_alias = [c.copy() for c in named.args.get("columns") or ()] if named is not None else []
        inner.set("alias", exp.TableAlias(this=exp.to_identifier("p"), columns=columns_of_alias))
    elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
        if source.external_columns:
            return None
        parent = source.expression.parent
        names = parent.alias_column_names if isinstance(parent, exp.CTE | exp.Subquery) else []
        alias = exp.TableAlias(this=exp.to_identifier("p"), columns=[exp.to_identifier(n) for n in names])
        inner = exp.Subquery(this=copied(source.expression), alias=alias)
    elif isinstance(source, Scope) and isinstance(source.expression, exp.Values) and source.expression.alias_column_names:
        inner = copied(source.expression)
        inner.args["alias"].set("this", exp.to_identifier("p"))
        query = exp.select(*selects, copy=False).distinct(copy=False).from_(inner, copy=False)
        return query.where(*_conditions_on(edges[0].scope, first.table), copy=False)
    else:
        return None
    return _with_ctes(bound, exp.select(*selects, copy=False).distinct(copy=False).from_(inner, copy=False))


def _conditions_on(scope: Scope, alias: str) -> Iterator[exp.Expr]:
    """The conjuncts of a query's WHERE over one of its sources alone, as conditions on `p`."""
    where = scope.expression.args.get("where")
    for conjunct in split(where.this) if where is not None and alias in scope.selected_sources else ():
        if {c.table for c in all_of(conjunct, exp.Column)} == {alias} and not first_of(conjunct, exp.Query) and not is_volatile(conjunct):
            moved = copied(conjunct)
            for column in all_of(moved, exp.Column):
                column.set("table", exp.to_identifier("p"))
            yield moved


def _with_ctes(bound: Bound, query: exp.Query) -> exp.Query:
    """The statement's CTEs that the query still refers to, in front of it."""
    with_ = bound.tree.args.get("with_") or bound.tree.args.get("with")
    if with_ is None:
        return query
    names = {cte.alias: cte for cte in with_.expressions}
    used: list[str] = []
    open_ = [t.name for t in all_of(query, exp.Table)]
    while open_:
        name = open_.pop()
        if name in names and name not in used:
            used.append(name)
            open_ += [t.name for t in all_of(names[name], exp.Table)]
    if used:
        query.set("with_", exp.With(expressions=[copied(c) for n, c in names.items() if n in used], recursive=with_.args.get("recursive")))
    return query


def _reaches(depends: Mapping[str, set[str]], start: str, goal: str) -> bool:
    return start == goal or any(_reaches(depends, r, goal) for r in depends[start])


def _topological(drafts: list[_Draft], depends: Mapping[str, set[str]]) -> list[_Draft]:
    ordered: list[_Draft] = []
    done: set[str] = set()
    while len(ordered) < len(drafts):
        for draft in drafts:
            if draft.source.relation not in done and depends[draft.source.relation] <= done:
                ordered.append(draft)
                done.add(draft.source.relation)
    return ordered


def _listed_by_others(scans: list[Scan], draft: _Draft) -> frozenset[tuple[str, str]]:
    """The list operations that the other scans make, or their parents."""
    others = [f for s in scans if s.relation != draft.source.relation for f in s.fetches]
    return frozenset((f.service, f.operation) for f in others if f.role is Role.LIST)


def _scan(accessor: Accessor, draft: _Draft, shared: frozenset[tuple[str, str]]) -> Scan:
    source = draft.source
    place = {"region", source.table.account_column}
    found = tuple(texts((c for c in draft.folded if _is_own(draft, c)), {c.name: c.type for c in source.table.columns}))
    groups = (*draft.groups, KeyGroup((), (), "never true")) if contradict(found) else tuple(draft.groups)
    need = Need(source.table, frozenset(source.columns), groups, tuple(_own(draft)), draft.folded, shared, draft.said)
    scan = accessor.scan(need, source.relation, source.columns)
    # Conditions on the place alone decide which targets are asked; of those, all rows are read.
    more = [c for c in draft.folded if not is_equality(source.table, c) and not {x.name for x in all_of(c, exp.Column)} <= place]
    return replace(
        scan,
        conditions=tuple(c.sql(dialect="postgres") for c in more),
        members=draft.members,
        texts=found,
    )


def _own(draft: _Draft) -> list[exp.Expr]:
    """The conditions whose columns are the table's."""
    return [c for c in draft.conditions.conjuncts if _is_own(draft, c)]


def _is_own(draft: _Draft, condition: exp.Expr) -> bool:
    names = {c.name for c in draft.table.columns}
    return {x.name for x in all_of(condition, exp.Column)} <= names
