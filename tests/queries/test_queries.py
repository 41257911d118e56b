"""Every query answers the same with pushdown on and off: pushdown may only fetch less, never decide an answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session

_BLOCK = re.compile(r"^-- (?P<name>.+)\n(?P<sql>(?:(?!-- ).*\n?)+)", re.MULTILINE)


def _queries() -> list[Any]:
    return [
        pytest.param(match["sql"].strip().rstrip(";"), id=f"{path.stem}: {match['name']}")
        for path in sorted(Path(__file__).parent.glob("*.sql"))
        for match in _BLOCK.finditer(path.read_text())
    ]


def _answer(session: Session, sql: str, *, pushdown: bool) -> tuple[list[str], list[tuple[Any, ...]]]:
    result = session.execute(sql, pushdown=pushdown)
    rows = result.fetchall()
    assert result.failures == ()
    ordered = "ORDER BY" in sql.upper().rsplit(")", 1)[-1]
    return [f"{c.name} {c.type}" for c in result.columns], rows if ordered else sorted(rows, key=repr)


@pytest.mark.parametrize("sql", _queries())
def test_a_query_answers_the_same_with_pushdown_on_and_off(sql: str, session: Session, world: LocalCloud) -> None:
    assert _answer(session, sql, pushdown=True) == _answer(session, sql, pushdown=False)


def test_pushdown_only_ever_saves_calls(session: Session, world: LocalCloud) -> None:
    for param in _queries():
        sql = param.values[0]
        calls = []
        for pushdown in (True, False):
            world.calls.clear()
            session.execute(sql, pushdown=pushdown).fetchall()
            calls.append(len(world.calls))
        assert calls[0] <= calls[1], sql
