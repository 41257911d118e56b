"""Which tables a question about the catalog can be about: those that its conditions name.

A condition counts where it must hold for the whole question: joined by AND alone, in the outermost query or in one that it reads from.
Anything else narrows nothing, so that an answer is never short of a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cirql.server.system.definitions import ALWAYS_EMPTY
from cirql.server.system.patterns import of_psql
from cirql.server.system.rewriting import ARRAY, listed
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from sqlglot import exp

_NAMES = frozenset({"relname", "tablename", "viewname", "table_name"})
_NUMBERS = frozenset({"attrelid", "conrelid", "indrelid", "indexrelid", "objoid", "adrelid"})
_SCHEMAS = frozenset({"nspname", "schemaname", "table_schema"})


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What conditions ask for: each is None where nothing is asked of it. Names may be patterns of LIKE or regular expressions."""

    tables: tuple[str, ...] | None = None
    schemas: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    """Tables that functions and casts are given, whatever the conditions are."""


def narrowing(tree: exp.Expr, values: Sequence[Any]) -> Narrowing:
    """What the conditions of a question leave. `values` are its parameters."""
    from sqlglot import exp

    also = tuple(name for node in tree.find_all(exp.Anonymous, exp.Cast) for name in _named_by(node, values))
    found = _narrowed(tree, values)
    return Narrowing(found.tables, found.schemas, also)


def _narrowed(tree: exp.Expr, values: Sequence[Any]) -> Narrowing:
    from sqlglot import exp

    if tree.find(exp.Table) is None:
        return Narrowing(())
    if any({c.name.lower() for c in condition.find_all(exp.Column)} == {"confrelid"} for condition in _conditions(tree)):
        return Narrowing(())  # what refers to a table is known of the tables that were asked about: else this reads all
    if tree.find(exp.With) is not None:
        return Narrowing()
    if isinstance(tree, exp.SetOperation):
        sides = [_narrowed(side.copy(), values) for side in (tree.left, tree.right)]  # each a whole of its own
        named = [side.tables for side in sides if side.tables is not None]
        return Narrowing((*named[0], *named[1])) if len(named) == len(sides) else Narrowing()
    if is_empty(tree):
        return Narrowing(())
    if tree.find(exp.SetOperation) is not None:
        return Narrowing()
    tables: list[tuple[str, ...]] = []
    schemas: list[tuple[str, ...]] = []
    referred = _referred(tree)
    for condition in _conditions(tree):
        if any(column.table in referred for column in condition.find_all(exp.Column)):
            continue
        column, asked = _compared(condition, values)
        if column in _SCHEMAS:
            schemas.append(asked)
        elif column in _NAMES | _NUMBERS or (column == "oid" and any(len(text) > 5 and text.isdigit() for text in asked)):
            tables.append(asked)
    return Narrowing(tables[0] if tables else None, schemas[0] if schemas else None)


def _referred(tree: exp.Expr) -> set[str]:
    """The tables, by their aliases, that a question has for what foreign keys refer to: any table may refer to them.

    Their schemas, too: whatever is joined to them by `oid`.
    """
    from sqlglot import exp

    equal = [
        (e.this, e.expression) for e in tree.find_all(exp.EQ) if isinstance(e.this, exp.Column) and isinstance(e.expression, exp.Column)
    ]
    equal += [(b, a) for a, b in equal]
    found = {b.table for a, b in equal if a.name.lower() == "confrelid" and b.name.lower() == "oid"} - {""}
    schemas = {b.table for a, b in equal if a.table in found and a.name.lower() == "relnamespace" and b.name.lower() == "oid"} - {""}
    return found | schemas


def is_empty(tree: exp.Expr) -> bool:
    """Whether a query gives no rows, whatever else it asks: it reads a table that is always empty, or wants none."""
    from sqlglot import exp

    limit = tree.args.get("limit")
    if limit is not None and isinstance(limit.expression, exp.Literal) and limit.expression.name == "0":
        return True
    if not isinstance(tree, exp.Select) or any(found.find_ancestor(exp.Select) is tree for found in tree.find_all(exp.AggFunc)):
        return False
    begun = tree.args.get("from_") or tree.args.get("from")
    read = [begun.this if begun is not None else None, *(j.this for j in tree.args.get("joins") or () if not j.side)]
    return any(isinstance(table, exp.Table) and table.name.lower() in ALWAYS_EMPTY for table in read)


