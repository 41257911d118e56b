"""Every query of `queries/` answers on DuckDB as on PostgreSQL: rows, order, types, names, and errors or not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.sql.translate import differential
from tests.sql.translate.differential import Case

HERE = Path(__file__).parent
CASES = differential.read_cases(HERE / "queries", whole=True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_query_answers_as_in_postgresql(case: Case, postgres: psycopg.Connection[Any], engine: duckdb.DuckDBPyConnection) -> None:
    expected = differential.ask_postgres(postgres, case.sql)
    found = differential.ask_duckdb(engine, case.sql)
    different = differential.difference(expected, found, ordered="ORDER BY" in case.sql)
    if case.differs is None:
        assert different is None, f"{case.sql}\n{different}"
    else:
        assert case.differs in differential.accepted_keys()
        assert different is not None, f"{case.sql}\nno longer differs: take the mark away"


def test_there_are_enough_queries() -> None:
    assert len(CASES) >= 150


def test_every_accepted_difference_is_shown_by_some_statement() -> None:
    used = {case.differs for case in CASES} | {c.differs for c in differential.read_cases(HERE / "expressions", whole=False)}
    assert differential.accepted_keys() <= used


def test_the_postgresql_is_a_real_and_recent_one(postgres: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]) -> None:
    row = postgres.execute("SELECT version()").fetchone()
    assert row is not None
    with capsys.disabled():
        sys.stdout.write(f"\ncompared with {str(row[0]).split(' on ')[0]}\n")
    assert postgres.info.server_version >= 150000
