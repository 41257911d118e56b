"""Replaying: a cloud that answers from what was recorded (`tape.py`), and what that holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from cirql.catalog.model import Paging
from cirql.cloud.failures import Place, of_answer
from cirql.cloud.pages import Cursor
from cirql.cloud.retry import Verdict
from cirql.cloud.stats import CallStats
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.errors import CloudError, CloudFailure, InvalidText
from cirql.startup.records import dataclass, field

_MEMBERS = ("account", "region", "service", "operation")
Call = tuple[str, str, str, str]
"""Account, region, service and operation."""


@dataclass(slots=True)
class Recorded:
    """Recorded answers, found by who was asked what. Where the same was asked twice, the last answer counts.

    `whole` are the operations, with their services, that answer for all regions of an account wherever they are asked.
    """

    answers: dict[Call, list[tuple[dict[str, Any], dict[str, Any]]]] = field(default_factory=dict)
    began: datetime | None = None
    whole: set[tuple[str, str]] = field(default_factory=set)

    def add(self, line: Mapping[str, Any], where: str) -> None:
        """Take in one line. Raises InvalidText, with the place, for one that lacks something."""
        texts = [line.get(name) for name in _MEMBERS]
        params, response = line.get("parameters") or {}, line.get("response")
        if not all(isinstance(t, str) and t for t in texts) or not isinstance(params, dict):
            raise InvalidText(f"{where}: a recorded answer has {', '.join(_MEMBERS)} as text, and parameters")
        if not isinstance(response, dict) and not isinstance(line.get("error"), dict):
            raise InvalidText(f"{where}: a recorded answer has a response or an error")
        try:
            time = datetime.fromisoformat(str(line.get("time")))
        except ValueError:
            raise InvalidText(f"{where}: a recorded answer has the time at which it was given") from None
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        self.began = time if self.began is None else min(self.began, time)
        account, region, service, operation = map(str, texts)
        self.answers.setdefault((account, region, service, operation), []).append((params, dict(line)))

    @property
    def targets(self) -> tuple[Target, ...]:
        """The accounts and regions that were asked."""
        return tuple(sorted({Target(account, region, account) for account, region, _, _ in self.answers}))

    def places(self, operations: Collection[tuple[str, str]], kind: str | None) -> frozenset[tuple[str, str]]:
        """The accounts and regions in which any of these was asked; of Cloud Control, for that type."""
        found = set()
        for (account, region, service, operation), lines in self.answers.items():
            if (service, operation) in operations and (kind is None or any(p.get("TypeName") == kind for p, _ in lines)):
                found.add((account, region))
                if (service, operation) in self.whole:
                    found |= {(t.account, t.region) for t in self.targets if t.account == account}
        return frozenset(found)

    def find(
        self, target: Target, service: str, operation: str, params: Mapping[str, Any], ignored: str | None
    ) -> Mapping[str, Any] | None:
        """The line that answers a call; the page size, `ignored`, does not matter."""
        wanted = _spelled(params, ignored)
        lines = self.answers.get((target.account, target.region, service, operation), [])
        if not lines and (service, operation) in self.whole:
            lines = [
                line
                for call, found in self.answers.items()
                if (call[0], *call[2:]) == (target.account, service, operation)
                for line in found
            ]
        return next((line for asked, line in reversed(lines) if _spelled(asked, ignored) == wanted), None)


def _spelled(params: Mapping[str, Any], ignored: str | None) -> str:
    return json.dumps({k: v for k, v in params.items() if k != ignored}, sort_keys=True, default=str)


class Replaying:
    """A `Cloud` that asks nobody: what was recorded is all that it knows."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    async def survey(self, inquiry: Inquiry) -> Survey:
        """The accounts that were asked, and where."""
        regions: dict[str, list[str]] = {}
        for target in self._recorded.targets:
            regions.setdefault(target.account, []).append(target.region)
        return Survey(tuple(Account(a, a, enabled=tuple(found)) for a, found in regions.items()))

    @property
    def stats(self) -> CallStats:
        """Nothing is ever sent."""
        return CallStats()

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The recorded answer. Raises CloudError where there is none, and the error that was recorded."""
        return self._answer(target, service, operation, params, None)

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """The recorded pages, each by the token of the one before."""
        cursor = Cursor(params, paging)
        while cursor.params is not None:
            answer = self._answer(target, service, operation, cursor.params, paging.limit if paging is not None else None)
            cursor.advance(answer)
            yield answer

    def _answer(self, target: Target, service: str, operation: str, params: Mapping[str, Any], ignored: str | None) -> dict[str, Any]:
        line = self._recorded.find(target, service, operation, params, ignored)
        if line is None:
            asked = f" with {json.dumps(params, default=str)}" if params else ""
            message = f"the recording has no answer to {service}:{operation}{asked} in {target}"
            failure = CloudFailure(target.account, target.region, service, operation, "NotRecorded", message)
            raise CloudError(message, hint="it holds what was asked while it was made, and no more", failure=failure)
        if "response" in line:
            return dict(line["response"])
        error = line["error"]
        raise of_answer(Place(target, service, operation), str(error.get("code")), str(error.get("message") or ""), None, Verdict.FINAL, 1)

    async def close(self) -> None:
        """There is nothing to close."""
