"""Where in a statement the cursor is: what kind of thing can stand there, and which relations are in scope.

It looks at tokens alone and asks nobody, so that it works in statements that nobody could parse yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from cirql.completion.groups import Item, Parenthesis, group_of, is_mark, is_name, path_to, says
from cirql.completion.relations import Readable, relations_of, segment_at, with_queries
from cirql.completion.tokens import Token, TokenKind, tokens
from cirql.startup.records import dataclass, field, replace


class Expected(StrEnum):
    """What can stand at a place."""

    NOTHING = "nothing"
    STATEMENT = "statement"
    TABLE = "table"
    EXPRESSION = "expression"
    COLUMN = "column"
    """A column alone: in the list of an INSERT, or left of an assignment."""
    AFTER_TABLE = "after table"
    VALUE = "value"
    """The text that a column is compared with."""
    MEMBER = "member"
    """The name of a member of a JSON column."""
    SETTING = "setting"
    SETTING_VALUE = "setting value"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text. `written` is what stands between `start` and the cursor, quotes left out; `qualifier` the names before its dot.

    `subject` is the column that a value is compared with or a member is of, as it is named, and `path` the members on the way.
    """

    expected: Expected
    written: str = ""
    start: int = 0
    qualifier: tuple[str, ...] = ()
    relations: tuple[Readable, ...] = ()
    queries: tuple[Readable, ...] = ()
    subject: tuple[str, ...] = ()
    path: tuple[str | int, ...] = ()
    word: str = field(default="")
    """The word that decided: FROM, SELECT, WHERE, …"""


