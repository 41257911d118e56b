"""What the sessions of one runtime share: each part is made when something first needs it, and closed before what it leans on.

    sessions -> event loop and its threads -> cloud -> inventories -> journals -> DuckDB -> alarm -> catalog

A cancelled call may still write to the inventory from a thread of the loop's: a store that is closed before the loop has come to rest
fails under it.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cirql.errors import Cancelled, Error, InterfaceError
from cirql.settings import Settings

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.journal import Journal
    from cirql.cloud import Cloud
    from cirql.fetch.loop import Loop, Work
    from cirql.inventory.memory import Stores
    from cirql.inventory.store import Store
    from cirql.statements.alarm import Alarm
    from cirql.statements.databases import Databases
    from cirql.statements.plans import Plans

T = TypeVar("T")
_open: weakref.WeakSet[Shared] = weakref.WeakSet()


def _close_all() -> None:
    """A program that ends without closing what it opened still leaves nothing running under an interpreter that is taken apart."""
    for shared in tuple(_open):
        shared.close()


atexit.register(_close_all)


class Making(Protocol):
    """What has parts that are made once."""

    making: threading.RLock


class once(cached_property[T]):  # noqa: N801 (used as a decorator)
    """A `cached_property` that is made once, however many threads ask first: since Python 3.12 the standard one may be made by each."""

    if not TYPE_CHECKING:

        def __get__(self, owner: Making | None, kind: type[Any] | None = None) -> T:
            if owner is None:
                return self
            with owner.making:
                return super().__get__(owner, kind)


class Closing(Protocol):
    """A session, as far as its runtime must know it."""

    def stop(self, cause: Error) -> int:
        """End every statement that runs."""
        ...

    def close(self) -> None:
        """End what runs and let go of everything."""
        ...


class Shared:
    """Owns the event loop, the door to AWS, the catalog, the inventories and the journals. Safe from any thread.

    `settings` say who signs, where requests go and how: that is the same for all sessions.
    """

    def __init__(
        self, settings: Settings, *, catalog: Catalog | None = None, cloud: Cloud | None = None, store: Store | None = None
    ) -> None:
        """A catalog or a store that is given is not closed. A cloud that is given is, on the loop that it was asked from."""
        self.settings = settings
        self.making = threading.RLock()
        self._given_catalog = catalog
        self._given_cloud = cloud
        self._given_store = store
        self._process = os.getpid()
        self._sessions: weakref.WeakSet[Closing] = weakref.WeakSet()
        self._journals: dict[Path, Journal] = {}
        self._closed = False
        _open.add(self)

    @once
    def loop(self) -> Loop:
        """The event loop that calls to AWS run on."""
        from cirql.fetch.loop import Loop

        return Loop()

    @once
    def alarm(self) -> Alarm:
        """What ends a statement when its time is up."""
        from cirql.statements.alarm import Alarm

        return Alarm()

    @once
    def databases(self) -> Databases:
        """The DuckDB instances in which nobody has tables."""
        from cirql.statements.databases import Databases

        return Databases()

    @once
    def plans(self) -> Plans:
        """The plans of statements that were run."""
        from cirql.statements.plans import Plans

        return Plans()

    @once
    def cloud(self) -> Cloud:
        """The door to AWS, with the rate limits that all sessions are under; opened by the first question."""
        from cirql.cloud.lazy import Lazy

        return self._given_cloud or Lazy.of(self.settings)

    @once
    def catalog(self) -> Catalog:
        """The catalog of tables."""
        from cirql.compiler.account_types import open_catalog

        return self._given_catalog or open_catalog(self.settings.types_path)

    @once
    def stores(self) -> Stores:
        """The inventories, each opened when something asks for it."""
        from cirql.inventory.memory import Stores

        return Stores(self._given_store)

    def journal(self, path: Path) -> Journal:
        """The journal of changes at that path. Raises SettingsError."""
        from cirql.changes.journal import Journal

        with self.making:
            if path not in self._journals:
                self._journals[path] = Journal.at(path)
            return self._journals[path]

    def start(self, work: Coroutine[Any, Any, T], sent: Callable[[], None] = lambda: None) -> Work[T]:
        """Run a coroutine on the event loop; `sent` is told of each request before it goes out."""
        from cirql.cloud.stats import gated

        with gated(sent):  # a task has what is so where it is started
            return self.loop.start(work)

    def joined(self, session: Closing) -> None:
        """A session was opened: it is closed with the rest, if not before."""
        self.check()
        with self.making:
            self._sessions.add(session)

    def left(self, session: Closing) -> None:
        """A session was closed."""
        with self.making:
            self._sessions.discard(session)

    @property
    def is_fork(self) -> bool:
        """Whether this process is a fork of the one that opened it: there is nothing here that it may use, or even close."""
        return os.getpid() != self._process

    def check(self) -> None:
        """Raise InterfaceError where nothing can be done any more: it is closed, or this is a fork of the process that opened it."""
        self.refuse_fork()
        if self._closed:
            raise InterfaceError("the runtime is closed")

    def refuse_fork(self) -> None:
        """Raise InterfaceError in a fork of the process that opened it."""
        if self.is_fork:
            raise InterfaceError(
                "the session was opened by another process, of which this one is a fork",
                hint="threads and connections do not survive a fork: open a session of its own in each process",
            )

    def close(self) -> None:
        """Close the sessions, then everything they shared. Closing twice is fine; in a fork of its process it does nothing."""
        if self.is_fork:
            return
        with self.making:
            if self._closed:
                return
            self._closed = True
            _open.discard(self)
            sessions = list(self._sessions)
        for session in sessions:
            session.stop(Cancelled("the runtime was closed while the statement ran"))
        for session in sessions:
            session.close()
        made = self.__dict__
        if "loop" in made:
            self.loop.close(self.cloud.close if "cloud" in made else None)
        if "stores" in made:
            self.stores.close()
        for journal in self._journals.values():
            journal.close()
        if "databases" in made:
            self.databases.close()
        if "alarm" in made:
            self.alarm.close()
        if "catalog" in made and self._given_catalog is None:
            self.catalog.close()
