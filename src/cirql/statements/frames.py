"""Frames: rows that a program has at hand, of pandas, polars or Arrow, as a table of Arrow that the engine can keep."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cirql.errors import InterfaceError, InvalidStatement

if TYPE_CHECKING:
    import pyarrow as pa


def to_table(frame: Any) -> pa.Table:
    """The rows of a frame. pandas' index is no column; categories are their values.

    Raises InterfaceError for what gives no Arrow, InvalidStatement for columns that a table cannot have.
    """
    import pyarrow as pa

    try:
        table = _read(frame)
    except (pa.ArrowException, TypeError, ValueError) as fault:
        raise InterfaceError(f"the {type(frame).__name__} cannot be read as a table: {fault}") from None
    seen: set[str] = set()
    for name in table.column_names:
        if not name or name.lower() in seen:
            raise InvalidStatement(f"the frame has two columns {name!r}" if name else "a column of the frame has no name")
        seen.add(name.lower())
    if not table.num_columns:
        raise InvalidStatement("the frame has no columns")
    return pa.table([_plain(column) for column in table.columns], names=table.column_names)


def _read(frame: Any) -> pa.Table:
    import pyarrow as pa

    pandas = sys.modules.get("pandas")  # who has a frame of it has imported it
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        named = frame.set_axis([str(name) for name in frame.columns], axis="columns")
        return pa.Table.from_pandas(named, preserve_index=False).replace_schema_metadata()
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(frame).read_all()
    raise InterfaceError(
        f"a {type(frame).__name__} is no frame",
        hint="give a DataFrame of pandas or polars, a table of pyarrow, or what exports Arrow's stream",
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as types that any statement takes: categories as their values, texts as plain texts, moments in microseconds."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        values = _text(kind.value_type)
        named = [pa.DictionaryArray.from_arrays(c.indices, c.dictionary.cast(values)).cast(values) for c in column.chunks]
        return pa.chunked_array(named, values)
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)  # what is finer is cut
    return column.cast(_text(kind))


def _text(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind
