"""Names to things: every table and column of a statement resolved against the Catalog, before anything is asked of AWS.

`bind` takes a parsed statement and gives a `Bound`: the same tree with each cloud table replaced by the name of the
relation that will hold its rows (`scan_0`, …), every star over cloud tables written out, and every column qualified and in its
published spelling. What it cannot know (the columns of a CSV file) it leaves to DuckDB.

It does not plan and does no I/O but the catalog's lookups.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import Scope, traverse_scope

from cirql.catalog.model import Face, Table
from cirql.catalog.tag_views import TAG_KEY, TAG_VALUE, TAGS, tags_are_a_map
from cirql.errors import AmbiguousColumn, InvalidStatement, NotSupported, ParseError, UnknownColumn, UnknownTable
from cirql.names import Scheme, TableName
from cirql.sql.parse import Statement
from cirql.sql.translate import parse_postgres
from cirql.sql.translate.naming import output_name
from cirql.sql.translate.sets import columns_of_call
from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Found

PROVIDERS = ("aws", "awscc")
MAX_VIEW_DEPTH = 16
# Relations that are answered without AWS: what there is, and what cirql itself remembers.
SYSTEM_SCHEMAS = ("cirql", "information_schema")


FindFunction = Callable[[str, tuple[exp.Expr, ...]], "Found"]


class TableFinder(Protocol):
    """The part of the Catalog that binding needs."""

    def find(self, name: TableName | str) -> Found:
        """The table of that name; raises UnknownTable with the nearest names."""
        ...


class OwnNames(Protocol):
    """The views and tables that the session's user made."""

    def view(self, name: str) -> exp.Query | None:
        """A copy of the query behind a view; None where there is no such view."""
        ...

    def columns(self, name: str) -> Mapping[str, ColumnType] | None:
        """The columns of a table; None where there is no such table."""
        ...

    @property
    def prefix(self) -> tuple[str, ...]:
        """What USE put before names that are not found as they are: `("aws",)`, `("aws", "ec2")`, or nothing."""
        ...


