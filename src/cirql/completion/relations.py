"""The relations that the FROM of an unfinished query names: tables, the results of queries, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cirql.completion.groups import Item, Parenthesis, is_mark, is_name, says
from cirql.completion.tokens import Token, TokenKind
from cirql.startup.records import dataclass, replace

_SETS = ("UNION", "INTERSECT", "EXCEPT")
_LISTS = ("FROM", "JOIN", "UPDATE", "INTO")
_ENDS = ("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "WINDOW", "SET", "RETURNING", "VALUES", "SELECT", "FETCH", "FOR")
_BETWEEN = ("LATERAL", "ONLY", "AS")
_NO_ALIAS = frozenset(
    (*_ENDS, *_LISTS, *_SETS, "ON", "USING", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL", "TABLESAMPLE", "WITH", "AS")
)


@dataclass(frozen=True, slots=True)
class Readable:
    """Something that has columns. `name` is what it is called; `table` its name in the catalog, empty where it is the result of a query.

    `outputs` are the columns that are known by name; `stars` are the relations whose columns it has besides.
    """

    name: str
    table: str = ""
    outputs: tuple[str, ...] = ()
    stars: tuple[Readable, ...] = ()


def segment_at(group: Parenthesis, at: int) -> list[Item]:
    """The items of the one query of a group that a place is in: UNION and its like stand between queries."""
    segment: list[Item] = []
    for item in group.items:
        if says(item, *_SETS):
            if item.start >= at:
                return segment
            segment = []
        else:
            segment.append(item)
    return segment


def with_queries(group: Parenthesis, known: Sequence[Readable] = ()) -> list[Readable]:
    """The queries that WITH has named at the beginning of a group, the last first: it may name those before it."""
    items, found = group.items, list[Readable]()
    start = next((n for n, item in enumerate(items) if says(item, "WITH")), None)
    if start is None or any(says(item, "SELECT") for item in items[:start]):
        return found
    n = start + 1
    while n < len(items):
        if is_name(items[n]) and not says(items[n], "RECURSIVE", "SELECT", "INSERT", "UPDATE", "DELETE"):
            name, n, columns = _text(items[n]), n + 1, tuple[str, ...]()
            if n < len(items) and isinstance(items[n], Parenthesis):
                columns, n = _names_in(items[n]), n + 1
            while n < len(items) and not isinstance(items[n], Parenthesis) and says(items[n], "AS", "NOT", "MATERIALIZED"):
                n += 1
            if n < len(items) and isinstance(body := items[n], Parenthesis):
                relation = _result(name, body, [*found, *known])
                found.insert(0, replace(relation, outputs=columns, stars=()) if columns else relation)
                n += 1
        elif says(items[n], "SELECT", "INSERT", "UPDATE", "DELETE"):
            break
        else:
            n += 1
    return found


def relations_of(segment: Sequence[Item], known: Sequence[Readable] = ()) -> list[Readable]:
    """What the query of these items reads, or writes to; `known` are the queries that can be named."""
    found, n, listing = list[Readable](), 0, False
    while n < len(segment):
        item = segment[n]
        if says(item, *_LISTS):
            listing, n = True, n + 1
        elif says(item, *_ENDS):
            listing, n = False, n + 1
        elif listing and (n == 0 or says(segment[n - 1], *_LISTS) or is_mark(segment[n - 1], ",")):
            while n < len(segment) - 1 and says(segment[n], *_BETWEEN):
                n += 1
            relation, n = _relation(segment, n, known)
            if relation is not None:
                found.append(relation)
        else:
            n += 1
    return found


def _relation(items: Sequence[Item], n: int, known: Sequence[Readable]) -> tuple[Readable | None, int]:
    """The relation that begins at an item, and the number of the item after it."""
    item = items[n]
    if isinstance(item, Parenthesis):
        found: Readable = _result("", item, known)
        n += 1
    elif is_name(item):
        parts, n = [_text(item)], n + 1
        while n + 1 < len(items) and is_mark(items[n], ".") and is_name(items[n + 1]):
            parts.append(_text(items[n + 1]))
            n += 2
        full = ".".join(parts)
        named = next((k for k in known if k.name == full), None)
        found = replace(named, name=full) if named is not None else Readable(parts[-1], full)
        if n < len(items) and isinstance(items[n], Parenthesis) and not (n > 1 and says(items[n - len(parts) * 2], "INTO")):
            found, n = Readable(parts[-1]), n + 1
    else:
        return None, n + 1
    if n < len(items) and says(items[n], "AS"):
        n += 1
    if n < len(items) and is_name(items[n]) and not says(items[n], *_NO_ALIAS):
        found, n = replace(found, name=_text(items[n])), n + 1
        if n < len(items) and isinstance(items[n], Parenthesis):
            found, n = Readable(found.name, "", _names_in(items[n])), n + 1
    return found, n


def _result(name: str, body: Parenthesis, known: Sequence[Readable]) -> Readable:
    """What the query in a parenthesis gives: the names of its select list."""
    inner = [*with_queries(body, known), *known]
    segment = segment_at(body, body.items[0].start if body.items else 0)
    first = next((n for n, item in enumerate(segment) if says(item, "SELECT")), None)
    if first is None:
        return Readable(name)
    sources = relations_of(segment, inner)
    outputs, stars = list[str](), list[Readable]()
    for column in _columns(segment[first + 1 :]):
        if is_mark(column[-1], "*"):
            qualifier = _text(column[0]) if len(column) > 1 and is_name(column[0]) else ""
            stars += [s for s in sources if not qualifier or s.name == qualifier]
        elif is_name(column[-1]):
            outputs.append(_text(column[-1]))
        elif len(column) > 1 and isinstance(column[-1], Parenthesis) and is_name(column[-2]):
            outputs.append(_text(column[-2]))
    return Readable(name, "", tuple(outputs), tuple(stars))


def _columns(items: Sequence[Item]) -> Iterator[list[Item]]:
    """The items of a select list, column by column."""
    column: list[Item] = []
    for item in items:
        if says(item, "FROM", *_ENDS):
            break
        if is_mark(item, ","):
            if column:
                yield column
            column = []
        elif not says(item, "DISTINCT"):
            column.append(item)
    if column:
        yield column


def _names_in(group: Item) -> tuple[str, ...]:
    assert isinstance(group, Parenthesis)
    return tuple(_text(item) for item in group.items if is_name(item))


def _text(item: Item) -> str:
    assert isinstance(item, Token)
    return item.text.strip('"') if item.kind is TokenKind.QUOTED else item.text.lower()
