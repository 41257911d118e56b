"""Carrying changes out: submit, poll, serialise, retry, and pick up what a dead process left behind.

    PLANNED -> SUBMITTING -> SUBMITTED -> SUCCEEDED | FAILED | CANCELLED
       |            |            `- a failure that AWS calls retriable: PLANNED again, with the next attempt's token
       |            `- cut off here, the same client token is sent again: AWS answers with the request it already has (36 h)
       `- not begun when another change failed: SKIPPED

Every step is on disk before the next is taken. Error codes and which of them are retriable: "Handler error codes", CloudFormation CLI user
guide; client tokens: "Managing resource operation requests", Cloud Control API user guide.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cirql.catalog.model import Paging
from cirql.catalog.rules import NativeWrite
from cirql.changes.journal import Journal
from cirql.changes.masking import without_told_secrets
from cirql.changes.model import Change, ChangeKind, JournalEntry, RequestProgress, State
from cirql.cloud import Cloud
from cirql.cloud.target import Target
from cirql.errors import DatabaseError, Error, OperationalError, ResourceNotFound, Throttled, Unreachable
from cirql.startup.records import dataclass, field

CLIENT_TOKEN_LIFE = 36 * 3600.0
ATTEMPTS = 5
_FIRST_DELAY, _MOST_DELAY = 0.2, 15.0
_SAFE_TO_REPEAT = frozenset({"Throttling", "ResourceConflict"})
# A create that failed so may have made something all the same: only what changes a known resource is tried again.
_REPEATABLE_ON_KNOWN = frozenset({"NetworkFailure", "ServiceInternalError"})
_BUSY = frozenset({"ConcurrentOperationException", "ConcurrentModificationException", "ResourceInUse"})
_PAGES = Paging(("NextToken",), ("NextToken",))
_KEY_GONE = "it has secrets, and the key that opens them (journal.key in XDG_STATE_HOME) is gone or is another: bring it back, or cancel"


@dataclass(slots=True)
class Applier:
    """Carries out entries of a journal. `clock` gives seconds since 1970; `seconds` is how long one change may take."""

    cloud: Cloud
    journal: Journal
    clock: Callable[[], float]
    seconds: float = 3600.0
    width: int = 32
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    tell: Callable[[JournalEntry], None] = lambda entry: None
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _failed: bool = False
    _unsaved: list[tuple[JournalEntry, asyncio.Future[None]]] = field(default_factory=list)
    _saving: asyncio.Task[None] | None = None
    _subjects: dict[tuple[str, str, str, str], asyncio.Lock] = field(default_factory=dict)

    async def apply(self, entries: Sequence[JournalEntry], *, wait: bool = True) -> list[JournalEntry]:
        """Carry out recorded entries, each after those it depends on; independent ones at once.

        After a failure nothing new is begun; what AWS has already accepted is seen to its end. `wait=False` stops at SUBMITTED
        where nothing depends on a change. Entries that have ended already stay as they are: they only say what may still begin.
        Gives the entries as they ended, in the same order.
        """
        self._failed = any(not e.state.is_open and e.state is not State.SUCCEEDED for e in entries)
        turn = asyncio.Semaphore(self.width)
        awaited = {d for e in entries for d in e.change.depends}
        tasks: dict[str, asyncio.Task[JournalEntry]] = {}
        for entry in entries:
            before = [tasks[d] for d in entry.change.depends if d in tasks]
            must_wait = wait or entry.change.id in awaited
            tasks[entry.change.id] = asyncio.create_task(self._in_turn(entry, before, turn, must_wait))
        try:
            return list(await asyncio.gather(*tasks.values()))
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _in_turn(
        self, entry: JournalEntry, before: Sequence[asyncio.Task[JournalEntry]], turn: asyncio.Semaphore, wait: bool
    ) -> JournalEntry:
        if not entry.state.is_open:
            return entry
        if before:
            await asyncio.gather(*(asyncio.shield(task) for task in before))
        async with self._subjects.setdefault(entry.change.subject, asyncio.Lock()), turn:
            if entry.state is State.PLANNED and (self._failed or any(t.result().state is not State.SUCCEEDED for t in before)):
                return await self._save(entry.moved(State.SKIPPED, error="not begun, because another change failed"))
            ended = await self._carry_out(entry, wait)
            self._failed = self._failed or ended.state not in (State.SUCCEEDED, State.SUBMITTED)
            return ended

    async def _carry_out(self, entry: JournalEntry, wait: bool) -> JournalEntry:
        deadline = self.clock() + self.seconds
        while True:
            if entry.change.operation in (ChangeKind.SET, ChangeKind.CALL):
                return await self._call_service(entry, deadline)
            if entry.state is not State.SUBMITTED:
                entry = await self._submit(entry, deadline)
            if entry.state is State.SUBMITTED and wait:
                entry = await self._poll(entry, deadline)
            if not self._may_try_again(entry):
                return entry
            await self.sleep(self._delay(entry.attempt))
            entry = await self._save(
                entry.moved(State.PLANNED, attempt=entry.attempt + 1, request_token=None, event=RequestProgress(), error="")
            )

    @staticmethod
    def _may_try_again(entry: JournalEntry) -> bool:
        code = entry.event.error_code
        if entry.state is not State.FAILED or entry.attempt >= ATTEMPTS:
            return False
        return code in _SAFE_TO_REPEAT or (code in _REPEATABLE_ON_KNOWN and entry.change.operation is not ChangeKind.CREATE)

    # -- Cloud Control

    async def _submit(self, entry: JournalEntry, deadline: float) -> JournalEntry:
        """Send a change until AWS has it, always with the same client token."""
        if not entry.is_whole:
            return await self._save(entry.moved(entry.state, error=_KEY_GONE))
        if entry.state is State.SUBMITTING and self.clock() - entry.submitted > CLIENT_TOKEN_LIFE:
            text = "it was cut off over 36 hours ago: AWS no longer says whether it had begun. Look at the resource before you repeat it"
            return await self._save(entry.moved(State.UNKNOWN, error=text))
        if entry.state is State.PLANNED:
            entry = await self._save(entry.moved(State.SUBMITTING, submitted=self.clock()))
        change, tries = entry.change, 0
        while True:
            tries += 1
            try:
                answer = await self.cloud.call(
                    change.target, "cloudcontrol", f"{change.operation.value.capitalize()}Resource", _request(entry)
                )
            except (Unreachable, Throttled) as error:
                # The client has tried already. AWS may have taken it: only the same token again can tell.
                if self.clock() >= deadline or tries >= ATTEMPTS:
                    return await self._save(entry.moved(State.SUBMITTING, error=error.message))
            except DatabaseError as error:
                if not _is_busy(error) or self.clock() >= deadline:
                    if _is_transient(error) and tries < ATTEMPTS:
                        await self.sleep(self._delay(tries))
                        continue
                    return await self._save(entry.moved(State.FAILED, error=_text(error), event=_event_of(error)))
            else:
                event = RequestProgress(_plain_event(answer["ProgressEvent"]))
                return await self._save(entry.moved(State.SUBMITTED, request_token=event.fields.get("RequestToken"), event=event, error=""))
            await self.sleep(self._delay(tries))

    async def _poll(self, entry: JournalEntry, deadline: float) -> JournalEntry:
        """Ask until the request has ended, or the time is up: then the entry stays open."""
        looks = 0
        while True:
            ended = _ended(entry)
            if ended is not None:
                return await self._save(ended)
            if self.clock() >= deadline:
                text = f"still {entry.event.status} after {self.seconds:g} seconds"
                return await self._save(entry.moved(State.SUBMITTED, error=text))
            asked = _asked_wait(entry.event)
            wait = max(self._delay(looks), asked) if looks else min(_FIRST_DELAY, asked)
            await self.sleep(min(wait, max(0.0, deadline - self.clock())))
            looks += 1
            try:
                answer = await self.cloud.call(
                    entry.change.target, "cloudcontrol", "GetResourceRequestStatus", {"RequestToken": entry.request_token}
                )
            except (Unreachable, Throttled):
                continue
            except DatabaseError as error:
                if _is_transient(error):
                    continue
                if _code(error) == "RequestTokenNotFoundException":
                    return await self._save(entry.moved(State.UNKNOWN, error="AWS no longer knows this request (it forgets after 7 days)"))
                return await self._save(entry.moved(State.SUBMITTED, error=_text(error)))
            entry = entry.moved(State.SUBMITTED, event=RequestProgress(_plain_event(answer["ProgressEvent"])), error="")

    async def cancel(self, entry: JournalEntry) -> JournalEntry:
        """Stop an open change: one that was never sent at once, one at AWS if AWS still can."""
        if entry.state is State.PLANNED:
            return await self._save(entry.moved(State.CANCELLED, error="cancelled before it was sent"))
        if entry.state is State.SUBMITTING and entry.change.operation not in (ChangeKind.SET, ChangeKind.CALL):
            entry = await self._submit(entry, self.clock() + self.seconds)
        if entry.state is not State.SUBMITTED:
            return entry
        await self.cloud.call(entry.change.target, "cloudcontrol", "CancelResourceRequest", {"RequestToken": entry.request_token})
        return await self._poll(entry, self.clock() + self.seconds)

    # -- calls of the service itself

    async def _call_service(self, entry: JournalEntry, deadline: float) -> JournalEntry:
        if not entry.is_whole:
            return await self._save(entry.moved(entry.state, error=_KEY_GONE))
        if entry.state is State.SUBMITTING and not entry.change.repeatable:
            text = "it was cut off while it was being sent: whether it happened is not known. Look before you repeat it"
            return await self._save(entry.moved(State.UNKNOWN, error=text))
        if entry.state is State.PLANNED:
            entry = await self._save(entry.moved(State.SUBMITTING, submitted=self.clock()))
        tries = 0
        while True:
            tries += 1
            try:
                if entry.change.operation is ChangeKind.SET:
                    await self._set(entry.change)
                else:
                    service, operation = entry.change.type_name.split(":")
                    self.answers[entry.change.id] = await self.cloud.call(
                        entry.change.target, service, operation, json.loads(entry.change.body)
                    )
            except DatabaseError as error:
                again = _is_busy(error) or _is_transient(error) or isinstance(error, Throttled)
                again = again or (isinstance(error, Unreachable) and entry.change.repeatable)
                if again and self.clock() < deadline and tries < ATTEMPTS * 3:
                    await self.sleep(self._delay(tries))
                    continue
                unsure = isinstance(error, Unreachable) and not entry.change.repeatable
                return await self._save(entry.moved(State.UNKNOWN if unsure else State.FAILED, error=_text(error), event=_event_of(error)))
            return await self._save(entry.moved(State.SUCCEEDED, event=RequestProgress({"OperationStatus": "SUCCESS"}), error=""))

    async def _set(self, change: Change) -> None:
        """Make a set-valued property exactly what is wanted: add what is missing, delete what is too much."""
        told = json.loads(change.body)
        write, inputs, wanted = NativeWrite.from_plain(told["write"]), told["inputs"], set(told["wanted"])
        current = await self.current_set(self.cloud, change.target, write, inputs)
        params = dict(inputs)
        if wanted - current:
            params[write.add] = sorted(wanted - current)
        if current - wanted:
            params[write.remove] = sorted(current - wanted)
        if wanted != current:
            await self.cloud.call(change.target, write.service, write.operation, params)

    @staticmethod
    async def current_set(cloud: Cloud, target: Target, write: NativeWrite, inputs: Mapping[str, Any]) -> set[str]:
        """What a set-valued property holds now."""
        current: set[str] = set()
        async for page in cloud.pages(target, write.service, write.current_operation, dict(inputs), _PAGES):
            current |= set(page.get(write.current_rows) or ())
        return current

    # -- shared

    async def _save(self, entry: JournalEntry) -> JournalEntry:
        """Put an entry on disk, together with all others that wait for the disk just now: one sync for many changes."""
        entry = without_told_secrets(entry).moved(entry.state, updated=self.clock())
        saved = asyncio.get_running_loop().create_future()
        self._unsaved.append((entry, saved))
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_all())
        await saved
        self.tell(entry)
        return entry

    async def _save_all(self) -> None:
        while self._unsaved:
            batch, self._unsaved = self._unsaved, []
            try:
                await asyncio.to_thread(self.journal.save, [entry for entry, _ in batch])
            except OperationalError as error:  # the disk: each change stops where it is, and is still open in the journal
                for _, saved in batch:
                    if not saved.done():
                        saved.set_exception(error)
                continue
            for _, saved in batch:
                if not saved.done():
                    saved.set_result(None)

    @staticmethod
    def _delay(tries: int) -> float:
        return float(min(_MOST_DELAY, _FIRST_DELAY * 1.6 ** min(tries, 20)))


def _request(entry: JournalEntry) -> dict[str, Any]:
    change = entry.change
    request: dict[str, Any] = {"TypeName": change.type_name, "ClientToken": entry.client_token}
    match change.operation:
        case ChangeKind.CREATE:
            request["DesiredState"] = change.body
        case ChangeKind.UPDATE:
            request |= {"Identifier": change.identifier, "PatchDocument": change.body}
        case _:
            request["Identifier"] = change.identifier
    return request


def _ended(entry: JournalEntry) -> JournalEntry | None:
    """The entry where its event says that it is over."""
    event = entry.event
    match event.status:
        case "SUCCESS":
            return entry.moved(State.SUCCEEDED, error="")
        case "FAILED":
            return entry.moved(State.FAILED, error=f"{event.error_code or 'FAILED'}: {event.message}".rstrip(": "))
        case "CANCEL_COMPLETE":
            return entry.moved(State.CANCELLED, error=event.message or "cancelled")
    return None


def _asked_wait(event: RequestProgress) -> float:
    """How long AWS wants us to wait, told by its own clock alone."""
    at, until = event.fields.get("EventTime"), event.fields.get("RetryAfter")
    if not isinstance(at, int | float) or not isinstance(until, int | float):
        return _FIRST_DELAY
    return float(min(max(until - at, 0.0), _MOST_DELAY))


def _plain_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A ProgressEvent with its times as seconds since 1970."""
    return {k: v.timestamp() if isinstance(v, datetime) else v for k, v in event.items()}


def _code(error: Error) -> str:
    return error.failure.code if error.failure is not None else ""


def _is_busy(error: Error) -> bool:
    return _code(error) in _BUSY


def _is_transient(error: Error) -> bool:
    return _code(error) in (
        "InternalFailure",
        "ServiceInternalErrorException",
        "HandlerInternalFailureException",
        "NetworkFailureException",
    )


def _text(error: Error) -> str:
    return f"{_code(error)}: {error.failure.message}" if error.failure is not None else error.message


def _event_of(error: Error) -> RequestProgress:
    code = "NotFound" if isinstance(error, ResourceNotFound) else _code(error)
    return RequestProgress({"OperationStatus": "FAILED", "ErrorCode": code, "StatusMessage": error.message})
