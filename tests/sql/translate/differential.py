"""Running one statement on PostgreSQL and on DuckDB, and saying how the answers differ.

Values are brought to plain Python on both sides; types to families (`int`, `numeric`, `float`, `text`, `json`, …). Numeric values may
differ in the sixteenth digit after the point, which is the last that a column keeps (docs/sql-differences.md).
"""

from __future__ import annotations

import datetime
import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from cirql.errors import Error
from cirql.sql.functions import install
from cirql.sql.translate import intervals, parse_postgres, translate
from tests.sql.translate.world import RELATIONS

DOCUMENT = Path(__file__).parents[3] / "docs" / "sql-differences.md"
_POSTGRES_FAMILIES = {
    "int2": "int",
    "int4": "int",
    "int8": "int",
    "oid": "int",
    "numeric": "numeric",
    "float4": "float",
    "float8": "float",
    "text": "text",
    "varchar": "text",
    "bpchar": "text",
    "name": "text",
    "char": "text",
    "unknown": "text",
    "inet": "text",
    "cidr": "text",
    "regtype": "text",
    "jsonb": "json",
    "json": "json",
    "bool": "bool",
    "bytea": "bytes",
    "uuid": "uuid",
    "bit": "text",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side said: column names, type families and rows, or an error."""

    names: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One statement of a fixture file; `differs` names the row of docs/sql-differences.md that excuses it."""

    sql: str
    file: str
    line: int
    differs: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read_cases(folder: Path, *, whole: bool) -> list[Case]:
    """The statements of every file of a folder: one a line, or `whole` ones ended by a semicolon.

    `-- differs: key` after an expression, or in the line before a query, excuses it.
    """
    cases = []
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        cases += list(_queries(file.stem, text) if whole else _expressions(file.stem, text))
    return cases


def _expressions(name: str, text: str) -> Any:
    for number, line in enumerate(text.splitlines(), 1):
        sql, _, key = line.partition("-- differs:")
        if sql.strip() and not sql.startswith("--"):
            yield Case(f"SELECT {sql.strip()}", name, number, key.strip() or None)


def _queries(name: str, text: str) -> Any:
    line = 1
    for block in re.split(r"(?<=;)\n", text):
        body = block.strip()
        key = re.search(r"^-- differs: (\S+)", body, re.MULTILINE)
        sql = re.sub(r"^--.*\n", "", body, flags=re.MULTILINE).strip().rstrip(";")
        if sql:
            yield Case(sql, name, line, key[1] if key else None)
        line += block.count("\n") + 1


def accepted_keys() -> set[str]:
    """The keys of the table of accepted differences."""
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))


def ask_postgres(connection: psycopg.Connection[Any], sql: str) -> Answer:
    """PostgreSQL's answer."""
    try:
        cursor = connection.execute(sql.encode())
        rows = cursor.fetchall()
    except psycopg.Error as fault:
        return Answer(error=f"{type(fault).__name__}: {str(fault).splitlines()[0]}")
    names, families = [], []
    for column in cursor.description or ():
        names.append(column.name)
        families.append(_postgres_family(connection, column.type_code))
    return Answer(tuple(names), tuple(families), tuple(tuple(_plain(v) for v in row) for row in rows))


def _postgres_family(connection: psycopg.Connection[Any], oid: int) -> str:
    found = connection.adapters.types.get(oid)
    if found is None:
        return f"oid {oid}"
    family = _POSTGRES_FAMILIES.get(found.name, found.name)
    return f"{family}[]" if found.array_oid == oid else family


def ask_duckdb(connection: duckdb.DuckDBPyConnection, sql: str, dialect: Any = "postgres") -> Answer:
    """Our answer: parse, translate, run, through Arrow as the engine does."""
    try:
        tree = parse_postgres(sql)[0]
        assert tree is not None
        translated = translate(tree, RELATIONS, dialect=dialect)
    except Error as fault:
        return Answer(error=f"{type(fault).__name__}: {fault}")
    except Exception as fault:
        if type(fault).__module__.startswith("sqlglot"):
            return Answer(error=f"ParseError: {str(fault).splitlines()[0]}")
        raise
    try:
        install(connection, translated)
        relation = connection.sql(translated)
        types = [str(t) for t in relation.types]
        names = tuple(relation.columns)
        reader = relation.to_arrow_table()
    except duckdb.Error as fault:
        return Answer(error=f"{type(fault).__name__}: {str(fault).splitlines()[0]} [{translated}]")
    columns = [[_from_arrow(v, t) for v in _values(column)] for column, t in zip(reader.columns, types, strict=True)]
    return Answer(names, tuple(_duckdb_family(t) for t in types), tuple(zip(*columns, strict=True)))


