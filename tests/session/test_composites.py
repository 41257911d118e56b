"""Stars of composite values, functions in FROM without a name, and tags beside JSON."""

from __future__ import annotations

from typing import Any

import pytest

from cirql.session import Session

PAIRS: list[tuple[Any, ...]] = [("a", 1), ("b", "x")]


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        ("""SELECT (jsonb_each('{"a": 1, "b": "x"}'::jsonb)).*""", ["key", "value"], PAIRS),
        ("""SELECT n, (jsonb_each(j)).* FROM (VALUES (7, '{"a": 1}'::jsonb)) v(n, j)""", ["n", "key", "value"], [(7, "a", 1)]),
        ("""SELECT x.value FROM (SELECT (jsonb_each_text('{"a": 1}')).*) x WHERE x.key = 'a'""", ["value"], [("1",)]),
        ("""SELECT (each('a=>b'::hstore)).*""", ["key", "value"], [("a", "b")]),
        ("SELECT (t).*, (t).x AS again FROM (VALUES (1, 'a')) t(x, y)", ["x", "y", "again"], [(1, "a", 1)]),
        ("""SELECT * FROM jsonb_each('{"a": 1}'), (SELECT 1 AS one) x""", ["key", "value", "one"], [("a", 1, 1)]),
        ("""SELECT jsonb_each.value FROM jsonb_each('{"a": 1}'), generate_series(2, 2)""", ["value"], [(1,)]),
    ],
)
def test_a_composite_gives_its_columns(session: Session, query: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    result = session.execute(query)
    assert [c.name for c in result.columns] == columns
    assert result.fetchall() == rows


def test_tags_contain_what_json_says(session: Session) -> None:
    tagged = session.execute("SELECT instance_id, tags->'Name' FROM aws.ec2_instance WHERE tags ? 'Name' LIMIT 1").fetchone()
    assert tagged is not None
    for wanted in (f'{{"Name": "{tagged[1]}"}}', f'"Name"=>"{tagged[1]}"'):
        found = session.execute(f"SELECT instance_id FROM aws.ec2_instance WHERE tags @> '{wanted}'").fetchall()
        assert (tagged[0],) in found
