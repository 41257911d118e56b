"""The one test that every case goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cirql.catalog.model import Scope, Table
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import REGION, Aws, Case


def check(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    """Make the thing, read every column of it back, and compare with what boto3 says; count the calls."""
    table = session.catalog.find(case.table).table
    assert table.problem == ""
    value = case.make(aws)
    cloud.calls.clear()
    hidden = tuple(c for c in table.columns if c.hidden and c.name in table.key)
    wanted = ", ".join(["*", *(c.name for c in hidden)])
    result = session.execute(f"SELECT {wanted} FROM {case.table} WHERE {case.key} = $1", [value])
    rows = [dict(zip((c.name for c in result.columns), row, strict=True)) for row in result.fetchall()]
    counts = cloud.calls.counts()
    described = case.describe(aws, value)
    assert list(result.failures) == []
    assert [c.name for c in result.columns] == [c.name for c in (*table.published, *hidden)]
    expected = case.expected(aws, described, (*table.published, *hidden))
    assert len(rows) == 1, rows
    (row,) = rows
    wrong = {name: {"is": row[name], "not": value} for name, value in expected.items() if name != "_key" and row[name] != value}
    for name in case.moving:
        assert type(wrong[name]["is"]) is type(wrong[name]["not"])
        del wrong[name]
    assert wrong == {}
    assert row["_key"] == key_of(table, row)
    assert counts == dict(Counter(case.calls.split()))


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """The ARN where the row has its own, else an ARN-like path of what tells it from others."""
    values = [str(row[column]) for column in table.key if row[column] is not None]
    assert values
    if len(values) == 1 and values[0].startswith("arn:"):
        return values[0]
    region = "" if table.scope is Scope.GLOBAL else REGION
    return f"arn:aws:{table.service}:{region}:{row['account_id']}:{table.name.resource}/" + "/".join(values)
