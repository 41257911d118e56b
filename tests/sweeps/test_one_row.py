"""Every call that is made for a row, in every table: one that is refused or gone takes no other row with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Fetch, Paging, Role, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudFailure, DatabaseError, ResourceNotFound
from cirql.fetch.calls import Calls
from cirql.fetch.hydrate import hydrated
from cirql.fetch.rows import UNREAD, Row
from cirql.fetch.surroundings import Surroundings
from tests.clouds import SilentCloud
from tests.sweeps.figures import tell

HERE = Target("111111111111", "eu-west-1")
BAD = "the-bad-one"


class Refusing(SilentCloud):
    """A cloud that raises for whatever request names the bad one, and answers every other with as little as is an answer."""

    def __init__(self, fetch: Fetch, error: DatabaseError) -> None:
        self.fetch = fetch
        self.error = error

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if BAD in repr(params):
            raise self.error
        batched = next((i for i in self.fetch.inputs if i.required and i.batch > 1), None)
        rows: Any = {}
        if batched is not None:
            output = next((o for o in self.fetch.outputs if o.column == batched.column), None)
            path = output.path if output is not None else ()
            rows = [nested(path, key) for key in asked(params, batched.param)]
        answer: dict[str, Any] = nested(self.fetch.rows, rows)
        return answer

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        yield await self.call(target, service, operation, params)


def nested(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def asked(params: dict[str, Any], path: str) -> list[Any]:
    value: Any = params
    for name in path.split("."):
        value = value.get(name, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, list) else []


def per_row(catalog: Catalog) -> Iterator[tuple[Table, Fetch]]:
    for name in catalog.names():
        table = catalog.find(str(name)).table
        for fetch in table.fetches:
            own = {i.column for i in fetch.inputs if i.required} - {"region", table.account_column}
            if fetch.role is not Role.LIST and own and not fetch.fallback:
                yield table, fetch


def complete(table: Table, fetch: Fetch, error: DatabaseError) -> tuple[list[Row | None], Surroundings]:
    around = Surroundings(Calls(Refusing(fetch, error), [], 8), lambda *_: [], lambda: datetime(2026, 1, 1))
    columns = fetch.required - {"region", table.account_column}
    rows: list[Row] = [{c: given(fetch, c, key) for c in columns} for key in ("a", BAD, "c")]
    return asyncio.run(hydrated(rows, fetch, table, HERE, around)), around


def given(fetch: Fetch, column: str, key: str) -> str:
    if not is_structured(fetch, column):
        return key
    return json.dumps({"name": BAD}) if key == BAD else "{}"


def is_structured(fetch: Fetch, column: str) -> bool:
    return any(i.column == column and i.is_structured for i in fetch.inputs)


@pytest.mark.parametrize("kind", [AccessDenied, ResourceNotFound])
def test_one_row_that_is_refused_or_gone_takes_no_other_with_it(kind: Any) -> None:
    calls, wrong = 0, []
    error = kind("no", failure=CloudFailure("111111111111", "eu-west-1", "x", "Y", "Code", "no"))
    with Catalog.open() as catalog:
        for table, fetch in per_row(catalog):
            calls += 1
            first, bad, last = (parts := complete(table, fetch, error))[0]
            others_are_read = all(part is not None and UNREAD not in part for part in (first, last))
            if kind is ResourceNotFound:
                is_told = (bad is None) is (fetch.role is Role.GET)
            else:
                failures = parts[1].unread.failures
                is_told = fetch.tolerated or (bad is not None and UNREAD in bad and len(failures) == 1 and BAD in failures[0].row)
            if not (others_are_read and is_told):
                wrong.append(f"{table.name} {fetch.operation}")
    tell(f"{kind.__name__} of one row", {"calls made for a row": calls, "wrong": len(wrong)})
    assert calls > 1500
    assert wrong == []
