"""Names to things: every table and column of a statement resolved against the Catalog, before anything is asked of AWS.

`bind` takes a parsed statement and gives a `Bound`: the same tree with each cloud table replaced by the name of the
relation that will hold its rows (`scan_0`, …), every star over cloud tables written out, and every column qualified and in its
published spelling. What it cannot know (the columns of a CSV file) it leaves to DuckDB.

It does not plan and does no I/O but the catalog's lookups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import traverse_scope

from cirql.catalog.model import Face, Table
from cirql.catalog.tag_views import TAG_KEY, TAG_VALUE, TAGS, tags_are_a_map
from cirql.catalog.views import SchemaView
from cirql.errors import InvalidStatement, NotSupported, ParseError, UnknownColumn, UnknownTable
from cirql.names import TableName
from cirql.sql.bound import Bound, Source
from cirql.sql.parse import Statement
from cirql.sql.pruning import prune, still_wanted, tables_of
from cirql.sql.qualified import shorten
from cirql.sql.resolution import Resolver, position_of
from cirql.sql.translate import parse_postgres
from cirql.sql.translate.naming import output_name
from cirql.sql.translate.sets import SET_FUNCTIONS, spread
from cirql.sql.translate.signatures import name_of
from cirql.sql.trees import all_of, copied
from cirql.sql.views import Views
from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Found

PROVIDERS = ("aws", "awscc")
MAX_VIEW_DEPTH = 16
# Relations that are answered without AWS: what there is, and what cirql itself remembers.
SYSTEM_SCHEMAS = ("cirql", "information_schema", "steampipe_internal")


FindFunction = Callable[[str, tuple[exp.Expr, ...]], "Found"]


class TableFinder(Protocol):
    """The part of the Catalog that binding needs."""

    def find(self, name: TableName | str) -> Found:
        """The table of that name; raises UnknownTable with the nearest names."""
        ...

    def view(self, name: str) -> SchemaView | None:
        """The view of another system's name (`steampipe.aws_vpc`), or None."""
        ...


class OwnNames(Protocol):
    """The views and tables that the session's user made."""

    def view(self, name: str) -> exp.Query | None:
        """A copy of the query behind a view; None where there is no such view."""
        ...

    def columns(self, name: str) -> Mapping[str, ColumnType] | None:
        """The columns of a table; None where there is no such table."""
        ...

    def home(self, name: str) -> str | None:
        """The schema of a table or view; None where there is none of that name."""
        ...

    @property
    def prefix(self) -> tuple[str, ...]:
        """What USE put before names that are not found as they are: `("aws",)`, `("aws", "ec2")`, or nothing."""
        ...


def bind(
    statement: Statement,
    catalog: TableFinder,
    own: OwnNames | None = None,
    functions: FindFunction | None = None,
    *,
    whole: bool = False,
    path: Sequence[str] = (),
) -> Bound:
    """Resolve every name; `own` are the views and tables of the session's user, `functions` those like `cirql.history('…')`.

    `path` are the schemas where names without one are looked for. What inner queries give and nobody reads is not wanted of their
    tables, unless the statement is to be answered `whole`.
    Raises UnknownTable, UnknownColumn (with the nearest names and the place), AmbiguousColumn, NotSupported.
    """
    tree = normalize_identifiers(copied(statement.tree), dialect="postgres")
    shorten(tree, own.home if own is not None else lambda name: None)
    if own is not None:
        tree = _with_views(tree, own)
    views = Views(statement, path, catalog.view, own.columns if own is not None else lambda name: None)
    opened = views.expanded(tree, whole=whole)
    if opened is None:
        return _resolved(statement, tree, catalog, own, functions, whole=whole, path=path)
    try:
        return _resolved(statement, opened, catalog, own, functions, whole=whole, path=path)
    except UnknownColumn as error:
        if whole:
            raise views.reason(tree, error) from None
    try:  # with every column, for the nearest names
        return _resolved(statement, views.expanded(tree, whole=True) or tree, catalog, own, functions, whole=whole, path=path)
    except UnknownColumn as error:
        raise views.reason(tree, error) from None


