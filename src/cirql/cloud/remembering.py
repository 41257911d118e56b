"""Remembering: a cloud that sends each request once, and answers it from memory whenever it is asked again.

For a run of many statements that ask the same things at about the same time (a pack of checks): what one has been told, or is being told,
is told to all. Nothing is forgotten before it is closed, so it is made for a run and not for a session.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from cirql.cloud import Answer, Cloud
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.catalog.model import Paging
    from cirql.cloud.stats import CallStats
    from cirql.cloud.survey import Inquiry, Survey
    from cirql.cloud.target import Target


class Remembering:
    """Asks a cloud, and keeps each answer, refusals too: whoever asks later hears the same.

    A request that is under way is waited for. It goes on when the one who asked first has left, since others may wait for it.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._listings: dict[str, _Listing] = {}
        self.asked: Counter[str] = Counter()
        """Pages that were wanted, by `service:Operation`: what would have been sent without a memory, retries not counted."""

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        """As `Cloud.call`."""

        async def once() -> AsyncIterator[Answer]:
            yield await self._cloud.call(target, service, operation, params)

        async for answer in self._listed(_key("call", target, service, operation, params), f"{service}:{operation}", once):
            return answer
        raise AssertionError("a call has one answer")

    def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        """As `Cloud.pages`: a page is sent for when the first of those who read the list wants it."""

        def opened() -> AsyncIterator[Answer]:
            return self._cloud.pages(target, service, operation, params, paging)

        return self._listed(_key("pages", target, service, operation, params), f"{service}:{operation}", opened)

    async def _listed(self, key: str, name: str, opens: Callable[[], AsyncIterator[Answer]]) -> AsyncIterator[Answer]:
        listing = self._listings.get(key)
        if listing is None or listing.is_broken:
            listing = self._listings[key] = _Listing(opens())
        position = 0
        while True:
            try:
                if not await listing.reaches(position):
                    return
            except Error:
                self.asked[name] += 1
                raise
            self.asked[name] += 1
            yield listing.pages[position]
            position += 1

    async def survey(self, inquiry: Inquiry) -> Survey:
        """As `Cloud.survey`."""
        return await self._cloud.survey(inquiry)

    @property
    def stats(self) -> CallStats:
        """As `Cloud.stats`: what was really sent."""
        return self._cloud.stats

    async def close(self) -> None:
        """Forget everything, and close the cloud that it asks."""
        listings, self._listings = list(self._listings.values()), {}
        for listing in listings:
            await listing.close()
        await self._cloud.close()


class _Listing:
    """The answers of one request so far, and what gives the next."""

    def __init__(self, source: AsyncIterator[Answer]) -> None:
        self.pages: list[Answer] = []
        self.has_ended = False
        self._source = source
        self._refusal: Error | None = None
        self._next: asyncio.Task[None] | None = None

    @property
    def is_broken(self) -> bool:
        """Whether it ended by something that says nothing of AWS: the next who asks begins anew."""
        return self._next is not None and self._next.done() and (self._next.cancelled() or self._next.exception() is not None)

    async def reaches(self, position: int) -> bool:
        """Whether there is a page at a position, which is waited for. Raises what AWS refused with."""
        while position >= len(self.pages):
            if self._refusal is not None:
                raise copy.copy(self._refusal)  # each who hears it adds a place and a traceback of their own
            if self.has_ended:
                return False
            if self._next is None or self._next.done():
                self._next = asyncio.create_task(self._advance())
            await asyncio.shield(self._next)
        return True

    async def _advance(self) -> None:
        try:
            self.pages.append(await anext(self._source))
        except StopAsyncIteration:
            self.has_ended = True
        except Error as refusal:
            self._refusal = refusal

    async def close(self) -> None:
        """Give up what is under way."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)


def _key(kind: str, target: Target, service: str, operation: str, params: dict[str, Any]) -> str:
    return json.dumps([kind, str(target), target.credentials, service, operation, params], sort_keys=True, default=str)
