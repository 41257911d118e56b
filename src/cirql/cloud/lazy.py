"""A cloud that is opened by the first question to it: a statement that asks AWS nothing never loads what signs and sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from cirql.cloud import Answer, Cloud
from cirql.cloud.stats import CallStats

if TYPE_CHECKING:
    from cirql.catalog.model import Paging
    from cirql.cloud.survey import Inquiry, Survey
    from cirql.cloud.target import Target
    from cirql.settings import Settings


class Lazy:
    """A `Cloud` that `opens` another when it is first asked, and hands on everything."""

    def __init__(self, opens: Callable[[], Cloud]) -> None:
        self._opens = opens
        self._opened: Cloud | None = None

    @classmethod
    def of(cls, settings: Settings) -> Lazy:
        """AWS itself, as settings say how to reach it."""

        def opens() -> Cloud:
            from cirql.cloud.client import CloudClient

            return CloudClient(settings)

        return cls(opens)

    @property
    def is_open(self) -> bool:
        """Whether somebody has asked."""
        return self._opened is not None

    def _cloud(self) -> Cloud:
        if self._opened is None:
            self._opened = self._opens()
        return self._opened

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        """As `Cloud.call`."""
        return await self._cloud().call(target, service, operation, params)

    def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        """As `Cloud.pages`."""
        return self._cloud().pages(target, service, operation, params, paging, only)

    async def survey(self, inquiry: Inquiry) -> Survey:
        """As `Cloud.survey`."""
        return await self._cloud().survey(inquiry)

    @property
    def stats(self) -> CallStats:
        """As `Cloud.stats`; nothing was sent by what is not open."""
        return self._opened.stats if self._opened is not None else CallStats()

    async def close(self) -> None:
        """Close what was opened, if anything was."""
        if self._opened is not None:
            await self._opened.close()
