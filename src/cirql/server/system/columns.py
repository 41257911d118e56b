"""The tables of PostgreSQL's catalog: their columns and types, as PostgreSQL says them, and what each type is in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cirql.server.oids import BY_OID, named

_ENGINE = {
    "oid": "UINTEGER",
    "regproc": "UINTEGER",
    "regtype": "UINTEGER",
    "xid": "UINTEGER",
    "smallint": "INTEGER",
    "int2vector": "INTEGER[]",
    "oidvector": "UINTEGER[]",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "numeric": "DECIMAL(38,0)",
    "boolean": "BOOLEAN",
    "bytea": "BLOB",
    "interval": "INTERVAL",
    "timestamp with time zone": "TIMESTAMPTZ",
}
"""What is not here is text: names, characters, trees of nodes, addresses. A sum of two small numbers is an integer, as in PostgreSQL."""


def _read(file: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    for part in (Path(__file__).parent / file).read_text(encoding="utf-8").split("\n\n")[1:]:
        title, _, columns = part.strip().partition("\n")
        name, _, number = title.partition(" ")
        pairs = (column.partition(" ") for column in " ".join(columns.split()).split(", "))
        yield name, number, {column: kind for column, _, kind in pairs}


_TABLES = tuple(_read("postgres.txt"))
COLUMNS = {name: columns for name, _, columns in _TABLES}
"""The columns of each table, in order, with the names of their types: `COLUMNS["pg_class"]["relkind"] == '"char"'`."""
NUMBERS = {name: int(number) for name, number, _ in _TABLES if number}
"""The numbers of the tables, by which a comment says what it is about."""


STANDARD_PREFIX = "is_"
STANDARD = {f"{STANDARD_PREFIX}{name}": columns for name, _, columns in _read("standard.txt")}
"""The views of information_schema, under the names that they have in the DuckDB."""
EVERY = COLUMNS | STANDARD


def engine_type(kind: str) -> str:
    """What DuckDB keeps a type as."""
    element = kind.removesuffix("[]")
    return _ENGINE.get(element, "VARCHAR") + ("[]" if element != kind else "")


_FIRST_VIEW = 12_000
"""Views have other numbers in each PostgreSQL."""


def system_numbers() -> dict[str, int]:
    """The numbers of all tables and views."""
    return NUMBERS | {name: _FIRST_VIEW + n for n, name in enumerate(name for name in EVERY if name not in NUMBERS)}


def system_classes() -> list[dict[str, Any]]:
    """Rows of `pg_class` for the tables themselves."""
    return [
        {"oid": oid, "relname": name, "relnamespace": 11, "relkind": "r" if name in NUMBERS else "v", "relhastriggers": False}
        if name in COLUMNS
        else {"oid": oid, "relname": name.removeprefix(STANDARD_PREFIX), "relnamespace": 13_000, "relkind": "v", "relhastriggers": False}
        for name, oid in system_numbers().items()
    ]


def system_attributes() -> list[dict[str, Any]]:
    """Rows of `pg_attribute` for their columns."""
    found = []
    for table, oid in system_numbers().items():
        for number, (name, kind) in enumerate(EVERY[table].items(), 1):
            found.append({"attrelid": oid, "attname": name, "atttypid": named(kind), "attnum": number})
            found[-1]["attlen"] = BY_OID[named(kind)].size if named(kind) in BY_OID else -1
    return found
