"""Recordings: answers of AWS that were written down (`cloud/tape.py`) are played back, and what they say goes into the inventory.

A recording is not read for what it means: the tables whose list calls are in it are asked for, as ever, and the recording answers in the
place of AWS. So pages, parents, describe calls and errors mean what they always mean, and a question that it cannot answer is a failure.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Paging, Role, Table
from cirql.cloud.pages import Cursor
from cirql.cloud.reach import EVERY_REGION
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.errors import CloudError, CloudFailure, Error, InvalidText
from cirql.inventory.model import WriteSummary
from cirql.settings import Credential, Settings

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.session import Session

DEEPEST = 4
"""How many parents above one another are looked at."""

_MEMBERS = ("account", "region", "service", "operation")
Call = tuple[str, str, str, str]
"""Account, region, service and operation."""


def is_recording(documents: Any) -> bool:
    """Whether the documents of a file are recorded answers."""
    found = documents if isinstance(documents, list) else [documents]
    return bool(found) and all(isinstance(d, dict) and "service" in d and "operation" in d for d in found)


@dataclass(slots=True)
class Recording:
    """Recorded answers, found by who was asked what. Where the same was asked twice, the last answer counts."""

    answers: dict[Call, list[tuple[dict[str, Any], dict[str, Any]]]] = field(default_factory=dict)
    began: datetime | None = None

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
        return frozenset(found)

    def find(
        self, target: Target, service: str, operation: str, params: Mapping[str, Any], ignored: str | None
    ) -> Mapping[str, Any] | None:
        """The line that answers a call; the page size, `ignored`, does not matter."""
        wanted = _spelled(params, ignored)
        lines = self.answers.get((target.account, target.region, service, operation), ())
        return next((line for asked, line in reversed(lines) if _spelled(asked, ignored) == wanted), None)


def _spelled(params: Mapping[str, Any], ignored: str | None) -> str:
    return json.dumps({k: v for k, v in params.items() if k != ignored}, sort_keys=True, default=str)


class Replay:
    """A recording in the place of `CloudClient`. `places` are those that the table in question was asked for in."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.places: frozenset[tuple[str, str]] = frozenset()

    async def survey(self, inquiry: Inquiry) -> Survey:
        """The accounts that were asked, and where."""
        regions: dict[str, list[str]] = {}
        for account, region in sorted(self.places):
            regions.setdefault(account, []).append(region)
        return Survey(tuple(Account(a, a, enabled=tuple(found)) for a, found in regions.items()))

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The recorded answer. Raises CloudError where there is none, and the error that was recorded."""
        return self._answer(target, service, operation, params, None)

    async def pages(
        self, target: Target, service: str, operation: str, params: dict[str, Any], paging: Paging | None
    ) -> AsyncIterator[dict[str, Any]]:
        """The recorded pages, each by the token of the one before."""
        cursor = Cursor(params, paging)
        while cursor.params is not None:
            answer = self._answer(target, service, operation, cursor.params, paging.limit if paging is not None else None)
            cursor.advance(answer)
            yield answer

    def _answer(self, target: Target, service: str, operation: str, params: Mapping[str, Any], ignored: str | None) -> dict[str, Any]:
        from cirql.cloud.failures import Place, of_answer
        from cirql.cloud.retry import Verdict

        line = self._recording.find(target, service, operation, params, ignored)
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


@dataclass(slots=True)
class Played:
    """What came of a recording: what was written of which tables, and what it could not answer."""

    written: list[WriteSummary] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def settings_for(recording: Recording, store: str) -> Settings:
    """The settings of a session that asks a recording, and keeps what it says."""
    accounts = sorted({t.account for t in recording.targets})
    credentials = tuple(Credential(a, "recorded", "recorded", account=a) for a in accounts)
    return Settings(credentials=credentials, regions=(EVERY_REGION,), store=store, max_age=0.0)


def play(session: Session, recording: Recording) -> Played:
    """Keep what a recording says of every table that it lists, dated at its beginning.

    A table of which it has not all describe calls is kept with the columns of its list call.
    """
    replay = Replay(recording)
    session.client = replay  # type: ignore[assignment]
    session.memory.dated = recording.began
    ledger = session.memory.ledger
    ledger.by, ledger.keeps_account = "import", True
    done = Played()
    operations = {(service, operation) for _, _, service, operation in recording.answers}
    types = {p.get("TypeName") for call, lines in recording.answers.items() if call[2] == "cloudcontrol" for p, _ in lines}
    for table in session.catalog.tables():
        columns = [sorted(c) for c in _questions(table, operations, types)]
        failures: list[str] = []
        if columns:
            replay.places = recording.places(_listings(session.catalog, table), table.cfn_type)
        for asked in columns:
            failures = _ask(session, table, asked)
            if not failures:
                break
        done.failures += failures
    done.written = [w for w in (w for same in ledger.written.values() for w in same) if w.scan.complete or w.scan.rows]
    return done


def _questions(table: Table, operations: set[tuple[str, str]], types: Iterable[Any]) -> list[frozenset[str]]:
    """The columns to ask of a table: those of all its calls that are recorded, then those of its list call alone; none if that is not."""
    recorded = [f for f in table.fetches if (f.service, f.operation) in operations]
    if table.cfn_type is not None and table.cfn_type not in types:
        return []
    lists = [f for f in recorded if f.role is Role.LIST]
    if not lists or table.problem:
        return []
    published = {c.name for c in table.published}
    found = [frozenset(c for f in group for c in f.gives) & published for group in (recorded, lists)]
    return [c for c in dict.fromkeys(found) if c]


def _listings(catalog: Catalog, table: Table, depth: int = 0) -> frozenset[tuple[str, str]]:
    """The calls that list a table, and those that list its parents: where there are none of those, it was not listed."""
    found = {(f.service, f.operation) for f in table.fetches if f.role is Role.LIST}
    for parent in table.parents if depth < DEEPEST else ():
        found |= _listings(catalog, catalog.find(parent.table).table, depth + 1)
    return frozenset(found)


def _ask(session: Session, table: Table, columns: list[str]) -> list[str]:
    names = ", ".join(f'"{c}"' for c in columns)
    try:
        result = session.execute(f"SELECT {names} FROM {table.name}")
        for _ in result.batches():
            pass
    except Error as error:
        return [f"{table.name}: {error.message}"]
    return [f"{table.name}: {failure.message}" for failure in result.failures]
