"""First pass: what must hold of each table's rows for them to matter, and which columns must be equal to which.

Conditions come from WHERE and ON. They may only be used to fetch *less*: DuckDB still runs the query with its whole WHERE. So a
condition may be handed to a table exactly if no row that fails it can change the answer:

* from WHERE, and from the ON of inner joins: any conjunct over the table alone; where an outer join can fill the table's
  columns with NULLs, only a conjunct that is never true of an all-NULL row (`v.version = 3`, not `v.version IS NULL`);
* from the ON of a LEFT JOIN: to the joined table only; RIGHT JOIN: to the others only; FULL JOIN: to none. An outer join whose NULLs no
  other condition lets through counts as an inner one (`outer_joins`).

Conditions on the columns of a subquery, or of a CTE that is used once, go on into it where its projection passes the column through
and nothing in it (LIMIT, aggregate, window, DISTINCT ON) looks at other rows. An example: from

    SELECT * FROM (SELECT image_name n, version FROM scan_0) s WHERE s.n = 'a'

scan_0 gets the condition `image_name = 'a'`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from cirql.plan.folding import is_volatile
from cirql.plan.moments import moment_of
from cirql.plan.outer_joins import names_of, nullable_within, rejects_null, sides, split
from cirql.sql.bound import Bound
from cirql.sql.translate.calls import is_scalar
from cirql.sql.trees import all_of, first_of
from cirql.startup.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Edge:
    """`column` of `relation` only matters where it equals one of the values that `provider` gives.

    `provider` is a column of another source, seen from `scope`, or a subquery that gives one column. A `loose` edge only carries
    conditions over, and is no way to find values: what such a subquery says of the column that it selects, what equal ARNs say of others.
    """

    relation: str
    column: str
    scope: Scope
    provider: exp.Column | exp.Query
    loose: bool = False

    @property
    def provider_column(self) -> str:
        """The name of the other column; empty for a subquery."""
        return self.provider.name if isinstance(self.provider, exp.Column) else ""

    def between(self, mine: str, theirs: str) -> Edge:
        """A loose edge between two other columns of the two sides."""
        assert isinstance(self.provider, exp.Column)
        return replace(self, column=mine, provider=exp.column(theirs, table=self.provider.table, quoted=True), loose=True)


@dataclass(slots=True)
class Conditions:
    """What is known of one source: conjuncts over its own columns, and equalities with others."""

    conjuncts: list[exp.Expr] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def conditions(bound: Bound) -> dict[str, Conditions]:
    """The conditions of every relation of the statement."""
    found: dict[str, Conditions] = {s.relation: Conditions() for s in (*bound.sources, *bound.system)}
    scopes = list(traverse_scope(bound.tree)) if isinstance(bound.tree, exp.Query) else []
    uses = _cte_uses(scopes)
    inherited: dict[int, list[exp.Expr]] = {}
    for scope in reversed(scopes):  # outer scopes first: they hand conditions inwards
        if isinstance(scope.expression, exp.Select):
            _conditions_of_select(scope, inherited, uses, found)
    return found


def _cte_uses(scopes: list[Scope]) -> dict[int, int]:
    uses: dict[int, int] = {}
    for scope in scopes:
        for node, source in scope.selected_sources.values():
            if isinstance(source, Scope) and isinstance(node, exp.Table):
                uses[id(source)] = uses.get(id(source), 0) + 1
    return uses


def _conditions_of_select(scope: Scope, inherited: dict[int, list[exp.Expr]], uses: dict[int, int], found: dict[str, Conditions]) -> None:
    sources = {alias: source for alias, (_, source) in scope.selected_sources.items()}
    joins = sides(scope.expression)
    nullable = _nullable(scope.expression, joins)
    own = list(_own_conjuncts(scope.expression, set(sources), joins))
    given = [(c, set(sources)) for c in inherited.get(id(scope), [])]
    subqueries = {alias for alias, source in sources.items() if isinstance(source, Scope)} - nullable
    for conjunct, allowed in (*own, *given, *_carried([*own, *given], subqueries)):
        if is_volatile(conjunct):
            continue
        aliases = {c.table for c in all_of(conjunct, exp.Column)}
        here = aliases & set(sources)
        if not first_of(conjunct, exp.Query) and (not aliases or (len(aliases) == 1 and here)):
            for alias in here if aliases else allowed & set(sources):
                if alias in allowed and (alias not in nullable or not aliases or rejects_null(conjunct)):
                    _hand_over(sources[alias], alias, conjunct, inherited, uses, found)
        for alias in here & allowed:
            _add_edges(scope, sources[alias], alias, conjunct, found)


def _carried(known: list[tuple[exp.Expr, set[str]]], subqueries: set[str]) -> Iterator[tuple[exp.Expr, set[str]]]:
    """What `t.region = 'a'` says of a subquery's `r.region` where both must be equal. Tables hear it along their edges."""
    values = [(c.unnest(), allowed) for c, allowed in known if isinstance(c.unnest(), exp.EQ | exp.In) and not first_of(c, exp.Query)]
    for equality, both in known if subqueries else ():
        pair = equality.unnest()
        if not (isinstance(pair, exp.EQ) and isinstance(pair.this, exp.Column) and isinstance(pair.expression, exp.Column)):
            continue
        for mine, other in ((pair.this, pair.expression), (pair.expression, pair.this)):
            for value, allowed in values:
                columns = all_of(value, exp.Column)
                if mine.table in subqueries & both & allowed and columns == [other] and value.this == other:
                    yield value.transform(lambda node, mine=mine: mine.copy() if isinstance(node, exp.Column) else node), {mine.table}


