"""Calls that a target refuses as a whole: asked once in a statement, and not again for every batch of rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, NotSupported, Throttled, Unreachable

REFUSALS = (AccessDenied, CloudError, NotSupported, Throttled, Unreachable)
"""What may stand between a statement and an API that it can do without."""
_OF_THIS_REQUEST = frozenset({"InvalidParameterException", "ValidationException", "ValidationError", "PaginationTokenExpiredException"})

T = TypeVar("T")
Place = tuple[Target, str]
"""A target, and the operation it is asked for."""


class Refusals:
    """What a statement has learned of operations that it can do without."""

    def __init__(self) -> None:
        self._answers: dict[Place, bool] = {}
        self._first: dict[Place, asyncio.Lock] = {}

    async def ask(self, place: Place, question: Callable[[], Awaitable[T]]) -> T | None:
        """What the question gives; None, without asking, where this place has refused before.

        The first question goes alone, so that a refusal is heard once. Raises: what the question raises.
        """
        if place not in self._answers:
            async with self._first.setdefault(place, asyncio.Lock()):
                if place not in self._answers:
                    return await self._asked(place, question)
        return await self._asked(place, question) if self._answers[place] else None

    async def _asked(self, place: Place, question: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await question()
        except REFUSALS as error:
            if not _is_passing(error):
                self._answers[place] = False
            raise
        self._answers.setdefault(place, True)
        return answer


def _is_passing(error: Exception) -> bool:
    """Whether only this one request was refused, or only now."""
    failure = getattr(error, "failure", None)
    return isinstance(error, Throttled) or (failure is not None and failure.code in _OF_THIS_REQUEST)