def _resolved(
    statement: Statement,
    tree: exp.Expr,
    catalog: TableFinder,
    own: OwnNames | None,
    functions: FindFunction | None,
    *,
    whole: bool,
    path: Sequence[str],
) -> Bound:
    if own is not None:
        _complete_names(tree, own, own.prefix or (("aws",) if "aws" in path else ()), catalog)
    spread(tree)
    _name_subqueries(tree)
    _name_outputs(tree)
    sources, tag_views = _bind_tables(statement, tree, catalog, own, functions)
    binder = Resolver(
        statement,
        {id(s.node): s for s in sources},
        lambda table: _counterpart(table, catalog),
        own.columns if own is not None else lambda name: None,
    )
    try:
        scopes = traverse_scope(tree) if isinstance(tree, exp.Query) else []
        for scope in scopes:
            binder.bind_scope(scope)
        binder.refuse_unnamed_joins(tree)
    except RecursionError:
        raise ParseError("the statement is nested too deeply", hint="flatten long chains of OR into IN (…)") from None
    except OptimizeError:
        raise InvalidStatement(
            "two things in FROM have the same name, or none", hint="give each an alias of its own", sqlstate="42712"
        ) from None
    if isinstance(tree, exp.Query) and not whole:
        _forget_unread(tree, sources)
    for source, base in tag_views:
        _open_tags(source, base)
    is_system = {s.relation: s.table.name.parts[0] in SYSTEM_SCHEMAS for s in sources}
    cloud, system = (tuple(s for s in sources if is_system[s.relation] is wanted) for wanted in (False, True))
    return Bound(statement, tree, cloud, system)


def _counterpart(table: Table, catalog: TableFinder) -> Table | None:
    """The other scheme's table of the same thing, found by its name: aws.ec2_instance for aws.ec2.instance."""
    parts = table.name.parts
    names = [f"{parts[0]}.{'_'.join(parts[1:])}"] if len(parts) == 3 else [f"{parts[0]}.{parts[-1].replace('_', '.', 1)}"]
    for name in names:
        with suppress(UnknownTable):
            return catalog.find(name).table
    return None


def _forget_unread(tree: exp.Query, sources: Collection[Source]) -> None:
    here = {(id(s.node.parent_select), s.alias): s.table for s in sources}

    def type_of(column: exp.Column) -> ColumnType | None:
        at: exp.Expr | None = column.parent_select
        while at is not None and (id(at), column.table) not in here:
            if column.table in tables_of(at):
                return None
            at = at.parent_select
        found = here[id(at), column.table].column(column.name) if at is not None else None
        return found.type if found is not None else None

    if prune(tree, type_of):
        for source, wanted in zip(sources, still_wanted(tree, [(s.alias, s.wanted) for s in sources]), strict=True):
            source.wanted = wanted


def _name_subqueries(tree: exp.Expr) -> None:
    """Give a name to what has none in FROM: a query, as PostgreSQL does since version 16, and a function, by its own name."""
    unnamed = [
        item
        for item in all_of(tree, exp.Subquery)
        if isinstance(item.parent, exp.From | exp.Join) and not item.alias and isinstance(item.unnest(), exp.Query)
    ]
    for number, item in enumerate(unnamed):
        item.set("alias", exp.TableAlias(this=exp.to_identifier("unnamed_subquery" + (f"_{number}" if number else ""), quoted=True)))
    for table in all_of(tree, exp.Table):
        if isinstance(table.this, exp.Anonymous) and not table.alias and name_of(table.this) in SET_FUNCTIONS:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name_of(table.this), quoted=True)))


def _name_outputs(tree: exp.Expr) -> None:
    """Give every output column without a name the one that PostgreSQL gives it, so that whatever reads it may use that.

    `SELECT region, count(*) FROM t ORDER BY count` becomes `SELECT region, count(*) AS count FROM t ORDER BY count`.
    """
    for select in all_of(tree, exp.Select):
        for item in list(select.expressions):
            if not isinstance(item, exp.Alias | exp.Aliases | exp.Column | exp.Star | exp.Dot) and not item.is_star:
                named = exp.Alias(alias=exp.to_identifier(output_name(item), quoted=True))
                item.replace(named)
                named.set("this", item)


def _with_views(tree: exp.Expr, own: OwnNames) -> exp.Expr:
    """The tree with every view's query in its place, so that conditions reach the tables behind it. Views may name views."""
    for _ in range(MAX_VIEW_DEPTH):
        ctes = {cte.alias for cte in all_of(tree, exp.CTE)}
        found = [(t, q) for t in all_of(tree, exp.Table) if len(t.parts) == 1 and t.name not in ctes and (q := own.view(t.name))]
        if not found:
            return tree
        for table, query in found:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            _read_as_of(query, table.args.get("version"))
            inner = normalize_identifiers(query, dialect="postgres")
            shorten(inner, own.home)
            table.replace(exp.Subquery(this=inner, alias=alias.copy(), joins=table.args.get("joins")))
    raise NotSupported(f"views are nested more than {MAX_VIEW_DEPTH} deep", hint="does a view name itself?")


