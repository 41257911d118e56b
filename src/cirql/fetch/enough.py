"""How many rows are still wanted of a scan under a LIMIT."""

from __future__ import annotations

import asyncio


class Enough:
    """How many rows are still wanted of a limited scan, over all its targets.

    A row is claimed before per-row calls are made for it, and confirmed or given back afterwards, so that no more rows are
    completed than the limit needs, and none too few.
    """

    def __init__(self, limit: int | None) -> None:
        self._left = limit
        self._under_way = 0
        self._changed = asyncio.Condition()

    async def claim(self, rows: int) -> int:
        """How many of these rows to complete; 0 where the limit is met."""
        if self._left is None:
            return rows
        async with self._changed:
            while self._left == 0 and self._under_way:
                await self._changed.wait()
            taken = min(rows, self._left)
            self._left -= taken
            self._under_way += taken
            return taken

    async def settle(self, claimed: int, found: int) -> None:
        """Say how many of the claimed rows were really there."""
        if self._left is None:
            return
        async with self._changed:
            self._under_way -= claimed
            self._left += claimed - found
            self._changed.notify_all()
