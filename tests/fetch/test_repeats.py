"""One row for each key of a list: the newest, as far as pages wait; nothing is lost where the key is none."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from cirql.errors import CloudError
from cirql.fetch.repeats import MARK, Naming, Occurrences, as_they_come, each_once

Row = dict[str, Any]


def collected(
    pages: list[list[Row]], *, sure: bool = True, most: int = 100, slow: float = 0, patience: float = math.inf, fails: bool = False
) -> Any:
    told: list[int] = []
    listing = Occurrences(Naming(("name",), sure))

    async def listed() -> AsyncGenerator[list[Row]]:
        for page in pages:
            await asyncio.sleep(slow)
            yield [{**row, MARK: mark} for row, mark in zip(page, listing.mark(page), strict=True)]
        if fails:
            raise CloudError("cut")

    async def all_rows() -> list[Row]:
        found: list[Row] = []
        try:
            async for page in each_once(listed(), told.append, patience, most):
                found += page
        except CloudError:
            found.append({"failed": True})
        return found

    return asyncio.run(all_rows()), told


def row(name: str, size: int) -> Row:
    return {"name": name, "size": size}


A1, A2, B, C, D = row("a", 1), row("a", 2), row("b", 1), row("c", 1), row("d", 1)


def test_of_any_two_pages_the_newer_row_is_given() -> None:
    assert collected([[A1, B], [C], [D], [A2]]) == ([B, C, D, A2], [1])


def test_what_has_gone_on_stays_and_the_newer_is_left_out() -> None:
    assert collected([[A1, B], [C], [D], [A2]], most=2) == ([A1, B, C, D], [1])
    found, told = collected([[A1], [B], [A2]], slow=0.05, patience=0.01)
    assert (found, told) == ([A1, B], [1])


def test_rows_that_differ_under_a_name_that_is_a_guess_are_all_given() -> None:
    assert collected([[A1], [B], [A2]], sure=False) == ([A1, B, A2], [])
    assert collected([[A1], [B], [A1]], sure=False) == ([B, A1], [1])


def test_a_name_that_two_rows_of_a_page_share_is_none() -> None:
    assert collected([[A1, A2], [B], [A1]]) == ([A1, A2, B, A1], [])


def test_a_list_that_is_cut_gives_what_came() -> None:
    assert collected([[A1], [A2]], fails=True)[0] == [A2, {"failed": True}]


@pytest.mark.parametrize("wanted", [1, 2])
def test_where_the_reader_may_soon_have_enough_no_page_is_read_ahead(wanted: int) -> None:
    read: list[int] = []

    async def listed() -> AsyncGenerator[list[Row]]:
        for number, page in enumerate([[A1], [B], [C]]):
            read.append(number)
            yield page

    async def some() -> None:
        pages = as_they_come(listed(), lambda _: None)
        for _ in range(wanted):
            await anext(pages)
        await pages.aclose()

    asyncio.run(some())
    assert len(read) == wanted
