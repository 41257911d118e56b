"""A text that matches a regular expression, the same one for the same seed: used to make up values that satisfy their schemas."""

from __future__ import annotations

import random
import string
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from cirql.changes.patterns import compile_pattern

_WORD = string.ascii_lowercase + string.digits
_CATEGORIES = {
    ops.CATEGORY_DIGIT: string.digits,
    ops.CATEGORY_WORD: _WORD,
    ops.CATEGORY_SPACE: " ",
    ops.CATEGORY_NOT_SPACE: _WORD,
    ops.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    ops.CATEGORY_NOT_WORD: "-",
}
# Unbounded repeats come out about as long as AWS's own identifiers.
_LONG = 12


def sample_pattern(pattern: str, seed: str, length: int = _LONG) -> str | None:
    """A text that `pattern` matches, or None where that cannot be had (look-arounds and back references are not understood).

    `length` is how often what may be repeated at will is repeated.
    """
    compiled = compile_pattern(pattern)
    if compiled is None:
        return None
    chooser = random.Random(seed)
    for _ in range(5):
        text = _sample(parser.parse(compiled.pattern), chooser, length)
        if compiled.search(text):
            return text
    return None


def _sample(tree: Any, chooser: random.Random, length: int) -> str:
    return "".join(_sample_node(op, argument, chooser, length) for op, argument in tree)


def _sample_node(op: Any, argument: Any, chooser: random.Random, length: int) -> str:
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.IN:
        return chooser.choice(_characters(argument))
    if op is ops.ANY or op is ops.NOT_LITERAL:
        return chooser.choice([c for c in _WORD if op is ops.ANY or ord(c) != argument])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        low, high, body = argument
        usual = 1 if high < length else length if _is_single(body) else length // 2
        count = min(high, max(low, usual))
        return "".join(_sample(body, chooser, length) for _ in range(count))
    if op is ops.SUBPATTERN:
        return _sample(argument[3], chooser, length)
    if op is ops.BRANCH:
        # The longest alternative: others are often fixed words or nothing at all.
        return max((_sample(branch, chooser, length) for branch in argument[1]), key=len)
    return ""


def _is_single(body: Any) -> bool:
    """Whether a repeated body is one character at a time."""
    return len(body) == 1 and body[0][0] in (ops.IN, ops.ANY, ops.LITERAL, ops.NOT_LITERAL)


def _characters(items: Any) -> str:
    """The characters of a class, letters and digits first where it has any."""
    negated = items[0][0] is ops.NEGATE
    inside = ""
    for op, argument in items:
        if op is ops.LITERAL:
            inside += chr(argument)
        elif op is ops.RANGE:
            inside += "".join(map(chr, range(argument[0], min(argument[1], argument[0] + 127) + 1)))
        elif op is ops.CATEGORY:
            inside += _CATEGORIES.get(argument, _WORD)
    if negated:
        return "".join(c for c in _WORD if c not in inside) or "~"
    return "".join(c for c in inside if c in _WORD) or inside
