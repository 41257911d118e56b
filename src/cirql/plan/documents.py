"""What a statement wants of JSON documents: the members it looks at, and the texts that it compares them with.

Both only let whoever has the documents at hand read less: the inventory, which keeps common members apart. From

    SELECT count(*) FROM scan_0 i WHERE i.placement -> 'State' ->> 'Name' = 'on'

it is known that of `placement` nothing but `State.Name` matters, and only where that is `on`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TypeGuard

from sqlglot import exp

from cirql.catalog.model import ANY_KEY, Fetch, Input
from cirql.plan.constants import NotConstantError
from cirql.plan.equalities import any_items
from cirql.plan.model import DocumentPath, TextAt
from cirql.sql.bound import Bound, Source
from cirql.sql.translate.constants import hstore_pairs
from cirql.sql.trees import all_of
from cirql.startup.records import replace
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_ARROWS = (exp.JSONExtract, exp.JSONExtractScalar)
_DEEP = (exp.JSONBExtract, exp.JSONBExtractScalar)
_TAKEN = regex(r"[^*?\\]{1,127}")
_PLAIN_PATH = regex(r'\{[^{}"\\]*\}')
_FUNCTIONS = ("_pg_json_extract_path", "_pg_json_extract_path_text", "_pg_jsonb_extract_path", "_pg_jsonb_extract_path_text")


def members(bound: Bound, source: Source) -> Mapping[str, frozenset[DocumentPath]]:
    """The JSON columns of a source of which the statement looks at members only, with their paths.

    Columns are told apart by alias, wherever in the statement it is used: a second table of the same alias can only add paths.
    """
    found = paths(bound, source)
    if not found:
        return {}
    if any(not column.table and column.name == source.alias for column in all_of(bound.tree, exp.Column)):
        return {}  # the whole row
    shared = {name.name for join in all_of(bound.tree, exp.Join) for name in join.args.get("using") or []}
    return {c: places for c, places in found.items() if places and () not in places and c not in shared}


def paths(bound: Bound, source: Source) -> Mapping[str, frozenset[DocumentPath]]:
    """Where the statement looks into the JSON columns of a source; the empty path is the document as a whole."""
    found: dict[str, set[DocumentPath]] = {
        c.name: set() for c in source.table.columns if c.type is ColumnType.JSON and c.name in source.columns
    }
    for column in all_of(bound.tree, exp.Column) if found else ():
        if column.table == source.alias and column.name in found:
            found[column.name].add(_outermost(column))
    return {c: frozenset(places) for c, places in found.items()}


def _outermost(column: exp.Column) -> DocumentPath:
    """The path of the longest chain of constant steps that a column's document is asked for; empty where it is wanted as it is."""
    path: DocumentPath = ()
    node: exp.Expr = column
    while True:
        parent = node.parent
        while isinstance(parent, exp.Paren):
            node, parent = parent, parent.parent
        more = _steps(parent) if isinstance(parent, exp.Expr) and _subject(parent) is node else None
        if more is None or parent is None:
            return path
        path, node = path + more, parent


def _subject(node: exp.Expr) -> exp.Expr | None:
    """The document that an access looks into."""
    if isinstance(node, (*_ARROWS, *_DEEP)):
        inner: exp.Expr = node.this
        return inner
    return node.expressions[0] if _is_function(node) and node.expressions else None


def _is_function(node: exp.Expr) -> TypeGuard[exp.Anonymous]:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in _FUNCTIONS


def _steps(node: exp.Expr) -> DocumentPath | None:
    """The member names that an access goes through; None where they are not constant, or count places in a list."""
    if isinstance(node, _ARROWS):
        path = node.expression
        if isinstance(path, exp.JSONPath) and len(path.expressions) == 2 and isinstance(path.expressions[1], exp.JSONPathKey):
            name = path.expressions[1].this
            return (name,) if isinstance(name, str) else None
        return None
    if isinstance(node, _DEEP):
        return _listed(node.expression)
    return _constants(node.expressions[1:])


