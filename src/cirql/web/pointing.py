"""What a word of a statement means: for whoever points at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cirql.catalog.pages import prose
from cirql.completion.candidates import CandidateKind, completion
from cirql.completion.tokens import Token, TokenKind, tokens
from cirql.errors import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cirql.session import Session

_NAMES = (TokenKind.NAME, TokenKind.QUOTED)
_LONGEST = 600


def meaning(text: str, position: int, session: Session) -> dict[str, Any]:
    """What stands at a position: `from`, `to`, its kind, type or signature, and a sentence; nothing where nobody knows."""
    every = list(tokens(text))
    at = next((n for n, t in enumerate(every) if t.start <= position < t.end), None)
    if at is None or every[at].kind not in _NAMES:
        return {}
    chain = _chain(every, at)
    for last in dict.fromkeys((chain[-1], at)):  # a table's whole name first; then the word alone
        told = _told(text, every[chain[0]].start, every[last], session)
        if told:
            return told
    return {}


def _told(text: str, start: int, word: Token, session: Session) -> dict[str, Any]:
    wanted = word.text.strip('"').lower()
    try:
        found = completion(text, word.end, session)
    except Error:
        return {}
    for c in found:
        if c.kind is CandidateKind.KEYWORD or c.text.rstrip("(").rpartition(".")[2].strip('"').lower() != wanted:
            continue
        about = _of_table(text[start : word.end], session) if c.kind is CandidateKind.TABLE else c.meaning
        return {
            "from": start if c.kind is CandidateKind.TABLE else word.start,
            "to": word.end,
            "kind": c.kind.value,
            "name": text[start : word.end] if c.kind is CandidateKind.TABLE else word.text,
            "detail": c.detail,
            "about": (about or c.meaning)[:_LONGEST],
        }
    return {}


def _of_table(name: str, session: Session) -> str:
    try:
        table = session.catalog.find(name).table
    except Error:
        return ""
    return prose(table.description) or table.title


def _chain(every: Sequence[Token], at: int) -> list[int]:
    """The words that are joined to one by dots, as numbers."""
    first = last = at
    while first >= 2 and every[first - 1].text == "." and every[first - 2].kind in _NAMES:
        first -= 2
    while last + 2 < len(every) and every[last + 1].text == "." and every[last + 2].kind in _NAMES:
        last += 2
    return list(range(first, last + 1, 2))
