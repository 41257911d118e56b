"""AWS's documentation as the pages print it: HTML with the paragraphs' own markup taken out."""

from __future__ import annotations

from cirql.startup.regexes import regex

_BETWEEN_PARAGRAPHS = regex(r"</p>\s*<p>")
_PARAGRAPH = regex(r"</?p>")
_SPACE = regex(r"\s+")


def clean(html: str) -> str:
    """The text without `<p>` and line breaks; other markup (`<ul>`, `<code>`) stays.

    >>> clean("<p>Its type. </p> <ul> <li> <p> <code>A</code>: first.</p> </li> </ul>")
    'Its type. <ul> <li> <code>A</code>: first. </li> </ul>'
    """
    text = _PARAGRAPH.sub("", _BETWEEN_PARAGRAPHS.sub(" ", html))
    return _SPACE.sub(" ", text).strip()
