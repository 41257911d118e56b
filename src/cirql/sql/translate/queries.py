"""Queries: SELECT, set operations, VALUES, CTEs and what stands in FROM, walked with the scope that each part sees."""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import InvalidStatement, TypeMismatch
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert
from cirql.sql.translate.conditionals import condition
from cirql.sql.translate.expressions import refuse, rewrite
from cirql.sql.translate.groups import check_distinct, group_documents
from cirql.sql.translate.naming import output_name
from cirql.sql.translate.nodes import as_type, call, integer, is_null, type_of, typed
from cirql.sql.translate.relations import aliased, relation
from cirql.sql.translate.scopes import Columns, NameScope
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.slots import decide
from cirql.sql.trees import all_of


def query(node: exp.Expr, site: Site) -> Columns | None:
    """Rewrite a query in place and give its columns, None where they cannot be known."""
    if isinstance(node, exp.Subquery):
        return _subquery(node, site)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, site)
    if isinstance(node, exp.Values):
        return _values(node, site)
    assert isinstance(node, exp.Select)
    return _select(node, site)


def _subquery(node: exp.Subquery, site: Site) -> Columns | None:
    inner = site.inside(NameScope(outer=site.scope))
    _with(node, inner)
    columns = query(node.this, inner)
    _tail(node, inner, columns)
    return columns


def _with(node: exp.Expr, site: Site) -> None:
    """Register and rewrite the CTEs of a query. A recursive one is seen by its own second half."""
    clause = node.args.get("with_") or node.args.get("with")
    if clause is None:
        return
    if clause.args.get("search"):
        raise refuse("SEARCH and CYCLE of a recursive CTE", clause)
    for cte in clause.expressions:
        name = cte.alias
        outer = site.inside(NameScope(outer=site.scope))
        if clause.args.get("recursive") and isinstance(cte.this, exp.SetOperation):
            outer.scope.ctes[name] = None
            first = _probe(cte.this, outer)
            outer.scope.ctes[name] = aliased(first, cte.args.get("alias"))
        columns = query(cte.this, outer)
        site.scope.ctes[name] = aliased(columns, cte.args.get("alias"))


def _probe(operation: exp.Expr, site: Site) -> Columns | None:
    """The columns of the non-recursive half, from a copy."""
    left = operation.this.copy()
    return query(left, site.inside(NameScope(outer=site.scope)))


def _set_operation(node: exp.SetOperation, site: Site) -> Columns | None:
    """UNION, INTERSECT, EXCEPT: columns named by the first branch and brought to one type."""
    inner = site.inside(NameScope(outer=site.scope))
    _with(node, inner)
    left, right = query(node.this, inner), query(node.expression, inner)
    if left is None or right is None:
        columns = left or right
    else:
        if len(left) != len(right):
            from cirql.errors import ParseError

            raise ParseError(f"each {type(node).__name__.upper()} query must have the same number of columns")
        columns = tuple((name, _matched(kind, other, node)) for (name, kind), (_, other) in zip(left, right, strict=True))
        _align_branches(node, columns)
    _tail(node, inner, columns)
    return columns


def _matched(left: st.SqlType, right: st.SqlType, node: exp.Expr) -> st.SqlType:
    if not left.is_open and not right.is_open and left.category != right.category:
        raise TypeMismatch(f"{type(node).__name__.upper()} types {left} and {right} cannot be matched")
    result = st.common((left, right))
    return st.TEXT if result == st.UNKNOWN else result


def _align_branches(node: exp.Expr, columns: Columns) -> None:
    """Untyped constants of a branch take the type that the other branch gives the column."""
    for branch in (node.this, node.expression):
        while isinstance(branch, exp.Subquery):
            branch = branch.this
        if isinstance(branch, exp.SetOperation):
            _align_branches(branch, columns)
        if not isinstance(branch, exp.Select) or len(branch.expressions) != len(columns):
            continue
        for projection, (_, kind) in zip(branch.expressions, columns, strict=True):
            value = projection.unalias()
            if type_of(value) == st.UNKNOWN and not kind.is_open and isinstance(projection, exp.Alias):
                projection.set("this", convert(value, kind))