def _values(column: Any) -> list[Any]:
    return [scalar.as_py() for scalar in column]


def _duckdb_family(name: str) -> str:
    if name.endswith("[]"):
        inner = _duckdb_family(name.removesuffix("[]"))
        return inner if inner.endswith("[]") else f"{inner}[]"
    for start, family in (("DECIMAL", "numeric"), ("VARCHAR", "text"), ("TIMESTAMP WITH", "timestamptz"), ("TIMESTAMP", "timestamp")):
        if name.startswith(start):
            return family
    known = {"SMALLINT": "int", "INTEGER": "int", "BIGINT": "int", "DOUBLE": "float", "FLOAT": "float", "BOOLEAN": "bool", "BLOB": "bytes"}
    return known.get(name, name.lower())


def _from_arrow(value: Any, type_name: str) -> Any:
    if value is None:
        return None
    if type_name.endswith("[]"):
        return tuple(_from_arrow(v, type_name.removesuffix("[]")) for v in value)
    if type_name == "JSON":
        return Document(_json(value))
    if type_name == "INTERVAL":
        return (value.months, value.days, value.nanoseconds // 1000)
    return _plain(value)


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value."""

    value: Any


def _json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(v) for v in value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC)
    if isinstance(value, memoryview):
        return bytes(value)
    if type(value).__name__ == "UUID":
        return str(value)
    return value


def set_up(connection: psycopg.Connection[Any]) -> None:
    """Have psycopg give intervals, documents and networks in the plain form the comparison uses."""
    from psycopg.adapt import Loader

    class IntervalLoader(Loader):
        def load(self, data: Any) -> Any:
            span = intervals.read(bytes(data).decode())
            return (span.months, span.days, span.microseconds)

    class DocumentLoader(Loader):
        def load(self, data: Any) -> Any:
            return Document(_json(bytes(data).decode()))

    class TextLoader(Loader):
        def load(self, data: Any) -> Any:
            return bytes(data).decode()

    connection.adapters.register_loader("interval", IntervalLoader)
    for name in ("json", "jsonb"):
        connection.adapters.register_loader(name, DocumentLoader)
    for name in ("inet", "cidr", "regtype", "bit", "varbit", "record"):
        connection.adapters.register_loader(name, TextLoader)


def difference(expected: Answer, found: Answer, *, ordered: bool) -> str | None:
    """How the answers differ, in words; None where they agree."""
    if (expected.error is None) != (found.error is None):
        return f"PostgreSQL: {expected.error or expected.rows[:3]}\n     cirql: {found.error or found.rows[:3]}"
    if expected.error is not None:
        return None
    if expected.families != found.families:
        return f"types: PostgreSQL {expected.families}, cirql {found.families}"
    if expected.names != found.names:
        return f"names: PostgreSQL {expected.names}, cirql {found.names}"
    left, right = list(expected.rows), list(found.rows)
    if not ordered:
        left, right = sorted(left, key=_key), sorted(right, key=_key)
    if len(left) != len(right):
        return f"{len(left)} rows in PostgreSQL, {len(right)} in cirql:\n  {left[:5]}\n  {right[:5]}"
    for one, other in zip(left, right, strict=True):
        if not _same(one, other):
            return f"PostgreSQL: {one}\n     cirql: {other}"
    return None


def _key(row: tuple[Any, ...]) -> str:
    return repr([_coarse(v) for v in row])


def _coarse(value: Any) -> Any:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f"{float(value):.9g}"
    if isinstance(value, Document):
        return json.dumps(value.value, sort_keys=True, default=float)
    return value


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Document) and isinstance(right, Document):
        return bool(left.value == right.value)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return abs(left - right) <= Decimal("4e-16")
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-13)
    return bool(left == right)
