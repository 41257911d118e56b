"""ROLLBACK of what a transaction did to tables and views of the session's own: all of it is as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql import dbapi
from cirql.errors import Error, UnknownTable
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings


@pytest.fixture
def session() -> Iterator[Session]:
    with Runtime(Settings.load()) as runtime, runtime.session() as opened:
        for sql in (
            "CREATE TABLE base (id SERIAL PRIMARY KEY, v TEXT, doc JSON)",
            "INSERT INTO base (v) VALUES ('a'), ('b')",
            "CREATE INDEX by_v ON base (v)",
            "CREATE TABLE child (base_id INT REFERENCES base (id))",
            "INSERT INTO child VALUES (1)",
            "CREATE VIEW seen AS SELECT v FROM base",
        ):
            opened.execute(sql).close()
        yield opened


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return session.execute(sql).fetchall()


CHANGES = (
    "INSERT INTO base (v) VALUES ('c')",
    "UPDATE base SET doc = '{}'",
    "DELETE FROM child",
    "CREATE TABLE new AS SELECT 1 AS x",
    "CREATE TABLE counted (n SERIAL, v TEXT)",
    "CREATE OR REPLACE TABLE child AS SELECT 7 AS other",
    "DROP TABLE child",
    "DROP VIEW seen",
    "CREATE OR REPLACE VIEW seen AS SELECT 1 AS one",
    "CREATE MATERIALIZED VIEW held AS SELECT v FROM base",
    "DROP INDEX by_v",
    "CREATE UNIQUE INDEX alone ON base (id)",
)


def state(session: Session) -> list[object]:
    found: list[object] = [rows(session, f"SELECT * FROM {name} ORDER BY 1") for name in ("base", "child", "seen")]
    connection = session.database.connect()
    try:
        found.append(sorted(connection.execute("SELECT sql FROM duckdb_tables()").fetchall()))
        found.append(sorted(connection.execute("SELECT sql FROM duckdb_indexes()").fetchall()))
        found.append(sorted(connection.execute("SELECT sequence_name FROM duckdb_sequences()").fetchall()))
    finally:
        connection.close()
    return [*found, sorted(session.workspace.names)]


def test_all_that_a_transaction_made_is_undone(session: Session) -> None:
    before = state(session)
    session.execute("BEGIN").close()
    for sql in CHANGES:
        if sql != "DROP TABLE child":  # it has gone by then
            session.execute(sql).close()
    session.execute("ROLLBACK").close()
    assert state(session) == before
    with pytest.raises(Error, match="primary key"):
        session.execute("INSERT INTO base (id, v) VALUES (1, 'again')").close()


@pytest.mark.parametrize("sql", CHANGES)
def test_each_alone_is_undone_back_to_a_savepoint_and_kept_by_commit(session: Session, sql: str) -> None:
    before = state(session)
    for statement in ("BEGIN", "SAVEPOINT here", sql, "ROLLBACK TO here"):
        session.execute(statement).close()
    assert state(session) == before
    for statement in ("SAVEPOINT inner", sql, "RELEASE inner", "COMMIT"):
        session.execute(statement).close()
    after = state_if_there(session)
    assert after != before
    for statement in ("BEGIN", "ROLLBACK"):
        session.execute(statement).close()
    assert state_if_there(session) == after


def state_if_there(session: Session) -> list[object]:
    try:
        return state(session)
    except UnknownTable as gone:
        return [str(gone)]


def test_what_a_released_savepoint_did_is_undone_with_the_rest(session: Session) -> None:
    before = state(session)
    for sql in ("BEGIN", "SAVEPOINT a", "DELETE FROM child", "SAVEPOINT b", "DROP TABLE child", "RELEASE a", "ROLLBACK"):
        session.execute(sql).close()
    assert state(session) == before


def test_the_database_api_rolls_back_tables_of_ones_own() -> None:
    with dbapi.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t AS SELECT 1 AS x")
        connection.commit()
        cursor.execute("CREATE TABLE u AS SELECT 2 AS y")
        cursor.execute("INSERT INTO t VALUES (2)")
        connection.rollback()
        assert cursor.execute("SELECT x FROM t").fetchall() == [(1,)]
        with pytest.raises(dbapi.ProgrammingError, match="no table u"):
            cursor.execute("SELECT * FROM u")
