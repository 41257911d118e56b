"""Every expression of `expressions/` means on DuckDB what it means on PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.sql.translate import differential
from tests.sql.translate.differential import Case

CASES = differential.read_cases(Path(__file__).parent / "expressions", whole=False)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_expression_means_what_it_means_in_postgresql(
    case: Case, postgres: psycopg.Connection[Any], engine: duckdb.DuckDBPyConnection
) -> None:
    expected = differential.ask_postgres(postgres, case.sql)
    found = differential.ask_duckdb(engine, case.sql)
    different = differential.difference(expected, found, ordered="ORDER BY" in case.sql)
    if case.differs is None:
        assert different is None, f"{case.sql}\n{different}"
    else:
        assert case.differs in differential.accepted_keys()
        assert different is not None, f"{case.sql}\nno longer differs: take the mark away"


def test_there_are_enough_expressions() -> None:
    assert len(CASES) >= 400
