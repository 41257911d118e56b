"""Every function that DuckDB has and no statement may call: in four spellings, as a value, as a table and beside one, locked and not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import duckdb
import pytest

from cirql import errors
from cirql.session import Session
from cirql.settings import Settings
from cirql.sql.admission import allowed_functions
from tests.sweeps.figures import tell

PLACES = ("SELECT {call}", "SELECT * FROM {call}", "SELECT x FROM (SELECT 1 AS y) AS q CROSS JOIN LATERAL {call} AS t(x)")
SPELLINGS = ("{name}", '"{name}"', 'system.main."{upper}"', "pg_catalog.{name}")

OURS = frozenset({"glob"})
"""Names that mean something else here: `glob(text)` makes a pattern for LIKE, and reads no directory."""


def _calls() -> list[str]:
    rows = duckdb.connect().execute("SELECT DISTINCT lower(function_name), len(parameters) FROM duckdb_functions()").fetchall()
    names = {(n, min(count or 0, 3)) for n, count in rows if re.fullmatch(r"[a-z0-9_]+", n) and n not in allowed_functions() | OURS}
    return [
        f"{spelling.format(name=name, upper=name.upper())}({', '.join([repr('/etc/hostname')] * count)})"
        for name, count in sorted(names)
        for spelling in SPELLINGS
    ]


@pytest.mark.parametrize("locked", [False, True])
def test_no_function_that_is_not_listed_answers(locked: bool, settings: Settings) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    with Session(replace(settings, locked=locked)) as session:
        for call in _calls():
            for place in PLACES:
                counts["tried"] += 1
                try:
                    session.execute(place.format(call=call)).fetchall()
                except errors.Internal as fault:
                    wrong.append(f"{call}: {fault}")
                except errors.Error:
                    continue
                else:
                    wrong.append(place.format(call=call))
    tell("functions", {"locked": locked, **counts, "answered": len(wrong)})
    assert wrong == []
    assert counts["tried"] > 4000
