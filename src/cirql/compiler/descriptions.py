"""AWS's documentation as the pages print it: HTML without the paragraphs' own markup; what of an operation's describes what it lists."""

from __future__ import annotations

from cirql.startup.regexes import regex

_BETWEEN_PARAGRAPHS = regex(r"</p>\s*<p>")
_PARAGRAPH = regex(r"</?p>")
_SPACE = regex(r"\s+")
_ASIDE = regex(r"<(note|important|ul|ol|dl|table|pre)\b[^>]*>(?:(?!<\1\b).)*?</\1>|<!--.*?-->")  # The innermost first.
_LEADS_TO_A_LIST = regex(r"(?:(?<=[.!?] )|^)[^.!?]*:$")


def clean(html: str) -> str:
    """The text without `<p>` and line breaks; other markup (`<ul>`, `<code>`) stays.

    >>> clean("<p>Its type. </p> <ul> <li> <p> <code>A</code>: first.</p> </li> </ul>")
    'Its type. <ul> <li> <code>A</code>: first. </li> </ul>'
    """
    text = _PARAGRAPH.sub("", _BETWEEN_PARAGRAPHS.sub(" ", html))
    return _SPACE.sub(" ", text).strip()


def opening(html: str) -> str:
    """The first paragraph of an operation's documentation, as the description of what the operation lists.

    What follows is about the call and not about the thing, and so are notes, warnings and lists, with the sentence that leads to one.

    >>> opening("<note> <p>Not for directories.</p> </note> <p>Returns <code>x</code>. You need:</p> <ul> <li> <p>A.</p> </li> </ul>")
    'Returns <code>x</code>.'
    """
    text = _SPACE.sub(" ", html)
    while (shorter := _ASIDE.sub("</p>", text)) != text:
        text = shorter
    first = next(filter(None, map(str.strip, _PARAGRAPH.split(text))), "")
    return _LEADS_TO_A_LIST.sub("", first).strip() or first.removesuffix(":") or clean(html)