@dataclass(slots=True)
class Source:
    """One cloud table in one place of a statement.

    `star` are the columns of its `SELECT *`, in order; `wanted` the ones the statement needs from it. `node` is the
    table's place in the bound tree. `as_of` names the moment at which it is read, where that is not now.
    """

    relation: str
    alias: str
    table: Table
    star: tuple[str, ...]
    node: exp.Table
    wanted: set[str] = field(default_factory=set)
    as_of: exp.Expr | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to deliver, in the table's own order; one cheap column where the statement names none."""
        wanted = self.wanted or {_cheapest(self.table)}
        ordered = [name for name in self.star if name in wanted]
        return (*ordered, *(c.name for c in self.table.columns if c.name in wanted and c.name not in self.star))


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement whose names are all resolved: `tree` runs on relations, `sources` say what each relation is.

    `system` are the sources that are answered without AWS: their rows must be there before anything else runs.
    """

    statement: Statement
    tree: exp.Expr
    sources: tuple[Source, ...]
    system: tuple[Source, ...] = ()

    @property
    def relations(self) -> Mapping[str, Mapping[str, ColumnType]]:
        """The columns and types of every relation, in delivery order."""
        return {s.relation: column_types(s.table, s.columns) for s in (*self.sources, *self.system)}

    def source(self, relation: str) -> Source:
        """The source whose rows that relation holds."""
        return next(s for s in self.sources if s.relation == relation)


def column_types(table: Table, columns: Iterable[str]) -> dict[str, ColumnType]:
    """The types of these columns, in this order."""
    types = {c.name: c.type for c in table.columns}
    return {name: types[name] for name in columns}


def bind(statement: Statement, catalog: TableFinder, own: OwnNames | None = None, functions: FindFunction | None = None) -> Bound:
    """Resolve every name; `own` are the views and tables of the session's user, `functions` those like `cirql.history('…')`.

    Raises UnknownTable, UnknownColumn (with the nearest names and the place), AmbiguousColumn, NotSupported.
    """
    tree = normalize_identifiers(statement.tree.copy(), dialect="postgres")
    if own is not None:
        tree = _with_views(tree, own)
        _complete_names(tree, own, catalog)
    _name_subqueries(tree)
    _name_outputs(tree)
    sources, tag_views = _bind_tables(statement, tree, catalog, own, functions)
    binder = _Binder(statement, {id(s.node): s for s in sources})
    try:
        scopes = traverse_scope(tree) if isinstance(tree, exp.Query) else []
        for scope in scopes:
            binder.bind_scope(scope)
    except RecursionError:
        raise ParseError("the statement is nested too deeply", hint="flatten long chains of OR into IN (…)") from None
    except OptimizeError:
        raise InvalidStatement("two things in FROM have the same name, or none", hint="give each an alias of its own") from None
    for source, base in tag_views:
        _open_tags(source, base)
    is_system = {s.relation: s.table.name.parts[0] in SYSTEM_SCHEMAS for s in sources}
    cloud, system = (tuple(s for s in sources if is_system[s.relation] is wanted) for wanted in (False, True))
    return Bound(statement, tree, cloud, system)


def _name_subqueries(tree: exp.Expr) -> None:
    """Give a name to each query in FROM that has none, which PostgreSQL asks of nobody since version 16."""
    unnamed = [
        item
        for item in tree.find_all(exp.Subquery)
        if isinstance(item.parent, exp.From | exp.Join) and not item.alias and isinstance(item.unnest(), exp.Query)
    ]
    for number, item in enumerate(unnamed):
        item.set("alias", exp.TableAlias(this=exp.to_identifier("unnamed_subquery" + (f"_{number}" if number else ""), quoted=True)))


def _name_outputs(tree: exp.Expr) -> None:
    """Give every output column without a name the one that PostgreSQL gives it, so that whatever reads it may use that.

    `SELECT region, count(*) FROM t ORDER BY count` becomes `SELECT region, count(*) AS count FROM t ORDER BY count`.
    """
    for select in list(tree.find_all(exp.Select)):
        for item in list(select.expressions):
            if not isinstance(item, exp.Alias | exp.Aliases | exp.Column | exp.Star | exp.Dot) and not item.is_star:
                named = exp.Alias(alias=exp.to_identifier(output_name(item), quoted=True))
                item.replace(named)
                named.set("this", item)


def _position(statement: Statement, node: exp.Expr | None) -> int | None:
    identifier = node if isinstance(node, exp.Identifier) else node.find(exp.Identifier) if node is not None else None
    start = identifier.meta.get("start") if identifier is not None else None
    return None if start is None else statement.offset + int(start)


def _with_views(tree: exp.Expr, own: OwnNames) -> exp.Expr:
    """The tree with every view's query in its place, so that conditions reach the tables behind it. Views may name views."""
    for _ in range(MAX_VIEW_DEPTH):
        ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
        found = [(t, q) for t in tree.find_all(exp.Table) if len(t.parts) == 1 and t.name not in ctes and (q := own.view(t.name))]
        if not found:
            return tree
        for table, query in found:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            _read_as_of(query, table.args.get("version"))
            table.replace(exp.Subquery(this=normalize_identifiers(query, dialect="postgres"), alias=alias.copy()))
    raise NotSupported(f"views are nested more than {MAX_VIEW_DEPTH} deep", hint="does a view name itself?")


