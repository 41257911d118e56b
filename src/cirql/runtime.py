"""Runtime: what many sessions share, and the door through which they are opened.

    >>> import cirql
    >>> with cirql.Runtime() as runtime:
    ...     ada = runtime.session(regions=["us-east-1"], user="ada")
    ...     bob = runtime.session(dialect="stackql", user="bob")

A program that answers for many (a server, a page, a crawl) opens one, and a session for each of those it answers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cirql.session import Session
from cirql.settings import Settings
from cirql.shared import Shared
from cirql.statements.client import ANYONE, Client

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.plan import ChangePlan
    from cirql.cloud import Cloud
    from cirql.inventory.store import Store
    from cirql.result import ProgressEvent


class Runtime(Shared):
    """The event loop, the door to AWS with its rate limits, the catalog, the inventories and the journals of many sessions.

    All are made when something first needs them: opening a runtime costs nothing and asks nobody. Usable from any thread. Close it, or
    use it as a context manager: its sessions end with it, running statements as if they had been cancelled.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        catalog: Catalog | None = None,
        cloud: Cloud | None = None,
        store: Store | None = None,
    ) -> None:
        """Without settings, those of the environment and of `cirql.toml`. Raises SettingsError.

        `cloud` is asked in place of AWS and closed with the runtime; `catalog` has its tables in place of AWS's, and is not closed; nor is
        `store`, which is the inventory of all its sessions, whatever place their settings name.
        """
        super().__init__(Settings.load() if settings is None else settings, catalog=catalog, cloud=cloud, store=store)

    def session(
        self,
        *,
        user: str | None = None,
        progress: Callable[[ProgressEvent], None] | None = None,
        confirm: Callable[[ChangePlan], bool] | None = None,
        client: Client = ANYONE,
        **overrides: Any,
    ) -> Session:
        """Open a session: settings, views and tables, prepared statements and a transaction of its own, over what is shared.

        `overrides` are settings (`regions`, `accounts`, `dialect`, `max_age`, `writable`, limits, …) that are the session's and not the
        runtime's; one of None counts as not given. `user` is who it is for, and `client` what a server says of them. `progress` and
        `confirm` are as in `Session`. Asks nobody, and costs well under a millisecond.

        Raises SettingsError for a setting that does not exist, cannot be used, or is the runtime's; InterfaceError where the runtime is
        closed.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        settings = self.settings.of_session(**given) if given else self.settings
        return Session(settings, shared=self, user=user, progress=progress, confirm=confirm, client=client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
