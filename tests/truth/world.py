"""A world in which every operation answers by its model's shape: two rows a list, and the same thing whoever is asked about it.

A row has a number, a digit for each level of parents: the children of row 2 are 21 and 22. What tells rows apart carries the number
(`imagename-x21`), so that a call that is told such a value answers for that row; every other member has one value for all rows.
A member that is called like a member of the request has the value that was asked for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cirql.names import singular
from tests.truth.models import (
    element_noun,
    identities,
    is_beside_rows,
    is_structure,
    is_token,
    noun_of,
    operation,
    plain,
    proven,
    row_lists,
    shortest,
    tokens,
)

ACCOUNT = "111122223333"
REGION = "us-east-1"
_MARK = re.compile(r"x(\d*)$")
_DIGITS = re.compile(r"[1-8]+")
_PAGE = "page-2"
_START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_GLOBAL = ("iam", "cloudfront", "route53", "organizations")
# Values whose form says something that no model does.
_FORMS = {("route53", "hostedzone", "id"): "/hostedzone/"}
_DEEPEST = 4
# How long ARNs and ids are at least: a request may want more of them than the answers that give them say.
_LONG = (("arn", 72), ("id", 20))
# Lists whose rows are what the same call lists the children of, and how long a row's number is that has none.
_RECURSIVE = {("organizations", "ListOrganizationalUnitsForParent"): 3}
_LISTING = re.compile(r"(List|Search|Describe|Get|BatchGet|BatchDescribe)([A-Z].*)")
# What asks in which order, and not of what.
_ORDER = re.compile(r".*(sort|order).*")

Values = dict[str, Any]


class Denied(Exception):
    """The world was told to refuse this call."""


def answer(service: str, name: str, params: Mapping[str, Any], *, whole: bool = False) -> Values:
    """What an operation answers: the page that is asked for, or all pages as one."""
    op = operation(service, name)
    if op.output_shape is None:
        return {}
    rows, is_list, is_paged = _rows(service, name, params)
    taken, given = tokens(service, name)
    has_more = False
    if is_paged and taken and not whole and len(rows) > 1 and not _is_never_told(op.input_shape, taken):
        is_second = any(_at(params, t) is not None for t in taken)
        rows, has_more = (rows[1:], False) if is_second else (rows[:1], True)
    made = _Answer(service, name, rows, _echo(params), is_list=is_list, is_open=is_paged)
    made.asked = _asked(params) if is_list and not is_paged else {}
    found = made.structure(op.output_shape, ())
    for at, path in enumerate(given):
        length = _length(op.input_shape, taken[min(at, len(taken) - 1)])
        _set(found, path, _PAGE.ljust(length, "-") if has_more else None)
    _say_more(op.output_shape, found, has_more)
    return found


def _length(shape: Any, param: str) -> int:
    """How long a token must be that a request takes."""
    for name in param.split("."):
        shape = shape.members[name]
    return int(shape.metadata.get("min", 0))


def _is_never_told(shape: Any, taken: tuple[str, ...]) -> bool:
    """Whether a list never has a second page: its token is always the empty text."""
    return any(shape.members[t].metadata.get("max") == 0 for t in taken if t in shape.members)


def row_number(params: Mapping[str, Any]) -> str:
    """The number of the row that a request is about: the longest that its values carry."""
    return max((n for _, v in _given(params) if (n := number(v))), key=len, default="")


def number(value: Any) -> str:
    """The row's number that a value carries."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if match := _MARK.search(str(value)):
        return match[1]
    text = str(value).removeprefix("0000").lstrip("0") if len(str(value)) == len(ACCOUNT) else str(value)
    return text if _DIGITS.fullmatch(text) else ""


def _rows(service: str, name: str, params: Mapping[str, Any]) -> tuple[list[str], bool, bool]:
    """The numbers of an answer's rows, whether they are a list, and whether that may come in pages."""
    noun = noun_of(name)
    own = {f"{plain(noun)}{end}" for end in ("", "arn", "id", "name", "identifier", "idorarn")} | proven(service, noun)
    own |= {"name", "id", "arn"} if name.startswith("Batch") else set()
    named = [number(v) for p, v in _given(params) if plain(p) in own or plain(singular(p.removesuffix("List"))) in own]
    is_list = bool(row_lists(service, name)) and (
        name.startswith(("List", "Search", "Batch")) or _is_plural(name) or bool(tokens(service, name)[0])
    )
    above = row_number(params) + (_chosen(service, name, params) if is_list else "")
    if len(above) >= _RECURSIVE.get((service, name), len(above) + 1):
        return [], True, False
    if named := [n for n in dict.fromkeys(named) if n]:
        return (named, True, False) if is_list else ([above], False, False)
    return ([f"{above}1", f"{above}2"], True, True) if is_list else ([above or "1"], False, False)


