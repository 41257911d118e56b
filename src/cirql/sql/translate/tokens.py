"""The tokens of a text, with parameters kept apart: the stock tokenizer takes `$1,$` for the opening of a dollar-quoted text.

PostgreSQL's tags are identifiers and do not begin with a digit. So that the tokenizer agrees, it is shown a blank after each parameter, and
the tokens get the places that they have in the user's text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

_PARAMETER = re.compile(r"\$\d++(?=\S)")
_PIECE = re.compile(
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


def tokenize(text: str) -> list[Token]:
    """The tokens of a PostgreSQL text. Raises sqlglot's TokenError for a text or comment that is not closed."""
    from sqlglot.dialects.dialect import Dialect

    dialect = Dialect.get_or_raise("postgres")
    if _PARAMETER.search(text) is None:
        return list(dialect.tokenize(text))
    ends = [match.end() for match in _PIECE.finditer(text) if match["parameter"]]
    tokens = list(dialect.tokenize(_with_blanks(text, ends)))
    blanks = [end + number for number, end in enumerate(ends)]
    for token in tokens:
        token.start -= bisect_left(blanks, token.start)
        token.end -= bisect_left(blanks, token.end)
    return tokens


def _with_blanks(text: str, places: list[int]) -> str:
    starts = [0, *places]
    return " ".join(text[start:end] for start, end in zip(starts, [*places, len(text)], strict=True))
