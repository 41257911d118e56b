"""A cloud that nobody should ask: a test's own fakes answer what they are there for, and inherit the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from cirql.catalog.model import Paging
from cirql.cloud import Answer
from cirql.cloud.stats import CallStats
from cirql.cloud.survey import Inquiry, Survey
from cirql.cloud.target import Target


class SilentCloud:
    """A `Cloud` with nothing in it."""

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        raise AssertionError(f"{service}:{operation} is not asked for")

    def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        raise AssertionError(f"no page of {service}:{operation} is asked for")

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey()

    @property
    def stats(self) -> CallStats:
        return CallStats()

    async def close(self) -> None:
        """Nothing is open."""
