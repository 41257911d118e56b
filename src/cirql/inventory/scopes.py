"""Which accounts and regions a session's settings came to, when AWS was last asked: so that a fresh inventory answers without asking again.

Kept in the store, a note for each way of signing in (`Settings.scope_digest`), with no secret in it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta

from cirql.cloud.survey import Account, Survey
from cirql.errors import Error
from cirql.inventory.store import Store
from cirql.startup.records import dataclass

GOOD_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Scopes:
    """The accounts of one session's settings, as they were found last. `store` is None where nothing can be kept."""

    store: Store | None
    name: str = ""

    def known(self, now: datetime) -> Survey | None:
        """Every account of the settings; None where that is not known, or not any more."""
        text = self.store.note(self.name) if self.store is not None else None
        if text is None:
            return None
        try:
            noted = json.loads(text)
            if now - datetime.fromisoformat(noted["at"]) > GOOD_FOR:
                return None
            return Survey(tuple(_read(*fields) for fields in noted["accounts"]))
        except (ValueError, KeyError, TypeError):
            return None  # a note that cannot be read is no note: AWS is asked

    def note(self, survey: Survey, now: datetime) -> None:
        """Keep what AWS said."""
        if self.store is None or not survey.accounts or not survey.is_certain:
            return
        accounts = [[a.id, a.credentials, a.home, a.enabled] for a in survey.accounts]
        text = json.dumps({"at": now.isoformat(), "accounts": accounts})
        with suppress(Error, OSError):  # a full disk costs a question more the next time, and no answer now
            self.store.swap_note(self.name, self.store.note(self.name), text)


def _read(id_: str, credentials: str, home: str, enabled: list[str] | None) -> Account:
    return Account(id_, credentials, home, None if enabled is None else tuple(enabled))
