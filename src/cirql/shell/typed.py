r"""What was typed, divided into statements and commands, as psql divides it.

A statement ends with `;`. A command begins with `\` outside quotes and ends with the line; it takes the statement before it that has not
ended yet: `SELECT 1 \gx`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cirql.completion.tokens import Token, TokenKind, tokens
from cirql.startup.records import dataclass

_WORDS = {"quit": "q", "exit": "q", "help": "?"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A statement, a command (without its backslash), or a command with the statement that it takes. `sql` has no `;`.

    `begins_line`: the command stands in a line of its own, below the statement.
    """

    sql: str = ""
    command: str | None = None
    begins_line: bool = False


def is_complete(text: str) -> bool:
    """Whether all of it can be run now: Enter runs it then, and begins another line otherwise."""
    pieces, rest = _divided(text)
    return not rest or (not pieces and _word(text) is not None)


def divided(text: str) -> list[Typed]:
    """The statements and commands of a text, in order; what follows the last `;` is a statement too."""
    if (word := _word(text)) is not None:
        return [Typed(command=word)]
    pieces, rest = _divided(text)
    return [*pieces, Typed(rest)] if rest else pieces


def _word(text: str) -> str | None:
    return _WORDS.get(text.strip("; \t\r\n").lower())


def _divided(text: str) -> tuple[list[Typed], str]:
    """The pieces that have ended, and the statement at the end that has not."""
    pieces: list[Typed] = []
    start, filled, skip = 0, False, 0
    for token in _outside(text):
        if token.start < skip:
            continue
        if token.kind is TokenKind.MARK and token.text == "\\":
            end = text.find("\n", token.start)
            skip = len(text) if end < 0 else end + 1
            before = text[start : token.start] if filled else ""
            begins_line = before.rstrip(" \t").endswith("\n")
            pieces.append(Typed(before.strip(), text[token.end : skip].strip(), begins_line))
            start, filled = skip, False
        elif token.kind is TokenKind.MARK and token.text == ";":
            if filled:
                pieces.append(Typed(text[start : token.start].strip()))
            start, filled = token.end, False
        else:
            filled = filled or not token.is_blank or not token.is_closed
    return pieces, text[start:].strip() if filled else ""


def _outside(text: str) -> Iterator[Token]:
    r"""The tokens of a text; after a `\` they begin anew with the next line, since a quote in a command's argument is the command's."""
    at = 0
    while True:
        for token in tokens(text, at):
            yield token
            if token.kind is TokenKind.MARK and token.text == "\\":
                end = text.find("\n", token.start)
                if end < 0:
                    return
                at = end + 1
                break
        else:
            return
