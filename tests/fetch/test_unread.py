"""Rows of which something cannot be read: the others come whole, and what is missing is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from cirql.catalog.model import Fetch, Input, Output, Role, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, CloudFailure, CredentialsError, ResourceNotFound, Unreachable
from cirql.fetch.calls import Calls
from cirql.fetch.hydrate import hydrated
from cirql.fetch.rows import UNREAD, Row
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.unread import NAMED, PATIENCE, PATIENCE_WITH_THE_WAY
from cirql.names import TableName
from tests.clouds import SilentCloud

HERE = Target("111111111111", "eu-west-1")
ONE = Fetch("get", Role.GET, "kms", "DescribeKey", (Input("KeyId", "key_id"),), (Output("state", ("State",)),), rows=("Key",))
MANY = Fetch(
    "get",
    Role.GET,
    "ecs",
    "DescribeClusters",
    (Input("clusters", "name", batch=10),),
    (Output("name", ("name",)), Output("state", ("state",))),
    rows=("clusters",),
)
TABLE = Table(TableName.parse("aws.kms_key"), "kms", "", "", (), (ONE, MANY))
Refuse = Callable[[str], Exception | None]


@dataclass
class Keeper(SilentCloud):
    """A cloud that answers for each key unless `refuse` has an error for it."""

    refuse: Refuse
    asked: list[Any] = field(default_factory=list)

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        wanted = params.get("clusters") or [params["KeyId"]]
        self.asked.append(wanted)
        for key in wanted:
            if (error := self.refuse(key)) is not None:
                raise error
        found = [{"name": key, "state": f"of {key}", "State": f"of {key}"} for key in wanted]
        return {"clusters": found, "Key": found[0]}


def error(kind: Any = AccessDenied, code: str = "AccessDenied") -> Any:
    return kind("no", failure=CloudFailure("111111111111", "eu-west-1", "kms", "DescribeKey", code, "no"))


def complete(fetch: Fetch, keys: list[str], refuse: Refuse) -> tuple[list[Row | None], Surroundings, Keeper]:
    door = Keeper(refuse)
    around = Surroundings(Calls(door, [], 8), lambda *_: [], lambda: datetime(2026, 1, 1), concurrency=1)
    column = fetch.inputs[0].column
    found = asyncio.run(hydrated([{column: key} for key in keys], fetch, TABLE, HERE, around))
    around.unread.tell(around.notice)
    return found, around, door


@pytest.mark.parametrize("kind", [AccessDenied, CloudError, Unreachable])
@pytest.mark.parametrize("fetch", [ONE, MANY], ids=["one by one", "in batches"])
def test_one_refused_row_is_named_and_the_others_are_read(fetch: Fetch, kind: Any) -> None:
    keys = [f"k{i}" for i in range(9)]
    found, around, _ = complete(fetch, keys, lambda key: error(kind) if key == "k4" else None)
    assert [part.get("state") for part in found if part is not None] == [f"of {k}" if k != "k4" else None for k in keys]
    (failure,) = around.unread.failures
    assert (failure.row, failure.columns, failure.table) == ("k4", ("state",), "aws.kms_key")
    assert "DescribeKey of k4: AccessDenied: no (NULL there: state)" in str(failure)
    assert found[4] is not None and found[4][UNREAD] == {"state"}


@pytest.mark.parametrize("fetch", [ONE, MANY], ids=["one by one", "in batches"])
def test_one_row_that_is_gone_takes_no_other_with_it_and_is_told(fetch: Fetch) -> None:
    keys = [f"k{i}" for i in range(9)]
    found, around, _ = complete(fetch, keys, lambda key: error(ResourceNotFound, "NotFound") if key == "k4" else None)
    assert [part is None for part in found] == [k == "k4" for k in keys]
    assert around.unread.failures == ()
    (notice,) = around.notices
    assert notice.startswith("a row of aws.kms_key in ") and "no longer finds what was listed (k4)" in notice


def test_a_place_that_refuses_every_row_is_not_asked_for_each() -> None:
    keys = [f"k{i}" for i in range(500)]
    found, around, door = complete(ONE, keys, lambda _: error())
    assert all(part is not None and part[UNREAD] == {"state"} for part in found)
    assert len(door.asked) == PATIENCE
    assert len(around.unread.failures) == NAMED + 1
    assert around.unread.failures[-1].row == f"{500 - NAMED} more rows"
    assert set(around.unread.errors) == {HERE}


def test_a_place_where_some_rows_are_read_is_asked_for_all() -> None:
    keys = [f"k{i}" for i in range(100)]
    found, _, door = complete(ONE, keys, lambda key: error() if key != "k0" else None)
    assert len(door.asked) == 100
    assert found[0] == {"state": "of k0"}


def test_a_place_where_nothing_answers_fails_as_a_whole() -> None:
    with pytest.raises(Unreachable):
        complete(ONE, ["a", "b", "c", "d"], lambda _: error(Unreachable))
    found, _, _ = complete(ONE, ["a"] * (PATIENCE_WITH_THE_WAY - 1), lambda _: error(Unreachable))
    assert all(part is not None and UNREAD in part for part in found)


def test_credentials_that_are_not_taken_are_of_no_row() -> None:
    with pytest.raises(CredentialsError):
        complete(ONE, ["a", "b"], lambda key: error(CredentialsError) if key == "a" else None)
