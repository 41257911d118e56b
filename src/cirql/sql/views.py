"""Another system's names: each of its tables that a statement names is replaced by the query behind it, with the columns that are used.

`FROM aws_s3_bucket AS b` becomes `FROM (SELECT t."name" AS "name" FROM aws.s3_bucket AS t) AS b` where nothing but `name` is named in
the statement. Which columns are used is decided by names alone: two things of one name can only bring more, and what nobody reads of
those is not asked of AWS (`pruning.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from cirql.catalog.views import SCHEMAS, SchemaView
from cirql.errors import NotSupported, UnknownColumn
from cirql.sql.parse import Statement
from cirql.sql.resolution import position_of
from cirql.sql.translate import parse_postgres
from cirql.sql.trees import all_of

ViewOf = Callable[[str], SchemaView | None]
_WORDS = {
    "not matched": "nothing here says it",
    "same fetch, unmatched": "nothing here says it",
    "derived": "nothing here says it",
    "a condition there, not a column": "there it only repeats a condition",
    "no API lists it": "no API lists it",
}


class Views:
    """The views that one statement names."""

    def __init__(self, statement: Statement, path: Sequence[str], view_of: ViewOf, own: Callable[[str], object | None]) -> None:
        """`path` are the schemas where names without one are looked for; `own` knows the tables of the session's user, which come first."""
        self._statement = statement
        self._path = path
        self._view_of = view_of
        self._own = own

    def expanded(self, tree: exp.Expr, *, whole: bool = False) -> exp.Expr | None:
        """A copy of the tree with queries in the place of views, `whole` with all that they have; None where there are no views.

        Raises NotSupported for a table that has no equal here.
        """
        if not any(self._found(tree)):
            return None
        opened = tree.copy()
        found = list(self._found(opened))
        named = None if whole else _named(opened, [t.alias_or_name for t, _ in found])
        for table, view in found:
            if not view.columns:
                why = view.lacking.get("*", "")
                raise NotSupported(f"{view.name} has no equal here: {_said(why)}", position=position_of(self._statement, table.parts[-1]))
            _replace(table, view, None if table.alias_column_names else named)
        return opened

    def _found(self, tree: exp.Expr) -> Iterator[tuple[exp.Table, SchemaView]]:
        ctes = {cte.alias for cte in all_of(tree, exp.CTE)}
        for table in all_of(tree, exp.Table):
            if isinstance(table.this, exp.Identifier) and (view := self._view([p.name for p in table.parts], ctes)) is not None:
                yield table, view

    def _view(self, names: list[str], ctes: set[str]) -> SchemaView | None:
        if len(names) == 1:
            known = names[0] in ctes or not self._path or self._own(names[0]) is not None
            schemas = () if known else (s for s in self._path if s in SCHEMAS)
            return next((v for schema in schemas if (v := self._view_of(f"{schema}.{names[0]}")) is not None), None)
        if len(names) != 2:
            return None
        # A connection there is a schema of its own, mostly called like the provider.
        is_connection = names[0] == "aws" and names[1].startswith("aws_") and SCHEMAS[0] in self._path
        return self._view_of(f"{SCHEMAS[0] if is_connection else names[0]}.{names[1]}") if is_connection or names[0] in SCHEMAS else None

    def reason(self, tree: exp.Expr, error: UnknownColumn) -> UnknownColumn:
        """The error, or what is to be said of a column that the other system has and we have not."""
        lacking = {name: (view, why) for _, view in self._found(tree) for name, why in view.lacking.items()}
        for column in all_of(tree, exp.Column):
            at = position_of(self._statement, column.this)
            if column.name in lacking and at == error.position:
                view, why = lacking[column.name]
                return UnknownColumn(f"{view.name} has no column {column.name} here: {_said(why)}", position=at)
        return error


def _said(why: str) -> str:
    """Why there is nothing, as a sentence goes on: what is missing is mostly a call."""
    return _WORDS.get(why, f"that needs {why}, which no table here calls" if ":" in why else why)


def _named(tree: exp.Expr, aliases: Sequence[str]) -> frozenset[str] | None:
    """Every name that may be a column's; None where a star or a whole row means all of them."""
    names: set[str] = set()
    for node in tree.walk():
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            return None
        if isinstance(node, exp.Join) and node.method == "NATURAL":
            return None
        if isinstance(node, exp.Identifier):
            names.add(node.name)
        if isinstance(node, exp.Column) and not node.table and node.name in aliases:
            return None
    return frozenset(names)


def _replace(table: exp.Table, view: SchemaView, named: frozenset[str] | None) -> None:
    (query,) = parse_postgres(view.select(named))
    assert isinstance(query, exp.Query)
    for node in query.walk():
        node.meta.pop("start", None)  # a place in the view's text is none in the statement's
        node.meta.pop("end", None)
    version = table.args.get("version")
    if version is not None:
        for inner in all_of(query, exp.Table):
            if inner.db:
                inner.set("version", version.copy())
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
    normal = normalize_identifiers(query, dialect="postgres")
    table.replace(exp.Subquery(this=normal, alias=alias.copy(), joins=table.args.get("joins")))