def _complete_names(tree: exp.Expr, own: OwnNames, prefix: tuple[str, ...], catalog: TableFinder) -> None:
    """After `USE aws`, `ec2.vpcs` is `aws.ec2.vpcs`."""
    if not prefix:
        return
    ctes = {cte.alias for cte in all_of(tree, exp.CTE)}
    for node in all_of(tree, exp.Table):
        names = [p.name for p in node.parts] if isinstance(node.this, exp.Identifier) else []
        known = not names or names[0] in (*PROVIDERS, *SYSTEM_SCHEMAS) or names[0] in ctes or own.columns(names[0]) is not None
        if known or len(prefix) + len(names) > 3:
            continue
        try:
            catalog.find(".".join((*prefix, *names)))
        except (UnknownTable, ValueError):
            continue
        *outer, _ = (*prefix, *names)
        node.set("db", exp.to_identifier(outer[-1]))
        node.set("catalog", exp.to_identifier(outer[-2]) if len(outer) > 1 else None)


def _bind_tables(
    statement: Statement, tree: exp.Expr, catalog: TableFinder, own: OwnNames | None, functions: FindFunction | None
) -> tuple[list[Source], list[tuple[Source, Table]]]:
    """Every source, and which of them are `_tags` tables, with the table that they look at."""
    sources: list[Source] = []
    tag_views: list[tuple[Source, Table]] = []
    ctes = {cte.alias for cte in all_of(tree, exp.CTE)}
    for node in all_of(tree, exp.Table):
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
                position=position_of(statement, node),
            )
        relation = f"scan_{len(sources)}"
        alias = node.alias or _free_alias(node, found.table.name)
        if parts[0] in SYSTEM_SCHEMAS:
            _refuse_as_of(statement, node)
        version = node.args.get("version")
        node.set("version", None)
        if version is not None and version.text("kind").upper() != "AS OF":
            hint = f"cirql.history('{found.table.name}') has every version with its times"
            raise NotSupported("of FOR SYSTEM_TIME only AS OF is supported", hint=hint, position=position_of(statement, node))
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
    ctes = {cte.alias for cte in all_of(query, exp.CTE)}
    for table in all_of(query, exp.Table):
        if table.args.get("version") is None and not (len(table.parts) == 1 and table.name in ctes):
            table.set("version", version.copy())


def _refuse_as_of(statement: Statement, node: exp.Table) -> None:
    if node.args.get("version") is not None:
        raise NotSupported(
            "only cloud tables can be read as of a moment",
            hint="write AS OF after the cloud table itself, inside the view or subquery",
            position=position_of(statement, node),
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
    source.node = next(t for t in all_of(select, exp.Table) if t.name == source.relation)
    source.table = base
    source.wanted = {*wanted, TAGS}


def _find(statement: Statement, node: exp.Table, name: str, catalog: TableFinder) -> Found:
    try:
        return catalog.find(name)
    except UnknownTable as error:
        error.position = position_of(statement, node.parts[0])
        raise


def _check_other_table(statement: Statement, node: exp.Table, parts: list[str], catalog: TableFinder) -> None:
    """Let quoted file names through; refuse anything else that is no cloud table, with the name that was likely meant."""
    if len(parts) == 1 and "." in parts[0]:
        return
    position = position_of(statement, node.parts[0])
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
    neighbours = [t for t in all_of(select, exp.Table) if t is not node] if select is not None else []
    own = node.name
    return "_".join(p.name for p in node.parts) if any(t.alias_or_name == own for t in neighbours) else own


def _replace_name(source: Source) -> None:
    """Put the relation in the table's place, under the alias, and point `schema.table.column` references at the alias."""
    node = source.node
    parts = [p.name for p in node.parts]
    select = node.parent_select
    if select is not None:
        for column in all_of(select, exp.Column):
            qualifier = [p.name for p in column.parts[:-1]]
            if len(qualifier) > 1 and parts[-len(qualifier) :] == qualifier:
                column.set("table", exp.to_identifier(source.alias))
                column.set("db", None)
                column.set("catalog", None)
    node.set("this", exp.to_identifier(source.relation))
    node.set("db", None)
    node.set("catalog", None)
    node.set("alias", exp.TableAlias(this=exp.to_identifier(source.alias, quoted=True)))
