"""Texts that are written down: what in them may be a secret, and the text without it."""

from __future__ import annotations

import re

from cirql.changes.masking import named_secrets
from cirql.changes.model import MASK
from cirql.completion.tokens import TokenKind, tokens
from cirql.sql.literals import without_literals

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "EXEC", "EXECUTE", "PREPARE", "CREATE", "SET_CONFIG"})


def may_hold_secrets(text: str) -> bool:
    """Whether a text writes something, or sets a variable with the name of a secret."""
    words = [t.text.upper() for t in tokens(text) if t.kind is TokenKind.NAME]
    setting = re.match(r"\s*\\set\s+(\w+)\s", text)
    return any(w in _WRITES for w in words) or (setting is not None and any(named_secrets({setting[1]: "x"})))


def without_texts(text: str) -> str:
    """A statement or command with none of its texts, comments and long numbers. Of a command nothing is left: it needs no quotes."""
    if text.lstrip().startswith("\\"):
        return " ".join(text.split()[:2])
    return without_literals(text, MASK)
