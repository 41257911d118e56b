"""`aws.<service>.<singular>_tags`: a row for each tag of each resource, with `tag_key` and `tag_value` in place of `tags`.

A view over the resource's own table. It exists where the type has a property `Tags` and a list handler, as StackQL's pages have it.
"""

from __future__ import annotations

from cirql.catalog.model import Column, Role, Table
from cirql.startup.records import replace
from cirql.types import ColumnType

SUFFIX = "_tags"
TAGS = "tags"
TAG_KEY, TAG_VALUE = "tag_key", "tag_value"


def has_tag_view(table: Table) -> bool:
    """Whether a `_tags` table stands beside a resource."""
    tags = table.column(TAGS)
    return table.cfn_type is not None and tags is not None and tags.member == "Tags" and any(f.role is Role.LIST for f in table.fetches)


def tag_view(table: Table) -> Table:
    """The resource with the columns of its `_tags` table: all but `tags`, then the two of the tag, then the hidden ones."""
    own = [c for c in table.columns if c.name not in (TAGS, TAG_KEY, TAG_VALUE)]
    pair = (
        Column(TAG_KEY, ColumnType.VARCHAR, "string", "Tag key."),
        Column(TAG_VALUE, ColumnType.VARCHAR, "string", "Tag value."),
    )
    return replace(table, columns=(*(c for c in own if not c.hidden), *pair, *(c for c in own if c.hidden)))


def tags_are_a_map(table: Table) -> bool:
    """Whether `tags` is an object from key to value, rather than a list of Key/Value objects."""
    tags = table.column(TAGS)
    return tags is not None and tags.declared != "array"