def _values(node: exp.Values, site: Site) -> Columns | None:
    inner = site.inside(NameScope(outer=site.scope))
    _with(node, inner)
    rows = [[rewrite(item, inner) for item in (row.expressions if isinstance(row, exp.Tuple) else [row])] for row in node.expressions]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise InvalidStatement("VALUES lists must all be the same length", sqlstate="42601")
    kinds = [st.common([type_of(row[i]) for row in rows]) for i in range(width)]
    tuples = []
    for row in rows:
        items = [convert(v, k) if type_of(v) != k and not k.is_open else v for v, k in zip(row, kinds, strict=True)]
        tuples.append(exp.Tuple(expressions=items))
    node.set("expressions", tuples)
    columns = tuple((f"column{i + 1}", st.TEXT if kind == st.UNKNOWN else kind) for i, kind in enumerate(kinds))
    _tail(node, inner, columns)
    alias = node.args.get("alias")
    if not isinstance(node.parent, (exp.From, exp.Join)) or not (isinstance(alias, exp.TableAlias) and alias.args.get("columns")):
        _name_values(node, columns)
    return columns


def _name_values(node: exp.Values, columns: Columns) -> None:
    """DuckDB calls the columns of a bare VALUES col0, col1: name them column1, column2 as PostgreSQL does."""
    alias = node.args.get("alias")
    names = [exp.to_identifier(name) for name, _ in columns]
    if isinstance(alias, exp.TableAlias):
        alias.set("columns", names)


def _select(node: exp.Select, site: Site) -> Columns | None:
    scope = NameScope(outer=site.scope)
    inner = site.inside(scope)
    _with(node, inner)
    _refuse_clauses(node)
    source = node.args.get("from_") or node.args.get("from")
    if source is not None:
        source.set("this", relation(source.this, inner, first=True))
    for join in node.args.get("joins") or []:
        _join(join, inner)
    _where(node, "where", inner)
    if not site.is_lenient:
        check_distinct(node)
    columns = _projections(node, inner)
    scope.outputs.update(dict(columns or ()))
    for key in ("group", "qualify", "distinct"):
        if node.args.get(key) is not None:
            _plain_children(node.args[key], inner)
    _where(node, "having", inner)
    for window in node.args.get("windows") or []:
        _plain_children(window, inner)
    _tail(node, inner, columns)
    group_documents(node)
    return columns


def _refuse_clauses(node: exp.Select) -> None:
    for lock in node.args.get("locks") or []:
        raise refuse("FOR UPDATE / FOR SHARE", lock, hint="there are no row locks in AWS: leave it out")
    limit = node.args.get("limit")
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and options.args.get("with_ties"):
            raise refuse("FETCH … WITH TIES", limit, hint="filter on rank() in an outer query")
    if node.args.get("into") is not None:
        raise refuse("SELECT INTO", node, hint="use CREATE TABLE … AS SELECT")


def _plain_children(node: exp.Expr, site: Site) -> None:
    """Rewrite the expressions below a clause node, leaving the clause itself."""
    for key, value in list(node.args.items()):
        items = value if isinstance(value, list) else [value]
        changed = [_clause_item(item, site) if isinstance(item, exp.Expr) else item for item in items]
        node.set(key, changed if isinstance(value, list) else changed[0])


def _clause_item(item: exp.Expr, site: Site) -> exp.Expr:
    if isinstance(item, (exp.Identifier, exp.Var, exp.WindowSpec)):
        return item
    if isinstance(item, (exp.Tuple, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Order, exp.Ordered, exp.Paren, exp.Window)):
        _plain_children(item, site)
        return item
    if isinstance(item, exp.Literal):
        return item
    return rewrite(item, site)


def _where(node: exp.Expr, key: str, site: Site) -> None:
    clause = node.args.get(key)
    if clause is not None:
        clause.set("this", condition(rewrite(clause.this, site), key.upper(), site))


def _projections(node: exp.Select, site: Site) -> Columns | None:
    columns: list[tuple[str, st.SqlType]] | None = []
    projections = []
    for projection in node.expressions:
        if projection.is_star:
            expanded = _star_columns(projection, site)
            columns = None if expanded is None or columns is None else [*columns, *expanded]
            projections.append(projection)
            continue
        name = projection.alias if isinstance(projection, exp.Alias) else output_name(projection)
        rewritten = rewrite(projection, site)
        kind = type_of(rewritten)
        keeps_name = isinstance(rewritten, exp.Alias) or (isinstance(rewritten, exp.Column) and rewritten.name == name)
        if not keeps_name:
            rewritten = exp.Alias(this=rewritten, alias=exp.to_identifier(name, quoted=True))
        if is_null(rewritten.unalias()) and isinstance(rewritten, exp.Alias) and kind == st.UNKNOWN:
            rewritten.set("this", typed(as_type(exp.Null(), st.TEXT), st.UNKNOWN))
        projections.append(typed(rewritten, kind))
        if columns is not None:
            columns.append((name, kind))
    node.set("expressions", projections)
    return None if columns is None else tuple(columns)


