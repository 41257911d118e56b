"""What many targets saw at once goes into the store in few writes, and each giver hears of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from cirql.errors import Internal
from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.gathering import Gathering
from cirql.inventory.model import Observation, Partition, ScanRecord, WriteSummary
from tests.inventory.conftest import TABLE, minute, table_of

LONG = 30


class Slow(DuckDBStore):
    """A store whose first write waits until it is let go, and that knows how many scans each write had."""

    def __init__(self) -> None:
        super().__init__(None)
        self.writes: list[int] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def write_all(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        self.writes.append(len(observations))
        self.begun.set()
        assert self.go.wait(LONG)
        return super().write_all(observations)


def seen(region: str, columns: Sequence[str] = ("size",)) -> Observation:
    rows = table_of([{"_key": region, "size": 1}], ["size"])
    partition = Partition(TABLE, "111122223333", region)
    return Observation(ScanRecord(partition, minute(0), minute(0), "test", True, frozenset(columns), rows=1), rows)


async def given(store: Slow, waiting: Sequence[Observation]) -> list[asyncio.Task[list[WriteSummary]]]:
    """One scan is being written, and these wait."""
    gathering = Gathering(store)
    first = asyncio.create_task(gathering.keep([seen("first")]))
    assert await asyncio.to_thread(store.begun.wait, LONG)
    others = [asyncio.create_task(gathering.keep([o])) for o in waiting]
    await asyncio.sleep(0)
    return [first, *others]


def test_what_comes_while_a_write_goes_on_is_kept_together_by_the_next() -> None:
    async def work(store: Slow) -> list[list[WriteSummary]]:
        tasks = await given(store, [seen(f"r{n}") for n in range(50)])
        store.go.set()
        return await asyncio.gather(*tasks)

    with Slow() as store:
        kept = asyncio.run(work(store))
        assert store.writes == [1, 50]
        assert [s.scan.partition.region for [s] in kept] == ["first", *(f"r{n}" for n in range(50))]
        assert len(list(store.scans())) == 51


def test_a_scan_that_cannot_be_kept_takes_no_other_with_it_and_none_is_kept_twice() -> None:
    async def work(store: Slow) -> list[list[WriteSummary] | BaseException]:
        tasks = await given(store, [seen("before"), seen("bad", ["size", "absent"]), seen("after")])
        store.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with Slow() as store:
        kept = asyncio.run(work(store))
        assert [isinstance(k, Internal) for k in kept] == [False, False, True, False]
        assert sorted(s.partition.region for s in store.scans()) == ["after", "before", "first"]


def test_who_stops_waiting_does_not_stop_the_write() -> None:
    async def work(store: Slow) -> None:
        first, second = await given(store, [seen("second")])
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        store.go.set()
        await second

    with Slow() as store:
        asyncio.run(work(store))
        assert sorted(s.partition.region for s in store.scans()) == ["first", "second"]
