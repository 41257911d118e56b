"""What stands in FROM: tables, CTEs, derived tables, VALUES, set-returning functions, with their aliases."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import sets
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.expressions import refuse, rewrite
from cirql.sql.translate.nodes import call, number
from cirql.sql.translate.scopes import Columns, Scope
from cirql.sql.translate.site import Site


def relation(node: exp.Expr, site: Site, *, first: bool) -> exp.Expr:
    """Rewrite one item of FROM and add it to the scope."""
    from cirql.sql.translate.queries import add_source, query

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
        beside = site.inside(Scope(outer=site.scope.outer, ctes=dict(site.scope.ctes)))
        columns = query(node, beside)
        add_source(site, node.alias or "", _aliased(columns, node.args.get("alias")))
    else:
        raise refuse(f"{type(node).__name__.upper()} in FROM", node)
    for join in (node.args.get("joins") or []) if not isinstance(node, exp.Subquery) else []:
        _inner_join(join, site)
    return result


def _inner_join(join: exp.Expr, site: Site) -> None:
    join.set("this", relation(join.this, site, first=False))
    if join.args.get("on") is not None:
        join.set("on", rewrite(join.args["on"], site))


def _aliased(columns: Columns | None, alias: exp.Expr | None) -> Columns | None:
    from cirql.sql.translate.queries import _renamed

    return _renamed(columns, alias)


def _table(node: exp.Table, site: Site, *, first: bool) -> exp.Expr:
    from cirql.sql.translate.queries import add_source

    subject = node.this
    if isinstance(subject, exp.Dot) and isinstance(subject.this, exp.Identifier) and subject.this.name.lower() == "pg_catalog":
        subject = subject.expression
    if isinstance(subject, exp.Func):
        return _function_table(node, subject, site, first=first)
    if not isinstance(subject, exp.Identifier):
        add_source(site, node.alias_or_name, None)
        return node
    columns: Columns | None = None
    if not node.db:
        is_cte, columns = site.scope.cte(node.name)
        if not is_cte:
            columns = next((found for name, found in site.relations.items() if name.lower() == node.name.lower()), None)
    add_source(site, node.alias_or_name, _aliased(columns, node.args.get("alias")))
    return node


def _function_table(node: exp.Table, function: exp.Func, site: Site, *, first: bool) -> exp.Expr:
    from cirql.sql.translate.calls import arguments_of, name_of, table_function
    from cirql.sql.translate.ddsql import refuse_telemetry
    from cirql.sql.translate.queries import add_source

    name = name_of(function)
    if node.db.lower() == "dd":
        raise refuse_telemetry(f"dd.{name}")
    alias = node.args.get("alias")
    definitions = [c for c in (alias.args.get("columns") or []) if isinstance(c, exp.ColumnDef)] if alias is not None else []
    arguments = arguments_of(function, site)
    if name in ("jsonb_to_record", "json_to_record", "jsonb_to_recordset", "json_to_recordset"):
        if alias is None or not definitions:
            raise refuse(f"{name} without a column definition list", node, hint=f"write {name}(…) AS x(a int, b text)")
        query = sets.record_columns(name, arguments, definitions, site)
        columns = tuple((d.name, st.of_datatype(d.args["kind"]) or st.TEXT) for d in definitions)
        plain = exp.TableAlias(this=alias.this, columns=[])
        add_source(site, alias.name, columns)
        return _placed(query, plain, arguments, first=first)
    if sets.set_function(name, site) is not None:
        return _set_relation(name, arguments, alias, bool(node.args.get("ordinality")), site, first=first)
    return table_function(node, name, arguments, site, first=first)


def _lateral(node: exp.Lateral, site: Site) -> exp.Expr:
    """LATERAL (query) sees the items before it; LATERAL function(…) is the plain function in FROM."""
    from cirql.sql.translate.calls import arguments_of, name_of
    from cirql.sql.translate.queries import add_source, query

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
    columns = query(subject, site)
    add_source(site, node.alias, _aliased(columns, alias))
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
    from cirql.sql.translate.queries import add_source

    function = sets.set_function(name, site)
    assert function is not None
    lists = function.lists(arguments, site)
    relation_name = alias.name if alias is not None and alias.name else name
    given = [c.name for c in (alias.args.get("columns") or [])] if alias is not None else []
    if isinstance(ordinal, exp.Identifier):
        given = [*given, ordinal.name]
    single = relation_name if len(lists) == 1 and not function.named else None
    names = [given[i] if i < len(given) else (single or column) for i, (column, _, _) in enumerate(lists)]
    projections = [exp.alias_(call("unnest", values), column, quoted=True) for column, (_, values, _) in zip(names, lists, strict=True)]
    columns = list(zip(names, [kind for _, _, kind in lists], strict=True))
    if ordinality:
        counted = given[len(lists)] if len(given) > len(lists) else "ordinality"
        places = call("generate_subscripts", lists[0][1].copy(), number(1))
        projections.append(exp.alias_(places, counted, quoted=True))
        columns.append((counted, st.INT8))
    add_source(site, relation_name, tuple(columns), scalar=names[0] if len(lists) == 1 else None)
    plain = exp.TableAlias(this=exp.to_identifier(relation_name, quoted=True), columns=[])
    return _placed(exp.select(*projections), plain, arguments, first=first)


def _placed(query: exp.Select, alias: exp.TableAlias, arguments: list[exp.Expr], *, first: bool) -> exp.Expr:
    """The query as a derived table, LATERAL where its arguments may name earlier items."""
    subquery = exp.Subquery(this=query)
    correlated = any(a.find(exp.Column) is not None for a in arguments)
    if first or not correlated:
        subquery.set("alias", alias)
        return subquery
    return exp.Lateral(this=subquery, alias=alias)
