"""The inventories of a runtime, each opened when something first asks for it, and what a statement of a session may take from its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from cirql.cloud.reach import Reach
from cirql.cloud.sight import Sight
from cirql.cloud.survey import Survey, of_settings
from cirql.inventory.errand import Errand
from cirql.inventory.gathering import Gathering
from cirql.inventory.recall import Ages, Recall
from cirql.inventory.scopes import Scopes
from cirql.inventory.store import Store, open_store
from cirql.settings import Settings

_LONG = timedelta(days=365).total_seconds()


class Stores:
    """Opens each store at most once. Safe from several threads."""

    def __init__(self, given: Store | None = None) -> None:
        """A store that is given is the one at every place, and is not closed."""
        self._given = given
        self._guard = threading.Lock()
        self._cleanup = ExitStack()
        self._opened: dict[str | None, Gathering] = {}
        self.touched: datetime | None = None
        """When a session last changed resources, perhaps: nothing seen before then says how they are."""

    def open(self, place: str | None) -> Store:
        """The store at a place, created where there is none; None is the one in memory. Raises StoreDamaged."""
        return self.gathering(place).store

    def gathering(self, place: str | None) -> Gathering:
        """What the scans of all statements are kept by in that store."""
        with self._guard:
            if place not in self._opened:
                self._opened[place] = Gathering(self._given or self._cleanup.enter_context(open_store(place)))
            return self._opened[place]

    def close(self) -> None:
        """Let go of all. Closing twice is fine."""
        with self._guard:
            self._opened.clear()
            self._cleanup.close()


class Memory:
    """One session's use of its inventory."""

    def __init__(self, stores: Callable[[], Stores]) -> None:
        self._stores = stores

    def store(self, settings: Settings) -> Store:
        """The store that the settings name, created where there is none. Raises StoreDamaged."""
        return self._stores().open(settings.store_place)

    def gathering(self, settings: Settings) -> Gathering:
        """What the scans of all statements are kept by in that store. Raises StoreDamaged."""
        return self._stores().gathering(settings.store_place)

    def touch(self) -> None:
        """Resources were changed, perhaps: nothing seen before now says how they are."""
        self._stores().touched = datetime.now(UTC)

    def recall(
        self,
        settings: Settings,
        reach: Reach,
        sight: Sight,
        statement_age: float | None,
        times: Mapping[str, datetime],
        errand: Errand | None = None,
    ) -> Recall | None:
        """What one statement may take from the store; None where it asks for none, and everything is read live."""
        if not (settings.uses_inventory or times or statement_age or errand):
            return None
        ages = Ages(statement_age, settings.table_max_age, settings.max_age, self._stores().touched)
        if errand is not None:
            ages = Ages(0.0) if errand.since is None else Ages(_LONG, not_before=errand.since)
        elif statement_age is None and not settings.uses_inventory:
            ages = Ages(0.0)  # only the tables with a moment of their own are remembered
        known = of_settings(settings, reach) or Survey()
        accounts = tuple(a.id for a in known.accounts if a.id) or tuple(sorted(reach.only or ()))
        digest, gathering = settings.scope_digest, self._stores().gathering(settings.store_place)
        scopes = Scopes(gathering.store, f"scope {digest}") if digest is not None else Scopes(None)
        return Recall(gathering, ages, accounts, times, sight, scopes, errand)
