"""Following a queue: its events are dealt with by account, each in a lane of its own, so that one that throttles slows itself only.

A message with events of several accounts is deleted when all of these are done with it. One whose lane has too much waiting is put off:
SQS gives it again when its time of invisibility is over. Nothing is lost or forgotten by that, as AWS's delivery is at-least-once anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cirql.errors import Error
from cirql.filling.queues import Message, Queue, Round, failures
from cirql.filling.touches import Ingested, ingest
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.filling.events import Event

LANES_AT_ONCE = 32
"""So many accounts' events are dealt with at the same time."""

MOST_WAITING = 500
"""More messages than these do not wait in one account's lane."""


@dataclass(slots=True)
class _Held:
    """A message under way: as it was received last, the accounts that are not done with it, and why it must stay in the queue."""

    message: Message
    accounts: set[str]
    kept: str = ""


@dataclass(slots=True)
class _Lane:
    """One account's events, by message, that nobody deals with yet; whether somebody deals with others."""

    waiting: dict[str, list[Event]] = field(default_factory=dict)
    is_busy: bool = False


class Following:
    """Deals with a queue's messages as they come; `tell` hears of each lot that is done, one at a time. Close it, or use `with`."""

    def __init__(self, queue: Queue, tell: Callable[[Round], None]) -> None:
        self._queue = queue
        self._tell = tell
        self._state, self._telling = threading.Lock(), threading.Lock()
        self._held: dict[str, _Held] = {}
        self._lanes: dict[str, _Lane] = {}
        self._threads = ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="cirql-lane")

    def step(self, wait: int) -> int:
        """Take what is in the queue and give it to the lanes; how many messages came. Raises what asking AWS for them raises."""
        messages = self._queue.take(wait)
        parsed, unread = self._queue.parse(self._new(messages))
        for account in self._share(messages, parsed):
            self._threads.submit(self._run, account)
        idle = [m for m in messages if m.id in unread or parsed.get(m.id) == []]
        if idle:
            self._report(idle, unread, Ingested())
        return len(messages)

    def _new(self, messages: Iterable[Message]) -> list[Message]:
        """Those that are not under way; of the others, how they are deleted from now on."""
        with self._state:
            for message in messages:
                if message.id in self._held:
                    self._held[message.id].message = message
            return [m for m in messages if m.id not in self._held]

    def _share(self, messages: Sequence[Message], parsed: dict[str, list[Event]]) -> list[str]:
        """Put each message's events into their accounts' lanes; the lanes that somebody has to run."""
        idle: list[str] = []
        by_id = {m.id: m for m in messages}
        with self._state:
            for message_id, events in parsed.items():
                lanes = {e.account: self._lanes.setdefault(e.account, _Lane()) for e in events}
                if not events or any(len(lane.waiting) >= MOST_WAITING for lane in lanes.values()):
                    continue
                self._held[message_id] = _Held(by_id[message_id], set(lanes))
                for account, lane in lanes.items():
                    lane.waiting[message_id] = [e for e in events if e.account == account]
                    if not lane.is_busy:
                        lane.is_busy = True
                        idle.append(account)
        return idle

    def _run(self, account: str) -> None:
        """Deal with what waits in a lane until nothing does."""
        while True:
            with self._state:
                lane = self._lanes[account]
                parts, lane.waiting = lane.waiting, {}
                if not parts:
                    del self._lanes[account]
                    return
            self._deal(account, parts)

    def _deal(self, account: str, parts: dict[str, list[Event]]) -> None:
        done, failed = Ingested(), dict[str, str]()
        try:
            done = ingest(self._queue.session, [event for events in parts.values() for event in events])
            failed = failures(parts, done)
        except Error as error:
            failed = dict.fromkeys(parts, error.message)
        ended: list[_Held] = []
        with self._state:
            for message_id in parts:
                held = self._held[message_id]
                held.accounts.discard(account)
                held.kept = held.kept or failed.get(message_id, "")
                if not held.accounts:
                    ended.append(self._held.pop(message_id))
        self._report([h.message for h in ended], {h.message.id: h.kept for h in ended if h.kept}, done)

    def _report(self, messages: Sequence[Message], kept: dict[str, str], done: Ingested) -> None:
        """Take messages off the queue, and say what came of them."""
        try:
            outcome = self._queue.settle(messages, kept, done)
        except Error as error:  # they come again, and are found to be done
            outcome = Round(len(messages), 0, done, {m.id: f"could not be deleted, and will come again: {error.message}" for m in messages})
        with self._telling:
            self._tell(outcome)

    def close(self) -> None:
        """Wait until what was taken is dealt with."""
        self._threads.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
