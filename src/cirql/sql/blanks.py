r"""What stands between words: spaces and comments, stepped over once, in time that grows with their length alone.

Regular expressions for this (`(?:\s|--…|/\*.*?\*/)*`) run for ever on thirty unclosed comments.
"""

from __future__ import annotations

import string

_WORD = frozenset(string.ascii_letters)


def after_blanks(text: str, at: int = 0, comments: list[str] | None = None) -> int:
    """The place of the first character that is no space and in no comment; a comment that is never closed reaches to the end.

    Comments nest, as in PostgreSQL. `comments` is given the text inside each.
    """
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text.startswith("--", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end + 1
        elif text.startswith("/*", at):
            end = _end_of_comment(text, at)
            if comments is not None:
                comments.append(text[at + 2 : max(end - 2, at + 2)])
            at = end
        else:
            break
    return at


def first_word(text: str, at: int = 0) -> str:
    """The first word in upper case, after spaces and comments; empty where something else comes first."""
    start = end = after_blanks(text, at)
    while end < len(text) and text[end] in _WORD:
        end += 1
    return text[start:end].upper()


def _end_of_comment(text: str, at: int) -> int:
    depth, opened, closed = 0, at, -1
    while True:
        if 0 <= opened < at:
            opened = text.find("/*", at)
        if closed < at:
            closed = text.find("*/", at)
        if closed < 0:
            return len(text)
        if 0 <= opened < closed:
            depth, at = depth + 1, opened + 2
            continue
        depth, at = depth - 1, closed + 2
        if depth == 0:
            return at
