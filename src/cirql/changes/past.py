"""Changes that were decided before: the journal's entries, those left open seen to their end, one of them stopped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cirql.errors import InvalidStatement, InvalidText
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.changes.journal import Journal
    from cirql.changes.model import JournalEntry
    from cirql.changes.work import ChangeWork


class PastChanges:
    """What the journal of one session's writes has; `lock` is held while one of them is worked on."""

    def __init__(self, work: ChangeWork, lock: threading.RLock) -> None:
        self._work = work
        self._lock = lock

    @property
    def journal(self) -> Journal:
        """The journal, opened when first needed. Raises SettingsError."""
        return self._work.home.journal

    @property
    def entries(self) -> list[JournalEntry]:
        """Every entry of the journal; none where there is no journal yet."""
        if not self._work.home.settings.journal_path.exists():
            return []
        return self.journal.entries()

    def resume(self, change_id: str | None = None) -> list[JournalEntry]:
        """See every open change to its end, or the run of one; those that another living process works on are left to it.

        Gives the entries that were open, as they are now. It changes nothing that was not decided and journalled before, but it does
        send what was cut off, so the session must be writable.
        """
        with self._lock:
            self._work.require_writable()
            opened = self.journal.entries(open_only=True)
            if change_id is not None:
                chosen = self._entry(change_id)
                opened = [e for e in opened if e.run == chosen.run]
            wanted = {e.change.id for e in opened}
            ended: list[JournalEntry] = []
            for run in dict.fromkeys(e.run for e in opened):
                with self.journal.working_on(run) as is_ours:
                    entries = self.journal.entries(run=run)  # read again: the run may have ended meanwhile
                    if is_ours:
                        entries = self._work.do(self._at_home(entries))
                        entries = self._work.do(self._work.applier(len(entries)).apply(entries))
                    ended += [e for e in entries if e.change.id in wanted]
            return ended

    def cancel(self, change_id: str) -> JournalEntry:
        """Stop one open change, at AWS where it is there already."""
        with self._lock:
            self._work.require_writable()
            entry = self._entry(change_id)
            if not entry.state.is_open:
                raise InvalidStatement(f"this change has ended: it is {entry.state.value}")
            with self.journal.working_on(entry.run):
                (entry,) = self._work.do(self._at_home([entry]))
                return self._work.do(self._work.applier(1).cancel(entry))

    async def _at_home(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """The entries with this session's own credentials for their accounts.

        Raises InvalidText where it has none: what was begun in one account is never carried on in another.
        """
        changes = await self._work.targeted([e.change for e in entries])
        return [replace(e, change=change) for e, change in zip(entries, changes, strict=True)]

    def _entry(self, change_id: str) -> JournalEntry:
        entry = self.journal.entry(change_id)
        if entry is None:
            raise InvalidText(f"no change, or more than one, has an id that begins with {change_id!r}", hint="cirql changes list has them")
        return entry
