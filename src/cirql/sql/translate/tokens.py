"""The tokens of a text, with parameters kept apart: the stock tokenizer takes `$1,$` for the opening of a dollar-quoted text.

PostgreSQL's tags are identifiers and do not begin with a digit. So that the tokenizer agrees, it is shown a blank after each parameter, and
the tokens get the places that they have in the user's text.

A question mark is a parameter where an operand belongs and the operator of jsonb where an operator does, as the words before it tell: in
`doc ? ?` the second is a parameter. The first parameter becomes `$1`, the next `$2`.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from cirql.errors import ParseError
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

_MARK = "?"
_BEFORE_OPERANDS = frozenset(
    """
    select where and or not in between like ilike similar to escape then else when case on having by limit offset fetch first next values
    returning distinct all any some from is
    """.split()  # noqa: SIM905 - so many quoted words are harder to read
)
_PARAMETER = regex(r"\$\d++(?=\S)")
_PIECE = regex(
    r"(?P<parameter>\$\d++(?=\S))"
    r"|\b[eE]'(?:[^'\\]++|\\.|'')*+(?:'|\\?\Z)|'[^']*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)|--[^\n]*+"
    r"|/\*(?:[^*/]++|\*(?!/)|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+(?:\*/|\Z)"
    r"|\$(?P<tag>(?:[^\W\d]\w*+)?)\$.*?(?:\$(?P=tag)\$|\Z)"
    r"|\w++\$*+",
    re.DOTALL,
)
"""What may hold a dollar sign, each alternative without a way back: texts, names, comments (nested once), and words.

What is not closed goes on to the end.
"""

NUMBER_STARTS = frozenset(".0123456789")
_NUMBER = regex(
    r"(?P<based>0[xX](?:_?[0-9a-fA-F])++|0[oO](?:_?[0-7])++|0[bB](?:_?[01])++)"
    r"|(?:\d++(?:_\d++)*+(?:\.(?!\.)(?:\d++(?:_\d++)*+)?+)?+|\.\d++(?:_\d++)*+)(?:[eE][+-]?\d++(?:_\d++)*+)?+"
)

_GLOB_CALL = regex(r"(?i)\bglob\s*\(")
_COLON_WORD = regex(r"(?<!:):[A-Za-z_]")


def numeric_constant(text: str, start: int) -> tuple[str, int]:
    """The numeric constant at a place as decimal digits, and where it ends. Raises ParseError where a word is run into it."""
    found = _NUMBER.match(text, start)
    if found is None:
        raise ParseError("a number is not written as SQL writes numbers", position=start)
    end = found.end()
    if end < len(text) and (text[end].isalnum() or text[end] in "_$"):
        word = text[start : end + 1] + "".join(itertools.takewhile(lambda c: c.isalnum() or c == "_", text[end + 1 : end + 40]))
        raise ParseError(f"trailing junk after numeric literal: {word}", hint="leave a space after the number", position=start)
    written = found[0].replace("_", "")
    return (str(int(written, 0)) if found["based"] else written), end


def tokenize(text: str) -> list[Token]:
    """The tokens of a PostgreSQL text. Raises sqlglot's TokenError for a text or comment that is not closed."""
    from sqlglot.dialects.dialect import Dialect

    dialect = Dialect.get_or_raise("postgres")
    if _PARAMETER.search(text) is None:
        return _finished(list(dialect.tokenize(text)), text)
    ends = [match.end() for match in _PIECE.finditer(text) if match["parameter"]]
    tokens = list(dialect.tokenize(_with_blanks(text, ends)))
    blanks = [end + number for number, end in enumerate(ends)]
    for token in tokens:
        token.start -= bisect_left(blanks, token.start)
        token.end -= bisect_left(blanks, token.end)
    return _finished(tokens, text)


def _finished(tokens: list[Token], text: str) -> list[Token]:
    """The tokens with parameters as the parser knows them, and texts with escapes as they were written."""
    if "\\" in text:
        tokens = [_as_written(token, text) for token in tokens]
    if _GLOB_CALL.search(text) is not None:
        tokens = [_as_call(token, following) for token, following in zip(tokens, [*tokens[1:], None], strict=True)]
    named = _named(tokens) if _COLON_WORD.search(text) is not None else tokens
    return _numbered(named) if _MARK in text else named


