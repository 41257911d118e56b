"""A cloud that sends each request once, however many ask, and whatever becomes of those who asked first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from cirql.catalog.model import Paging
from cirql.cloud import Answer
from cirql.cloud.remembering import Remembering
from cirql.cloud.target import Target
from cirql.errors import AccessDenied
from tests.clouds import SilentCloud

HERE = Target("111111111111", "us-east-1")


class Counting(SilentCloud):
    """Answers with what it was asked, slowly, and counts."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        self.sent[operation] += 1
        await asyncio.sleep(0.01)
        if operation == "Refused":
            raise AccessDenied("no")
        if operation == "Broken":
            raise ValueError("a defect")
        return {"of": params}

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        for page in range(3):
            self.sent[operation] += 1
            await asyncio.sleep(0.01)
            if operation == "EndsBadly" and page == 2:
                raise AccessDenied("no")
            yield {"page": page}


def alone(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test on an event loop of its own."""

    def run() -> None:
        asyncio.run(test())

    return run


async def _list(cloud: Remembering, operation: str) -> list[Answer]:
    return [page async for page in cloud.pages(HERE, "s", operation, {}, None)]


@alone
async def test_requests_at_once_and_later_are_sent_once() -> None:
    inner = Counting()
    cloud = Remembering(inner)
    answers = await asyncio.gather(*(cloud.call(HERE, "s", "Get", {"a": n % 2}) for n in range(6)))
    assert [a["of"]["a"] for a in answers] == [0, 1] * 3
    await cloud.call(HERE, "s", "Get", {"a": 1})
    await cloud.call(Target("222222222222", "us-east-1"), "s", "Get", {"a": 1})
    assert inner.sent["Get"] == 3
    assert cloud.asked == {"s:Get": 8}


@alone
async def test_pages_are_sent_for_as_somebody_wants_them() -> None:
    inner = Counting()
    cloud = Remembering(inner)
    async for page in cloud.pages(HERE, "s", "List", {}, None):
        assert page == {"page": 0}
        break
    assert inner.sent["List"] == 1
    assert list(await asyncio.gather(_list(cloud, "List"), _list(cloud, "List"))) == [[{"page": n} for n in range(3)]] * 2
    assert inner.sent["List"] == 3
    assert cloud.asked == {"s:List": 7}


@alone
async def test_a_refusal_is_the_same_for_all_and_comes_where_it_came() -> None:
    inner = Counting()
    cloud = Remembering(inner)
    for _ in range(3):
        with pytest.raises(AccessDenied):
            await cloud.call(HERE, "s", "Refused", {})
        pages = cloud.pages(HERE, "s", "EndsBadly", {}, None)
        assert [await anext(pages), await anext(pages)] == [{"page": 0}, {"page": 1}]
        with pytest.raises(AccessDenied):
            await anext(pages)
    assert inner.sent == {"Refused": 1, "EndsBadly": 3}


@alone
async def test_who_asked_first_may_leave_and_the_others_are_answered() -> None:
    inner = Counting()
    cloud = Remembering(inner)
    first = asyncio.create_task(_list(cloud, "List"))
    await asyncio.sleep(0.005)
    second = asyncio.create_task(_list(cloud, "List"))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) == 3
    assert inner.sent["List"] == 3


@alone
async def test_a_defect_is_remembered_by_nobody() -> None:
    inner = Counting()
    cloud = Remembering(inner)
    for _ in range(2):
        with pytest.raises(ValueError, match="defect"):
            await cloud.call(HERE, "s", "Broken", {})
    assert inner.sent["Broken"] == 2


@alone
async def test_closing_ends_what_is_under_way() -> None:
    cloud = Remembering(Counting())
    asking = asyncio.create_task(_list(cloud, "List"))
    await asyncio.sleep(0.005)
    await cloud.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
