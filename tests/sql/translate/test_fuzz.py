"""Generated queries answer on DuckDB as on PostgreSQL. `CIRQL_FUZZ_SECONDS=600` looks longer than the bounded run of CI."""

from __future__ import annotations

import os
import time
from typing import Any

import duckdb
import psycopg
from hypothesis import HealthCheck, Phase, given, settings

from tests.sql.translate import differential, grammar

# Read before the shared conftest could clear it: see tests/conftest.py.
SECONDS = float(os.environ.get("CIRQL_FUZZ_SECONDS") or os.environ.get("FUZZ_SECONDS") or 0)
EXAMPLES = 1_000_000 if SECONDS else 150


def test_generated_queries_answer_as_in_postgresql(postgres: psycopg.Connection[Any], engine: duckdb.DuckDBPyConnection) -> None:
    started = time.monotonic()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not SECONDS,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(grammar.queries())
    def agree(sql: str) -> None:
        if SECONDS and time.monotonic() - started > SECONDS:
            return
        expected = differential.ask_postgres(postgres, sql)
        found = differential.ask_duckdb(engine, sql)
        different = differential.difference(expected, found, ordered=False)
        # An error in one row (a division by zero) depends on which rows are looked at first, on both sides.
        if different is not None and "division by zero" in (expected.error or found.error or "").lower():
            return
        assert different is None, f"{sql}\n{different}"

    agree()
