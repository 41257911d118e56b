"""A column of ours as the type that another system gives it, in PostgreSQL's SQL."""

from __future__ import annotations

from cirql.types import ColumnType

_MILLISECONDS = 100_000_000_000
"""A moment since 1970 that is a larger number than this is in milliseconds: in seconds it would be the year 5138."""
_PLAIN = {
    ColumnType.VARCHAR: "text",
    ColumnType.BIGINT: "bigint",
    ColumnType.DOUBLE: "double precision",
    ColumnType.BOOLEAN: "boolean",
}
_TRUE = "('true', 'enabled', 'yes', '1')"


def convert(value: str, kind: ColumnType, wanted: str, casing: str | None = None) -> str:
    """An SQL expression of our type as one of the type `wanted`; `casing` is how members of JSON are respelled."""
    if kind is ColumnType.HSTORE_CSV:
        kind = ColumnType.HSTORE
    if _PLAIN.get(kind) == wanted or (kind is ColumnType.HSTORE and wanted == "hstore"):
        return value
    match wanted:
        case "jsonb":
            return _as_json(value, kind, casing)
        case "document":
            return value if kind is ColumnType.JSON else f"aws_document({value})"
        case "text":
            return _as_text(value, kind)
        case "timestamptz":
            return _as_moment(value, kind)
        case "boolean" if kind is ColumnType.VARCHAR:
            return f"(lower({value}) IN {_TRUE})"
        case "boolean" if kind is ColumnType.BIGINT:
            return f"({value} > 0)"
        case "bigint" | "double precision" if kind is ColumnType.VARCHAR:
            return f"nullif({value}, '')::double precision{'::bigint' if wanted == 'bigint' else ''}"
        case "inet" | "cidr":
            return f"nullif({value}, '')::{wanted}"
        case "ltree":
            return value
    return f"{value}::{wanted}"


def _as_json(value: str, kind: ColumnType, casing: str | None) -> str:
    match kind:
        case ColumnType.JSON if casing is not None:
            escaped = casing.replace("'", "''")
            return f"aws_capitals({value}, '{escaped}')"
        case ColumnType.JSON:
            return value
        case ColumnType.HSTORE:
            return f"hstore_to_jsonb({value})"
        case ColumnType.VARCHAR:
            return f"aws_document({value})"
    return f"to_jsonb({value})"


def _as_text(value: str, kind: ColumnType) -> str:
    match kind:
        case ColumnType.JSON:
            return f"({value} #>> '{{}}')"
        case ColumnType.VARCHAR_LIST:
            return f"to_jsonb({value})::text"
        case ColumnType.HSTORE:
            return f"hstore_to_jsonb({value})::text"
        case ColumnType.TIMESTAMP:
            return f'to_char({value}, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
    return f"{value}::text"


def _as_moment(value: str, kind: ColumnType) -> str:
    match kind:
        case ColumnType.TIMESTAMP:
            return f"({value} AT TIME ZONE 'UTC')"
        case ColumnType.BIGINT | ColumnType.DOUBLE:
            return f"to_timestamp(CASE WHEN {value} > {_MILLISECONDS} THEN {value} / 1000.0 ELSE {value} END)"
    return f"nullif({value}, '')::timestamptz"
