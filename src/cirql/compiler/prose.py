"""Prose: what a member's documentation says of the numbers that it takes, where the model says nothing.

Read are the sentences that state a bound or a default and no others.
"""

from __future__ import annotations

from html import unescape

from cirql.startup.regexes import regex

_TAG, _SPACE = regex(r"<[^>]*>"), regex(r"\s+")
_N = r"(\d[\d,]*\d|\d+)"
_BOUND = regex(
    r"(?i)(?:maximum value(?: that you can specify)? is|the maximum is|upper limit is|\bbetween \d+ and"
    r"|minimum(?: value)?:? \d+[,;.]? maximum:?|valid range(?: is|:)? \d+ ?(?:-|–|to)|(?:can|configure|return|request) up to|limit of"
    rf"|value larger than) {_N}(?!,?\d|\.\d| ?%)"
)
_DEFAULT = regex(rf"(?i)default(?: value)?(?: is|:|s to) {_N}|default is the same as the allowed maximum, {_N}")
_RULED_OUT = regex(
    r"(?i)cannot specify this parameter and|can(?:no|')t .{0,60}same (?:request|call)|not supported|reserved|ignored|does not apply"
)
_ALL_UNASKED = regex(
    r"(?i)if you (?:do not|don't) specify|by default|not specified|automatically set|if this (?:value|parameter) is not (?:used|specified)"
)


def largest_of(html: str) -> int | None:
    """The largest value that a member's documentation says it takes; None where it says none, or that others rule the member out."""
    text = _plain_text(html)
    if _RULED_OUT.search(text):
        return None
    return min((int(n.replace(",", "")) for n in _BOUND.findall(text)), default=None)


def default_of(html: str, bound: int) -> int:
    """What a member's documentation says is meant where it is left out; 0 where it does not say."""
    text = _plain_text(html)
    if _ALL_UNASKED.search(text):
        return bound
    return max((int(n.replace(",", "")) for pair in _DEFAULT.findall(text) for n in pair if n), default=0)


def _plain_text(html: str) -> str:
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", html)))
