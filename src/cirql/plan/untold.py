"""Columns that nothing fills: every dataset has `tags`, and for many AWS has no call for them. No condition may pretend to know them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.errors import NotSupported
from cirql.sql.trees import all_of

_TAGS = "tags"


def check_told(table: Table, conditions: Iterable[exp.Expr]) -> None:
    """Refuse conditions on tags of what AWS tells no tags of: all rows would look untagged. Raises: NotSupported."""
    if table.column(_TAGS) is None or tells_tags(table):
        return
    if any(column.name == _TAGS for condition in conditions for column in all_of(condition, exp.Column)):
        raise NotSupported(
            f"{table.name} has no tags to be compared: no API of AWS gives them for this table",
            hint="its column tags is always NULL; leave the condition out, or look for the tags in aws.resourcegroupstaggingapi_resource",
        )


def tells_tags(table: Table) -> bool:
    """Whether any call fills the tags of a table."""
    return any(o.column == _TAGS for fetch in table.fetches for o in (*fetch.outputs, *fetch.lifted))
