"""Rows as Python values: what a column of Arrow data is in SQL, and what its values are in Python.

Knows Arrow and SQL type names; knows nothing of where the data came from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = {
    "string": "VARCHAR",
    "large_string": "VARCHAR",
    "string_view": "VARCHAR",
    "binary": "BLOB",
    "large_binary": "BLOB",
    "binary_view": "BLOB",
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "halffloat": "FLOAT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date32[day]": "DATE",
    "date64[ms]": "DATE",
    "month_day_nano_interval": "INTERVAL",
    "null": "NULL",
    "extension<arrow.bool8>": "BOOLEAN",
    "extension<arrow.json>": "JSON",
    "extension<arrow.uuid>": "UUID",
}

_NUMBERS = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    *("FLOAT", "DOUBLE", "DECIMAL"),
)


def sql_type(arrow_type: pa.DataType) -> str:
    """The SQL spelling of an Arrow type: `timestamp[us]` is `TIMESTAMP`, `map<string, string>` is `hstore`."""
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_map(arrow_type):
        key, value = sql_type(arrow_type.key_type), sql_type(arrow_type.item_type)
        return "hstore" if (key, value) == ("VARCHAR", "VARCHAR") else f"MAP({key}, {value})"
    if kinds.is_struct(arrow_type):
        return "STRUCT(" + ", ".join(f"{f.name} {sql_type(f.type)}" for f in arrow_type) + ")"
    if kinds.is_list(arrow_type) or kinds.is_large_list(arrow_type) or kinds.is_fixed_size_list(arrow_type):
        return sql_type(arrow_type.value_type) + "[]"
    if kinds.is_timestamp(arrow_type):
        return "TIMESTAMPTZ" if arrow_type.tz else "TIMESTAMP"
    if kinds.is_time(arrow_type):
        return "TIME"
    if kinds.is_decimal(arrow_type):
        return f"DECIMAL({arrow_type.precision},{arrow_type.scale})"
    if kinds.is_dictionary(arrow_type):
        return sql_type(arrow_type.value_type)
    if isinstance(arrow_type, pa.OpaqueType):
        return _OPAQUE_NAMES.get(arrow_type.type_name, str(arrow_type.type_name).upper())
    return _PLAIN.get(str(arrow_type), str(arrow_type).upper())


def plain_schema(schema: pa.Schema, type_names: Sequence[str]) -> pa.Schema:
    """The schema that a result shows: types that every reader of Arrow knows, and `arrow.json` for columns of JSON."""
    import pyarrow as pa

    json_type = pa.json_(pa.string())
    fields = [
        field.with_type(json_type if name == "JSON" and pa.types.is_string(field.type) else plain_type(field.type))
        for field, name in zip(schema, type_names, strict=True)
    ]
    return pa.schema(fields)


def without_extensions(table: pa.Table) -> pa.Table:
    """The table with what its types of extension are stored as: for readers that know none."""
    import pyarrow as pa

    storage = [getattr(field.type, "storage_type", field.type) for field in table.schema]
    return table.cast(pa.schema([field.with_type(kind) for field, kind in zip(table.schema, storage, strict=True)]))


def plain_type(arrow_type: pa.DataType) -> pa.DataType:
    """The type without DuckDB's private extensions: its wide integers become decimals, its one-byte booleans booleans."""
    import pyarrow as pa

    if isinstance(arrow_type, pa.Bool8Type):
        return pa.bool_()
    if isinstance(arrow_type, pa.OpaqueType):
        return {"hugeint": pa.decimal128(38, 0), "uhugeint": pa.decimal256(39, 0)}.get(arrow_type.type_name, pa.string())
    if pa.types.is_map(arrow_type):
        return pa.map_(plain_type(arrow_type.key_type), plain_type(arrow_type.item_type))
    if pa.types.is_list(arrow_type):
        return pa.list_(arrow_type.value_field.with_type(plain_type(arrow_type.value_type)))
    if pa.types.is_struct(arrow_type):
        return pa.struct([field.with_type(plain_type(field.type)) for field in arrow_type])
    return arrow_type


def as_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in the types of its `plain_schema`."""
    import pyarrow as pa

    columns = [_as_type(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _as_type(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if column.type.equals(wanted):
        return column
    if isinstance(wanted, pa.JsonType):
        return pa.ExtensionArray.from_storage(wanted, column)
    if isinstance(column.type, pa.Bool8Type):
        return column.storage.cast(pa.bool_())
    if isinstance(column.type, pa.OpaqueType):
        read = _OPAQUE.get(column.type.type_name, repr)
        return pa.array([None if value is None else read(value) for value in column.storage.to_pylist()], wanted)
    if pa.types.is_map(wanted):
        keys, items = _as_type(column.keys, wanted.key_type), _as_type(column.items, wanted.item_type)
        return pa.MapArray.from_arrays(column.offsets, keys, items, type=wanted, mask=column.is_null())
    if pa.types.is_list(wanted):
        return pa.ListArray.from_arrays(column.offsets, _as_type(column.values, wanted.value_type), type=wanted, mask=column.is_null())
    children = [_as_type(column.field(index), field.type) for index, field in enumerate(wanted)]
    return pa.StructArray.from_arrays(children, fields=list(wanted), mask=column.is_null())


def _bits(value: bytes) -> str:
    """DuckDB's BIT: how many bits of padding, then the padded bits."""
    return "".join(f"{byte:08b}" for byte in value[1:])[value[0] :]


