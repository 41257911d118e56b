"""Optional request members of a list call that narrow it, where their meaning is plain from the model.

A filter may only spare work: the engine keeps the whole WHERE. Only a member that names the row itself counts as exact.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from botocore.model import Shape

from cirql.catalog.model import ANY_KEY, Column, Input
from cirql.compiler.operations import Listing, is_scalar
from cirql.names import snake
from cirql.startup.records import replace
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_RANGE = regex(r"(.+?)(After|Before)")
# A filter's name opens its item in the documentation: `<li> <p> <code>vpc-id</code> - The ID of the VPC.</p> </li>`.
_FILTER_NAME = regex(r"<li>\s*(?:<p>)?\s*<code>([a-z0-9.\-]+)</code>")
# `<code>tag:&lt;key&gt;</code>`, `<code>tag</code>:&lt;key&gt;`, `<code>tag</code> - The key/value combination of a tag …`.
_TAG_FILTER = regex(r"<code>tag(?::\s*(?:&lt;|<)|</code>\s*:\s*(?:&lt;|<)|</code>\s*- The key/value combination)")
_FILTER_VALUES = 200
# In the overlay: the member that takes the filters where it is called otherwise, a tag's value, and that a tag is there.
_PARAM, _ANY_TAG, _TAG_KEY = "param", "tags.*", "tags?"
_OVERLAY = Path(__file__).parent / "overlay" / "filters" / "members.toml"


def inputs(listing: Listing, columns: Mapping[str, Column], *, tagged: bool) -> Iterator[Input]:
    """The filters of one list call, for the columns that its rows fill; `tagged`: they have their tags."""
    shape = listing.operation.input_shape
    if shape is None:
        return
    for name, member in shape.members.items():
        if name in shape.required_members:
            continue
        match = _RANGE.fullmatch(name)
        if match and member.type_name == "timestamp":
            column = columns.get(snake(match[1]))
            if column is not None and column.type is ColumnType.TIMESTAMP:
                yield Input(name, column.name, required=False, operator=">=" if match[2] == "After" else "<=", exact=False)
        elif name in ("NameContains", "nameContains"):
            column = columns.get(f"{snake(listing.noun)}_name") or columns.get("name")
            if column is not None and column.type is ColumnType.VARCHAR:
                yield Input(name, column.name, required=False, operator="contains", exact=False)
        elif _is_identity(name, listing) and is_scalar(member) and snake(name) in columns:
            yield Input(name, snake(name), required=False)
        elif (form := _form(name, member, _said(listing))) is not None:
            yield from _narrowing(listing, name, form, columns, tagged=tagged)


def _is_identity(name: str, listing: Listing) -> bool:
    """Whether a request member names the very row: `DBInstanceIdentifier` of `DescribeDBInstances`."""
    return name in listing.members and name in {f"{listing.noun}{suffix}" for suffix in ("Identifier", "Name", "Id", "Arn")}


def _form(name: str, shape: Shape, said: Mapping[str, str]) -> tuple[str, str] | None:
    """How the items of a member that takes filters spell name and values; None of what takes none."""
    if shape.type_name != "list" or shape.member.type_name != "structure":
        return None
    spelled = {m.lower(): m for m in shape.member.members}
    first = next((w for w in ("name", "key") if w in spelled), "")
    if not first or "values" not in spelled or shape.member.members[spelled["values"]].type_name != "list":
        return None
    named = name == said[_PARAM] if _PARAM in said else name.lower() in ("filter", "filters")
    if not named or (set(spelled) != {"name", "values"} and not said):
        return None
    return spelled[first], spelled["values"]


def _said(listing: Listing) -> Mapping[str, str]:
    return _meanings().get(listing.operation.service_model.service_name, {}).get(listing.operation.name, {})


def _narrowing(listing: Listing, param: str, form: tuple[str, str], columns: Mapping[str, Column], *, tagged: bool) -> Iterator[Input]:
    """The filters of one member: of columns, of members of JSON columns, of a tag's value, and of tags that are there."""
    shape = listing.operation.input_shape.members[param]
    text = shape.documentation + shape.member.members[form[0]].documentation
    said = _said(listing)
    for found in _named_filters(listing, param, text if set(shape.member.members) == set(form) else "", columns):
        yield replace(found, filter_form=form)
    tag = next((n for n, place in said.items() if place == _ANY_TAG), "tag:*" if tagged and _TAG_FILTER.search(text) else "")
    key = next(
        (n for n, place in said.items() if place == _TAG_KEY), "tag-key" if tagged and "tag-key" in _FILTER_NAME.findall(text) else ""
    )
    if tag:
        yield replace(_filter(param, "tags", tag, ANY_KEY), filter_form=form)
    if key:
        yield replace(_filter(param, "tags", key, ()), filter_form=form)


def _named_filters(listing: Listing, param: str, text: str, columns: Mapping[str, Column]) -> Iterator[Input]:
    """The filters that the documentation names, or the overlay: of a column, or of a member of a JSON column."""
    said = _said(listing)
    members = _members(listing, columns)
    for name in dict.fromkeys((*_FILTER_NAME.findall(text), *(n for n in said if n != _PARAM))):
        place = said.get(name, name.replace("-", "_"))
        column, _, member = place.partition(".")
        found = columns.get(column)
        if not member and found is not None and found.type is ColumnType.VARCHAR:
            yield Input(param, found.name, required=False, exact=False, batch=_FILTER_VALUES, filter_name=name)
            continue
        path = (column, member) if member and name in said else members.get(_letters(name)) or members.get(_letters(listing.noun + name))
        if place not in ("", _ANY_TAG) and path is not None and (path[0] in columns):
            yield _filter(param, path[0], name, (path[1],))


def _filter(param: str, column: str, name: str, path: tuple[str, ...]) -> Input:
    return Input(param, column, False, "member", False, _FILTER_VALUES, name, path=path)


def _members(listing: Listing, columns: Mapping[str, Column]) -> dict[str, tuple[str, str]]:
    """The texts in the structures of a row by their names written together; none that two of them share."""
    found: dict[str, list[tuple[str, str]]] = {}
    for outer, shape in listing.members.items():
        column = columns.get(snake(outer))
        if column is None or column.type is not ColumnType.JSON or shape.type_name != "structure":
            continue
        for inner, member in shape.members.items():
            if member.type_name == "string":
                found.setdefault(_letters(outer + inner), []).append((column.name, inner))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _meanings() -> dict[str, dict[str, dict[str, str]]]:
    """By service, operation and filter: the column or member that it looks at; empty where nothing of a row is."""
    return tomllib.loads(_OVERLAY.read_text("utf-8"))
