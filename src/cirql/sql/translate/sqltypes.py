"""PostgreSQL's types as the translation sees them: small values that say what an expression is.

`ANY` stands for "cannot be known here" (a column of a CSV file, a parameter): rules then take the reading that is
right for most types, and never refuse. `UNKNOWN` is PostgreSQL's own type of that name: a quoted literal or NULL that
takes the type of its surroundings. This module knows nothing of trees or of DuckDB's functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.types import ColumnType


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type by PostgreSQL's internal name, with the element type of an array or the fields of a record."""

    name: str
    element: SqlType | None = None
    fields: tuple[tuple[str, SqlType], ...] = ()

    def __deepcopy__(self, memo: object) -> SqlType:
        # Trees that carry types are copied often; a type never changes.
        return self

    def __str__(self) -> str:
        return f"{self.element}[]" if self.element else _SPOKEN.get(self.name, self.name)

    @property
    def category(self) -> str:
        """The family inside which values may be compared: `number`, `text`, `moment`, `json`, `array`, ..."""
        return "array" if self.element else _CATEGORIES.get(self.name, self.name)

    @property
    def is_number(self) -> bool:
        """Whether arithmetic applies."""
        return self.name in _NUMBERS

    @property
    def is_integer(self) -> bool:
        """Whether `/` truncates."""
        return self.name in ("int2", "int4", "int8")

    @property
    def is_json(self) -> bool:
        """Whether the value is a JSON document, of either kind."""
        return self.name in ("json", "jsonb")

    @property
    def is_text(self) -> bool:
        """Whether the value is text, or a literal that may become it."""
        return self.name in ("text", "unknown")

    @property
    def is_open(self) -> bool:
        """Whether nothing may be concluded from the type."""
        return self.name in ("any", "unknown")


INT2, INT4, INT8 = SqlType("int2"), SqlType("int4"), SqlType("int8")
NUMERIC, FLOAT4, FLOAT8 = SqlType("numeric"), SqlType("float4"), SqlType("float8")
TEXT, BOOL, BYTEA, UUID, BIT = SqlType("text"), SqlType("bool"), SqlType("bytea"), SqlType("uuid"), SqlType("bit")
DATE, TIME, TIMESTAMP, TIMESTAMPTZ = SqlType("date"), SqlType("time"), SqlType("timestamp"), SqlType("timestamptz")
INTERVAL, JSON, JSONB, HSTORE = SqlType("interval"), SqlType("json"), SqlType("jsonb"), SqlType("hstore")
INET, CIDR, RECORD = SqlType("inet"), SqlType("cidr"), SqlType("record")
ANY, UNKNOWN = SqlType("any"), SqlType("unknown")

_NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
_MOMENTS = ("date", "timestamp", "timestamptz")
_CATEGORIES = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_MOMENTS, "moment"),
    "inet": "network",
    "cidr": "network",
}
_SPOKEN = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}


def array_of(element: SqlType) -> SqlType:
    """The array type over `element`; an array of untyped literals is text[], as PostgreSQL decides."""
    return SqlType("array", TEXT if element == UNKNOWN else element)


def common(types: Iterable[SqlType]) -> SqlType:
    """The type that a CASE, COALESCE, UNION or array of such values has.

    Numbers and moments widen; untyped literals take the type of the others; anything open among typed values leaves the
    typed one. Values that have no common type give ANY: DuckDB then reports the mismatch.
    """
    result = UNKNOWN
    for found in types:
        if found in (UNKNOWN, result):
            continue
        if result == UNKNOWN:
            result = found
        elif found == ANY or result == ANY:
            result = ANY
        elif found.is_number and result.is_number:
            result = max(found, result, key=lambda t: _NUMBERS.index(t.name))
        elif found.category == result.category == "moment":
            result = max(found, result, key=lambda t: _MOMENTS.index(t.name))
        elif found.is_json and result.is_json:
            result = JSONB
        elif found.element and result.element:
            result = array_of(common((found.element, result.element)))
        else:
            result = ANY
    return result