def _own_conjuncts(select: exp.Expr, aliases: set[str], joins: list[tuple[exp.Join, str]]) -> Iterator[tuple[exp.Expr, set[str]]]:
    """Each conjunct, with the aliases whose rows it may restrict."""
    if _gives_no_rows(select):
        yield exp.false(), aliases
    where = select.args.get("where")
    if where is not None:
        for conjunct in split(where.this):
            yield conjunct, aliases
    before = names_of(select.args["from_"].this) if select.args.get("from_") else set()
    for join, side in joins:
        alias = join.this.alias_or_name
        joined = names_of(join.this)
        allowed = _restricted_by_on(join, side, before, joined, aliases)
        if join.args.get("on") is not None:
            for conjunct in split(join.args["on"]):
                yield conjunct, allowed
        for name in join.args.get("using") or []:
            for other in before:
                yield exp.EQ(this=exp.column(name.name, table=alias), expression=exp.column(name.name, table=other)), allowed
        before = before | joined


def _gives_no_rows(select: exp.Expr) -> bool:
    """LIMIT 0."""
    limit = select.args.get("limit")
    count = limit.expression if isinstance(limit, exp.Limit) else None
    return isinstance(count, exp.Literal) and not count.is_string and count.this == "0"


def _restricted_by_on(join: exp.Join, side: str, before: set[str], joined: set[str], aliases: set[str]) -> set[str]:
    match side:
        case "LEFT":
            return joined
        case "RIGHT":
            return before
        case "FULL":
            return set()
    return joined if join.kind in ("SEMI", "ANTI") else aliases


def _nullable(select: exp.Expr, joins: list[tuple[exp.Join, str]]) -> set[str]:
    """The sources whose columns an outer join may fill with NULLs."""
    first = select.args.get("from_")
    nullable = nullable_within(first.this) if first is not None else set()
    before = names_of(first.this) if first is not None else set()
    for join, side in joins:
        nullable |= nullable_within(join.this)
        if side in ("LEFT", "FULL"):
            nullable |= names_of(join.this)
        if side in ("RIGHT", "FULL"):
            nullable |= before
        before |= names_of(join.this)
    return nullable


def _hand_over(
    source: exp.Expr | Scope,
    alias: str,
    conjunct: exp.Expr,
    inherited: dict[int, list[exp.Expr]],
    uses: dict[int, int],
    found: dict[str, Conditions],
) -> None:
    if isinstance(source, exp.Table):
        if source.name in found:
            found[source.name].conjuncts.append(conjunct)
    elif isinstance(source, Scope) and uses.get(id(source), 1) == 1:
        for inner, moved in _inwards(source, conjunct):
            inherited.setdefault(id(inner), []).append(moved)


def _inwards(scope: Scope, conjunct: exp.Expr) -> Iterator[tuple[Scope, exp.Expr]]:
    """The condition in terms of a subquery's own sources, for it or for each branch of its UNION, where it may go in."""
    if isinstance(scope.expression, exp.SetOperation):
        if _recursive(scope):
            return
        if first_of(conjunct, exp.Column) is not None and (not isinstance(scope.expression, exp.Union) or _is_cut(scope.expression)):
            return
        names = scope.expression.named_selects
        for branch in _branches(scope):
            if not isinstance(branch.expression, exp.Select):
                continue
            outputs = dict(zip(names, branch.expression.selects, strict=False))
            moved = _through(branch.expression, outputs, conjunct)
            if moved is not None:
                yield branch, moved
        return
    if isinstance(scope.expression, exp.Select):
        parent = scope.expression.parent
        columns = parent.alias_column_names if isinstance(parent, exp.CTE | exp.Subquery) else []
        names = columns or scope.expression.named_selects
        moved = _through(scope.expression, dict(zip(names, scope.expression.selects, strict=False)), conjunct)
        if moved is not None:
            yield scope, moved


