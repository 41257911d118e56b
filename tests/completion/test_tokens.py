"""Text of SQL cut into tokens, however unfinished."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cirql.completion.tokens import TokenKind, tokens


@given(st.text(alphabet="aE'\"$-/*\\; \n1:_()x.>", max_size=60))
def test_the_tokens_of_a_text_are_the_text(text: str) -> None:
    found = list(tokens(text))
    assert "".join(t.text for t in found) == text
    assert [t.start for t in found] == [sum(len(t.text) for t in found[:n]) for n in range(len(found))]


@pytest.mark.parametrize(
    ("text", "kind", "closed"),
    [
        ("'it''s'", TokenKind.STRING, True),
        ("'it''s", TokenKind.STRING, False),
        ("'it''", TokenKind.STRING, False),
        ("E'it\\'s'", TokenKind.STRING, True),
        ("E'it\\'", TokenKind.STRING, False),
        ("$a$ ' $b$ $a$", TokenKind.STRING, True),
        ("$a$ ' $b$", TokenKind.STRING, False),
        ('"a""b"', TokenKind.QUOTED, True),
        ('"a', TokenKind.QUOTED, False),
        ("/* a /* b */ c */", TokenKind.COMMENT, True),
        ("/* a /* b */", TokenKind.COMMENT, False),
        ("-- it's", TokenKind.COMMENT, True),
        (":name", TokenKind.PARAMETER, True),
        ("::", TokenKind.MARK, True),
        ("->>", TokenKind.MARK, True),
        ("$1", TokenKind.PARAMETER, True),
        ("été", TokenKind.NAME, True),
        ("1.5e3", TokenKind.NUMBER, True),
    ],
)
def test_a_token_is_of_a_kind_and_closed_or_not(text: str, kind: TokenKind, closed: bool) -> None:
    assert [(t.kind, t.is_closed) for t in tokens(text)] == [(kind, closed)]