def _complete_names(tree: exp.Expr, own: OwnNames, catalog: TableFinder) -> None:
    """After `USE aws`, `ec2.vpcs` is `aws.ec2.vpcs`."""
    if not own.prefix:
        return
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table):
        names = [p.name for p in node.parts] if isinstance(node.this, exp.Identifier) else []
        known = not names or names[0] in (*PROVIDERS, *SYSTEM_SCHEMAS) or names[0] in ctes or own.columns(names[0]) is not None
        if known or len(own.prefix) + len(names) > 3:
            continue
        try:
            catalog.find(".".join((*own.prefix, *names)))
        except (UnknownTable, ValueError):
            continue
        *outer, _ = (*own.prefix, *names)
        node.set("db", exp.to_identifier(outer[-1]))
        node.set("catalog", exp.to_identifier(outer[-2]) if len(outer) > 1 else None)


def _bind_tables(
    statement: Statement, tree: exp.Expr, catalog: TableFinder, own: OwnNames | None, functions: FindFunction | None
) -> tuple[list[Source], list[tuple[Source, Table]]]:
    """Every source, and which of them are `_tags` tables, with the table that they look at."""
    sources: list[Source] = []
    tag_views: list[tuple[Source, Table]] = []
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in list(tree.find_all(exp.Table)):
        if functions is not None and isinstance(node.this, exp.Anonymous) and node.db in SYSTEM_SCHEMAS:
            found = functions(f"{node.db}.{node.this.name}".lower(), tuple(node.this.expressions))
            name = f"scan_{len(sources)}"
            sources.append(Source(name, node.alias or node.this.name, found.table, tuple(c.name for c in found.star), node))
            continue
        if not isinstance(node.this, exp.Identifier) or (not node.db and node.name in ctes):
            _refuse_as_of(statement, node)
            continue
        parts = [p.name for p in node.parts]
        if not _is_cloud_table(parts, catalog) and not (len(parts) == 2 and parts[0] in SYSTEM_SCHEMAS):
            if own is None or len(parts) > 1 or own.columns(parts[0]) is None:
                _check_other_table(statement, node, parts, catalog)
            _refuse_as_of(statement, node)
            continue
        found = _find(statement, node, ".".join(parts), catalog)
        if node.alias_column_names:
            raise NotSupported(
                f"column names after the alias of {found.table.name} are not supported",
                hint="rename columns in the select list instead",
                position=_position(statement, node),
            )
        relation = f"scan_{len(sources)}"
        alias = node.alias or _free_alias(node, found.table.name)
        if parts[0] in SYSTEM_SCHEMAS:
            _refuse_as_of(statement, node)
        version = node.args.get("version")
        node.set("version", None)
        if version is not None and version.text("kind").upper() != "AS OF":
            hint = f"cirql.history('{found.table.name}') has every version with its times"
            raise NotSupported("of FOR SYSTEM_TIME only AS OF is supported", hint=hint, position=_position(statement, node))
        as_of = version.expression if version is not None else None
        sources.append(Source(relation, alias, found.shape, tuple(c.name for c in found.star), node, as_of=as_of))
        if found.face is Face.TAGS:
            tag_views.append((sources[-1], found.table))
    for source in sources:
        _replace_name(source)
    return sources, tag_views


def _is_cloud_table(parts: list[str], catalog: TableFinder) -> bool:
    """Whether a name is meant as a cloud table's: by how it begins, or because the catalog has it, whichever cloud's it is."""
    if parts[0] in PROVIDERS or len(parts) == 1 or parts[0] in SYSTEM_SCHEMAS:
        return parts[0] in PROVIDERS
    try:
        catalog.find(".".join(parts))
    except (UnknownTable, ValueError):
        return False
    return True


def _read_as_of(query: exp.Query, version: exp.Version | None) -> None:
    """Read the tables of a view as of a moment, but for those that have one of their own."""
    if version is None:
        return
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if table.args.get("version") is None and not (len(table.parts) == 1 and table.name in ctes):
            table.set("version", version.copy())


def _refuse_as_of(statement: Statement, node: exp.Table) -> None:
    if node.args.get("version") is not None:
        raise NotSupported(
            "only cloud tables can be read as of a moment",
            hint="write AS OF after the cloud table itself, inside the view or subquery",
            position=_position(statement, node),
        )