_COLUMN_TYPES = {
    "VARCHAR": TEXT,
    "BIGINT": INT8,
    "DOUBLE": FLOAT8,
    "BOOLEAN": BOOL,
    "TIMESTAMP": TIMESTAMP,
    "JSON": JSONB,
    "hstore": HSTORE,
    "hstore_csv": HSTORE,
    "VARCHAR[]": array_of(TEXT),
}


def of_column(column_type: ColumnType) -> SqlType:
    """The type of a table's column. JSON columns are `jsonb`, the kind whose operators people write."""
    return _COLUMN_TYPES[column_type.value]


_NAMED = {
    "TINYINT": INT2,
    "SMALLINT": INT2,
    "SMALLSERIAL": INT2,
    "INT": INT4,
    "SERIAL": INT4,
    "BIGINT": INT8,
    "BIGSERIAL": INT8,
    "INT128": NUMERIC,
    "DECIMAL": NUMERIC,
    "BIGDECIMAL": NUMERIC,
    "FLOAT": FLOAT4,
    "DOUBLE": FLOAT8,
    "VARCHAR": TEXT,
    "TEXT": TEXT,
    "CHAR": TEXT,
    "BPCHAR": TEXT,
    "NCHAR": TEXT,
    "NVARCHAR": TEXT,
    "NAME": TEXT,
    "BOOLEAN": BOOL,
    "DATE": DATE,
    "TIME": TIME,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMPNTZ": TIMESTAMP,
    "DATETIME": TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "TIMESTAMPLTZ": TIMESTAMPTZ,
    "INTERVAL": INTERVAL,
    "JSON": JSON,
    "JSONB": JSONB,
    "HSTORE": HSTORE,
    "MAP": HSTORE,
    "VARBINARY": BYTEA,
    "BINARY": BYTEA,
    "BLOB": BYTEA,
    "UUID": UUID,
    "INET": INET,
    "BIT": BIT,
}
_USER_NAMED = {"cidr": CIDR, "hstore": HSTORE, "hstore_csv": HSTORE, "string": TEXT, "char": TEXT, "citext": TEXT, "jsonb": JSONB}
_DUCKDB = {
    "int2": "SMALLINT",
    "int4": "INT",
    "int8": "BIGINT",
    "numeric": "DECIMAL(38, 10)",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "text": "TEXT",
    "unknown": "TEXT",
    "bool": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "interval": "INTERVAL",
    "json": "JSON",
    "jsonb": "JSON",
    "hstore": "MAP(TEXT, TEXT)",
    "bytea": "BLOB",
    "uuid": "UUID",
    "inet": "TEXT",
    "cidr": "TEXT",
    "bit": "TEXT",
}


def of_datatype(datatype: exp.Expr) -> SqlType | None:
    """The type that a cast names, or None where PostgreSQL has no such type or cirql cannot hold it."""
    from sqlglot import exp

    if not isinstance(datatype, exp.DataType) or not isinstance(datatype.this, exp.DType):
        return None
    name = datatype.this.value
    if name in ("ARRAY", "LIST"):
        inner = datatype.expressions[0] if datatype.expressions else None
        element = of_datatype(inner) if inner is not None else TEXT
        return None if element is None else array_of(element)
    if datatype.this == exp.DType.USERDEFINED:
        kind = datatype.args.get("kind")
        return _USER_NAMED.get((kind.name if isinstance(kind, exp.Identifier) else str(kind or "")).lower())
    return _NAMED.get(name)


def duckdb_name(sql_type: SqlType) -> str:
    """The DuckDB type that holds values of `sql_type`."""
    if sql_type.element:
        return f"{duckdb_name(sql_type.element)}[]"
    return _DUCKDB.get(sql_type.name, "TEXT")


_RANGES = frozenset(
    """
    int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange
    datemultirange range_merge multirange range_agg range_intersect_agg isempty lower_inc upper_inc lower_inf upper_inf
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
WITHOUT_RANGES = "ranges are no type here: compare with both bounds, x >= low AND x < high; two spans overlap where (a, b) OVERLAPS (c, d)"


def is_of_ranges(name: str) -> bool:
    """Whether a type or a function of that name is about PostgreSQL's ranges, which are not here."""
    return name in _RANGES
