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
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_RANGE = regex(r"(.+?)(After|Before)")
# A filter's name opens its item in the documentation: `<li> <p> <code>vpc-id</code> - The ID of the VPC.</p> </li>`.
_FILTER_NAME = regex(r"<li>\s*(?:<p>)?\s*<code>([a-z0-9.\-]+)</code>")
# `<code>tag:&lt;key&gt;</code>`, `<code>tag</code>:&lt;key&gt;`, `<code>tag</code> - The key/value combination of a tag …`.
_TAG_FILTER = regex(r"<code>tag(?::\s*(?:&lt;|<)|</code>\s*:\s*(?:&lt;|<)|</code>\s*- The key/value combination)")
_FILTER_VALUES = 200
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
        elif name == "Filters" and _is_name_and_values(member):
            yield from _named_filters(listing, member, columns)
            if tagged and _TAG_FILTER.search(member.documentation + member.member.members["Name"].documentation):
                yield _filter("tags", "tag:*", ANY_KEY)


def _is_identity(name: str, listing: Listing) -> bool:
    """Whether a request member names the very row: `DBInstanceIdentifier` of `DescribeDBInstances`."""
    return name in listing.members and name in {f"{listing.noun}{suffix}" for suffix in ("Identifier", "Name", "Id", "Arn")}


def _is_name_and_values(shape: Shape) -> bool:
    return (
        shape.type_name == "list"
        and shape.member.type_name == "structure"
        and set(shape.member.members) == {"Name", "Values"}
        and shape.member.members["Values"].type_name == "list"
    )


def _named_filters(listing: Listing, shape: Shape, columns: Mapping[str, Column]) -> Iterator[Input]:
    """The filters that the documentation names: of a column, or of a member of a JSON column."""
    service = listing.operation.service_model.service_name
    said = _meanings().get(service, {}).get(listing.operation.name, {})
    members = _members(listing, columns)
    for name in dict.fromkeys(_FILTER_NAME.findall(shape.documentation)):
        place = said.get(name, name.replace("-", "_"))
        column, _, member = place.partition(".")
        found = columns.get(column)
        if not member and found is not None and found.type is ColumnType.VARCHAR:
            yield Input("Filters", found.name, required=False, exact=False, batch=_FILTER_VALUES, filter_name=name)
            continue
        path = (column, member) if member and name in said else members.get(_letters(name)) or members.get(_letters(listing.noun + name))
        if place and path is not None and (path[0] in columns):
            yield _filter(path[0], name, (path[1],))


def _filter(column: str, name: str, path: tuple[str, ...]) -> Input:
    return Input("Filters", column, False, "member", False, _FILTER_VALUES, name, path=path)


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