def _open_tags(source: Source, base: Table) -> None:
    """Put a query over the resource in the place of its `_tags` table.

    `FROM scan_0 AS t` becomes, where region, tag_key and tag_value are wanted,

        FROM (SELECT r.region, tag.tag ->> 'Key' AS tag_key, tag.tag ->> 'Value' AS tag_value
              FROM scan_0 AS r CROSS JOIN jsonb_array_elements(r.tags) AS tag(tag)) AS t
    """
    wanted = [c for c in source.columns if c not in (TAG_KEY, TAG_VALUE)]
    if tags_are_a_map(base):
        opened, key, value = "jsonb_each_text(r.tags) AS tag(key, value)", "tag.key", "tag.value"
    else:
        opened, key, value = "jsonb_array_elements(r.tags) AS tag(tag)", "tag.tag ->> 'Key'", "tag.tag ->> 'Value'"
    items = ", ".join([*(f'r."{c}"' for c in wanted), f"{key} AS {TAG_KEY}", f"{value} AS {TAG_VALUE}"])
    (select,) = parse_postgres(f"SELECT {items} FROM {source.relation} AS r CROSS JOIN {opened}")
    assert select is not None
    alias = exp.TableAlias(this=exp.to_identifier(source.alias, quoted=True))
    view = exp.Subquery(this=select, alias=alias, joins=source.node.args.get("joins"))
    source.node.replace(view)
    source.node = next(t for t in select.find_all(exp.Table) if t.name == source.relation)
    source.table = base
    source.wanted = {*wanted, TAGS}


def _find(statement: Statement, node: exp.Table, name: str, catalog: TableFinder) -> Found:
    try:
        return catalog.find(name)
    except UnknownTable as error:
        error.position = _position(statement, node.parts[0])
        raise


def _check_other_table(statement: Statement, node: exp.Table, parts: list[str], catalog: TableFinder) -> None:
    """Let quoted file names through; refuse anything else that is no cloud table, with the name that was likely meant."""
    if len(parts) == 1 and "." in parts[0]:
        return
    position = _position(statement, node.parts[0])
    name = ".".join(parts)
    try:
        found = catalog.find(f"aws.{name.removeprefix('aws_')}")  # aws_ec2_instance, as others write it
    except (UnknownTable, ValueError) as error:
        near = getattr(error, "hint", None) or ""
        form = "cloud tables are named aws.<service>_<resource> or aws.<service>.<resource>; files are read with read_csv('…')"
        hint = near if near.startswith("did you mean") else form
        raise UnknownTable(f"there is no table {name}", hint=hint, position=position) from None
    raise UnknownTable(f"there is no table {name}", hint=f"did you mean {found.table.name}? ({found.table.title})", position=position)


def _free_alias(node: exp.Table, name: TableName) -> str:
    """The table's own last part, or where a neighbour has that already, the whole name joined by underscores."""
    select = node.parent_select
    neighbours = [t for t in select.find_all(exp.Table) if t is not node] if select is not None else []
    own = node.name
    return "_".join(p.name for p in node.parts) if any(t.alias_or_name == own for t in neighbours) else own


def _replace_name(source: Source) -> None:
    """Put the relation in the table's place, under the alias, and point `schema.table.column` references at the alias."""
    node = source.node
    parts = [p.name for p in node.parts]
    select = node.parent_select
    if select is not None:
        for column in select.find_all(exp.Column):
            qualifier = [p.name for p in column.parts[:-1]]
            if len(qualifier) > 1 and parts[-len(qualifier) :] == qualifier:
                column.set("table", exp.to_identifier(source.alias))
                column.set("db", None)
                column.set("catalog", None)
    node.set("this", exp.to_identifier(source.relation))
    node.set("db", None)
    node.set("catalog", None)
    node.set("alias", exp.TableAlias(this=exp.to_identifier(source.alias, quoted=True)))


