"""What stands in FROM: tables, CTEs, derived tables, VALUES, set-returning functions, with their aliases."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.admission import READERS
from cirql.sql.translate import sets
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.calls import arguments_of, function
from cirql.sql.translate.ddsql import refuse_telemetry
from cirql.sql.translate.expressions import refuse, rewrite
from cirql.sql.translate.nodes import call, number, type_of
from cirql.sql.translate.scopes import Columns, NameScope
from cirql.sql.translate.signatures import name_of
from cirql.sql.translate.site import Site
from cirql.sql.trees import first_of


def relation(node: exp.Expr, site: Site, *, first: bool) -> exp.Expr:
    """Rewrite one item of FROM and add it to the scope."""
    result = node
    if isinstance(node, exp.Table):
        result = _table(node, site, first=first)
    elif isinstance(node, exp.Lateral):
        result = _lateral(node, site)
    elif isinstance(node, exp.Unnest):
        arguments = [rewrite(a, site) for a in node.expressions]
        offset = node.args.get("offset")
        result = _set_relation("unnest", arguments, node.args.get("alias"), bool(offset), site, first=first, ordinal=offset)
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        node.set("this", relation(node.this, site, first=first))
        for join in node.this.args.get("joins") or []:
            _inner_join(join, site)
    elif isinstance(node, (exp.Subquery, exp.Values, exp.Query)):
        # A derived table sees what encloses the query, not its neighbours.
        beside = site.inside(NameScope(outer=site.scope.outer, ctes=dict(site.scope.ctes)))
        columns = _columns_of(node, beside)
        site.scope.add(node.alias or "", aliased(columns, node.args.get("alias")))
    else:
        raise refuse(f"{type(node).__name__.upper()} in FROM", node)
    for join in (node.args.get("joins") or []) if not isinstance(node, exp.Subquery) else []:
        _inner_join(join, site)
    return result


def _inner_join(join: exp.Expr, site: Site) -> None:
    join.set("this", relation(join.this, site, first=False))
    if join.args.get("on") is not None:
        join.set("on", rewrite(join.args["on"], site))


def aliased(columns: Columns | None, alias: exp.Expr | None) -> Columns | None:
    """The columns under the names that an alias gives them: `AS t(a, b)`."""
    names = [c.name for c in alias.args.get("columns") or []] if isinstance(alias, exp.TableAlias) else []
    if not names or columns is None:
        return columns if not names else tuple((n, st.ANY) for n in names)
    return tuple((names[i] if i < len(names) else name, kind) for i, (name, kind) in enumerate(columns))


def _columns_of(query: exp.Expr, site: Site) -> Columns | None:
    """Rewrite a query in place and give its columns."""
    columns: Columns | None = rewrite(query, site).meta.get("columns")
    return columns


def _table(node: exp.Table, site: Site, *, first: bool) -> exp.Expr:
    subject = node.this
    if isinstance(subject, exp.Dot) and isinstance(subject.this, exp.Identifier) and subject.this.name.lower() == "pg_catalog":
        subject = subject.expression
    if isinstance(subject, exp.Func):
        return _function_table(node, subject, site, first=first)
    if not isinstance(subject, exp.Identifier):
        site.scope.add(node.alias_or_name, None)
        return node
    columns: Columns | None = None
    if not node.db:
        is_cte, columns = site.scope.cte(node.name)
        if not is_cte:
            columns = next((found for name, found in site.relations.items() if name.lower() == node.name.lower()), None)
    site.scope.add(node.alias_or_name, aliased(columns, node.args.get("alias")))
    return node


def _function_table(node: exp.Table, called: exp.Func, site: Site, *, first: bool) -> exp.Expr:
    name = name_of(called)
    if node.db.lower() == "dd":
        raise refuse_telemetry(f"dd.{name}")
    alias = node.args.get("alias")
    definitions = [c for c in (alias.args.get("columns") or []) if isinstance(c, exp.ColumnDef)] if alias is not None else []
    arguments = arguments_of(called, site)
    if name in ("jsonb_to_record", "json_to_record", "jsonb_to_recordset", "json_to_recordset"):
        if alias is None or not definitions:
            raise refuse(f"{name} without a column definition list", node, hint=f"write {name}(…) AS x(a int, b text)")
        query = sets.record_columns(name, arguments, definitions, site)
        columns = tuple((d.name, st.of_datatype(d.args["kind"]) or st.TEXT) for d in definitions)
        plain = exp.TableAlias(this=alias.this, columns=[])
        site.scope.add(alias.name, columns)
        return _placed(query, plain, arguments, first=first)
    if sets.set_function(name, site) is not None:
        return _set_relation(name, arguments, alias, bool(node.args.get("ordinality")), site, first=first)
    return _scalar_or_table(node, name, arguments, site, first=first)


def _scalar_or_table(node: exp.Table, name: str, arguments: list[exp.Expr], site: Site, *, first: bool) -> exp.Expr:
    """A function in FROM that returns one value, or a table function of DuckDB such as read_csv."""
    if name in READERS or name == "range" or not isinstance(node.this, exp.Anonymous):
        site.scope.add(node.alias_or_name, None)
        return node
    value = function(exp.Anonymous(this=name, expressions=arguments), site)
    alias = node.args.get("alias")
    given = [c.name for c in (alias.args.get("columns") or [])] if alias is not None else []
    relation_name = alias.name if alias is not None and alias.name else name
    column = given[0] if given else relation_name
    site.scope.add(relation_name, ((column, type_of(value)),), scalar=column)
    subquery = exp.Subquery(this=exp.select(exp.alias_(value, column, quoted=True)))
    table_alias = exp.TableAlias(this=exp.to_identifier(relation_name, quoted=True))
    if first:
        subquery.set("alias", table_alias)
        return subquery
    return exp.Lateral(this=subquery, alias=table_alias)


def _lateral(node: exp.Lateral, site: Site) -> exp.Expr:
    """LATERAL (query) sees the items before it; LATERAL function(…) is the plain function in FROM."""
    subject = node.this
    alias = node.args.get("alias")
    if isinstance(subject, exp.Func) and not isinstance(subject, exp.Query):
        table = exp.Table(this=subject, alias=alias, ordinality=node.args.get("ordinality"))
        if sets.set_function(name_of(subject), site) is None:
            return _function_table(table, subject, site, first=False)
        ordinal = bool(node.args.get("ordinality"))
        return _set_relation(name_of(subject), arguments_of(subject, site), alias, ordinal, site, first=False)
    if isinstance(subject, exp.Unnest):
        return relation(exp.Unnest(**{**subject.args, "alias": alias or subject.args.get("alias")}), site, first=False)
    columns = _columns_of(subject, site)
    site.scope.add(node.alias, aliased(columns, alias))
    return node


def _set_relation(
    name: str,
    arguments: list[exp.Expr],
    alias: exp.Expr | None,
    ordinality: bool,
    site: Site,
    *,
    first: bool,
    ordinal: exp.Expr | None = None,
) -> exp.Expr:
    """A set-returning function as a subquery of parallel `unnest`s."""
    known = sets.set_function(name, site)
    assert known is not None
    lists = known.lists(arguments, site)
    relation_name = alias.name if alias is not None and alias.name else name
    given = [c.name for c in (alias.args.get("columns") or [])] if alias is not None else []
    if isinstance(ordinal, exp.Identifier):
        given = [*given, ordinal.name]
    single = relation_name if len(lists) == 1 and not known.named else None
    names = [given[i] if i < len(given) else (single or column) for i, (column, _, _) in enumerate(lists)]
    projections = [exp.alias_(call("unnest", values), column, quoted=True) for column, (_, values, _) in zip(names, lists, strict=True)]
    columns = list(zip(names, [kind for _, _, kind in lists], strict=True))
    if ordinality:
        counted = given[len(lists)] if len(given) > len(lists) else "ordinality"
        places = call("generate_subscripts", lists[0][1].copy(), number(1))
        projections.append(exp.alias_(places, counted, quoted=True))
        columns.append((counted, st.INT8))
    site.scope.add(relation_name, tuple(columns), scalar=names[0] if len(lists) == 1 else None)
    plain = exp.TableAlias(this=exp.to_identifier(relation_name, quoted=True), columns=[])
    query = exp.select(*projections)
    if (source := sets.streamed(lists, arguments)) is not None and not ordinality:
        query = exp.select(exp.alias_(source[1], names[0], quoted=True)).from_(source[0])
    return _placed(query, plain, arguments, first=first)


def _placed(query: exp.Select, alias: exp.TableAlias, arguments: list[exp.Expr], *, first: bool) -> exp.Expr:
    """The query as a derived table, LATERAL where its arguments may name earlier items."""
    subquery = exp.Subquery(this=query)
    correlated = any(first_of(a, exp.Column) is not None for a in arguments)
    if first or not correlated:
        subquery.set("alias", alias)
        return subquery
    return exp.Lateral(this=subquery, alias=alias)
