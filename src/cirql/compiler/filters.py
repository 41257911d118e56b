"""Optional request members of a list call that narrow it, where their meaning is plain from the model.

A filter may only spare work: the engine keeps the whole WHERE. Only a member that names the row itself counts as exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from botocore.model import Shape

from cirql.catalog.model import Column, Input
from cirql.compiler.operations import Listing, is_scalar
from cirql.names import snake
from cirql.types import ColumnType

_RANGE = re.compile(r"(.+?)(After|Before)")
# A filter's name opens its item in the documentation: `<li> <p> <code>vpc-id</code> - The ID of the VPC.</p> </li>`.
_FILTER_NAME = re.compile(r"<li>\s*(?:<p>)?\s*<code>([a-z0-9.\-]+)</code>")
_FILTER_VALUES = 200


def inputs(listing: Listing, columns: Mapping[str, Column]) -> Iterator[Input]:
    """The filters of one list call, for the columns that its rows fill."""
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
            yield from _named_filters(member, columns)


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


def _named_filters(shape: Shape, columns: Mapping[str, Column]) -> Iterator[Input]:
    for name in dict.fromkeys(_FILTER_NAME.findall(shape.documentation)):
        column = columns.get(name.replace("-", "_"))
        if column is not None and column.type is ColumnType.VARCHAR:
            yield Input("Filters", column.name, required=False, exact=False, batch=_FILTER_VALUES, filter_name=name)
