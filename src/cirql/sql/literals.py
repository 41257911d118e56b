"""A statement's text without what was written in it: no texts, no comments, no long numbers. For what is kept and shown of statements.

A scanner of its own, since what is kept must lose a secret in text that no parser takes, too: a quote that is never closed reaches to the
end.
"""

from __future__ import annotations

from collections.abc import Iterator

from cirql.sql.blanks import after_blanks

_SHORT = 3
"""Digits of numbers that stay: the 10 of LIMIT is none, the 4711 of a door may be."""
_COMMENT, _TEXT, _NUMBER = "comment", "text", "number"


def without_literals(text: str, mask: str) -> str:
    """The text with `mask` in place of every literal, in quotes of one kind; comments are a space."""
    shown = {_COMMENT: " ", _TEXT: f"'{mask}'", _NUMBER: mask}
    return "".join(shown.get(kind, text[start:end]) for start, end, kind in _pieces(text))


def with_stars(text: str) -> str:
    """The text with stars in place of every character of its literals and comments: each other one is where it was."""
    pieces = _pieces(text)
    return "".join(
        text[start:end] if not kind else "".join("*" if c.isalnum() else c for c in text[start:end]) for start, end, kind in pieces
    )


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """From where to where, and what it is: empty for all that is no literal."""
    at, value_is_next = 0, False
    while at < len(text):
        end, kind = _piece(text, at, value_is_next)
        yield at, end, kind
        value_is_next = text[at] in "=(," or (value_is_next and not text[at:end].strip())
        at = end


def _piece(text: str, at: int, value_is_next: bool) -> tuple[int, str]:
    character = text[at]
    if text.startswith(("--", "/*"), at):
        return after_blanks(text, at), _COMMENT
    if character == "'":
        return _end_of_quoted(text, at, is_escaped=_is_escaped(text, at)), _TEXT
    if character == '"':
        return _end_of_quoted(text, at, is_escaped=False), _TEXT if value_is_next else ""  # `@Password = "…"`
    if character == "$" and (tag := _tag(text, at)):
        found = text.find(tag, at + len(tag))
        return len(text) if found < 0 else found + len(tag), _TEXT
    if character.isalnum() or character == "_":
        end = _end_of_word(text, at)
        return end, _NUMBER if character.isdigit() and sum(c.isdigit() for c in text[at:end]) > _SHORT else ""
    return at + 1, ""


def _is_escaped(text: str, at: int) -> bool:
    """Whether a quote there begins an `E'…'`, in which a backslash hides the next quote."""
    return at > 0 and text[at - 1] in "eE" and not (at > 1 and (text[at - 2].isalnum() or text[at - 2] == "_"))


def _end_of_quoted(text: str, at: int, *, is_escaped: bool) -> int:
    quote, at = text[at], at + 1
    while at < len(text):
        if is_escaped and text[at] == "\\":
            at += 2
        elif text[at] != quote:
            at += 1
        elif text.startswith(quote, at + 1):
            at += 2
        else:
            return at + 1
    return len(text)


def _tag(text: str, at: int) -> str:
    """The `$tag$` that begins a dollar-quoted text there; empty where none does (`$1`, a `$` in a name)."""
    if at and (text[at - 1].isalnum() or text[at - 1] == "_"):
        return ""
    end = at + 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    is_one = end < len(text) and text[end] == "$" and not text[at + 1 : at + 2].isdigit()
    return text[at : end + 1] if is_one else ""


def _end_of_word(text: str, at: int) -> int:
    while at < len(text) and (text[at].isalnum() or text[at] in "_."):
        at += 1
    return at
