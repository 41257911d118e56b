"""Every query of `tests/queries` answers the same through the inventory as live, whatever was asked before it."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from cirql.session import Session
from tests.recall.conftest import Connect

_BLOCK = re.compile(r"^-- (?P<name>.+)\n(?P<sql>(?:(?!-- ).*\n?)+)", re.MULTILINE)
QUERIES = [
    match["sql"].strip().rstrip(";")
    for path in sorted((Path(__file__).parents[1] / "queries").glob("*.sql"))
    for match in _BLOCK.finditer(path.read_text())
    if "_source" not in match["sql"] and "_fetched_at" not in match["sql"]
]
SAMPLE = 12


def _ask(session: Session, sql: str) -> list[tuple[Any, ...]]:
    result = session.execute(sql)
    found = result.fetchall()
    assert result.failures == ()
    return found if "ORDER BY" in sql.upper().rsplit(")", 1)[-1] else sorted(found, key=repr)


@pytest.mark.parametrize("seed", [1])
def test_queries_in_any_order_answer_as_live_ones_do(connect: Connect, seed: int) -> None:
    chosen = random.Random(seed).sample(QUERIES, SAMPLE)
    live, remembering = connect(store=None), connect(max_age=3600)
    truth = {sql: _ask(live, sql) for sql in chosen}
    assert [sql for sql in chosen if _ask(remembering, sql) != truth[sql]] == []
    random.Random(seed + 1).shuffle(chosen)
    before = remembering.cloud.stats.requests
    assert [sql for sql in chosen if _ask(remembering, sql) != truth[sql]] == []
    assert remembering.cloud.stats.requests < live.cloud.stats.requests + before, "something was remembered"
