"""The one test that every case goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cirql.catalog.model import Scope, Table
from cirql.localcloud import LocalCloud
from cirql.result import Result
from cirql.session import Session
from tests.datasets.case import REGION, Aws, Case


def check(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    """Make the thing, read every column of it back, and compare with what boto3 says; count the calls."""
    table = session.catalog.find(case.table).table
    assert table.problem == ""
    value = case.make(aws)
    hidden = tuple(c for c in table.columns if c.hidden and c.name in table.key)
    wanted = ", ".join(["*", *(c.name for c in hidden)])
    cloud.calls.clear()
    result = session.execute(f"SELECT {wanted} FROM {case.table} WHERE {case.key} = $1", [value])
    rows = read(result)
    counts = cloud.calls.counts()
    assert [c.name for c in result.columns] == [c.name for c in (*table.published, *hidden)]
    expected = case.expected(aws, case.describe(aws, value), (*table.published, *hidden))
    compare(case, table, rows, expected)
    assert counts == dict(Counter(case.calls.split()))
    if case.is_listed_whole:
        every = read(session.execute(f"SELECT {wanted} FROM {case.table}"))
        expected = case.expected(aws, case.describe(aws, value), (*table.published, *hidden))
        compare(case, table, [row for row in every if row[case.key] == value], expected)


def read(result: Result) -> list[dict[str, Any]]:
    """The rows by column; no target may have failed."""
    rows = [dict(zip((c.name for c in result.columns), row, strict=True)) for row in result.fetchall()]
    assert list(result.failures) == []
    return rows


def compare(case: Case, table: Table, rows: list[dict[str, Any]], expected: Mapping[str, Any]) -> None:
    """There is one row, and it is the expected one."""
    assert len(rows) == 1
    (row,) = rows
    wrong = {name: {"is": row[name], "not": value} for name, value in expected.items() if name != "_key" and row[name] != value}
    for name in case.moving:
        assert type(row[name]) is type(expected[name])
        wrong.pop(name, None)
    assert wrong == {}
    assert row["_key"] == key_of(table, row)


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """The ARN where the row has its own, else an ARN-like path of what tells it from others."""
    values = [str(row[column]) for column in table.key if row[column] is not None]
    assert values
    if len(values) == 1 and values[0].startswith("arn:"):
        return values[0]
    region = "" if table.scope is Scope.GLOBAL else REGION
    return f"arn:aws:{table.service}:{region}:{row['account_id']}:{table.name.resource}/" + "/".join(values)
