"""What comes from many places at once is handed on in one order, as long as nobody has to wait long for that."""

from __future__ import annotations

import asyncio
import gc
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from cirql.fetch.merge import each, flat_map, in_order


def told(gates: dict[str, asyncio.Event], fail: str = "") -> Callable[[str], AsyncGenerator[str]]:
    """What gives `a1` and `a2` for `a`, once the gate of that letter is open."""

    async def give(letter: str) -> AsyncGenerator[str]:
        if letter == fail:
            raise ValueError(letter)
        if letter in gates:
            await gates[letter].wait()
        yield f"{letter}1"
        yield f"{letter}2"

    return give


def merged(letters: str, *, shut: str = "", opens_after: int = 0, patience: float = math.inf, held: int = 256, fail: str = "") -> list[str]:
    """All that comes; the shut gates open once so many results were handed on, or when everything else rests."""

    async def collect() -> list[str]:
        gates = {letter: asyncio.Event() for letter in shut}
        got: list[str] = []

        async def open_all() -> None:
            while len(got) < opens_after:
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            for gate in gates.values():
                gate.set()

        opener = asyncio.create_task(open_all())
        async with aclosing(in_order(each(list(letters)), told(gates, fail), 8, patience, held)) as values:
            while (value := await anext(values, None)) is not None:
                got.append(value)
        await opener
        return got

    return asyncio.run(collect())


def test_results_come_in_the_order_of_what_was_asked_whoever_is_first() -> None:
    assert merged("abc", shut="a") == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert merged("abc", shut="b") == ["a1", "a2", "b1", "b2", "c1", "c2"]


def test_who_is_slower_than_anybody_has_patience_for_comes_last() -> None:
    assert merged("abc", shut="a", opens_after=4, patience=0.01) == ["b1", "b2", "c1", "c2", "a1", "a2"]


def test_with_too_much_waiting_whatever_is_there_is_handed_on() -> None:
    got = merged("abcd", shut="a", opens_after=1, held=2)
    assert sorted(got) == ["a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2"]
    assert got[0] == "b1"


def test_the_first_error_is_raised_and_nothing_goes_on() -> None:
    with pytest.raises(ValueError, match="c"):
        merged("abcd", shut="d", opens_after=1000, fail="c")


@pytest.mark.parametrize("merge", [in_order, flat_map])
def test_an_error_that_comes_when_the_reader_has_gone_is_printed_by_nobody(merge: Any) -> None:
    async def leave() -> list[Any]:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        gates = {"a": asyncio.Event()}
        values = merge(each(["a", "b"]), told_by(gates), 8)
        reading = asyncio.create_task(anext(values))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        del values, reading
        gc.collect()
        await asyncio.sleep(0)
        return told

    def told_by(gates: dict[str, asyncio.Event]) -> Callable[[str], AsyncIterator[str]]:
        async def give(letter: str) -> AsyncIterator[str]:
            try:
                await gates["a"].wait()
            finally:
                if letter == "b":
                    raise ValueError(letter)
            yield letter

        return give

    assert asyncio.run(leave()) == []
