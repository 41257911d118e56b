"""Python's database API (PEP 249) over a session, for the tools that speak it.

    >>> from cirql import dbapi
    >>> with dbapi.connect(regions=["us-east-1"]) as connection, connection.cursor() as cursor:
    ...     cursor.execute("SELECT name FROM aws.s3_bucket WHERE region = %s", ["us-east-1"])
    ...     names = cursor.fetchall()

All of the PEP is here, and of its optional extensions `rownumber`, the exceptions as attributes of connections, `connection`,
`messages` of cursors and connections, iteration, `lastrowid` and `autocommit`. `scroll` and `errorhandler` are not defined;
`callproc` and two-phase commit raise NotSupportedError. Rows also come as Arrow, by the names that ADBC has for that:
`fetch_arrow_table`, `fetch_record_batch`. What could not be read is in `cursor.messages`, and with `strict=True` an error.
"""

from __future__ import annotations

from typing import Any

from cirql.dbapi.connection import Connection
from cirql.dbapi.cursor import Cursor
from cirql.dbapi.kinds import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Kind,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from cirql.dbapi.notices import Warning
from cirql.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

apilevel = "2.0"
threadsafety = 2
"""Threads may share the module and connections: a session answers several statements at once."""
paramstyle = "pyformat"
"""`%s` and `%(name)s`; `$1` and `:name` are understood as well."""

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Kind",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]


def connect(*, local: bool = False, autocommit: bool = False, **settings: Any) -> Connection:
    """Open a connection: `cirql.connect` with its settings, and PEP 249's transactions over it.

    Reading needs none. Changes are collected and sent to AWS by `commit`, unless `autocommit` is set. Asks nobody.

    Raises SettingsError.
    """
    import cirql

    return Connection(cirql.connect(local=local, **settings), autocommit=autocommit)
