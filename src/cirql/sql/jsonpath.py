"""SQL/JSON path: the part of PostgreSQL's jsonpath that queries use, evaluated over plain Python values.

`$.a[*].b`, `.*`, `.**`, subscripts with ranges and `last`, filters `?(@.n > 1 && exists(@.m))`, `starts with`, `like_regex`, comparisons,
arithmetic, and `.type() .size() .double() .abs() .floor() .ceiling()`. Lax mode unwraps arrays; `strict` does not.
https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-SQLJSON-PATH
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_TOKEN = regex(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][\w]*)"""
    r"""|(?P<mark>\*\*|&&|\|\||==|!=|<>|<=|>=|[$@.\[\]()*?,<>!+\-/%]))"""
)
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a parsed path: what it does, and with what."""

    kind: str
    value: Any = None
    parts: tuple[Node, ...] = ()


def evaluate(document: Any, path: str) -> list[Any]:
    """The items a path finds in a document. Raises ValueError for text that is no path, or a strict path that misses."""
    strict, root = _parsed(path)
    found = _items(root, document, document, strict)
    return [None if item is _ABSENT else item for item in found]


@lru_cache(maxsize=256)
def _parsed(path: str) -> tuple[bool, Node]:
    reader = _Reader(path)
    strict = reader.word("strict")
    if not strict:
        reader.word("lax")
    root = reader.predicate()
    if reader.place < len(reader.tokens):
        raise ValueError(f"syntax error in jsonpath near {reader.peek()!r}")
    return strict, root


class _Reader:
    """Recursive descent over a path's tokens."""

    def __init__(self, path: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        place = 0
        stripped = path.rstrip()
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None:
                raise ValueError(f"syntax error in jsonpath {path!r}")
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def word(self, *wanted: str) -> bool:
        if self.peek() in wanted and self.kind() != "string":
            self.place += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.word(wanted):
            raise ValueError(f"syntax error in jsonpath: expected {wanted!r}")

    def take(self) -> str:
        found = self.peek()
        self.place += 1
        return found

    def predicate(self) -> Node:
        left = self.conjunction()
        while self.word("||"):
            left = Node("or", parts=(left, self.conjunction()))
        return left

    def conjunction(self) -> Node:
        left = self.comparison()
        while self.word("&&"):
            left = Node("and", parts=(left, self.comparison()))
        return left

    def comparison(self) -> Node:
        if self.word("!"):
            return Node("not", parts=(self.comparison(),))
        if self.word("exists"):
            self.need("(")
            inner = self.predicate()
            self.need(")")
            return Node("exists", parts=(inner,))
        left = self.sum()
        for mark in ("==", "!=", "<>", "<=", ">=", "<", ">"):
            if self.word(mark):
                return Node("compare", mark, (left, self.sum()))
        if self.word("starts"):
            self.need("with")
            return Node("starts", parts=(left, self.sum()))
        if self.word("like_regex"):
            pattern = _string(self.take())
            flags = _string(self.take()) if self.word("flag") else ""
            return Node("regex", _expression(pattern, flags), (left,))
        if self.word("is"):
            self.need("unknown")
            return Node("unknown", parts=(left,))
        return left

    def sum(self) -> Node:
        left = self.product()
        while self.peek() in ("+", "-") and self.kind() == "mark":
            left = Node("arithmetic", self.take(), (left, self.product()))
        return left

    def product(self) -> Node:
        left = self.unary()
        while self.peek() in ("*", "/", "%") and self.kind() == "mark":
            left = Node("arithmetic", self.take(), (left, self.unary()))
        return left

    def unary(self) -> Node:
        if self.word("-"):
            return Node("minus", parts=(self.unary(),))
        if self.word("+"):
            return self.unary()
        return self.path()

    def path(self) -> Node:
        kind, token = self.kind(), self.peek()
        self.place += 1
        if token == "$" and kind == "mark":
            node = Node("root")
        elif token == "@" and kind == "mark":
            node = Node("current")
        elif token == "(" and kind == "mark":
            node = self.predicate()
            self.need(")")
        elif kind == "string":
            node = Node("value", _string(token))
        elif kind == "number":
            node = Node("value", int(token) if token.isdigit() else Decimal(token))
        elif token in ("true", "false", "null"):
            node = Node("value", {"true": True, "false": False, "null": None}[token])
        else:
            raise ValueError(f"syntax error in jsonpath near {token!r}")
        return self.steps(node)

    def steps(self, node: Node) -> Node:
        while True:
            if self.word("."):
                node = self.member(node)
            elif self.word("["):
                node = self.subscript(node)
            elif self.word("?"):
                self.need("(")
                node = Node("filter", parts=(node, self.predicate()))
                self.need(")")
            else:
                return node

    def member(self, node: Node) -> Node:
        if self.word("**"):
            return Node("deep", parts=(node,))
        if self.word("*"):
            return Node("members", parts=(node,))
        kind, name = self.kind(), self.take()
        if kind == "string":
            return Node("member", _string(name), (node,))
        if kind != "name":
            raise ValueError(f"syntax error in jsonpath near {name!r}")
        if self.word("("):
            self.need(")")
            return Node("method", name, (node,))
        return Node("member", name, (node,))

    def subscript(self, node: Node) -> Node:
        if self.word("*"):
            self.need("]")
            return Node("elements", parts=(node,))
        ranges: list[tuple[Node, Node | None]] = []
        while True:
            start = self.bound()
            ranges.append((start, self.bound() if self.word("to") else None))
            if not self.word(","):
                break
        self.need("]")
        return Node("subscript", tuple(ranges), (node,))

    def bound(self) -> Node:
        if self.word("last"):
            back = int(self.take()) if self.word("-") else 0
            return Node("last", back)
        return self.sum()


def _string(token: str) -> str:
    import json

    return str(json.loads(token))


def _items(node: Node, root: Any, current: Any, strict: bool) -> list[Any]:
    """Everything a node yields."""
    kind = node.kind
    if kind in ("root", "current"):
        return [root if kind == "root" else current]
    if kind == "value":
        return [node.value]
    if kind in ("compare", "and", "or", "not", "exists", "starts", "regex", "unknown"):
        return [_truth(node, root, current, strict)]
    inner = _items(node.parts[0], root, current, strict)
    if kind == "arithmetic":
        return [_calculated(node.value, inner, _items(node.parts[1], root, current, strict))]
    if kind == "minus":
        return [-item for item in _unwrapped(inner, strict)]
    if kind == "filter":
        return [item for item in _unwrapped(inner, strict) if _truth(node.parts[1], root, item, strict) is True]
    return [found for item in inner for found in _step(node, item, root, current, strict)]


def _unwrapped(items: list[Any], strict: bool) -> list[Any]:
    if strict:
        return items
    return [found for item in items for found in (item if isinstance(item, list) else [item])]


def _step(node: Node, item: Any, root: Any, current: Any, strict: bool) -> list[Any]:
    if node.kind == "member":
        found = [one[node.value] for one in _unwrapped([item], strict) if isinstance(one, dict) and node.value in one]
        if strict and not found:
            raise ValueError(f'JSON object does not contain key "{node.value}"')
        return found
    if node.kind == "members":
        return [value for one in _unwrapped([item], strict) if isinstance(one, dict) for value in one.values()]
    if node.kind == "elements":
        return list(item) if isinstance(item, list) else ([] if strict else [item])
    if node.kind == "deep":
        return list(_below(item))
    if node.kind == "method":
        return _method(node.value, item, strict)
    listed = item if isinstance(item, list) else [item]
    chosen: list[Any] = []
    for start, end in node.value:
        first = _bound(start, listed, root, current, strict)
        last = first if end is None else _bound(end, listed, root, current, strict)
        chosen += [listed[i] for i in range(first, last + 1) if 0 <= i < len(listed)]
    return chosen


def _bound(node: Node, listed: list[Any], root: Any, current: Any, strict: bool) -> int:
    if node.kind == "last":
        return len(listed) - 1 - int(node.value)
    return int(_items(node, root, current, strict)[0])


def _below(item: Any) -> Any:
    yield item
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    for value in inner:
        yield from _below(value)


def _method(name: str, item: Any, strict: bool) -> list[Any]:
    if name == "type":
        return [_type(item)]
    if name == "size":
        return [len(item) if isinstance(item, list) else 1]
    if name == "keyvalue":
        return [{"id": 0, "key": k, "value": v} for k, v in item.items()]
    numeric: dict[str, Callable[[Any], Any]] = {
        "double": lambda x: Decimal(str(float(x))),
        "number": Decimal,
        "abs": abs,
        "floor": math.floor,
        "ceiling": math.ceil,
    }
    if name not in numeric:
        raise ValueError(f"the jsonpath method .{name}() is not supported")
    return [numeric[name](one) for one in _unwrapped([item], strict)]


def _type(item: Any) -> str:
    if item is None:
        return "null"
    names = ((bool, "boolean"), (str, "string"), (dict, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(item, kind)), "number")


def _calculated(mark: str, left: list[Any], right: list[Any]) -> Any:
    for items in (left, right):
        if len(items) != 1 or _type(items[0]) != "number":
            raise ValueError(f"an operand of jsonpath operator {mark} is not a single numeric value")
    one, other = Decimal(left[0]), Decimal(right[0])
    match mark:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "/":
            return one / other
        case _:
            return one % other


def _truth(node: Node, root: Any, current: Any, strict: bool) -> bool | None:
    """Three-valued truth of a predicate; None is unknown."""
    kind, parts = node.kind, node.parts
    if kind in ("and", "or"):
        values = [_truth(part, root, current, strict) for part in parts]
        decisive = kind == "or"
        return decisive if decisive in values else None if None in values else not decisive
    if kind == "not":
        value = _truth(parts[0], root, current, strict)
        return None if value is None else not value
    if kind == "unknown":
        return _truth(parts[0], root, current, strict) is None
    if kind == "exists":
        return bool(_items(parts[0], root, current, strict))
    left = _unwrapped(_items(parts[0], root, current, strict), strict)
    if kind == "regex":
        texts = [item for item in left if isinstance(item, str)]
        return bool(texts) and _any_matches(texts, node.value)
    if kind not in ("compare", "starts"):
        return left[0] if left and isinstance(left[0], bool) else None
    right = _unwrapped(_items(parts[1], root, current, strict), strict)
    if kind == "starts":
        return any(isinstance(a, str) and isinstance(b, str) and a.startswith(b) for a in left for b in right)
    outcomes = [_compared(node.value, a, b) for a in left for b in right]
    return True if True in outcomes else None if None in outcomes else False


def _expression(pattern: str, flags: str) -> str:
    """A pattern of `like_regex` as RE2 reads it. Raises ValueError for one that it does not."""
    if set(flags) - set("imsq"):
        raise ValueError(f"like_regex has no flag {flags}")
    written = re.escape(pattern) if "q" in flags else pattern
    kept = "".join(f for f in "ims" if f in flags)
    expression = f"(?{kept}){written}" if kept else written
    try:
        _any_matches([""], expression)
    except ValueError as error:
        raise ValueError(f"like_regex {pattern!r}: {error}") from None
    return expression


def _any_matches(texts: list[str], expression: str) -> bool:
    """Whether one of the texts has a place that the pattern fits, by RE2, which takes no longer for any pattern of a user's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(pa.array(texts, pa.string()), pattern=expression)).as_py())


def _compared(mark: str, left: Any, right: Any) -> bool | None:
    if (left is None) != (right is None):
        return mark in ("!=", "<>")
    if left is None:
        return mark in ("==", "<=", ">=")
    if _type(left) != _type(right) or isinstance(left, (dict, list)):
        return None
    if mark == "==":
        return bool(left == right)
    if mark in ("!=", "<>"):
        return bool(left != right)
    ordered = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return bool(ordered[mark])
