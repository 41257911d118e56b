"""EXEC's own grammar: `EXEC /*+ HINT */ aws.ec2.instances.stop_instances @InstanceIds = '["i-1"]', @@json = '{…}'`, read in one pass."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cirql.errors import InvalidStatement, ParseError
from cirql.sql.blanks import after_blanks
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from sqlglot import exp

_FORM = "EXEC aws.<service>[.<resource>].<operation> @param = 'value' @@json = '{…}'"


@dataclass(frozen=True, slots=True)
class CallText:
    """One EXEC: `path` is the dotted name, the operation as it was written; `params` are `@name = value` pairs, `body` is `@@json`,
    `hints` are the words of `/*+ … */`.
    """

    path: tuple[str, ...]
    params: tuple[tuple[str, Any], ...]
    body: dict[str, Any]
    hints: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A value that is given apart: `$1`, `:name`, or `?`, whose name is empty."""

    name: str
    position: int


def parameters(text: str, offset: int) -> list[exp.Expr]:
    """The values of an EXEC that are given apart, as nodes in the order of its text, question marks numbered.

    Raises ParseError where some are numbered and others are question marks, and for whatever else cannot be read.
    """
    from sqlglot import exp

    path_end = _path(text, [])[1]
    asked = [value for _, value in _parameters(text, path_end, offset) if isinstance(value, _Asked)]
    if any(a.name.isdigit() for a in asked) and not all(a.name for a in asked):
        raise ParseError("parameters are numbered, or question marks: not both", position=next(a.position for a in asked if not a.name))
    names = [a.name or str(number) for number, a in enumerate(asked, 1)]
    return [exp.Parameter(this=exp.Literal.number(name)) if name.isdigit() else exp.Placeholder(this=name) for name in names]


def read_exec(text: str, offset: int, given: Iterable[exp.Expr]) -> CallText:
    """Read an EXEC whose text begins at `offset` of its statement; `given` are the values of its `parameters`.

    Raises ParseError with the place, InvalidStatement for a value that nobody gave.
    """
    comments: list[str] = []
    at, end = _path(text, comments)
    if end == at:
        raise ParseError("EXEC needs an operation", hint=_FORM)
    path = tuple(part.strip('"') for part in text[at:end].split("."))
    path = (*(part.lower() for part in path[:-1]), path[-1])
    if len(path) not in (3, 4) or path[0] not in ("aws", "awscc"):
        hint = "write aws.<service>.<operation> or aws.<service>.<resource>.<operation>"
        raise ParseError(f"{text[at:end][:200]} names no operation", hint=hint, position=offset + at)
    params: list[tuple[str, Any]] = []
    body: dict[str, Any] = {}
    values = iter(given)
    for name, written in _parameters(text, end, offset):
        value = _given(next(values)) if isinstance(written, _Asked) else written
        if name == "@json" and isinstance(value, str):  # given apart
            value = document(value)
        if name != "@json":
            params.append((name, value))
        elif isinstance(value, dict):
            body = value
        else:
            raise ParseError("@@json takes a JSON object in quotes")
    named = [name if name in _PLACE else name.lower().replace("_", "") for name, _ in params]
    if len(set(named)) < len(named):
        raise ParseError("EXEC takes each parameter once", position=offset + at)
    hints = (w.upper() for c in comments if c.startswith("+") for w in c[1:].replace(",", " ").split())
    return CallText(path, tuple(params), body, frozenset(hints))


_PLACE = ("region", "account_id")
"""Where the call is made: some operations take an `accountId` of their own beside."""


def _path(text: str, comments: list[str]) -> tuple[int, int]:
    """Where the operation's name begins and ends; what was said in comments on the way."""
    at = after_blanks(text, _while(text, after_blanks(text, 0, comments), str.isalpha), comments)
    return at, _while(text, at, lambda c: c.isalnum() or c in '._"-')


def _parameters(text: str, at: int, offset: int) -> Iterator[tuple[str, Any]]:
    while (at := after_blanks(text, at)) < len(text) and (text[at] != ";" or after_blanks(text, at + 1) < len(text)):
        if text[at] == ",":
            at = after_blanks(text, at + 1)
        start = at + 1
        name_end = _while(text, start + text.startswith("@", start), _is_word)
        equals = after_blanks(text, name_end)
        if not text.startswith("@", at) or name_end == start or not text.startswith("=", equals):
            raise ParseError("EXEC takes @name = 'value' pairs", position=offset + at)
        value = after_blanks(text, equals + 1)
        at = (
            _end_of_quoted(text, value)
            if text.startswith("'", value)
            else _while(text, value, lambda c: not c.isspace() and c not in ",@';")
        )
        if at <= value:
            raise ParseError("EXEC takes @name = 'value' pairs", position=offset + value)
        name = _asked(text[value:at])
        yield text[start:name_end], _Asked(name, offset + value) if name is not None else _value(text[value:at])


def _asked(written: str) -> str | None:
    """The name of a value that is given apart; None for one that is written. `$LATEST` is a word of Lambda's."""
    if written == "?":
        return ""
    name = written[1:]
    return name if (written[0] == "$" and name.isdigit()) or (written[0] == ":" and name.isidentifier()) else None


def _given(node: exp.Expr) -> Any:
    """The value of a constant, as JSON has it: what is neither a number nor a truth value is text, or was a document."""
    from sqlglot import exp

    match node:
        case exp.Cast(this=inner) if node.is_type("jsonb"):
            return json.loads(inner.name)
        case exp.Cast(this=inner) if node.is_type("double", "decimal"):
            return float(inner.name)
        case exp.Cast(this=inner):
            return inner.name
        case exp.Array():
            return [_given(item) for item in node.expressions]
        case exp.Parameter() | exp.Placeholder():
            sign = "$" if node.name.isdigit() else ":"
            raise InvalidStatement(f"there is no parameter {sign}{node.name}", sqlstate="42P02")
        case exp.Null():
            return None
    return node.to_py()


def _end_of_quoted(text: str, start: int) -> int:
    """The place after the quote that closes; two quotes are one inside. 0 where none does."""
    at = start + 1
    while (at := text.find("'", at)) >= 0:
        if not text.startswith("''", at):
            return at + 1
        at += 2
    return 0


def _while(text: str, at: int, holds: Any) -> int:
    while at < len(text) and holds(text[at]):
        at += 1
    return at


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _value(written: str) -> Any:
    """JSON objects and lists in quotes are read; bare words are numbers, booleans or NULL."""
    if written.startswith("'"):
        return document(written[1:-1].replace("''", "'"))
    try:
        return json.loads(written.lower())
    except (ValueError, RecursionError):
        return written


def document(text: str) -> Any:
    """What a text says that is a JSON object or list; else the text."""
    if text.strip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
