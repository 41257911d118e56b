"""PostgreSQL's numbers for types: what a column of an answer is called on the wire, and what a parameter's number means."""

from __future__ import annotations

from cirql.result import ResultColumn
from cirql.server.messages import Field
from cirql.startup.records import dataclass

HSTORE = 16_400
"""An extension's type has no number of its own in PostgreSQL: this is ours, and `pg_type` says so."""


@dataclass(frozen=True, slots=True)
class WireType:
    """One of PostgreSQL's types.

    `size` is -1 where it varies, `array` the number of the type of its arrays, `element` that of its parts where it has some without being
    an array's type, and `category` the letter by which PostgreSQL sorts types.
    """

    oid: int
    name: str
    size: int
    array: int
    category: str
    element: int = 0


_ALL = (
    WireType(16, "boolean", 1, 1000, "B"),
    WireType(17, "bytea", -1, 1001, "U"),
    WireType(18, '"char"', 1, 1002, "Z"),
    WireType(19, "name", 64, 1003, "S", 18),
    WireType(20, "bigint", 8, 1016, "N"),
    WireType(21, "smallint", 2, 1005, "N"),
    WireType(22, "int2vector", -1, 1006, "A", 21),
    WireType(23, "integer", 4, 1007, "N"),
    WireType(24, "regproc", 4, 1008, "N"),
    WireType(25, "text", -1, 1009, "S"),
    WireType(26, "oid", 4, 1028, "N"),
    WireType(28, "xid", 4, 1011, "U"),
    WireType(30, "oidvector", -1, 1013, "A", 26),
    WireType(114, "json", -1, 199, "U"),
    WireType(194, "pg_node_tree", -1, 0, "Z"),
    WireType(650, "cidr", -1, 651, "I"),
    WireType(700, "real", 4, 1021, "N"),
    WireType(701, "double precision", 8, 1022, "N"),
    WireType(705, "unknown", -2, 0, "X"),
    WireType(869, "inet", -1, 1041, "I"),
    WireType(1033, "aclitem", 12, 1034, "U"),
    WireType(1042, "character", -1, 1014, "S"),
    WireType(1043, "character varying", -1, 1015, "S"),
    WireType(1082, "date", 4, 1182, "D"),
    WireType(1083, "time without time zone", 8, 1183, "D"),
    WireType(1114, "timestamp without time zone", 8, 1115, "D"),
    WireType(1184, "timestamp with time zone", 8, 1185, "D"),
    WireType(1186, "interval", 16, 1187, "T"),
    WireType(1700, "numeric", -1, 1231, "N"),
    WireType(2206, "regtype", 4, 2211, "N"),
    WireType(2277, "anyarray", -1, 0, "P"),
    WireType(2950, "uuid", 16, 2951, "U"),
    WireType(3220, "pg_lsn", 8, 3221, "U"),
    WireType(3802, "jsonb", -1, 3807, "U"),
    WireType(HSTORE, "hstore", -1, HSTORE + 1, "U"),
)
_INTERNAL = {t.name: t.oid for t in _ALL if t.oid in (18, 19, 21, 22, 24, 26, 28, 30, 194, 869, 1033, 2206, 2277, 3220)}
"""Types of PostgreSQL's catalog: columns of it are told to be of them by their names."""
BY_OID = {t.oid: t for t in _ALL}
ELEMENTS = {t.array: t for t in _ALL if t.array}
_BY_NAME = {t.name: t for t in _ALL} | {
    "timestamp": BY_OID[1114],
    "timestamptz": BY_OID[1184],
    "time": BY_OID[1083],
    "varchar": BY_OID[1043],
    "bool": BY_OID[16],
    "int8": BY_OID[20],
    "int4": BY_OID[23],
    "int2": BY_OID[21],
    "float8": BY_OID[701],
    "float4": BY_OID[700],
    "double": BY_OID[701],
}
_OF_SQL = {
    "BOOLEAN": 16,
    "BLOB": 17,
    "BIGINT": 20,
    "TINYINT": 21,
    "SMALLINT": 21,
    "UTINYINT": 21,
    "INTEGER": 23,
    "USMALLINT": 23,
    "UINTEGER": 26,
    "UBIGINT": 1700,
    "HUGEINT": 1700,
    "UHUGEINT": 1700,
    "FLOAT": 700,
    "DOUBLE": 701,
    "DECIMAL": 1700,
    "DATE": 1082,
    "TIME": 1083,
    "TIMESTAMP": 1114,
    "TIMESTAMP_NS": 1114,
    "TIMESTAMP_MS": 1114,
    "TIMESTAMP_S": 1114,
    "TIMESTAMPTZ": 1184,
    "INTERVAL": 1186,
    "JSON": 3802,
    "UUID": 2950,
    "hstore": HSTORE,
    "hstore_csv": HSTORE,
} | _INTERNAL
_TEXT = BY_OID[25]
_JSONB = BY_OID[3802]


def is_internal(kind: str) -> bool:
    """Whether a column of PostgreSQL's catalog is told to be of a type by this name, and not of what DuckDB keeps it as."""
    return kind.removesuffix("[]") in _INTERNAL


def scalar_type(sql_type: str) -> WireType:
    """The type of a column, or of the elements of one of arrays; structures are JSON, and what has no number is text."""
    name = sql_type.partition("(")[0]
    if name in ("STRUCT", "MAP", "UNION") or name.endswith("[]"):
        return _JSONB
    return BY_OID[_OF_SQL.get(name, 25)]


def is_array(sql_type: str) -> bool:
    """Whether values go as arrays: lists of scalars do, lists of lists and of structures are JSON."""
    element = sql_type.removesuffix("[]")
    is_scalar = not element.endswith(("]", ")")) or (element.startswith("DECIMAL(") and element.endswith(")"))
    return element != sql_type and is_scalar


def oid_of(sql_type: str) -> int:
    """The number of a column's type."""
    return scalar_type(sql_type.removesuffix("[]")).array if is_array(sql_type) else scalar_type(sql_type).oid


def field(column: ResultColumn) -> Field:
    """A column of an answer as RowDescription has it."""
    if is_array(column.type):
        return Field(column.name, oid_of(column.type))
    # Without a number's digits: what is described before its values are given has others, and drivers fill up to what they were told.
    found = scalar_type(column.type)
    return Field(column.name, found.oid, found.size)


def named(name: str) -> int:
    """The number of a type by the name that PostgreSQL prints; text's where there is none."""
    element = name.removesuffix("[]")
    found = _BY_NAME.get(element.partition("(")[0], _TEXT)
    return found.array if element != name else found.oid


_NOT_OF_PARAMETERS = frozenset(
    {"unknown", '"char"', "int2vector", "regproc", "xid", "oidvector", "pg_node_tree", "aclitem", "regtype", "anyarray", "pg_lsn"}
)


def name_of(oid: int) -> str | None:
    """The name of a type, as `describe` takes it; None where it is not said, or not known here."""
    if oid in ELEMENTS and ELEMENTS[oid].name not in _NOT_OF_PARAMETERS:
        return f"{ELEMENTS[oid].name}[]"
    found = BY_OID.get(oid)
    return None if found is None or found.name in _NOT_OF_PARAMETERS else found.name