class _Binder:
    """Resolves the columns of one statement, scope by scope, inner scopes first."""

    def __init__(self, statement: Statement, by_node: Mapping[int, Source]) -> None:
        self._statement = statement
        self._by_node = by_node

    def bind_scope(self, scope: Scope) -> None:
        columns = list(scope.find_all(exp.Column))
        if isinstance(scope.expression, exp.Select):
            self._bind_merged_keys(scope)
            self._expand_stars(scope)
        for column in columns:
            if not isinstance(column.this, exp.Star):
                self._bind_column(scope, column)

    # -- sources

    def _sources(self, scope: Scope) -> dict[str, Source | Scope | exp.Expr]:
        """What each alias in reach of this scope's own FROM is."""
        given = scope.sources if scope.is_udtf else {k: v for k, (_, v) in scope.selected_sources.items()}
        return {alias: self._by_node.get(id(s), s) if isinstance(s, exp.Table) else s for alias, s in given.items()}

    @staticmethod
    def _output_names(source: Scope | exp.Expr) -> list[str] | None:
        """The column names a subquery gives; None where they cannot be known before DuckDB looks."""
        if isinstance(source, exp.Table):
            return columns_of_call(source)
        if isinstance(source, Scope) and isinstance(source.expression, exp.Values):
            values = source.expression
            return values.alias_column_names if len(values.alias_column_names) == len(values.expressions[0].expressions) else None
        if not isinstance(source, Scope) or not isinstance(source.expression, exp.Query):
            return None
        parent = source.expression.parent
        if source.is_cte and isinstance(parent, exp.SetOperation):
            parent = parent.parent  # a recursive query as it sees itself: by its first branch
        given: list[str] = []
        if isinstance(parent, exp.CTE | exp.Subquery):
            given = parent.alias_column_names
        names = source.expression.named_selects
        return None if "*" in names else [*given, *names[len(given) :]]

    # -- stars

    def _bind_merged_keys(self, scope: Scope) -> None:
        """The columns of JOIN … USING, which name no source of their own."""
        for join in scope.expression.args.get("joins") or []:
            names = [i.name for i in join.args.get("using") or []]
            if join.method == "NATURAL":
                raise NotSupported("NATURAL JOIN is not supported", hint="name the columns: JOIN … USING (region, image_name)")
            for name in names:
                for source in self._sources(scope).values():
                    if isinstance(source, Source) and (column := source.table.column(name)):
                        source.wanted.add(column.name)

    def _expand_stars(self, scope: Scope) -> None:
        select = scope.expression
        sources = self._sources(scope)
        clouds = [s for s in sources.values() if isinstance(s, Source)]
        using = {i.name for join in select.args.get("joins") or [] for i in join.args.get("using") or []}
        for item in list(select.expressions):
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                continue
            named = item.table if isinstance(item, exp.Column) else ""
            chosen = {named: sources[named]} if named and named in sources else {} if named else sources
            if not any(isinstance(s, Source) for s in chosen.values()):
                continue
            for source in clouds:
                if source in chosen.values():
                    source.wanted.update(source.star)
            except_ = {e.name for e in star.args.get("except_") or []}
            items = list(self._star_items(chosen, using, except_))
            item.replace(items[0])
            position = select.expressions.index(items[0])
            select.set("expressions", [*select.expressions[: position + 1], *items[1:], *select.expressions[position + 1 :]])

    @staticmethod
    def _star_items(chosen: Mapping[str, Any], using: set[str], except_: set[str]) -> Iterator[exp.Expr]:
        merged: set[str] = set()
        for name in sorted(using):
            if any(not isinstance(s, Source) or name in s.star for s in chosen.values()):
                merged.add(name)
        firsts = [n for s in chosen.values() if isinstance(s, Source) for n in s.star if n in merged]
        for name in dict.fromkeys(firsts):
            if name not in except_:
                yield exp.column(name, quoted=True)
        for alias, source in chosen.items():
            if isinstance(source, Source):
                yield from (exp.column(n, table=alias, quoted=True) for n in source.star if n not in merged and n not in except_)
            else:
                yield exp.Column(this=exp.Star(), table=exp.to_identifier(alias, quoted=True))

    # -- columns

    def _bind_column(self, scope: Scope, column: exp.Column) -> None:
        if column.table:
            self._bind_qualified(scope, column)
            return
        if self._is_output_alias(scope, column):
            return
        reach: Scope | None = scope
        while reach is not None:
            match = self._match(reach, column)
            if match == "unknown":
                return
            if isinstance(match, tuple):
                self._use(column, *match)
                return
            if match == "derived":
                return
            reach = _outside(reach)
        raise self._unknown(scope, column)

    def _bind_qualified(self, scope: Scope, column: exp.Column) -> None:
        reach: Scope | None = scope
        while reach is not None:
            sources = self._sources(reach)
            if column.table in sources:
                source = sources[column.table]
                if isinstance(source, Source):
                    found = source.table.column(column.name)
                    if found is None:
                        raise self._unknown_in(source, column)
                    self._use(column, source, found.name)
                else:
                    names = self._output_names(source)
                    if names is not None and column.name not in names:
                        raise UnknownColumn(
                            f"{column.table} has no column {column.name}",
                            hint=_nearest(column.name, names),
                            position=_position(self._statement, column.this),
                        )
                return
            reach = _outside(reach)
        if column.args.get("db"):
            return  # a field of a struct column, or DuckDB's own error
        known = [a for s in _ancestors(scope) for a in self._sources(s)]
        if self._is_column_field(scope, column):
            return
        raise UnknownTable(
            f"there is no table or alias {column.table} in the FROM clause here",
            hint=f"{column.table} stands beside this query, which does not see it: write LATERAL before the query"
            if column.table in known
            else _nearest(column.table, known),
            position=_position(self._statement, column.args["table"]),
        )

    def _is_column_field(self, scope: Scope, column: exp.Column) -> bool:
        """Whether `a.b` reads field b of a column a of something whose columns are not known."""
        return any(
            not isinstance(s, Source) and self._output_names(s) is None for at in _ancestors(scope) for s in self._sources(at).values()
        )

    def _is_output_alias(self, scope: Scope, column: exp.Column) -> bool:
        """Whether a bare name in ORDER BY is a name of the select list, or one in GROUP BY that no column of FROM has."""
        query = scope.expression
        if not isinstance(query, exp.Query):
            return False
        if isinstance(query, exp.SetOperation):
            return column.name in query.named_selects
        outputs = {e.alias for e in query.selects if isinstance(e, exp.Alias)}
        if column.name not in outputs:
            return False
        clause = column.find_ancestor(exp.Order, exp.Group, exp.Having, exp.Qualify, exp.Select)
        if isinstance(clause, exp.Order):
            return isinstance(column.parent, exp.Ordered) and clause.parent is query
        return isinstance(clause, exp.Group) and self._match(scope, column) is None

    def _match(self, scope: Scope, column: exp.Column) -> tuple[Source, str] | str | None:
        """Where an unqualified name leads in one scope: a source and its column, `derived`, `unknown`, or None."""
        sources = self._sources(scope)
        if isinstance(sources.get(column.name), Source):
            source = sources[column.name]
            assert isinstance(source, Source)
            source.wanted.update(source.star)  # the whole row, as in row_to_json(v)
            return "derived"
        using = {i.name for j in scope.expression.args.get("joins") or [] for i in j.args.get("using") or []}
        if column.name in using:
            return "derived"
        published: list[tuple[Source, str]] = []
        hidden: list[tuple[Source, str]] = []
        derived: list[str] = []
        unknown = False
        for alias, source in sources.items():
            if isinstance(source, Source):
                found = source.table.column(column.name)
                if found is not None:
                    (published if found.name in source.star else hidden).append((source, found.name))
                continue
            if source is column.find_ancestor(exp.Table):
                continue  # an argument of a function in FROM, which does not see what the function gives
            names = self._output_names(source)
            unknown = unknown or names is None
            if names and column.name in names:
                derived.append(alias)
            elif names and column.name == alias:
                return "derived"  # the whole row
        candidates = published or ([] if derived else hidden)
        if len(candidates) + len(derived) > 1:
            raise AmbiguousColumn(
                f"column {column.name} is in several tables",
                hint="write which one: " + " or ".join(f"{s.alias}.{n}" for s, n in candidates),
                position=_position(self._statement, column.this),
            )
        if candidates:
            return candidates[0]
        if derived and not unknown and derived[0]:
            column.set("table", exp.to_identifier(derived[0], quoted=True))
        return "derived" if derived else "unknown" if unknown else None

    def _use(self, column: exp.Column, source: Source, name: str) -> None:
        if _is_region_tag(column, source, name):
            assert column.parent is not None
            source.wanted.add("region")
            column.parent.replace(exp.column("region", table=source.alias, quoted=True))
            return
        source.wanted.add(name)
        original = column.this
        column.set("this", exp.to_identifier(name, quoted=True).update_positions(original))
        column.set("table", exp.to_identifier(source.alias, quoted=True))
        column.set("db", None)
        column.set("catalog", None)
        if original.name != name and isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            # The result, and whatever reads this query, know the column by the spelling that was written.
            written = exp.Alias(alias=exp.to_identifier(original.name, quoted=True))
            column.replace(written)
            written.set("this", column)

    def _unknown_in(self, source: Source, column: exp.Column) -> UnknownColumn:
        return UnknownColumn(
            f"{source.table.name} has no column {column.name}",
            hint=_nearest(column.name, [c.name for c in source.table.columns]),
            position=_position(self._statement, column.this),
        )

    def _unknown(self, scope: Scope, column: exp.Column) -> UnknownColumn:
        sources = [s for s in self._sources(scope).values() if isinstance(s, Source)]
        if len(sources) == 1:
            return self._unknown_in(sources[0], column)
        names = [c.name for s in sources for c in s.table.columns]
        return UnknownColumn(
            f"there is no column {column.name} in the tables of this query",
            hint=_nearest(column.name, names),
            position=_position(self._statement, column.this),
        )


