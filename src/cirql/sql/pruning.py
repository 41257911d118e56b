"""What inner queries give and nobody reads is not asked of AWS.

Of `SELECT n FROM (SELECT role_name AS n, description FROM scan_0) x` nothing looks at `description`: in its place stands a NULL of the
same type, so that the statement still means what it says (its functions and types are checked as they are written), and the source
no longer wants the column. A query inside an expression that nobody reads finds no rows.

Whether a column is read is decided by names alone, over the whole statement: two things of one name can only keep more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from sqlglot import exp

from cirql.sql.translate import parse_postgres
from cirql.sql.translate.sets import SET_FUNCTIONS
from cirql.sql.translate.shield import PREFIX
from cirql.sql.trees import all_but, all_of
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType

_SPELLINGS = {
    ColumnType.JSON: "jsonb",
    ColumnType.VARCHAR: "text",
    ColumnType.DOUBLE: "double precision",
    ColumnType.VARCHAR_LIST: "text[]",
}

TypeOf = Callable[[exp.Column], ColumnType | None]
"""The type of a column that a cloud table has; None for any other."""


@dataclass(slots=True)
class _Reading:
    """The names that something in a statement reads: by alias, without an alias, and the aliases all of whose columns are read."""

    by_alias: dict[str, set[str]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)

    def reads(self, aliases: Iterable[str], name: str) -> bool:
        return name in self.bare or any(a in self.whole or a in self.bare or name in self.by_alias.get(a, ()) for a in aliases)


@dataclass(frozen=True, slots=True)
class _Inner:
    """A query whose columns something else reads: in FROM, a common table, or what EXISTS looks into.

    `aliases` are what it goes by (none in EXISTS), `renamed` the names that are given to its columns there.
    """

    query: exp.Query
    aliases: frozenset[str] = frozenset()
    renamed: tuple[str, ...] = ()


def prune(tree: exp.Query, type_of: TypeOf) -> bool:
    """Put NULL in the place of what no reader of an inner query looks at. Says whether there was any of it."""
    inner = list(_inner_queries(tree))
    owners = {id(i.query): i for i in inner if not i.renamed}
    dead: dict[int, exp.Expr] = {}
    changed = bool(inner)
    while changed:  # what is read inside something that nobody reads is not read
        reading = _reading(tree, dead, owners)
        found = [item for i in inner for item in _unread(i, i.query, reading) if id(item) not in dead]
        dead.update((id(item), item) for item in found)
        changed = bool(found)
    for item in dead.values():
        _mute(item, type_of)
    return bool(dead)


def still_wanted(tree: exp.Query, wanted: Iterable[tuple[str, set[str]]]) -> list[set[str]]:
    """Of the columns that were wanted of what goes by each alias, those that something in the statement still names."""
    reading = _reading(tree, {}, {})
    return [{name for name in names if reading.reads((alias,), name)} for alias, names in wanted]


def _inner_queries(tree: exp.Query) -> Iterator[_Inner]:
    tables = all_of(tree, exp.Table)
    for node in all_of(tree, exp.Subquery, exp.CTE, exp.Exists, exp.Lateral):
        query = node.this.unnest()
        if not isinstance(query, exp.Query):
            continue
        match node:
            case exp.Exists():
                yield _Inner(query)
            case exp.CTE() if not (isinstance(node.parent, exp.With) and node.parent.recursive):
                reads = [t for t in tables if t.name == node.alias]
                if not any(t.alias_column_names for t in reads):
                    aliases = frozenset((node.alias, *(t.alias_or_name for t in reads)))
                    yield _Inner(query, aliases, tuple(node.alias_column_names))
            case exp.Lateral() | exp.Subquery() if node.alias and isinstance(node.parent, exp.From | exp.Join):
                yield _Inner(query, frozenset([node.alias]), tuple(node.alias_column_names))


def _reading(tree: exp.Query, dead: Mapping[int, exp.Expr], owners: Mapping[int, _Inner]) -> _Reading:
    """What is read; a star in one of the `owners` reads what is read of these."""
    found = _Reading()
    passing: list[tuple[_Inner, tuple[str, ...]]] = []
    for node in all_but(tree, dead):
        match node:
            case exp.Column() if not isinstance(node.this, exp.Star):
                found.by_alias.setdefault(node.table, set()).add(node.name) if node.table else found.bare.add(node.name)
            case exp.Star() if not isinstance(node.parent, exp.Count):
                column = node.parent if isinstance(node.parent, exp.Column) else None
                select = node.parent_select
                starred = (column.table,) if column is not None else tuple(tables_of(select))
                owner = owners.get(id(select)) if (column or node).arg_key == "expressions" and (column or node).parent is select else None
                if owner is not None and select is not None and not select.args.get("distinct"):
                    passing.append((owner, starred))
                else:
                    found.whole.update(starred)
            case exp.Join():
                found.bare.update(name.name for name in node.args.get("using") or [])
            case exp.Dot():
                found.whole.update(i.name for i in all_of(node, exp.Identifier))
    for _ in passing:
        for owner, starred in passing:
            _pass_on(found, owner.aliases, starred)
    return found


def _pass_on(found: _Reading, aliases: Iterable[str], starred: Iterable[str]) -> None:
    for alias in aliases:
        if alias in found.whole or alias in found.bare:
            found.whole.update(starred)
        for inner in starred:
            found.by_alias.setdefault(inner, set()).update(found.by_alias.get(alias, ()))


def tables_of(select: exp.Expr | None) -> Iterator[str]:
    """The aliases in a query's own FROM: what its bare star spreads out."""
    if not isinstance(select, exp.Select):
        return
    origins = [select.args.get("from_"), *(select.args.get("joins") or []), *(select.args.get("laterals") or [])]
    for origin in (o for o in origins if o is not None):
        item = origin.this
        if origin.alias or item.alias:
            yield origin.alias or item.alias
        if not item.alias or item.args.get("joins"):
            yield from (t.alias_or_name for t in all_of(item, exp.Table, exp.Subquery))