def _time_with_zone(value: bytes) -> str:
    """DuckDB's TIMETZ: microseconds, and in the low 24 bits the seconds by which the offset stays below +15:59:59."""
    micros, below = divmod(int.from_bytes(value, "little"), 1 << 24)
    zone = timezone(timedelta(seconds=57_599 - below))
    return (datetime(1, 1, 1, tzinfo=zone) + timedelta(microseconds=micros)).timetz().isoformat()


_OPAQUE: dict[str, Callable[[bytes], Any]] = {
    "hugeint": lambda value: Decimal(int.from_bytes(value, "little", signed=True)),
    "uhugeint": lambda value: Decimal(int.from_bytes(value, "little")),
    "bit": _bits,
    "time_tz": _time_with_zone,
}
_OPAQUE_NAMES = {"hugeint": "HUGEINT", "uhugeint": "UHUGEINT", "bit": "BIT", "time_tz": "TIMETZ"}


def is_number(type_name: str) -> bool:
    """Whether values of an SQL type are numbers."""
    return type_name.partition("(")[0] in _NUMBERS and not type_name.endswith("]")


def to_rows(batch: pa.RecordBatch, type_names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of a batch as tuples of Python values; `type_names` are the SQL types of its columns."""
    if not type_names:
        return [()] * int(batch.num_rows)
    return list(zip(*(to_values(column, name) for column, name in zip(batch.columns, type_names, strict=True)), strict=True))


def to_values(column: pa.Array, type_name: str) -> list[Any]:
    """The values of a column in Python, as `cirql.result.Result` describes them; NULL is None."""
    import pyarrow as pa

    storage = _without_nanoseconds(column.type)
    if storage is not column.type:
        column = column.cast(storage, safe=False)
    if isinstance(column.type, pa.ExtensionType | pa.BaseExtensionType) and type_name == "JSON":
        column = column.storage
    convert = _converter(column.type, type_name)
    values: list[Any] = column.to_pylist()
    if convert is None:
        return values
    return [None if value is None else convert(value) for value in values]


def _without_nanoseconds(arrow_type: pa.DataType) -> pa.DataType:
    """The same type in microseconds, which is as fine as Python's clock types go."""
    import pyarrow as pa

    if pa.types.is_timestamp(arrow_type) and arrow_type.unit == "ns":
        return pa.timestamp("us", arrow_type.tz)
    if pa.types.is_time64(arrow_type) and arrow_type.unit == "ns":
        return pa.time64("us")
    return arrow_type


Converter = Callable[[Any], Any]


def _converter(arrow_type: pa.DataType, type_name: str) -> Converter | None:
    """What turns pyarrow's value for a type into ours; None where they are the same."""
    import pyarrow.types as kinds

    if type_name == "JSON":
        return parse_json
    if type_name in ("HUGEINT", "UHUGEINT"):
        return int
    if kinds.is_timestamp(arrow_type) and arrow_type.tz:
        return _in_utc
    if kinds.is_interval(arrow_type):
        return _to_timedelta
    if kinds.is_map(arrow_type):
        value_of = _converter(arrow_type.item_type, sql_type(arrow_type.item_type)) or _same
        return lambda pairs: {key: None if value is None else value_of(value) for key, value in pairs}
    if kinds.is_struct(arrow_type):
        by_name = {f.name: _converter(f.type, sql_type(f.type)) or _same for f in arrow_type}
        if all(convert is _same for convert in by_name.values()):
            return None
        return lambda struct: {key: None if value is None else by_name[key](value) for key, value in struct.items()}
    if kinds.is_list(arrow_type) or kinds.is_large_list(arrow_type) or kinds.is_fixed_size_list(arrow_type):
        element = type_name.removesuffix("[]") if type_name.endswith("[]") else sql_type(arrow_type.value_type)
        convert = _converter(arrow_type.value_type, element)
        if convert is None:
            return None
        return lambda values: [None if value is None else convert(value) for value in values]
    return None


def _same(value: Any) -> Any:
    return value


def parse_json(text: Any) -> Any:
    """The value of a JSON text; text that is not JSON stays as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _to_timedelta(interval: Any) -> timedelta:
    years, months = divmod(abs(interval.months), 12)
    sign = -1 if interval.months < 0 else 1
    return timedelta(days=interval.days + sign * (365 * years + 30 * months), microseconds=interval.nanoseconds // 1000)


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, with `_2`, `_3`, … after those that came before: an object's members are told apart by name."""
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen or (number > 1 and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique
