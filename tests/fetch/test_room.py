"""Room for calls: never more than there is, in order, and no place is lost to whoever was cancelled while waiting."""

from __future__ import annotations

import asyncio
import random

from cirql.fetch.room import Room


def test_no_more_are_let_in_than_there_is_room_for_and_the_first_first() -> None:
    entered: list[int] = []
    most = 0

    async def work(room: Room, number: int, inside: set[int]) -> None:
        nonlocal most
        async with room:
            entered.append(number)
            inside.add(number)
            most = max(most, len(inside))
            await asyncio.sleep(0)
            inside.discard(number)

    async def main() -> None:
        room, inside = Room(3), set[int]()
        await asyncio.gather(*(work(room, number, inside) for number in range(50)))

    asyncio.run(main())
    assert most == 3
    assert entered == list(range(50))


def test_places_of_the_cancelled_are_somebody_elses() -> None:
    async def work(room: Room, done: list[int], number: int) -> None:
        async with room:
            await asyncio.sleep(0)
            done.append(number)

    async def main(dice: random.Random) -> None:
        room, done = Room(2), list[int]()
        tasks = [asyncio.create_task(work(room, done, number)) for number in range(40)]
        for _ in range(30):
            await asyncio.sleep(0)
            dice.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(done) == sum(not task.cancelled() for task in tasks)
        async with asyncio.timeout(5), room, room:  # both places are there again
            pass

    for seed in range(50):
        asyncio.run(main(random.Random(seed)))