def _as_call(token: Token, following: Token | None) -> Token:
    """The word of `glob(x)`, which makes a pattern for LIKE in Steampipe: an operator to the parser, and a reader of files in DuckDB."""
    from sqlglot.tokenizer_core import TokenType

    is_call = token.token_type == TokenType.GLOB and following is not None and following.token_type == TokenType.L_PAREN
    return _at(token, TokenType.VAR, "aws_glob") if is_call and token.text.lower() == "glob" else token


def _as_written(token: Token, text: str) -> Token:
    r"""An `E'…'` with all its backslashes: the tokenizer makes one of two, and `a\\b` would be read as if it were `a\b`."""
    from sqlglot.tokenizer_core import TokenType

    if token.token_type != TokenType.BYTE_STRING or text[token.start : token.start + 2].lower() != "e'":
        return token
    return _at(token, TokenType.BYTE_STRING, text[token.start + 2 : token.end].replace("''", "'"))


def _named(tokens: list[Token]) -> list[Token]:
    """The tokens with the name of a parameter as a name, where it is a word of SQL too: `:like`, `:from`."""
    from sqlglot.tokenizer_core import TokenType

    found: list[Token] = []
    for token in tokens:
        is_name = bool(found) and found[-1].token_type == TokenType.COLON and found[-1].end + 1 == token.start
        if is_name and token.token_type != TokenType.VAR and token.text.isidentifier() and _awaits_operand(found[:-1]):
            token = _at(token, TokenType.VAR, token.text)
        found.append(token)
    return found


def _numbered(tokens: list[Token]) -> list[Token]:
    """The tokens with `$1`, `$2`, … for the question marks that are parameters. Raises ParseError where both are written."""
    from sqlglot.tokenizer_core import TokenType

    found: list[Token] = []
    count = 0
    for index, token in enumerate(tokens):
        rest = _after_mark(token, tokens[index + 1] if index + 1 < len(tokens) else None)
        if rest is None or not _awaits_operand(found):
            if not (found and found[-1].token_type == TokenType.DPIPE and found[-1].end >= token.end):  # else it has been taken
                found.append(token)
            continue
        count += 1
        found += [_at(token, TokenType.PARAMETER, "$"), _at(token, TokenType.NUMBER, str(count)), *rest]
    if count and sum(t.token_type == TokenType.PARAMETER and t.text == "$" for t in found) > count:
        place = next(t.start for t in tokens if t.token_type == TokenType.PARAMETER)
        raise ParseError("parameters are numbered, or question marks: not both", position=place)
    return found


def _after_mark(token: Token, following: Token | None) -> list[Token] | None:
    """What else is in a token that begins with a question mark and may be a parameter: `?::`, `?||`. None for others."""
    from sqlglot.tokenizer_core import TokenType

    match token.token_type:
        case TokenType.PLACEHOLDER:
            return []
        case TokenType.QDCOLON:
            return [_at(token, TokenType.DCOLON, "::")]
        case TokenType.QMARK_PIPE if following is not None and (following.text, following.start) == ("|", token.end + 1):
            return [_at(following, TokenType.DPIPE, "||")]
    return None


def _awaits_operand(before: list[Token]) -> bool:
    """Whether an operand must come after these tokens: they end with an operator, an opening, a comma, or a word that asks for one."""
    from sqlglot.tokenizer_core import TokenType

    if not before:
        return True
    last = before[-1]
    if last.token_type in (TokenType.STRING, TokenType.IDENTIFIER, TokenType.HEREDOC_STRING, TokenType.BYTE_STRING):
        return False
    if last.text.replace("_", "a").isalnum():
        is_name = len(before) > 1 and before[-2].token_type == TokenType.DOT
        return last.text.lower() in _BEFORE_OPERANDS and not is_name
    return last.token_type not in (TokenType.R_PAREN, TokenType.R_BRACKET)


def _at(token: Token, kind: Any, text: str) -> Token:
    from sqlglot.tokenizer_core import Token as NewToken

    return NewToken(kind, text, line=token.line, col=token.col, start=token.start, end=token.end, comments=list(token.comments))


def _with_blanks(text: str, places: list[int]) -> str:
    starts = [0, *places]
    return " ".join(text[start:end] for start, end in zip(starts, [*places, len(text)], strict=True))
