"""REPLACE gives a resource the properties that it names and no others, as StackQL's PUT; EXPLAIN shows what goes."""

from __future__ import annotations

import pytest

from cirql import errors
from cirql.session import Session
from tests.changes.conftest import REGION

KEPT = f"region = '{REGION}' AND data__Identifier = 'replaced'"


@pytest.fixture
def group(session: Session) -> Session:
    session.execute(
        "INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, tags, region)"
        f' VALUES (\'replaced\', 7, \'[{{"Key": "a", "Value": "b"}}]\', \'{REGION}\')'
    )
    return session


def test_what_is_not_named_goes_and_what_is_fixed_stays(group: Session) -> None:
    shown = "\n".join(str(row[0]) for row in group.execute(f"EXPLAIN REPLACE aws.logs.log_groups SET retention_in_days = 30 WHERE {KEPT}"))
    assert "RetentionInDays" in shown and "Tags" in shown
    group.execute(f"REPLACE aws.logs.log_groups SET retention_in_days = 30 WHERE {KEPT}")
    found = group.execute(f"SELECT log_group_name, retention_in_days, tags FROM aws.logs.log_group WHERE {KEPT}").fetchall()
    assert found[0][:2] == ("replaced", 30) and not found[0][2]


def test_an_update_keeps_what_is_not_named(group: Session) -> None:
    group.execute(f"UPDATE aws.logs.log_groups SET retention_in_days = 30 WHERE {KEPT}")
    ((tags,),) = group.execute(f"SELECT tags FROM aws.logs.log_group WHERE {KEPT}").fetchall()
    assert tags


@pytest.mark.parametrize(
    "sql",
    [
        "REPLACE INTO aws.logs.log_groups (log_group_name, region) VALUES ('a', 'us-east-1')",
        "REPLACE aws.logs.log_groups SET data__PatchDocument = '[]' WHERE data__Identifier = 'replaced'",
        "REPLACE own SET a = 1",
    ],
)
def test_what_it_cannot_mean_is_refused_with_what_to_write(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE own AS SELECT 1 AS a")
    with pytest.raises(errors.Error) as refused:
        session.execute(sql)
    assert refused.value.hint
