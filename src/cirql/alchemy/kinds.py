"""SQL types as SQLAlchemy's, and what its types do with values: sessions give Python values already, so results pass as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from cirql.startup.regexes import regex

_PLAIN: dict[str, Callable[[], TypeEngine[Any]]] = {
    "VARCHAR": sa.TEXT,
    "BOOLEAN": sa.BOOLEAN,
    "TINYINT": sa.SMALLINT,
    "SMALLINT": sa.SMALLINT,
    "UTINYINT": sa.SMALLINT,
    "USMALLINT": sa.INTEGER,
    "INTEGER": sa.INTEGER,
    "UINTEGER": sa.BIGINT,
    "BIGINT": sa.BIGINT,
    "UBIGINT": sa.NUMERIC,
    "HUGEINT": sa.NUMERIC,
    "UHUGEINT": sa.NUMERIC,
    "FLOAT": sa.REAL,
    "DOUBLE": sa.DOUBLE_PRECISION,
    "DATE": sa.DATE,
    "TIME": sa.TIME,
    "TIMESTAMP": postgresql.TIMESTAMP,
    "TIMESTAMPTZ": lambda: postgresql.TIMESTAMP(timezone=True),
    "INTERVAL": postgresql.INTERVAL,
    "UUID": sa.UUID,
    "BLOB": postgresql.BYTEA,
    "JSON": postgresql.JSONB,
    "hstore": postgresql.HSTORE,
    "INET": postgresql.INET,
    "BIT": postgresql.BIT,
}
_DECIMAL = regex(r"DECIMAL\((\d+),\s*(\d+)\)")


def type_of(sql_type: str) -> TypeEngine[Any]:
    """SQLAlchemy's type of a column; a structure comes as JSON does, as dicts and lists."""
    if sql_type.endswith("[]"):
        dimensions = sql_type.count("[]")
        return postgresql.ARRAY(type_of(sql_type.replace("[]", "")), dimensions=dimensions if dimensions > 1 else None)
    if (decimal := _DECIMAL.fullmatch(sql_type)) is not None:
        return sa.NUMERIC(int(decimal[1]), int(decimal[2]))
    make = _PLAIN.get(sql_type, postgresql.JSONB)
    return make()


def _as_it_is(self: Any, dialect: Any, coltype: Any = None) -> None:
    return None


def _read(self: Any, dialect: Any, coltype: Any = None) -> Callable[[Any], Any] | None:
    """A session has parsed it; only a reader that the engine was given reads it again."""
    read = dialect._json_deserializer
    if read is None:
        return None
    return lambda value: None if value is None else read(json.dumps(value))


class Document(postgresql.JSON):
    """JSON: sent as text with a cast, and parsed by the session."""

    render_bind_cast = True
    result_processor: Any = _read


class BinaryDocument(postgresql.JSONB):
    """JSONB: as JSON."""

    render_bind_cast = True
    result_processor: Any = _read


class Pairs(postgresql.HSTORE):
    """hstore: a dict of texts, sent as text with a cast."""

    render_bind_cast = True
    result_processor = _as_it_is


class DocumentPath(sa.JSON.JSONPathType):
    """A path into JSON, written as PostgreSQL's `#>` takes it."""

    def bind_processor(self, dialect: Any) -> Callable[[Any], str]:
        """A list of steps as an array in writing."""

        def process(value: Any) -> str:
            return "{" + ", ".join(map(str, value)) + "}" if value else "{}"

        return process


class Moment(sa.DateTime):
    """A timestamp: with a cast, so that a value means the column's kind and not the reverse."""

    render_bind_cast = True


class Day(sa.Date):
    """A date."""

    render_bind_cast = True


class IntervalType(postgresql.INTERVAL):
    """An interval, which is a timedelta."""

    render_bind_cast = True


class Bytes(sa.LargeBinary):
    """Bytes."""

    def bind_processor(self, dialect: Any) -> None:
        """Nothing: bytes are sent as they are."""
        return

    result_processor = _as_it_is


class Identifier(sa.UUID[Any]):
    """A UUID: a session gives it as text."""

    def bind_processor(self, dialect: Any) -> None:
        """Nothing: either is taken."""
        return

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], UUID | None] | None:
        """An object of Python's, where that is asked for."""
        return (lambda value: None if value is None else UUID(str(value))) if self.as_uuid else None