def _star_columns(projection: exp.Expr, site: Site) -> list[tuple[str, st.SqlType]] | None:
    star = projection.this if isinstance(projection, exp.Column) else projection
    if any(star.args.get(k) for k in ("except_", "except", "replace", "rename")):
        return None
    table = projection.table if isinstance(projection, exp.Column) else ""
    sources = [s for s in site.scope.sources if not table or s.name.lower() == table.lower()]
    if not sources or any(s.columns is None for s in sources):
        return None
    return [column for s in sources for column in s.columns or ()]


def _tail(node: exp.Expr, site: Site, columns: Columns | None) -> None:
    """ORDER BY, LIMIT and OFFSET, which see the output columns first."""
    site.scope.outputs.update(dict(columns or ()))
    order = node.args.get("order")
    if order is not None:
        for ordered in order.expressions:
            _ordering(ordered, site, columns)
    limit = node.args.get("limit")
    if isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Var):
        node.set("limit", None)
    for key in ("limit", "offset"):
        clause = node.args.get(key)
        if isinstance(clause, exp.Expr):
            if isinstance(clause.expression, exp.Expr):
                decide(clause.expression, st.INT8)
            _plain_children(clause, site)


def _ordering(ordered: exp.Expr, site: Site, columns: Columns | None) -> None:
    value = ordered.this
    if integer(value) is not None:
        place = integer(value)
        if columns is not None and place is not None and not 1 <= place <= len(columns):
            raise InvalidStatement(f"ORDER BY position {place} is not in select list", sqlstate="42P10")
        if columns is None or place is None or not isinstance(ordered.find_ancestor(exp.Select, exp.SetOperation), exp.Select):
            return
        name, kind = columns[place - 1]
        if [n for n, _ in columns].count(name) > 1 or (kind != st.JSONB and kind.category != "network"):
            return
        value = _sortable_output(ordered, place, name)
        if value is None:
            return
    if integer(ordered.this) is not None:
        result: exp.Expr = typed(value, kind)
    elif isinstance(value, exp.Column) and not value.table and value.name in site.scope.outputs:
        kind = site.scope.outputs[value.name]
        result = typed(value, kind)
    else:
        result = rewrite(value, site)
        kind = type_of(result)
    if kind == st.JSON:
        from cirql.errors import UnknownFunction

        raise UnknownFunction("could not identify an ordering operator for type json", hint="order by a text of it: …->>'key'")
    if kind.category == "network":
        result = call("cirql_inet_key", result, type=st.TEXT)
    if kind == st.JSONB:
        result = call("cirql_json_key_of", result, type=st.TEXT)
    ordered.set("this", result)


def _sortable_output(ordered: exp.Expr, place: int, name: str) -> exp.Expr | None:
    """What an ordinal of ORDER BY stands for, as an expression; None where it cannot be written again."""
    select = ordered.find_ancestor(exp.Select)
    if select is None or any(p.is_star for p in select.expressions):
        return None
    value = select.expressions[place - 1].unalias()
    if any(call_node.name.lower() == "unnest" for call_node in all_of(value, exp.Anonymous)):
        return exp.column(name, quoted=True)
    again: exp.Expr = value.copy()
    return again


def _join(join: exp.Join, site: Site) -> None:
    joined = relation(join.this, site, first=False)
    join.set("this", joined)
    on = join.args.get("on")
    if on is not None:
        join.set("on", condition(rewrite(on, site), "JOIN/ON", site))


def named_values(node: exp.Values) -> exp.Select:
    """A bare VALUES statement as a SELECT that names its columns `column1`, `column2`, …

    VALUES (1) ORDER BY 1 becomes SELECT * FROM (VALUES (1)) AS v(column1) ORDER BY 1
    """
    rows = node.expressions
    width = len(rows[0].expressions) if rows and isinstance(rows[0], exp.Tuple) else 1
    names = [exp.to_identifier(f"column{i + 1}") for i in range(width)]
    tail = {key: node.args.get(key) for key in ("order", "limit", "offset", "with_")}
    inner = exp.Values(expressions=rows, alias=exp.TableAlias(this=exp.to_identifier("v"), columns=names))
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=inner), **{k: v for k, v in tail.items() if v is not None})


def nested(node: exp.Expr, site: Site) -> exp.Expr:
    """A query inside an expression; its type is that of its only column."""
    columns = query(node, site)
    kind = columns[0][1] if columns and len(columns) == 1 else st.ANY
    node.meta["columns"] = columns
    return typed(node, st.TEXT if kind == st.UNKNOWN else kind)


STRUCTURED: dict[type[exp.Expr], Rule] = {
    exp.Select: nested,
    exp.Union: nested,
    exp.Intersect: nested,
    exp.Except: nested,
    exp.Subquery: nested,
    exp.Values: nested,
}