def _ancestors(scope: Scope) -> Iterator[Scope]:
    reach: Scope | None = scope
    while reach is not None:
        yield reach
        reach = reach.parent


def _outside(scope: Scope) -> Scope | None:
    """The scope whose names a query sees beside its own: of a CTE or a derived table not its neighbours, but what encloses them all."""
    if scope.is_cte or (scope.is_derived_table and not isinstance(scope.expression.parent, exp.Lateral)):
        return scope.parent.parent if scope.parent is not None else None
    return scope.parent


def _is_region_tag(column: exp.Column, source: Source, name: str) -> bool:
    """DDSQL users write `tags->'region'`: region is a tag there and a column here."""
    parent = column.parent
    if name != "tags" or source.table.name.scheme is not Scheme.DATASET or not isinstance(parent, exp.JSONExtract | exp.JSONExtractScalar):
        return False
    path = parent.expression
    keys = [p.this for p in path.expressions if isinstance(p, exp.JSONPathKey)] if isinstance(path, exp.JSONPath) else [path.name]
    return keys == ["region"]


def _nearest(name: str, names: Iterable[str]) -> str | None:
    near = difflib.get_close_matches(name, list(dict.fromkeys(names)), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else None


def _cheapest(table: Table) -> str:
    """The column to read where only the number of rows matters: one that the first list call gives."""
    for fetch in table.fetches:
        if fetch.outputs:
            return fetch.outputs[0].column
    return table.columns[0].name
