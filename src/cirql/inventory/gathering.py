"""Gathering: what many targets saw goes into the store together, since a commit may cost as much for one scan as for two hundred.

While one write goes on, others wait and make the next. Whoever gives something to be kept hears of it once it is kept, so a process that
dies loses nothing that it said was there. It knows no table and no target.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from cirql.errors import Error
from cirql.inventory.model import Observation, WriteSummary
from cirql.inventory.store import Store
from cirql.startup.records import dataclass, field, replace

MOST_TOGETHER = 400
"""So many scans a write has, or those of one giver where they are more."""


@dataclass(frozen=True, slots=True)
class _Lot:
    """What one giver gave, and where it hears of it."""

    observations: tuple[Observation, ...]
    kept: asyncio.Future[list[WriteSummary]]


@dataclass(slots=True)
class Gathering:
    """Writes of one event loop to one store."""

    store: Store
    _waiting: list[_Lot] = field(default_factory=list)
    _work: asyncio.Task[None] | None = None

    async def keep(self, observations: Sequence[Observation]) -> list[WriteSummary]:
        """Keep scans whole, in their order; as `Store.write_all`. Whoever stops waiting does not stop the write."""
        # With a token of its own each can be given again where a write of several failed in the midst.
        named = tuple(o if o.token is not None else replace(o, token=uuid.uuid4().hex) for o in observations)
        lot = _Lot(named, asyncio.get_running_loop().create_future())
        self._waiting.append(lot)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write())
        return await lot.kept

    async def _write(self) -> None:
        while self._waiting:
            lots: list[_Lot] = []
            count = 0
            while self._waiting and (not lots or count + len(self._waiting[0].observations) <= MOST_TOGETHER):
                lots.append(self._waiting.pop(0))
                count += len(lots[-1].observations)
            if not await self._write_lots(lots):
                for lot in lots:
                    await self._write_lots([lot])

    async def _write_lots(self, lots: Sequence[_Lot]) -> bool:
        """Write lots together. What goes wrong with one is told to its giver; of several nothing is told, and it is False."""
        try:
            kept = await asyncio.to_thread(self.store.write_all, [o for lot in lots for o in lot.observations])
        except (Error, OSError) as fault:
            if len(lots) > 1:
                return False
            _tell(lots[0], fault)
            return True
        except BaseException as fault:
            for lot in lots:
                _tell(lot, fault)
            raise
        for lot in lots:
            if not lot.kept.done():
                lot.kept.set_result(kept[: len(lot.observations)])
            del kept[: len(lot.observations)]
        return True


def _tell(lot: _Lot, fault: BaseException) -> None:
    if not lot.kept.done():
        if isinstance(fault, asyncio.CancelledError):
            lot.kept.cancel()
        else:
            lot.kept.set_exception(fault)
