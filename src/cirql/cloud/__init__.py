"""The only way to AWS: `Cloud` is what everything above this package knows of it.

`client.py` asks AWS itself. `lazy.py` opens it when somebody first asks, `recording.py` writes down what another cloud answers, and
`replaying.py` answers from what was written down, and
`remembering.py` sends each request once: each is a `Cloud`, made by whoever wants it and handed in. Tables, plans and SQL are
unknown here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cirql.catalog.model import Paging
    from cirql.cloud.stats import CallStats
    from cirql.cloud.survey import Inquiry, Survey
    from cirql.cloud.target import Target

Answer = dict[str, Any]


class Cloud(Protocol):
    """Asks AWS, from one event loop."""

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        """The answer of one operation, by botocore's names and rules.

        Timestamps are aware datetimes in UTC, blobs are bytes; absent members stay absent; `ResponseMetadata` is left out.

        Raises: Throttled, AccessDenied, CredentialsError, ResourceNotFound, AlreadyExists, Unreachable or CloudError, each with
        its CloudFailure; InvalidText for parameters that the operation does not take; NotSupported for an unknown operation.
        """
        ...

    def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        """All pages of a list, each asked for when the one before has been taken. Without `paging` there is one.

        `only`: the members that are asked for, by paths of names; others may be left out, and need not be.

        Raises: as `call`; CloudError where a page token repeats or is missing.
        """
        ...

    async def survey(self, inquiry: Inquiry) -> Survey:
        """The accounts in reach, as far as the inquiry wants to know them.

        Raises: InvalidText for a name that is no region, before any call; SettingsError where no region is configured;
        CredentialsError; the errors of `call`.
        """
        ...

    @property
    def stats(self) -> CallStats:
        """Everything sent since it was made."""
        ...

    async def close(self) -> None:
        """Let go of all connections; calls in flight fail. It can be used again afterwards."""
        ...