def _chosen(service: str, name: str, params: Mapping[str, Any]) -> str:
    """Digits for each choice of a list call that is no row's: what it lists under one is not what it lists under another."""
    shape = operation(service, name).input_shape
    found = ""
    for member, inner in shape.members.items() if shape is not None else ():
        value = params.get(member)
        if (
            inner.type_name != "string"
            or not isinstance(value, str)
            or number(value)
            or is_token(member, inner)
            or _ORDER.fullmatch(plain(member))
        ):
            continue
        values = getattr(inner, "enum", ())
        if value in values:
            found += f"{values.index(value) // 8 + 1}{values.index(value) % 8 + 1}"
        elif member in shape.required_members:
            found += "".join(str(int(d) % 8 + 1) for d in f"{zlib.crc32(value.encode()) % 1000:03}")
    return found


def _is_plural(name: str) -> bool:
    match = _LISTING.fullmatch(name)
    return match is not None and singular(match[2]) != match[2]


def _given(params: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(params, Mapping):
        for key, value in params.items():
            yield from _given(value, str(key))
    elif isinstance(params, list | tuple):
        for value in params:
            yield from _given(value, name)
    elif params is not None:
        yield name, params


def _echo(params: Mapping[str, Any]) -> Values:
    return {plain(k): v for k, v in params.items() if isinstance(v, str | int) and not is_token(k, None)}


def _asked(params: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What a call for many rows is told of each, by the row's number: as the request calls it, and the value."""
    found = {}
    for param, values in params.items():
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str) and number(value):
                found[number(value)] = plain(singular(param.removesuffix("List"))), value
    return found


def _at(params: Any, path: str) -> Any:
    for name in path.split("."):
        params = params.get(name) if isinstance(params, Mapping) else None
    return params


def _set(found: Values, path: tuple[str, ...], value: str | None) -> None:
    for name in path[:-1]:
        inner = found.get(name)
        if not isinstance(inner, dict):
            return
        found = inner
    if value is None:
        found.pop(path[-1], None)
    else:
        found[path[-1]] = value


def _say_more(shape: Any, found: Values, has_more: bool) -> None:
    """Set what says in so many words whether there is more."""
    for member, inner in shape.members.items():
        if inner.type_name == "boolean" and re.fullmatch(r"(is)?truncated|has(more|next).*|more.*|additional.*available", plain(member)):
            found[member] = has_more
        elif inner.type_name == "structure" and isinstance(found.get(member), dict):
            _say_more(inner, found[member], has_more)


class _Answer:
    """Makes the values of one answer."""

    def __init__(self, service: str, name: str, rows: list[str], echo: Values, *, is_list: bool, is_open: bool) -> None:
        self._service = service
        self._noun = noun_of(name)
        self._rows = rows
        self._echo = echo
        self._known = frozenset(echo) if is_open else frozenset[str]()
        self._order = row_lists(service, name) if is_list else ()
        self._lists = frozenset(self._order)
        self._is_open = is_open
        self.asked: dict[str, tuple[str, str]] = {}

    def structure(self, shape: Any, path: tuple[str, ...]) -> Values:
        """The outer part of an answer, with its lists of rows."""
        found: Values = {}
        ids = identities(self._service, (self._noun, element_noun(shape)), shape, self._known)
        for member, inner in shape.members.items():
            at = (*path, member)
            if at in self._lists:
                found[member] = [self._row(inner.member, member, row) for row in self._numbers(at)]
            elif is_structure(inner) and not path and any(p[: len(at)] == at for p in self._lists):
                found[member] = self.structure(inner, at)
            elif not (is_beside_rows(member) and inner.type_name in ("list", "structure", "map")):
                own = identities(self._service, (self._noun, element_noun(inner)), inner) if is_structure(inner) else ids
                found[member] = self.value(inner, member, (self._rows or ["1"])[0], own, 0)
        return {m: v for m, v in found.items() if v is not None}

    def _numbers(self, path: tuple[str, ...]) -> list[str]:
        """The numbers of the rows of one list: those of the second list of an answer are 3 and 4."""
        beside = [p for p in self._order if p[:-1] == path[:-1]]
        more = 2 * min(beside.index(path), 3)
        return [row[:-1] + str(int(row[-1]) + more) for row in self._rows] if self._is_open else self._rows

    def _row(self, shape: Any, list_name: str, row: str) -> Any:
        if not is_structure(shape):
            return self.value(shape, singular(list_name), row, frozenset([plain(singular(list_name))]), 0)
        nouns = (self._noun, element_noun(shape), singular(list_name))
        made = self.value(shape, list_name, row, identities(self._service, nouns, shape, self._known), 0) or {}
        if row in self.asked:
            param, value = self.asked[row]
            ways = (param, param.removeprefix(plain(self._noun)), f"{plain(self._noun)}{param}")
            member = next((m for way in ways for m in made if plain(m) == way), None)
            made |= {member: value} if member is not None else {}
        return made

    def value(self, shape: Any, name: str, row: str, ids: frozenset[str], depth: int) -> Any:
        """The value of one member of one row."""
        match shape.type_name:
            case "structure":
                if depth > _DEEPEST or getattr(shape, "is_document_type", False):
                    return None
                inner = ids if depth == 0 else identities(self._service, (element_noun(shape),), shape)
                made = {m: self.value(s, m, row, inner, depth + 1) for m, s in shape.members.items()}
                made = {m: v for m, v in made.items() if v is not None}
                return dict(list(made.items())[:1]) or None if shape.metadata.get("union") else made
            case "list":
                item = self.value(shape.member, singular(name), row, frozenset(), depth + 1)
                return None if item is None else [item]
            case "map":
                if keys := getattr(shape.key, "enum", ()):
                    return {k: self._attribute(shape.value, k, row, depth) for k in keys if k != "All"}
                item = self.value(shape.value, name, row, frozenset(), depth + 1)
                return None if item is None else {self.value(shape.key, f"{name}Key", row, frozenset(), depth + 1): item}
            case _:
                return self._scalar(shape, plain(name), row, plain(name) in ids, depth)

    def _attribute(self, shape: Any, key: str, row: str, depth: int) -> Any:
        """A value under a key that the model names: an ARN is the row's own where its name says so, texts may be numbers."""
        own = (
            frozenset([plain(key)])
            if plain(key) in (f"{plain(self._noun)}arn", f"{plain(singular(self._noun))}arn", "queuearn", "topicarn")
            else frozenset[str]()
        )
        if shape.type_name == "string" and not key.lower().endswith("arn") and not getattr(shape, "enum", ()):
            return "1"
        return self.value(shape, key, row, own, depth + 1)

    def _scalar(self, shape: Any, name: str, row: str, is_own: bool, depth: int) -> Any:
        if (
            depth <= 1
            and name in self._echo
            and not (self._is_open and name in ("arn", "id"))
            and (known := _as(shape, self._echo[name])) is not None
        ):
            return known
        spread = zlib.crc32(name.encode())
        match shape.type_name:
            case "string":
                return self._text(shape, name, row, is_own, spread)
            case "integer" | "long":
                return int(row or 1) if is_own else 40 + spread % 50
            case "float" | "double":
                return spread % 50 + 0.5
            case "boolean":
                return True
            case "timestamp":
                return _START + timedelta(minutes=spread % 10_000, seconds=int(row or 1) % 1000 if is_own else 0)
        return b"blob"

    def _text(self, shape: Any, name: str, row: str, is_own: bool, spread: int) -> str:
        if values := getattr(shape, "enum", ()):
            return str(values[(int(row or 1) if is_own else spread) % len(values)])
        if name.endswith("accountid") and is_own:
            return f"{int(row or 1):012d}"
        if name in ("accountid", "awsaccountid", "ownerid", "owneraccount", "owneraccountid"):
            return ACCOUNT
        if name == "contentencoding":
            return "identity"
        if name in ("region", "awsregion", "regionname", "bucketregion"):
            return f"us-east-{row or 1}" if is_own else REGION
        if form := _FORMS.get((self._service, plain(self._noun), name)):
            return f"{form}x{row}"
        region = "" if self._service.startswith(_GLOBAL) else REGION
        made = f"arn:aws:{self._service}:{region}:{ACCOUNT}:{name}/" if name.endswith("arn") else f"{name}-"
        mark = f"x{row}" if is_own else "same"
        least = next((length for end, length in _LONG if name.endswith(end)), 0) if is_own else 0
        length = max(int(shape.metadata.get("min", 0)), shortest(self._service, name) if is_own else 0, least)
        return made + "a" * (length - len(made) - len(mark)) + mark


def _as(shape: Any, value: Any) -> Any:
    """A value of the request as a member of the answer; None where it cannot be one."""
    if shape.type_name == "string" and isinstance(value, str) and value in (getattr(shape, "enum", ()) or (value,)):
        return value
    if shape.type_name in ("integer", "long") and not isinstance(value, bool) and str(value).isdigit():
        return int(value)
    return None
