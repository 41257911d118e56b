"""What the columns of a result come to: how many values, how many different ones, the least, the largest, the sum and the mean."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cirql.rendering.encode import plain_moment, text_of
from cirql.result import ResultColumn, visible_text
from cirql.rows import is_number

if TYPE_CHECKING:
    import pyarrow as pa

_LONGEST = 80


def totals(table: pa.Table, columns: Sequence[ResultColumn]) -> list[dict[str, Any]]:
    """One record for each column, in their order; texts, as they are shown."""
    return [_of_column(table.column(n), column) for n, column in enumerate(columns)]


def _of_column(values: pa.ChunkedArray, column: ResultColumn) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    told: dict[str, Any] = {"name": visible_text(column.name), "values": len(values) - values.null_count, "nulls": values.null_count}
    storage = values.type.storage_type if isinstance(values.type, pa.BaseExtensionType) else values.type
    plain = values.cast(storage) if storage is not values.type else values
    if not pa.types.is_nested(storage) and not pa.types.is_interval(storage):
        told["different"] = pc.count_distinct(plain).as_py()
    if told["values"] and _is_ordered(storage):
        ends = pc.min_max(plain).as_py()
        told["least"], told["largest"] = _shown(ends["min"]), _shown(ends["max"])
    if told["values"] and is_number(column.type):
        wide = plain.cast(pa.decimal256(76, 9)) if pa.types.is_integer(storage) or pa.types.is_decimal(storage) else plain
        total = pc.sum(wide).as_py()
        told["sum"] = _figure(total)
        told["mean"] = _figure(float(total) / told["values"])
    return told


def _is_ordered(kind: pa.DataType) -> bool:
    import pyarrow as pa

    holds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_timestamp, pa.types.is_date, pa.types.is_string)
    return any(each(kind) for each in holds)


def _figure(value: Any) -> str:
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{value:.10g}"


def _shown(value: Any) -> str:
    text = _figure(value) if isinstance(value, Decimal | float) else text_of(value, plain_moment)
    return visible_text(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
