"""A statement's text without what was written in it: no texts, no comments, no long numbers. For what is kept of statements.

A scanner of its own, since what is kept must lose a secret in text that no parser takes, too: a quote that is never closed reaches to the
end.
"""

from __future__ import annotations

from cirql.sql.blanks import after_blanks

_SHORT = 3
"""Digits of numbers that stay: the 10 of LIMIT is none, the 4711 of a door may be."""


def without_literals(text: str, mask: str) -> str:
    """The text with `mask` in place of every literal, in quotes of one kind; comments are a space."""
    kept: list[str] = []
    at, value_is_next = 0, False
    while at < len(text):
        character = text[at]
        end = at + 1
        shown: str | None = None
        if text.startswith(("--", "/*"), at):
            end, shown = after_blanks(text, at), " "
        elif character == "'":
            end, shown = _end_of_quoted(text, at, is_escaped=_is_escaped(text, at)), f"'{mask}'"
        elif character == '"':
            end = _end_of_quoted(text, at, is_escaped=False)
            shown = f"'{mask}'" if value_is_next else None  # `@Password = "…"`
        elif character == "$" and (tag := _tag(text, at)):
            found = text.find(tag, at + len(tag))
            end, shown = len(text) if found < 0 else found + len(tag), f"'{mask}'"
        elif character.isalnum() or character == "_":
            end = _end_of_word(text, at)
            if character.isdigit() and sum(c.isdigit() for c in text[at:end]) > _SHORT:
                shown = mask
        kept.append(text[at:end] if shown is None else shown)
        value_is_next = character in "=(," or (value_is_next and not kept[-1].strip())
        at = end
    return "".join(kept)


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
