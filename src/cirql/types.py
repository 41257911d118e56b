"""Column types: what a column is called in each of the languages that meet in cirql.

Here and nowhere else are types converted: botocore shapes and CloudFormation schemas to `ColumnType`,
`ColumnType` to Arrow and DuckDB, and raw response values to Arrow arrays.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from itertools import chain
from types import NoneType
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


@cache
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


def from_arrow(arrow: pa.DataType) -> ColumnType:
    """The column type that an Arrow type carries: the way back from `arrow_type`. Raises ValueError for any other."""
    import pyarrow as pa

    if isinstance(arrow, pa.JsonType):
        return ColumnType.JSON
    kinds = (
        (ColumnType.VARCHAR, (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)),
        (ColumnType.BIGINT, (pa.types.is_integer,)),
        (ColumnType.DOUBLE, (pa.types.is_floating,)),
        (ColumnType.BOOLEAN, (pa.types.is_boolean,)),
        (ColumnType.TIMESTAMP, (pa.types.is_timestamp,)),
        (ColumnType.HSTORE, (pa.types.is_map,)),
        (ColumnType.VARCHAR_LIST, (pa.types.is_list, pa.types.is_large_list)),
    )
    for column_type, tests in kinds:
        if any(test(arrow) for test in tests):
            return column_type
    raise ValueError(f"no column type is carried by Arrow's {arrow}")


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


def from_json_schema(definition: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> tuple[ColumnType, str]:
    """The type of a CloudFormation property, and the word its published page prints for it.

    string -> VARCHAR, integer -> BIGINT, number -> DOUBLE, boolean -> BOOLEAN, array of string -> VARCHAR[], any other array and
    any object -> JSON. A list of types that contains object, and a property without a type (oneOf, anyOf), is an object. `definition`
    has its own references followed already; `resolve` follows those of array items.
    """
    declared = definition.get("type", "object")
    if isinstance(declared, list):
        declared = "object" if "object" in declared else next((t for t in declared if t != "null"), "string")
    match declared:
        case "string":
            return ColumnType.VARCHAR, declared
        case "integer":
            return ColumnType.BIGINT, declared
        case "number":
            return ColumnType.DOUBLE, declared
        case "boolean":
            return ColumnType.BOOLEAN, declared
        case "array":
            items = definition.get("items", {})
            is_text = isinstance(items, dict) and resolve(items).get("type") == "string"
            return (ColumnType.VARCHAR_LIST if is_text else ColumnType.JSON), declared
        case _:
            return ColumnType.JSON, "object"


NO_VALUE = (ValueError, TypeError, OverflowError, OSError, RecursionError)
"""What `arrow_array` raises for a value that is not of the type: OSError is the clock's word for a year that it does not know."""


def arrow_array(values: list[Any], column_type: ColumnType) -> pa.Array:
    """Values as AWS gave them (JSON scalars, datetimes, structures), as one Arrow array of the column's type.

    Raises ValueError, naming the value, where one cannot be of that type.
    """
    import pyarrow as pa

    storage = arrow_type(column_type)
    if _are_read(values, column_type):
        return pa.array(values, storage)
    read = _READERS[column_type]
    plain = [None if v is None else read(v) for v in values]
    if column_type is ColumnType.JSON:
        try:
            texts = pa.array(plain, pa.string())
        except UnicodeEncodeError:  # half a character: JSON can say it in escapes
            texts = pa.array([None if t is None else _encodable(t) for t in plain], pa.string())
        return pa.ExtensionArray.from_storage(storage, texts)
    return pa.array(plain, storage)


def nulls(column_type: ColumnType, count: int) -> pa.Array:
    """So many NULLs of a column's type: what most columns of most answers are."""
    return _few_nulls(column_type, count) if count <= FEW else _nulls(column_type, count)


FEW = 256
"""So many NULLs are kept: a large crawl has a column of a few of them for each place."""


def _nulls(column_type: ColumnType, count: int) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(count, arrow_type(column_type))


_few_nulls = lru_cache(1024)(_nulls)


def _encodable(text: str) -> str:
    """JSON text with the halves of characters that UTF-8 has no form for as escapes."""
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def _are_read(values: list[Any], column_type: ColumnType) -> bool:
    """Whether Arrow takes the values as they are: nearly always so, and many times faster than to read each."""
    if column_type is ColumnType.VARCHAR_LIST:
        lists = set(map(type, values)) <= {list, NoneType}
        return lists and set(map(type, chain.from_iterable(filter(None, values)))) <= _PLAIN[ColumnType.VARCHAR]
    return set(map(type, values)) <= _PLAIN.get(column_type, frozenset())


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return _iso(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dict() | list():
            raise TypeError(f"{value!r} is not a text")
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool | datetime) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(f"{value!r} is not an integer")
    return int(value)


def _double(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError(f"{value!r} is not a boolean")
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not a boolean")
    return value


def _timestamp(value: Any) -> datetime:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is not a timestamp")
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
    if isinstance(value, str):
        try:
            return datetime.fromtimestamp(float(value), UTC).replace(tzinfo=None)
        except ValueError:
            value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a timestamp")
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _json(value: Any) -> str:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            json.loads(value)
        except ValueError:
            pass
        else:
            return value  # a property that may be a structure or its JSON text (policies)
    return _encode(value)


def _json_default(value: Any) -> Any:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise ValueError(f"{value!r} has no JSON form")


_encode = json.JSONEncoder(default=_json_default, ensure_ascii=False).encode
"""JSON text of a value; one encoder for all, since `json.dumps` with arguments makes one for each value."""


def _iso(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return utc.isoformat() + "Z"


def _hstore(value: Any) -> list[tuple[str, str | None]]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a map")
    return sorted((str(k), None if v is None else _tag(v)) for k, v in value.items())


def _tag(value: Any) -> str:
    """A value of a map: one that is no text is kept as JSON, so that no other is lost for it."""
    return _encode(value) if isinstance(value, dict | list) else _text(value)


def _texts(value: Any) -> list[str | None]:
    return [None if v is None else _text(v) for v in value] if isinstance(value, list) else [_text(value)]


_PLAIN: dict[ColumnType, frozenset[type]] = {
    ColumnType.VARCHAR: frozenset({str, NoneType}),
    ColumnType.BIGINT: frozenset({int, NoneType}),
    ColumnType.DOUBLE: frozenset({float, NoneType}),
    ColumnType.BOOLEAN: frozenset({bool, NoneType}),
}
_READERS: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.VARCHAR: _text,
    ColumnType.BIGINT: _integer,
    ColumnType.DOUBLE: _double,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.JSON: _json,
    ColumnType.HSTORE: _hstore,
    ColumnType.HSTORE_CSV: _hstore,
    ColumnType.VARCHAR_LIST: _texts,
}