def _unread(inner: _Inner, query: exp.Query, reading: _Reading) -> Iterator[exp.Expr]:
    """The items of an inner query's select lists, or of the branches of its UNION ALL, that nobody reads."""
    if _counts_places(query):
        return
    if isinstance(query, exp.Union) and not query.args.get("distinct") and not query.args.get("by_name"):
        names = (*inner.renamed, *query.named_selects[len(inner.renamed) :])
        if "*" not in names:
            for branch in (query.left.unnest(), query.right.unnest()):
                if isinstance(branch, exp.Query):
                    yield from _unread(_Inner(branch, inner.aliases, names), branch, reading)
    elif isinstance(query, exp.Select) and _may_leave_open(query):
        names = (*inner.renamed, *query.named_selects[len(inner.renamed) :])
        for item, name in zip(query.expressions, names, strict=False):
            read = reading.reads(inner.aliases, name) or item.alias_or_name in reading.bare
            if not read and not _gives_rows(item):
                yield item


def _may_leave_open(query: exp.Select) -> bool:
    """Whether the rows of a query are the same whatever the values of its items are."""
    group = query.args.get("group")
    return query.args.get("distinct") is None and not (group is not None and group.args.get("all")) and not query.is_star


def _counts_places(query: exp.Query) -> bool:
    """Whether ORDER BY or GROUP BY names items by their place in the select list."""
    order, group = query.args.get("order"), query.args.get("group")
    keys = [k.this for k in order.expressions] if order is not None else []
    keys += group.expressions if group is not None else []
    return any(isinstance(k.unnest(), exp.Literal) for k in keys) or (group is not None and len(group.expressions) == 0)


def _gives_rows(item: exp.Expr) -> bool:
    """Whether a function that returns a set is in an item: in its own select list, not in a query inside it."""
    return any(
        isinstance(node, exp.Explode) or (isinstance(node, exp.Anonymous) and node.name.lower().removeprefix(PREFIX) in SET_FUNCTIONS)
        for node in item.walk(prune=lambda n: isinstance(n, exp.Query))
    )


def _mute(item: exp.Expr, type_of: TypeOf) -> None:
    for column in all_of(item, exp.Column):
        kind = type_of(column)
        if kind is not None and column is item:
            column.replace(exp.Alias(this=_nothing(kind), alias=exp.to_identifier(column.name, quoted=True)))
        elif kind is not None:
            column.replace(_nothing(kind))
    for select in all_of(item, exp.Select):
        if select.args.get("from_") is not None:
            select.where(exp.false(), copy=False)


@cache
def _typed_null(kind: ColumnType) -> exp.Expr:
    (select,) = parse_postgres(f"SELECT CAST(NULL AS {_SPELLINGS.get(kind, 'hstore' if kind.is_hstore else str(kind))})")
    assert isinstance(select, exp.Select)
    item: exp.Expr = select.expressions[0]
    return item


def _nothing(kind: ColumnType) -> exp.Expr:
    return _typed_null(kind).copy()