def _listed(path: exp.Expr) -> DocumentPath | None:
    """The steps of `'{a,b}'` or `ARRAY['a', 'b']`."""
    if isinstance(path, exp.Array):
        return _constants(path.expressions)
    if isinstance(path, exp.Literal) and path.is_string and _PLAIN_PATH.fullmatch(path.name) and path.name[1:-1].strip():
        return tuple(step.strip() for step in path.name[1:-1].split(","))
    return None


def _constants(nodes: list[exp.Expr]) -> DocumentPath | None:
    names = tuple(n.name for n in nodes if isinstance(n, exp.Literal) and n.is_string)
    return names if names and len(names) == len(nodes) else None


def texts(conjuncts: Iterable[exp.Expr], columns: Mapping[str, ColumnType]) -> Iterator[TextAt]:
    """The conditions that a member's text is one of some constants: `doc ->> 'k' = 'v'`, `doc #>> '{a,b}' IN ('v', 'w')`.

    So is what stands behind a key of a map: `tags -> 'k' = 'v'`, `tags @> 'k=>v'`.
    """
    for conjunct in conjuncts:
        found = _text(conjunct.unnest(), columns)
        if found is not None:
            yield found
        yield from _contained(conjunct.unnest(), columns)
        yield from _keyed(conjunct.unnest(), columns)


def _keyed(node: exp.Expr, columns: Mapping[str, ColumnType]) -> Iterator[TextAt]:
    """The keys of which a map must have one: `tags ? 'k'`, `tags ?| ARRAY['k', 'l']`, `exist(tags, 'k')`, `tags -> 'k' IS NOT NULL`."""
    outer, keys = _keys_wanted(node)
    if isinstance(outer, exp.Column) and is_map(columns.get(outer.name)) and keys:
        wanted = [(key,) for key in keys] if isinstance(node, exp.JSONBContainsAllTopKeys) else [keys]
        for values in wanted:
            yield TextAt(outer.name, (), values)


def _keys_wanted(node: exp.Expr) -> tuple[exp.Expr | None, DocumentPath | None]:
    if isinstance(node, exp.JSONBContainsTopKey):
        return node.this.unnest(), _constants([node.expression.unnest()])
    if isinstance(node, exp.JSONBContainsAnyTopKeys | exp.JSONBContainsAllTopKeys):
        return node.this.unnest(), _listed(node.expression.unnest())
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "_pg_exist" and len(node.expressions) == 2:
        return node.expressions[0].unnest(), _constants([node.expressions[1].unnest()])
    negated = isinstance(node, exp.Is) and bool(node.args.get("negate"))
    test = node if negated else node.this.unnest() if isinstance(node, exp.Not) else None
    if isinstance(test, exp.Is) and isinstance(test.expression, exp.Null) and (negated or not test.args.get("negate")):
        access = test.this.unnest()
        return (access.this.unnest(), _steps(access)) if isinstance(access, _ARROWS) else (None, None)
    return None, None


def contradict(found: Iterable[TextAt]) -> bool:
    """Whether no document fulfils all of them: one text is to be two. A map may well have two keys."""
    left: dict[tuple[str, DocumentPath], set[str]] = {}
    for text in found:
        if not text.path:
            continue
        left.setdefault((text.column, text.path), set(text.values)).intersection_update(text.values)
    return not all(left.values())