def _conditions(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that must hold: terms of AND in WHERE and in inner joins."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        if not _is_whole(select):
            continue
        joined = () if _may_be_empty(select) else (j.args.get("on") for j in select.args.get("joins") or () if not j.side)
        places = [select.args.get("where"), *joined]
        for place in places:
            if place is not None:
                whole = place.this if isinstance(place, exp.Where) else place
                yield from (term.unnest() for term in whole.flatten(unnest=False)) if isinstance(whole, exp.And) else (whole.unnest(),)


def _may_be_empty(select: exp.Expr) -> bool:
    """Whether a query has rows without those that it reads first, as RIGHT and FULL JOIN give them."""
    return any(join.side in ("RIGHT", "FULL") for join in select.args.get("joins") or ())


def _is_whole(select: exp.Expr) -> bool:
    """Whether a query without rows leaves the whole question without any: the outermost, and those it reads from or joins."""
    from sqlglot import exp

    node = select
    while (parent := node.parent) is not None:
        is_read = isinstance(parent, exp.Subquery | exp.From) or (isinstance(parent, exp.Join) and not parent.side)
        if isinstance(parent, exp.Select) and node.arg_key in ("from_", "from", "joins") and _may_be_empty(parent):
            return False
        if not is_read and not (isinstance(parent, exp.Select) and node.arg_key in ("from_", "from", "joins")):
            return False
        node = parent
    return True


def _compared(condition: exp.Expr, values: Sequence[Any]) -> tuple[str, tuple[str, ...]]:
    """The column that is compared with constants, and these; no column where it is another kind of condition."""
    from sqlglot import exp

    if not isinstance(condition, exp.EQ | exp.In | exp.Like | exp.ILike | exp.RegexpLike) or condition.args.get("query") is not None:
        return "", ()
    column = condition.this
    while isinstance(column, exp.Cast | exp.Paren):
        column = column.this
    others = condition.expressions if isinstance(condition, exp.In) else [condition.expression]
    if not isinstance(column, exp.Column) or not all(_is_constant(node) for other in others for node in other.walk()):
        return "", ()
    texts = tuple(text for other in others for text in _constants(other, values))
    if isinstance(condition, exp.RegexpLike) and any(of_psql(text) is None for text in texts):
        return "", ()
    return column.name.lower(), tuple(t.lower() for t in texts) if isinstance(condition, exp.ILike) else texts


def _is_constant(node: exp.Expr) -> bool:
    """Whether a part of what a column is compared with leaves the constants in it as they are."""
    from sqlglot import exp

    kept = (
        exp.Literal,
        exp.Parameter,
        exp.Cast,
        exp.DataType,
        exp.Paren,
        exp.Array,
        exp.Tuple,
        exp.Any,
        exp.Collate,
        exp.Identifier,
        exp.Var,
    )
    return isinstance(node, kept)


def _named_by(node: exp.Expr, values: Sequence[Any]) -> list[str]:
    """Tables that a function or a cast is given: `col_description(100001, 1)`, `'aws.s3_bucket'::regclass`."""
    from sqlglot import exp

    if isinstance(node, exp.Cast):
        is_name = node.args["to"].sql(dialect="postgres").lower() == "regclass" and node.find(exp.Column) is None
        return _constants(node.this, values) if is_name else []
    is_described = node.name.lower() in ("obj_description", "col_description", "pg_get_constraintdef", "pg_get_indexdef")
    return _constants(node.expressions[0], values) if is_described and node.expressions else []


def _constants(node: exp.Expr, values: Sequence[Any]) -> list[str]:
    """The constants in a part of a condition; those of an array that is written as text (`ANY ('{a,b}')`), one by one."""
    from sqlglot import exp

    found: list[str] = []
    for each in node.find_all(exp.Literal, exp.Parameter):
        if isinstance(each, exp.Literal) and not isinstance(each.parent, exp.Parameter):
            given: list[Any] = [each.name]
        elif isinstance(each, exp.Parameter) and each.name.isdigit() and int(each.name) <= len(values):
            value = values[int(each.name) - 1]
            given = value if isinstance(value, list) else [value]
        else:
            continue
        words = ARRAY.fullmatch(str(given[0])) if len(given) == 1 and each.find_ancestor(exp.Any) is not None else None
        found += listed(words[1]) if words is not None else [str(item) for item in given if item is not None]
    return found
