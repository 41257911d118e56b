"""The colours of what is typed: SQL's words, names, texts, numbers, comments, by the tokens of completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from cirql.completion.tokens import Token, TokenKind, tokens
from cirql.completion.words import AFTER_TABLE, BEGINNINGS, IN_EXPRESSIONS

if TYPE_CHECKING:
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples

STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "sql.word": "ansiblue bold",
        "sql.string": "ansigreen",
        "sql.number": "ansicyan",
        "sql.comment": "ansibrightblack italic",
        "sql.parameter": "ansimagenta",
        "sql.command": "ansimagenta bold",
        "completion-menu": "bg:ansibrightblack ansiwhite",
        "completion-menu.completion.current": "bg:ansiblue ansiwhite",
        "completion-menu.meta.completion": "bg:ansibrightblack ansiwhite",
        "completion-menu.meta.completion.current": "bg:ansiblue ansiwhite",
        "bottom-toolbar": "noreverse ansibrightblack",
    }
)
_WORDS = frozenset(word for phrase in (*BEGINNINGS, *AFTER_TABLE, *IN_EXPRESSIONS) for word in phrase.split() if word.isalpha())
_CLASSES = {
    TokenKind.STRING: "class:sql.string",
    TokenKind.NUMBER: "class:sql.number",
    TokenKind.COMMENT: "class:sql.comment",
    TokenKind.PARAMETER: "class:sql.parameter",
}


class SqlLexer(Lexer):
    """Colours a text line by line."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Gives what gives the styled pieces of a line."""
        lines: list[StyleAndTextTuples] = [[]]
        is_command = False
        for token in tokens(document.text):
            is_command = (is_command or token.says("\\")) and "\n" not in token.text
            style = "class:sql.command" if is_command else _style_of(token)
            for number, piece in enumerate(token.text.split("\n")):
                if number:
                    lines.append([])
                lines[-1].append((style, piece))
        return lambda number: lines[number] if number < len(lines) else []


def _style_of(token: Token) -> str:
    if token.kind is TokenKind.NAME and token.text.upper() in _WORDS:
        return "class:sql.word"
    return _CLASSES.get(token.kind, "")
