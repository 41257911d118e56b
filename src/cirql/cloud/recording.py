"""Recording: a cloud that writes down what another one answers, on a tape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from cirql.cloud import Answer, Cloud
from cirql.cloud.pages import Cursor
from cirql.cloud.tape import Tape
from cirql.errors import CloudError
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.catalog.model import Paging
    from cirql.cloud.stats import CallStats
    from cirql.cloud.survey import Inquiry, Survey
    from cirql.cloud.target import Target


class Recording:
    """Asks a cloud, and writes each answer down; the tape is its owner's to close.

    What a survey asks of AWS is not on it: whoever plays it back is asked for nothing but what is.
    """

    def __init__(self, cloud: Cloud, tape: Tape) -> None:
        self._cloud = cloud
        self._tape = tape

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        """As `Cloud.call`."""
        try:
            answer = await self._cloud.call(target, service, operation, params)
        except CloudError as error:
            self._tape.refusal(target, service, operation, params, error)
            raise
        self._tape.answer(target, service, operation, params, answer)
        return answer

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        """As `Cloud.pages`: a line for each page, with the token that it was asked for by."""
        cursor = Cursor(params, paging)
        try:
            async for answer in self._cloud.pages(target, service, operation, params, paging):
                self._tape.answer(target, service, operation, cursor.params or params, answer)
                cursor.advance(answer)
                yield answer
        except CloudError as error:
            self._tape.refusal(target, service, operation, cursor.params or params, error)
            raise

    async def survey(self, inquiry: Inquiry) -> Survey:
        """As `Cloud.survey`; every account by its id, which stands in each line."""
        return await self._cloud.survey(replace(inquiry, identified=True))

    @property
    def stats(self) -> CallStats:
        """As `Cloud.stats`."""
        return self._cloud.stats

    async def close(self) -> None:
        """Close the cloud that it asks."""
        await self._cloud.close()
