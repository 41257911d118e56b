"""The tables of a session: the catalog's, and those that tell of the session and of its inventory without asking AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from cirql.changes import audit
from cirql.fetch import last_scans
from cirql.introspection.directory import Directory
from cirql.introspection.relations import Wish, define
from cirql.inventory import relations

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.writer import Writer
    from cirql.cloud.sight import Sight
    from cirql.fetch.runner import ScanOutcome
    from cirql.inventory.memory import Memory
    from cirql.settings import Settings
    from cirql.statements.client import Client


class Owner(Protocol):
    """What the tables of a session tell of."""

    settings: Settings
    client: Client
    user: str | None

    @property
    def catalog(self) -> Catalog:
        """The catalog of tables."""
        ...

    @property
    def memory(self) -> Memory:
        """The way to its inventory."""
        ...

    @property
    def writer(self) -> Writer:
        """Its changes."""
        ...

    @property
    def sight(self) -> Sight:
        """The accounts and regions of which it is told what was kept."""
        ...

    @property
    def last_scans(self) -> Sequence[ScanOutcome]:
        """How the scans of its last statement stand."""
        ...

    def evaluated(self, expression: str) -> datetime | None:
        """What an expression without columns comes to, as a moment."""
        ...


def tables(owner: Owner) -> Directory:
    """Every table and table function that a statement may name. Nothing of the inventory or the journal is opened before it is read."""

    def look() -> Sight:
        return owner.sight

    def changed(catalog: Catalog, wish: Wish) -> Iterator[dict[str, Any]]:
        return audit.rows(owner.writer.past.entries, look(), catalog, owner.user)

    def scanned() -> Iterator[dict[str, Any]]:
        return last_scans.rows(owner.last_scans)

    scans = define(last_scans.RELATION, last_scans.DESCRIPTION, last_scans.COLUMNS, lambda catalog, wish: scanned())
    changes = define(audit.RELATION, audit.DESCRIPTION, audit.COLUMNS, changed)
    store = lambda: owner.memory.store(owner.settings)  # noqa: E731 (a name for what is opened later)
    functions = relations.functions(store, owner.catalog.find, owner.evaluated, look)
    return Directory(owner.catalog, [changes, scans, relations.scans(store, look)], functions, owner.client.catalog_name, scanned)
