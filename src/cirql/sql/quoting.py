"""SQL text made safe: names and values as DuckDB reads them, and the types that columns are stored in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cirql.types import ColumnType


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def constant(value: str | int | bool) -> str:
    """A literal of text, an integer or a boolean."""
    return text(value) if isinstance(value, str) else str(value).lower()


def texts(values: Iterable[str], brackets: str = "()") -> str:
    """A list of string literals, in parentheses for IN; of an empty list, one that nothing is in."""
    return brackets[0] + (", ".join(text(v) for v in values) or "NULL") + brackets[1]


def timestamp(moment: datetime) -> str:
    """A TIMESTAMP literal in UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ', timespec='microseconds')}'"


def stored_type(column_type: ColumnType) -> str:
    """The DuckDB type a column has in a segment: JSON is kept as the text it came as."""
    return "VARCHAR" if column_type is ColumnType.JSON else column_type.duckdb