def _contained(node: exp.Expr, columns: Mapping[str, ColumnType]) -> Iterator[TextAt]:
    """The pairs that a map must have: `tags @> 'k=>v, l=>w'`, turned round, and with the pairs as JSON."""
    if isinstance(node, exp.ArrayContainsAll):
        outer, inner = node.this, node.expression
    elif isinstance(node, exp.ArrayContainedBy):
        outer, inner = node.expression, node.this
    else:
        return
    outer, inner = outer.unnest(), inner.unnest()
    if isinstance(inner, exp.Cast) and inner.to.this is exp.DataType.Type.HSTORE:
        inner = inner.this.unnest()
    if not (isinstance(outer, exp.Column) and is_map(columns.get(outer.name)) and isinstance(inner, exp.Literal) and inner.is_string):
        return
    with suppress(ValueError):  # text that is no map: the engine says so
        for key, value in hstore_pairs(inner.name):
            if value is not None:
                yield TextAt(outer.name, (key,), (value,))


def _text(node: exp.Expr, columns: Mapping[str, ColumnType]) -> TextAt | None:
    if isinstance(node, exp.Or):
        branches = [_text(part.unnest(), columns) for part in node.flatten()]
        known = [b for b in branches if b is not None]
        if len(known) < len(branches) or len({(b.column, b.path) for b in known}) != 1:
            return None
        return replace(known[0], values=tuple(dict.fromkeys(v for b in known for v in b.values)))
    if isinstance(node, exp.EQ):
        pairs = [(node.this, node.expression), (node.expression, node.this)]
    elif isinstance(node, exp.In) and not node.args.get("query") and not node.args.get("unnest"):
        pairs = [(node.this, exp.Array(expressions=[e.copy() for e in node.expressions]))]
    else:
        return None
    for access, other in pairs:
        try:
            items = any_items(other)
        except NotConstantError:
            continue
        values = _constants((other.expressions if isinstance(other, exp.Array) else [other]) if items is None else items)
        place = _place(access.unnest(), columns) if values else None
        if place is not None and (is_map(columns.get(place[0])) or columns.get(place[0]) is ColumnType.JSON):
            return TextAt(*place, values or ())
    return None


def sent_texts(fetch: Fetch, found: Iterable[TextAt]) -> Iterator[tuple[TextAt, Input]]:
    r"""The conditions that a list call's filters can say too, each with its filter; no filter twice.

    AWS reads `*`, `?` and `\` in values and keys as wildcards, and may refuse what is empty or long: such conditions stay here.
    """
    used: set[tuple[Input, DocumentPath]] = set()
    for text in found:
        for filtered in fetch.inputs:
            fits = filtered.operator == "member" and filtered.column == text.column
            fits = fits and (filtered.path == text.path or (filtered.path == ANY_KEY and len(text.path) == 1))
            words = (*text.values, *text.path)
            if not fits or len(text.values) > filtered.batch or (filtered, text.path) in used or not all(map(_TAKEN.fullmatch, words)):
                continue
            used.add((filtered, text.path))
            yield text, filtered


def filter_of(given: Input, text: TextAt) -> str:
    """The name of the filter that says a condition: of a tag, with its key."""
    return str(given.filter_name).replace("*", "".join(text.path))


def is_map(column_type: ColumnType | None) -> bool:
    """Whether a column holds a map from text to text."""
    return column_type is not None and column_type.is_hstore


def _place(access: exp.Expr, columns: Mapping[str, ColumnType]) -> tuple[str, DocumentPath] | None:
    """The column and path whose text an expression is."""
    inner_most = access.this.unnest() if isinstance(access, _ARROWS) else None
    if isinstance(inner_most, exp.Column) and is_map(columns.get(inner_most.name)):
        key = _steps(access)
        return (inner_most.name, key) if key is not None else None
    is_text = isinstance(access, (exp.JSONExtractScalar, exp.JSONBExtractScalar)) or (
        _is_function(access) and str(access.this).lower().endswith("_text")
    )
    path: DocumentPath = ()
    node: exp.Expr | None = access if is_text else None
    while node is not None and not isinstance(node, exp.Column):
        steps, inner = _steps(node) if _subject(node) is not None else None, _subject(node)
        if steps is None or inner is None:
            return None
        path, node = steps + path, inner.unnest()
    return (node.name, path) if node is not None else None
