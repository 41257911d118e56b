"""PEP 249's type objects, which type codes compare equal to, and its constructors of values.

A type code is the SQL name of a column's type (`VARCHAR`, `DECIMAL(10,2)`, `hstore`): `cursor.description[0][1] == STRING`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from cirql.result import ResultColumn

Described = tuple[str, str, None, None, int | None, int | None, bool | None]


class Kind:
    """Equal to every type code of its kind."""

    def __init__(self, *names: str) -> None:
        self._names = frozenset(names)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return other.partition("(")[0] in self._names
        return self is other

    def __hash__(self) -> int:
        return hash(self._names)

    def __repr__(self) -> str:
        return f"Kind({', '.join(sorted(self._names))})"


STRING = Kind("VARCHAR", "UUID", "BIT", "JSON")
BINARY = Kind("BLOB")
NUMBER = Kind(
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    *("FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"),
)
DATETIME = Kind("DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL")
ROWID = Kind()
"""No column is one."""

Date = date
Time = time
Timestamp = datetime
Binary = bytes


def DateFromTicks(ticks: float) -> date:  # noqa: N802 (PEP 249's name)
    """The day, in UTC, of a number of seconds since 1970."""
    return TimestampFromTicks(ticks).date()


def TimeFromTicks(ticks: float) -> time:  # noqa: N802 (PEP 249's name)
    """The time of day, in UTC, of a number of seconds since 1970."""
    return TimestampFromTicks(ticks).time()


def TimestampFromTicks(ticks: float) -> datetime:  # noqa: N802 (PEP 249's name)
    """The moment, in UTC and naive as TIMESTAMP is, of a number of seconds since 1970."""
    return datetime.fromtimestamp(ticks, UTC).replace(tzinfo=None)


def described(column: ResultColumn) -> Described:
    """A column as PEP 249's description has it: name, type code, two that are not known, precision, scale, whether it may be NULL."""
    precision: int | None = None
    scale: int | None = None
    if column.type.startswith("DECIMAL("):
        precision, scale = (int(n) for n in column.type.removeprefix("DECIMAL(").removesuffix(")").split(","))
    return column.name, column.type, None, None, precision, scale, None
