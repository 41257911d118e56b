"""Rows to Arrow: raw values to typed columns, in batches large enough to be worth handing over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Table
from cirql.errors import CloudError
from cirql.sql.bind import column_types
from cirql.types import ColumnType, arrow_array, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa


def schema_of(types: Mapping[str, ColumnType]) -> pa.Schema:
    """The Arrow schema of a relation."""
    import pyarrow as pa

    return pa.schema([(name, arrow_type(t)) for name, t in types.items()])


def record_batch(table: Table, columns: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """These columns of the rows. Raises CloudError, naming the column, where AWS gave a value of another type."""
    import pyarrow as pa

    types = column_types(table, columns)
    arrays = []
    for name, column_type in types.items():
        try:
            arrays.append(arrow_array([row.get(name) for row in rows], column_type))
        except (ValueError, TypeError) as error:
            raise CloudError(f"AWS gave {table.name}.{name} a value that is not {column_type}: {error}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(types))
