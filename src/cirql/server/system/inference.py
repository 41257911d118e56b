"""Which of PostgreSQL's types the columns of a question about its catalog have: DuckDB keeps a `name` as text, a vector as a list.

A column's type is followed from the table through subqueries, casts and whatever gives back what it is given. What cannot be followed
is None, and is then what DuckDB says it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cirql.server.system.columns import EVERY

if TYPE_CHECKING:
    from sqlglot import exp

Kind = str | None
Columns = list[tuple[str, Kind]]
_NAMES = frozenset(
    {"current_schema", "currentschema", "current_database", "currentdatabase", "current_catalog", "currentcatalog"}
    | {"current_user", "currentuser", "session_user", "sessionuser", "pg_get_userbyid", "pg_encoding_to_char"}
)
_ELEMENTS = {"int2vector": "smallint", "oidvector": "oid"}
_CAST_TO = frozenset({"name", "oid", '"char"', "xid", "int2vector", "oidvector", "name[]", "oid[]", '"char"[]', "smallint", "inet"})


def kinds_of(tree: exp.Expr) -> tuple[Kind, ...]:
    """The types of a question's columns by PostgreSQL's names; an empty tuple where their number is not known."""
    found = _Question({}, {}).columns(tree)
    return tuple(kind for _, kind in found) if found is not None else ()


class _Question:
    """One query: what is behind the names that it can use. `tables` are those of WITH, `outer` the columns of the query around it."""

    def __init__(self, tables: Mapping[str, Columns | None], outer: Mapping[str, Columns | None]) -> None:
        self._tables = dict(tables)
        self._sources = dict(outer)
        self._own: list[str] = []

    def columns(self, tree: exp.Expr) -> Columns | None:
        """The columns of a query, in order; None where a star is of something that is not known."""
        from sqlglot import exp

        for defined in tree.args["with_"].expressions if tree.args.get("with_") else ():
            self._tables[defined.alias.lower()] = self._defined(defined)
        match tree:
            case exp.Subquery():
                return self.columns(tree.this)
            case exp.SetOperation():
                return self._both(tree)
            case exp.Select():
                return self._selected(tree)
        return None

    def _defined(self, defined: exp.Expr) -> Columns | None:
        found = self._inner(defined.this)
        names = [column.name.lower() for column in defined.args["alias"].columns] if defined.args.get("alias") else []
        return [(name, kind) for name, (_, kind) in zip(names, found, strict=False)] if names and found is not None else found

    def _inner(self, tree: exp.Expr) -> Columns | None:
        return _Question(self._tables, self._sources).columns(tree)

    def _both(self, tree: exp.SetOperation) -> Columns | None:
        left, right = self._inner(tree.left), self._inner(tree.right)
        if left is None or right is None or len(left) != len(right):
            return None
        return [(name, kind if kind == other else None) for (name, kind), (_, other) in zip(left, right, strict=True)]

    def _selected(self, tree: exp.Select) -> Columns | None:
        from sqlglot import exp

        begun = tree.args.get("from_")
        for joined in (begun, *(tree.args.get("joins") or ()), *(tree.args.get("laterals") or ())):
            if joined is not None:
                self._from(joined if isinstance(joined, exp.Lateral) else joined.this)
        found: Columns = []
        for item in tree.selects:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                of = [item.table.lower()] if isinstance(item, exp.Column) else self._own
                for source in of:
                    columns = self._sources.get(source)
                    if columns is None:
                        return None
                    found += columns
            else:
                found.append((item.alias_or_name.lower(), self.kind(item)))
        return found

    def _from(self, source: exp.Expr) -> None:
        """Take in a table, a query, or those that are joined in parentheses."""
        from sqlglot import exp

        if isinstance(source, exp.Paren | exp.Subquery) and isinstance(source.this, exp.Table | exp.Paren | exp.Subquery):
            self._from(source.this)
        else:
            columns: Columns | None = None
            if isinstance(source, exp.Subquery):
                columns = self._inner(source.this)
                names = source.args["alias"].columns if source.args.get("alias") else []
                if names and columns is not None:
                    columns = [(name.name.lower(), kind) for name, (_, kind) in zip(names, columns, strict=False)]
            elif isinstance(source, exp.Table):
                name = source.name.lower()
                if name in self._tables:
                    columns = self._tables[name]
                elif name in EVERY and not isinstance(source.this, exp.Func):
                    columns = [*EVERY[name].items()]
            name = source.alias_or_name.lower()
            self._sources[name] = columns
            self._own.append(name)
        for joined in source.args.get("joins") or ():
            self._from(joined.this)

    # -- expressions

    def kind(self, node: exp.Expr) -> Kind:
        """The type of an expression; None where it is not known, or is nothing that DuckDB would not say."""
        from sqlglot import exp

        match node:
            case exp.Column():
                return self._kind_of_column(node)
            case exp.Alias() | exp.Paren():
                return self.kind(node.this)
            case exp.Cast():
                kind = node.args["to"].sql(dialect="postgres").lower()
                return kind if kind in _CAST_TO else None
            case exp.Subquery():
                found = self._inner(node)
                return found[0][1] if found is not None and len(found) == 1 else None
            case exp.Case():
                results = [branch.args["true"] for branch in node.args["ifs"]]
                return self._common([*results, *([node.args["default"]] if node.args.get("default") else [])])
            case exp.Coalesce():
                return self._common([node.this, *node.expressions])
            case exp.Nullif() | exp.FirstValue() | exp.LastValue() | exp.Lag() | exp.Lead() | exp.Window():
                return self.kind(node.this)
            case exp.Bracket():
                return _element(self.kind(node.this))
            case exp.Explode():
                return _element(self.kind(node.this))
            case exp.ArrayAgg():
                return _array(self.kind(node.this.this if isinstance(node.this, exp.Order) else node.this))
            case exp.Array() if len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Query):
                found = self._inner(node.expressions[0])
                return _array(found[0][1]) if found else None
            case exp.Func():
                name = node.name.lower() if isinstance(node, exp.Anonymous) else node.key
                return "name" if name in _NAMES else "name[]" if name in ("current_schemas", "currentschemas") else None
        return None

    def _kind_of_column(self, node: exp.Column) -> Kind:
        wanted = node.name.lower()
        if wanted == "tableoid":
            return "oid"
        places = [node.table.lower()] if node.table else [*reversed(self._own), *self._sources]
        for place in places:
            for name, kind in self._sources.get(place) or ():
                if name == wanted:
                    return kind
        return None

    def _common(self, nodes: list[exp.Expr]) -> Kind:
        """The type of several that may each be the answer. A constant is of the others' type, but one that is longer than a character."""
        from sqlglot import exp

        said = [n for n in nodes if not isinstance(n, exp.Null) and not (isinstance(n, exp.Literal) and n.is_string)]
        kinds = {self.kind(node) for node in said}
        kind = kinds.pop() if len(kinds) == 1 else None
        return None if kind == '"char"' and len(said) < len(nodes) else kind


def _element(kind: Kind) -> Kind:
    if kind is None:
        return None
    return _ELEMENTS.get(kind) or (kind.removesuffix("[]") if kind.endswith("[]") else None)


def _array(kind: Kind) -> Kind:
    return f"{kind}[]" if kind is not None and not kind.endswith(("[]", "vector")) else None