NOWHERE = Spot(Expected.NOTHING)
_TABLE_WORDS = frozenset({"FROM", "JOIN", "UPDATE", "INTO", "DESCRIBE", "DESC", "EXTENDED", "TABLE"})
_EXPRESSION_WORDS = frozenset(
    """
    SELECT DISTINCT WHERE ON AND OR NOT BY HAVING RETURNING CASE WHEN THEN ELSE USING BETWEEN LIKE ILIKE IN IS VALUES LIMIT OFFSET FILTER
    ALL ANY
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
_ENDS_TABLES = frozenset(
    {"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "WINDOW", "SET", "RETURNING", "ON", "USING", "VALUES", "SELECT"}
)


def spot_of(text: str, position: int) -> Spot:
    """What can stand at a position of a text; what follows it counts too, for the tables that are named there."""
    statement, offset = _statement_at(text, position)
    at = position - offset
    every = list(tokens(statement))
    current = _token_at(every, at)
    if current is not None and current.kind is TokenKind.STRING and "'" in current.text[:3] and not all(t.is_closed for t in every):
        # A quote has been opened and takes the rest of the statement with it: as if it were closed at the cursor.
        every = list(tokens(f"{statement[:at]}'{statement[at:]}"))
        current = _token_at(every, at)
    if current is not None and current.kind is TokenKind.COMMENT and (at < current.end or not current.is_closed or current.text[0] == "-"):
        return NOWHERE
    inside = current if current is not None and _holds(current, at) else None
    spot = _spot(group_of([t for t in every if not t.is_blank]), at, inside, statement)
    return replace(spot, start=spot.start + offset)


def _token_at(every: Sequence[Token], at: int) -> Token | None:
    return next((t for t in every if t.start < at <= t.end), None)


def _statement_at(text: str, position: int) -> tuple[str, int]:
    start, end = 0, len(text)
    for token in tokens(text):
        if token.kind is TokenKind.MARK and token.text == ";":
            if token.end <= position:
                start = token.end
            else:
                end = token.start
                break
    return text[start:end], start


def _holds(token: Token, at: int) -> bool:
    """Whether what is typed at a place goes on with a token: a word that ends there, or a text that is open there."""
    if token.kind in (TokenKind.STRING, TokenKind.QUOTED):
        return at < token.end or not token.is_closed
    return token.kind in (TokenKind.NAME, TokenKind.NUMBER, TokenKind.PARAMETER)


def _spot(root: Parenthesis, at: int, inside: Token | None, text: str) -> Spot:
    groups = path_to(root, at)
    start = at if inside is None else inside.start
    scope = _scope(groups, at)
    if inside is not None and inside.kind is TokenKind.STRING:
        return _in_string(groups, inside, at, text, scope)
    if inside is not None and inside.kind in (TokenKind.NUMBER, TokenKind.PARAMETER):
        return NOWHERE
    before = _before(groups[-1], start)
    written = text[start:at].lstrip('"') if inside is not None else ""
    qualifier: list[str] = []
    while len(before) >= 2 and is_mark(before[-1], ".") and is_name(before[-2]):
        qualifier.insert(0, _plain(before[-2]))
        start = before[-2].start
        before = before[:-2]
    if before and is_mark(before[-1], "."):
        return NOWHERE
    wanted, word = _expected(groups, before, at)
    relations, queries = scope
    return Spot(wanted, written, start, tuple(qualifier), relations, queries, word=word)


def _before(group: Parenthesis, at: int) -> list[Item]:
    return [item for item in group.items if item.start < at]


def _plain(item: Item) -> str:
    assert isinstance(item, Token)
    return item.text.strip('"') if item.kind is TokenKind.QUOTED else item.text.lower()


def _scope(groups: Sequence[Parenthesis], at: int) -> tuple[tuple[Readable, ...], tuple[Readable, ...]]:
    """The relations that can be named at a place, those of the innermost query first, and the queries that WITH has named."""
    named: list[Readable] = []
    found: list[Readable] = []
    for group in groups:
        named = [*with_queries(group, named), *named]
    for group in reversed(groups):
        found += relations_of(segment_at(group, at), named)
    return tuple(found), tuple(named)


def _expected(groups: Sequence[Parenthesis], before: Sequence[Item], at: int) -> tuple[Expected, str]:
    """What is wanted after the items of the innermost group, by the last word that says so."""
    group = groups[-1]
    if not before:
        return _at_beginning(groups)
    first = before[0]
    if len(groups) == 1 and says(first, "SET") and len(before) <= 3:
        return (Expected.SETTING, "SET") if len(before) == 1 else (Expected.SETTING_VALUE, _plain(before[1]))
    if len(groups) == 1 and says(first, "EXPLAIN") and all(isinstance(i, Parenthesis) or says(i, "EXPLAIN", "ANALYZE") for i in before):
        return Expected.STATEMENT, "EXPLAIN"
    if len(groups) == 1 and says(first, "SHOW"):
        return (Expected.TABLE, "SHOW") if says(before[-1], "INTO", "IN") else (Expected.SETTING, "SHOW")
    last = before[-1]
    if says(last, *_TABLE_WORDS) or (is_mark(last, ",") and _last_word(before, _TABLE_WORDS | _ENDS_TABLES) in ("FROM", "JOIN")):
        return Expected.TABLE, "FROM"
    word = _last_word(before, _TABLE_WORDS | _ENDS_TABLES | _EXPRESSION_WORDS)
    if word == "SET":
        is_left = is_mark(last, ",") or says(last, "SET")
        return (Expected.COLUMN if is_left else Expected.EXPRESSION), word
    if word in _TABLE_WORDS and len(group.items) > 0:
        return Expected.AFTER_TABLE, word
    return (Expected.EXPRESSION, word) if word else (Expected.EXPRESSION if len(groups) > 1 else Expected.STATEMENT, "")


def _at_beginning(groups: Sequence[Parenthesis]) -> tuple[Expected, str]:
    if len(groups) == 1:
        return Expected.STATEMENT, ""
    outer = [i for i in groups[-2].items if i.start < groups[-1].start]
    if outer and (is_name(outer[-1]) or is_mark(outer[-1], ".")) and _last_word(outer, _TABLE_WORDS | _ENDS_TABLES | {"AS"}) == "INTO":
        return Expected.COLUMN, "INSERT"
    if outer and says(outer[-1], "FROM", "JOIN", "AS", "LATERAL"):
        return Expected.STATEMENT, "("
    if outer and says(outer[-1], "EXPLAIN"):
        return Expected.NOTHING, ""
    return Expected.EXPRESSION, "("


def _last_word(before: Sequence[Item], words: frozenset[str]) -> str:
    for item in reversed(before):
        if isinstance(item, Token) and item.kind is TokenKind.NAME and item.text.upper() in words:
            return item.text.upper()
    return ""


def _in_string(
    groups: Sequence[Parenthesis], inside: Token, at: int, text: str, scope: tuple[tuple[Readable, ...], tuple[Readable, ...]]
) -> Spot:
    """A text that is open: what it is compared with, or of which document it names a member."""
    quote = text.index("'", inside.start) + 1 if "'" in inside.text else inside.start
    if at < quote:
        return NOWHERE
    written, before, (relations, queries) = text[quote:at], _before(groups[-1], inside.start), scope
    first = groups[0].items[0] if groups[0].items else None
    if first is not None and says(first, "SET") and len(before) > 1 and len(groups) == 1 and is_name(before[1]):
        return Spot(Expected.SETTING_VALUE, written, quote, word=_plain(before[1]))
    if before and is_mark(before[-1], "->", "->>"):
        subject, path = _document(before)
        return Spot(Expected.MEMBER, written, quote, (), relations, queries, subject, path) if subject else NOWHERE
    while before and isinstance(before[-1], Token) and (before[-1].kind is TokenKind.STRING or is_mark(before[-1], ",")):
        before = before[:-1]
    if not before and len(groups) > 1:  # IN ('a', '
        before = _before(groups[-2], groups[-1].start)
        if not before or not says(before[-1], "IN", "ANY"):
            return NOWHERE
    while before and (says(before[-1], "IN", "NOT", "ANY", "LIKE", "ILIKE") or is_mark(before[-1], "=", "<", ">", "!")):
        before = before[:-1]
    subject, path = _document(before, compared=True)
    return Spot(Expected.VALUE, written, quote, (), relations, queries, subject, path) if subject else NOWHERE


def _document(before: Sequence[Item], *, compared: bool = False) -> tuple[tuple[str, ...], tuple[str | int, ...]]:
    """The column and the members that `column -> 'a' -> 0 ->` has named when the items end; `compared`: when they end with a value."""
    items, path = list(before), list[str | int]()
    if compared and not (items and isinstance(items[-1], Token) and items[-1].kind in (TokenKind.STRING, TokenKind.NUMBER)):
        return _column(items), ()
    if not compared:
        items.pop()
    while items and isinstance(items[-1], Token) and items[-1].kind in (TokenKind.STRING, TokenKind.NUMBER):
        token = items.pop()
        assert isinstance(token, Token)
        path.insert(0, int(token.text) if token.text.isdigit() else token.text.strip("'"))
        if not items or not is_mark(items[-1], "->", "->>"):
            return (), ()
        items.pop()
    return _column(items), tuple(path)


def _column(items: list[Item]) -> tuple[str, ...]:
    """The name that the items end with, its parts."""
    if not items or not is_name(items[-1]):
        return ()
    parts = [_plain(items[-1])]
    items = items[:-1]
    while len(items) >= 2 and is_mark(items[-1], ".") and is_name(items[-2]):
        parts.insert(0, _plain(items[-2]))
        items = items[:-2]
    return tuple(parts)
