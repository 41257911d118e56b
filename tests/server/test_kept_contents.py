"""PostgreSQL's catalog that is read ahead and kept: the next server answers the same from the copy, and no copy is ever in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.spellings import Spelling
from cirql.runtime import Runtime
from cirql.server.listening import Server
from cirql.server.system.contents import SystemRows
from cirql.server.system.definitions import statements, stored_tables
from cirql.server.system.kept import KeptContents
from cirql.server.system.remembering import Answers, Query, with_any_number


def emptied() -> duckdb.DuckDBPyConnection:
    """A DuckDB with the catalog's tables, and nothing in them."""
    connection = duckdb.connect(":memory:")
    for statement in statements():
        connection.execute(statement)
    return connection


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> pa.Table:
    return connection.table(table).to_arrow_table()


class OneService(Catalog):
    """The catalog's tables of one service."""

    def spellings(self, service: str | None = None) -> Iterator[Spelling]:
        return super().spellings("ec2")

    def view_names(self) -> list[str]:
        return []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, KeptContents, Path]:
    """The catalog's tables, all read; and the copy of them."""
    home = tmp_path_factory.mktemp("kept")
    connection, kept = emptied(), KeptContents(home, "a catalog")
    with OneService.open() as catalog:
        contents = SystemRows(connection, catalog, kept)
        contents.begin()
        while not contents.is_whole:
            contents.fill_some()
    return connection, kept, home


def test_a_copy_has_all_that_was_read(whole: tuple[duckdb.DuckDBPyConnection, KeptContents, Path]) -> None:
    connection, kept, _ = whole
    copied = emptied()
    with OneService.open() as catalog:
        contents = SystemRows(copied, catalog, kept)
        contents.begin()
    assert contents.is_whole
    assert all(rows(copied, table).equals(rows(connection, table)) for table in stored_tables())
    assert rows(copied, "pg_attribute").num_rows > 5_000
    assert rows(copied, "pg_settings").num_rows > 0


def test_a_broken_copy_is_none_and_is_written_again(whole: tuple[duckdb.DuckDBPyConnection, KeptContents, Path]) -> None:
    connection, kept, home = whole
    (copy,) = home.iterdir()
    (copy / "pg_index.arrow").write_bytes(b"broken")
    empty = emptied()
    assert not kept.read(empty)
    assert rows(empty, "pg_class").num_rows == 0
    kept.write({table: rows(connection, table) for table in stored_tables()})
    assert kept.read(empty)
    assert [p.name for p in home.iterdir()] == [copy.name]


def test_another_catalog_has_another_copy(whole: tuple[duckdb.DuckDBPyConnection, KeptContents, Path]) -> None:
    assert not KeptContents(whole[2], "another catalog").read(emptied())


def test_a_place_that_cannot_be_written_is_no_error(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = Server(runtime, port=0, kept=tmp_path / "file" / "below")
    with server, psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/aws", autocommit=True) as client:
        assert client.execute("SELECT count(*) > 0 FROM pg_class").fetchone() == (True,)


def test_a_question_with_one_number_is_remembered_for_any() -> None:
    pattern, number = with_any_number("SELECT relname FROM pg_class WHERE oid = '100123' AND reltype <> '100123'")
    assert number == "100123"
    assert with_any_number("SELECT relname FROM pg_class WHERE oid = '100007' AND reltype <> '100007'") == (pattern, "100007")
    assert Query(pattern, is_of_tables=True, is_empty=False).of("100007").count("'100007'") == 2
    assert with_any_number("SELECT '100123', '100124'") == ("SELECT '100123', '100124'", "")


def test_what_says_something_else_the_next_time_is_not_remembered(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        moments = [client.execute("SELECT now()::text, count(*) FROM pg_am").fetchone() for _ in range(2)]
    assert moments[0] != moments[1]
    remembered = Answers()
    remembered.put(("SELECT current_date FROM pg_am", ""), pa.table({"a": [1]}))
    remembered.put(("SELECT oid FROM pg_am", ""), pa.table({"a": [1]}))
    assert remembered.get(("SELECT current_date FROM pg_am", "")) is None
    assert remembered.get(("SELECT oid FROM pg_am", "")) is not None