def gathers_rows(select: exp.Expr) -> bool:
    """Whether some call in the query may make one value of many rows, or many of one; of an unknown function that is assumed."""
    if first_of(select, exp.AggFunc, exp.Unnest, exp.Explode):
        return True
    return any(not is_scalar(call) for call in all_of(select, exp.Anonymous))


def _gathers(roots: list[exp.Expr]) -> bool:
    """The same of what a query gives. Neither what stands after FROM, which makes rows of single rows, nor subqueries count."""
    nodes = roots
    for node in nodes:  # grows meanwhile
        if isinstance(node, exp.AggFunc | exp.Unnest | exp.Explode) or (isinstance(node, exp.Anonymous) and not is_scalar(node)):
            return True
        for value in node.args.values():
            nodes += [
                v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expr) and not isinstance(v, exp.Query)
            ]
    return False


def _branches(scope: Scope) -> list[Scope]:
    return list(getattr(scope, "set_operation_scopes", None) or getattr(scope, "union_scopes", []))


def _recursive(scope: Scope) -> bool:
    with_ = scope.expression.find_ancestor(exp.With)
    return bool(with_ is not None and with_.args.get("recursive"))


def _is_cut(query: exp.Expr) -> bool:
    """Whether LIMIT or OFFSET takes some of the rows: its own, or of parentheses around it, as in `((SELECT …) LIMIT 4) AS s`."""
    at: exp.Expr | None = query
    while at is query or isinstance(at, exp.Subquery):
        if at.args.get("limit") or at.args.get("offset"):
            return True
        at = at.parent
    return False


def _through(select: exp.Select, outputs: dict[str, exp.Expr], conjunct: exp.Expr) -> exp.Expr | None:
    """The condition with every output name replaced by the column it passes through; None where that is not safe."""
    if first_of(conjunct, exp.Column) is None:
        return conjunct.copy()  # where it is not true, nothing of what the query gives is wanted
    if _is_cut(select) or any(select.args.get(a) for a in ("windows", "qualify")) or first_of(select, exp.Window):
        return None
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        return None
    grouped = None
    having = select.args.get("having")
    if select.args.get("group") or _gathers([*select.expressions, *([having] if having is not None else [])]):
        group = select.args.get("group")
        if group is not None and any(group.args.get(a) for a in ("rollup", "cube", "grouping_sets", "all")):
            return None
        grouped = [e.sql() for e in group.expressions] if group is not None else []
    moved = conjunct.copy()
    for column in all_of(moved, exp.Column):
        output = outputs.get(column.name)
        inner = output.unalias().unnest() if output is not None else None
        if inner is None or not _is_passed(inner) or (grouped is not None and inner.sql() not in grouped):
            return None
        if column is moved:
            moved = inner.copy()
        else:
            column.replace(inner.copy())
    return moved


def _is_passed(output: exp.Expr) -> bool:
    """Whether an output is a column, as it is or as the moments that it means."""
    return isinstance(output, exp.Column) or moment_of(output) is not None


def _add_edges(scope: Scope, source: exp.Expr | Scope, alias: str, conjunct: exp.Expr, found: dict[str, Conditions]) -> None:
    """Note `alias.column = other.column` and `alias.column IN (SELECT …)`."""
    if not isinstance(source, exp.Table) or source.name not in found:
        return
    conjunct = conjunct.unnest()
    if isinstance(conjunct, exp.EQ):
        for mine, other in ((conjunct.this, conjunct.expression), (conjunct.expression, conjunct.this)):
            if isinstance(mine, exp.Column) and mine.table == alias and isinstance(other, exp.Column) and other.table != alias:
                found[source.name].edges.append(Edge(source.name, mine.name, scope, other))
    elif isinstance(conjunct, exp.In) and isinstance(conjunct.this, exp.Column) and conjunct.this.table == alias:
        query = conjunct.args.get("query")
        if query is not None and isinstance(query.unnest(), exp.Query):
            found[source.name].edges.append(Edge(source.name, conjunct.this.name, scope, query.unnest()))
            inner = next((s for s in scope.subquery_scopes if s.expression is query.unnest()), None)
            selected = inner.expression.selects[0].unalias() if inner is not None and isinstance(inner.expression, exp.Select) else None
            if inner is not None and isinstance(selected, exp.Column):
                found[source.name].edges.append(Edge(source.name, conjunct.this.name, inner, selected, loose=True))
