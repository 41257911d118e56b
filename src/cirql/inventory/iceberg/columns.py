"""How a store's columns are fields of an Iceberg table, so that any engine reads them under their names.

A column keeps its field. Where its type becomes one that the field cannot hold, it gets another field, and the older one is read where
that has nothing. What Iceberg's types do not say (that a text is JSON) is in the table's property `cirql.columns`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cirql.sql.quoting import stored_type
from cirql.startup.records import dataclass
from cirql.types import ColumnType

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

PROPERTY = "cirql.columns"

PHYSICAL = {
    "$id": ("_version", "BIGINT"),
    "$kind": ("_kind", "VARCHAR"),
    "$account": ("_account_id", "VARCHAR"),
    "$region": ("_region", "VARCHAR"),
    "_key": ("_key", "VARCHAR"),
    "$from": ("_valid_from", "TIMESTAMP"),
    "$to": ("_valid_to", "TIMESTAMP"),
    "$known": ("_known", "INTEGER"),
    "$got": ("_got", "INTEGER"),
    "$oldest": ("_oldest", "TIMESTAMP"),
}
"""The fields of every table: a version's physical columns, each with its published name and DuckDB's type; in the order of their ids."""

DOCS = {
    "_version": "the version's number, which no other has",
    "_kind": "version: a row from _valid_from on; end: the version of that number ended at _valid_to; ended: a version with its end",
    "_account_id": "where the row was seen",
    "_region": "where the row was seen",
    "_key": "the row's name in its account and region",
    "_valid_from": "when the scan that first saw this version began, UTC",
    "_valid_to": "when the scan that no longer saw it began, UTC",
    "_known": "number of the set of columns that had been read by then",
    "_got": "number of the set of columns that the scan read",
    "_oldest": "when the oldest of the values was read, UTC",
}


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column: its type, and its fields, the newest first."""

    type: ColumnType
    fields: tuple[tuple[str, str], ...]
    """Name in the Iceberg table, and DuckDB's type."""


def stored_columns(properties: Mapping[str, str]) -> dict[str, StoredColumn]:
    """The columns that a table's properties tell of."""
    said = json.loads(properties.get(PROPERTY, "{}"))
    return {c: StoredColumn(ColumnType(e["type"]), tuple((f, k) for f, k in e["fields"])) for c, e in said.items()}


def as_property(columns: Mapping[str, StoredColumn]) -> str:
    """The text that `stored_columns` reads."""
    return json.dumps({c: {"type": str(s.type), "fields": s.fields} for c, s in columns.items()}, sort_keys=True)


def widened(columns: Mapping[str, StoredColumn], types: Mapping[str, ColumnType]) -> dict[str, StoredColumn]:
    """The columns once rows with these types have come."""
    found = dict(columns)
    for column, column_type in types.items():
        kind, known = stored_type(column_type), columns.get(column)
        if known is None:
            found[column] = StoredColumn(column_type, ((column, kind),))
        elif known.fields[0][1] == kind:
            found[column] = StoredColumn(column_type, known.fields)
        else:
            mine = [f for f in known.fields if f[1] == kind] or [(f"{column}__{len(known.fields)}", kind)]
            found[column] = StoredColumn(column_type, (*mine, *(f for f in known.fields if f[1] != kind)))
    return found


def iceberg_type(kind: str) -> IcebergType:
    """The Iceberg type of a DuckDB type; numbers of inner fields are given when it is added to a schema."""
    from pyiceberg import types as t

    plain = {
        "BIGINT": t.LongType(),
        "INTEGER": t.IntegerType(),
        "DOUBLE": t.DoubleType(),
        "BOOLEAN": t.BooleanType(),
        "TIMESTAMP": t.TimestampType(),
        "VARCHAR": t.StringType(),
    }
    if kind == "VARCHAR[]":
        return t.ListType(0, t.StringType(), element_required=False)
    if kind.startswith("MAP"):
        return t.MapType(0, t.StringType(), 0, t.StringType(), value_required=False)
    return plain[kind]


def first_schema() -> Schema:
    """The schema of a table that has no columns of its own yet."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    fields = enumerate(PHYSICAL.values(), start=1)
    return Schema(*(NestedField(n, name, iceberg_type(kind), required=False, doc=DOCS[name]) for n, (name, kind) in fields))
