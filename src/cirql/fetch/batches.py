"""Rows to Arrow: raw values to typed columns, in batches large enough to be worth handing over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Table
from cirql.errors import CloudError
from cirql.sql.bound import column_types
from cirql.types import NO_VALUE, ColumnType, arrow_array, arrow_type, nulls

if TYPE_CHECKING:
    import pyarrow as pa


def schema_of(types: Mapping[str, ColumnType]) -> pa.Schema:
    """The Arrow schema of a relation."""
    return _schema(tuple(types.items()))


# Each place of a crawl asks for the same.
@lru_cache(256)
def _schema(types: tuple[tuple[str, ColumnType], ...]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, arrow_type(t)) for name, t in types])


Odd = Callable[[int, str, Any, ColumnType], None]
"""Is told of a value that its column cannot hold: the number of the row, the column, the value, and the column's type."""


def pass_over(at: int, column: str, value: Any, wanted: ColumnType) -> None:
    """For those who only look: whoever delivers the rows tells."""


def record_batch(table: Table, columns: Iterable[str], rows: Sequence[Mapping[str, Any]], odd: Odd | None = None) -> pa.RecordBatch:
    """These columns of the rows; a value that its column cannot hold is NULL, and `odd` is told.

    Raises CloudError, naming the column, for such a value where nobody is to be told.
    """
    import pyarrow as pa

    types = column_types(table, columns)
    given = {name for row in rows for name, value in row.items() if value is not None}
    arrays = []
    for name, column_type in types.items():
        if name not in given:
            arrays.append(nulls(column_type, len(rows)))
            continue
        values = [row.get(name) for row in rows]
        try:
            arrays.append(arrow_array(values, column_type))
        except NO_VALUE as error:
            if odd is None:
                raise CloudError(f"AWS gave {table.name}.{name} a value that is not {column_type}: {error}") from None
            arrays.append(_one_by_one(name, values, column_type, odd))
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(types))


def _one_by_one(name: str, values: list[Any], column_type: ColumnType, odd: Odd) -> pa.Array:
    """The values that the column can hold."""
    kept = list(values)
    for at, value in enumerate(values):
        try:
            arrow_array([value], column_type)
        except NO_VALUE:
            odd(at, name, value, column_type)
            kept[at] = None
    return arrow_array(kept, column_type)
