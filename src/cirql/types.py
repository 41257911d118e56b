"""Column types: what a column is called in each of the languages that meet in cirql.

Here and nowhere else are types converted: botocore shapes and CloudFormation schemas to `ColumnType`,
`ColumnType` to Arrow and DuckDB, and raw response values to Arrow arrays.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnType(StrEnum):
    """The type of a column, spelled as SQL and DDSQL users write it."""

    VARCHAR = "VARCHAR"
    BIGINT = "BIGINT"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    TIMESTAMP = "TIMESTAMP"
    JSON = "JSON"
    HSTORE = "hstore"
    HSTORE_CSV = "hstore_csv"
    VARCHAR_LIST = "VARCHAR[]"

    @property
    def duckdb(self) -> str:
        """The DuckDB type that holds it."""
        return "MAP(VARCHAR, VARCHAR)" if self.is_hstore else self.value

    @property
    def is_hstore(self) -> bool:
        """Whether values are text-to-text maps."""
        return self in (ColumnType.HSTORE, ColumnType.HSTORE_CSV)

    @property
    def dataset_name(self) -> str:
        """The name a dataset's page prints (Datadog's data directory)."""
        return _DATASET_NAMES[self]


_DATASET_NAMES = {
    ColumnType.VARCHAR: "string",
    ColumnType.BIGINT: "int64",
    ColumnType.DOUBLE: "float64",
    ColumnType.BOOLEAN: "bool",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.JSON: "json",
    ColumnType.HSTORE: "hstore",
    ColumnType.HSTORE_CSV: "hstore_csv",
    ColumnType.VARCHAR_LIST: "array<string>",
}


def arrow_type(column_type: ColumnType) -> pa.DataType:
    """The Arrow type of a column: JSON is the canonical `arrow.json` extension over UTF-8 text."""
    import pyarrow as pa

    match column_type:
        case ColumnType.VARCHAR:
            return pa.string()
        case ColumnType.BIGINT:
            return pa.int64()
        case ColumnType.DOUBLE:
            return pa.float64()
        case ColumnType.BOOLEAN:
            return pa.bool_()
        case ColumnType.TIMESTAMP:
            return pa.timestamp("us")
        case ColumnType.JSON:
            return pa.json_(pa.string())
        case ColumnType.HSTORE | ColumnType.HSTORE_CSV:
            return pa.map_(pa.string(), pa.string())
        case ColumnType.VARCHAR_LIST:
            return pa.list_(pa.string())


def from_botocore(shape: Any) -> ColumnType:
    """The type of a botocore shape, by the rules that reproduce DDSQL's published types.

    string -> VARCHAR, integer and long -> BIGINT, float and double -> DOUBLE, boolean -> BOOLEAN,
    timestamp -> TIMESTAMP, structure -> JSON, list of string -> VARCHAR[], any other list -> JSON,
    map of string to string -> hstore, any other map -> JSON, blob -> VARCHAR (base64).
    """
    match shape.type_name:
        case "integer" | "long":
            return ColumnType.BIGINT
        case "float" | "double":
            return ColumnType.DOUBLE
        case "boolean":
            return ColumnType.BOOLEAN
        case "timestamp":
            return ColumnType.TIMESTAMP
        case "list":
            return ColumnType.VARCHAR_LIST if shape.member.type_name == "string" else ColumnType.JSON
        case "map":
            return ColumnType.HSTORE if shape.value.type_name == "string" else ColumnType.JSON
        case "structure":
            return ColumnType.JSON
        case _:
            return ColumnType.VARCHAR
