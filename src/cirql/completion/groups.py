"""The tokens of a statement as a tree: a parenthesis and what stands in it is one item of what it stands in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from cirql.completion.tokens import Token, TokenKind
from cirql.startup.records import dataclass, field


@dataclass(slots=True)
class Parenthesis:
    """What stands between two parentheses; the outermost is the statement. `end` is None where it is still open."""

    start: int
    items: list[Item] = field(default_factory=list)
    end: int | None = None


Item: TypeAlias = Token | Parenthesis


def group_of(tokens: Iterable[Token]) -> Parenthesis:
    """The tree of some tokens, blanks left out."""
    root = Parenthesis(0)
    open_ = [root]
    for token in tokens:
        if token.kind is TokenKind.MARK and token.text == "(":
            inner = Parenthesis(token.start)
            open_[-1].items.append(inner)
            open_.append(inner)
        elif token.kind is TokenKind.MARK and token.text == ")" and len(open_) > 1:
            open_.pop().end = token.end
        else:
            open_[-1].items.append(token)
    return root


def path_to(root: Parenthesis, at: int) -> list[Parenthesis]:
    """The groups that a place is in, the outermost first."""
    path = [root]
    while (inner := next((i for i in path[-1].items if isinstance(i, Parenthesis) and _is_in(i, at)), None)) is not None:
        path.append(inner)
    return path


def _is_in(group: Parenthesis, at: int) -> bool:
    return group.start < at and (group.end is None or at < group.end)


def says(item: Item, *words: str) -> bool:
    """Whether an item is one of these words, written in capitals here."""
    return isinstance(item, Token) and item.kind is TokenKind.NAME and item.text.upper() in words


def is_mark(item: Item, *marks: str) -> bool:
    """Whether an item is one of these marks."""
    return isinstance(item, Token) and item.kind is TokenKind.MARK and item.text in marks


def is_name(item: Item) -> bool:
    """Whether an item is a word, quoted or not."""
    return isinstance(item, Token) and item.kind in (TokenKind.NAME, TokenKind.QUOTED)
