"""Text of SQL cut into tokens, however unfinished: for whoever colours, completes or divides what is still being written.

The parser knows what SQL means and refuses what it cannot read. This knows where words, texts and comments begin and end, refuses
nothing, and takes time that grows with the text's length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex


class TokenKind(StrEnum):
    """What a token is."""

    BLANK = "blank"
    COMMENT = "comment"
    STRING = "string"
    QUOTED = "quoted"
    NAME = "name"
    NUMBER = "number"
    PARAMETER = "parameter"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. `is_closed`: its closing quote, or the end of its comment, is there."""

    kind: TokenKind
    text: str
    start: int
    is_closed: bool = True

    @property
    def end(self) -> int:
        """The place after its last character."""
        return self.start + len(self.text)

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing: space or a comment."""
        return self.kind in (TokenKind.BLANK, TokenKind.COMMENT)

    def says(self, *words: str) -> bool:
        """Whether it is one of these words or marks, in any case."""
        return self.kind in (TokenKind.NAME, TokenKind.MARK) and self.text.upper() in words


# Each alternative reads on to the end of the text where its closing quote is missing. Possessive: there is nothing to go back for.
_TOKEN = regex(
    r"""
      (?P<blank>\s+)
    | (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]++|\\.|'')*+(?:'|\\?\Z))
    | (?P<string>(?:[nNbBxX]|[uU]&)?'(?:[^']++|'')*+(?:'|\Z))
    | (?P<quoted>"(?:[^"]++|"")*+(?:"|\Z))
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<number>\d[\w.]*)
    | (?P<name>[^\W\d][\w$]*)
    | (?P<operator>::|->>?)
    | (?P<parameter>\$\d+|:(?:[^\W\d]\w*|'[^\W\d]\w*'|"[^\W\d]\w*"))
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_ENDS = regex(r"/\*|\*/")


def tokens(text: str, at: int = 0) -> Iterator[Token]:
    """Every token from a place on, blanks and comments included: their texts, one after the other, are the text."""
    while match := _TOKEN.match(text, at):
        group, piece = match.lastgroup, match.group()
        if group == "block":
            end, closed = _end_of_comment(text, at)
            yield Token(TokenKind.COMMENT, text[at:end], at, closed)
        elif group == "dollar":
            found = text.find(piece, match.end())
            end = len(text) if found < 0 else found + len(piece)
            yield Token(TokenKind.STRING, text[at:end], at, found >= 0)
        else:
            end = match.end()
            yield Token(_KINDS[group or ""], piece, at, _is_closed(group, piece))
        at = end


_KINDS = {
    "blank": TokenKind.BLANK,
    "comment": TokenKind.COMMENT,
    "escaped": TokenKind.STRING,
    "string": TokenKind.STRING,
    "quoted": TokenKind.QUOTED,
    "number": TokenKind.NUMBER,
    "name": TokenKind.NAME,
    "operator": TokenKind.MARK,
    "parameter": TokenKind.PARAMETER,
    "mark": TokenKind.MARK,
}
_QUOTES = {"escaped": "'", "string": "'", "quoted": '"'}


def _is_closed(group: str | None, piece: str) -> bool:
    """Whether a quoted piece ends with a quote that is not its first, nor the first half of a doubled or escaped one."""
    quote = _QUOTES.get(group or "")
    if quote is None:
        return True
    inside = piece[piece.index(quote) + 1 :]
    if group == "escaped":
        inside = re.sub(r"\\.", "", inside, flags=re.DOTALL)
    trailing = len(inside) - len(inside.rstrip(quote))
    return trailing % 2 == 1


def _end_of_comment(text: str, at: int) -> tuple[int, bool]:
    """Where a comment ends that begins at a place, and whether it does: comments nest, as in PostgreSQL."""
    depth = 0
    for match in _BLOCK_ENDS.finditer(text, at):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end(), True
    return len(text), False
