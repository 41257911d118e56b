"""NATURAL JOIN is USING over the columns that both sides publish: of queries and of the session's own tables, once each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cirql import connect, errors
from cirql.session import Session

A, B = "(VALUES (1, 2), (4, 5)) a(x, y)", "(VALUES (1, 3)) b(x, z)"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with connect() as opened:
        opened.execute("CREATE TABLE own AS SELECT 1 AS x, 'o' AS w")
        yield opened


@pytest.mark.parametrize(
    ("sql", "names", "rows"),
    [
        (f"SELECT * FROM {A} NATURAL JOIN {B}", ["x", "y", "z"], [(1, 2, 3)]),
        (f"SELECT * FROM {A} NATURAL LEFT JOIN {B} ORDER BY x", ["x", "y", "z"], [(1, 2, 3), (4, 5, None)]),
        (
            f"SELECT x, a.x, b.x FROM {A} NATURAL FULL JOIN (VALUES (9)) b(x) ORDER BY x",
            ["x"] * 3,
            [(1, 1, None), (4, 4, None), (9, None, 9)],
        ),
        (f"SELECT b.* FROM {A} NATURAL INNER JOIN {B}", ["x", "z"], [(1, 3)]),
        (f"SELECT * FROM {A} NATURAL JOIN {B} NATURAL JOIN (VALUES (3, 1, 'c')) c(z, x, w)", ["x", "z", "y", "w"], [(1, 3, 2, "c")]),
        (f"SELECT * FROM {A} NATURAL JOIN (VALUES (7)) b(z) WHERE x = 1", ["x", "y", "z"], [(1, 2, 7)]),
        (f"SELECT x, w FROM own NATURAL JOIN {B} WHERE z = 3", ["x", "w"], [(1, "o")]),
        (f"WITH c AS (SELECT 1 AS x, 8 AS q) SELECT x, q, y FROM c NATURAL JOIN {A} GROUP BY x, q, y", ["x", "q", "y"], [(1, 8, 2)]),
    ],
)
def test_common_columns_are_joined_and_come_once(session: Session, sql: str, names: list[str], rows: list[Any]) -> None:
    result = session.execute(sql)
    assert [c.name for c in result.columns] == names
    assert result.fetchall() == rows


def test_a_column_that_one_side_has_twice_is_ambiguous(session: Session) -> None:
    with pytest.raises(errors.AmbiguousColumn, match="appears more than once"):
        session.execute(f"SELECT 1 FROM {A} CROSS JOIN {B} NATURAL JOIN (VALUES (1)) c(x)")


def test_in_parentheses_it_is_refused_and_not_a_cross_join(session: Session) -> None:
    with pytest.raises(errors.NotSupported, match="parentheses"):
        session.execute(f"SELECT * FROM ({A} NATURAL JOIN {B})")
