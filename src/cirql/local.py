"""Sessions over a local AWS of their own: `connect(local=True)`, and what `--local` means to a command."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cirql.errors import SettingsError
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.localcloud.packages import INSTALL, missing_package
from cirql.session import Session
from cirql.settings import Credential, Settings

if TYPE_CHECKING:
    from cirql.catalog.model import Paging
    from cirql.changes.plan import ChangePlan
    from cirql.cloud import Answer, Cloud
    from cirql.cloud.stats import CallStats
    from cirql.cloud.survey import Inquiry, Survey
    from cirql.cloud.target import Target
    from cirql.result import ProgressEvent


def settings_for(endpoint_url: str) -> dict[str, Any]:
    """Session settings for a local AWS: both its accounts, all its regions, and nothing of the user's own configuration."""
    return {
        "endpoint_url": endpoint_url,
        "regions": tuple(REGIONS),
        "profiles": (),
        "accounts": (),
        "order_patience": math.inf,  # its first answers take as long as its world takes to make
        "credentials": tuple(Credential(name=account, access_key=account, secret_key="local", account=account) for account in ACCOUNTS),
    }


def door(settings: Settings) -> Cloud | None:
    """What a session over a local AWS asks in place of AWS: None where everything is answered."""
    missing = missing_package()
    if missing is None:
        return None
    from cirql.cloud.lazy import Lazy

    return Served(Lazy.of(settings), missing)


class Served:
    """A `Cloud` that hands on what the local AWS answers itself, and raises SettingsError for the rest."""

    def __init__(self, cloud: Cloud, missing: str) -> None:
        self._cloud = cloud
        self._missing = missing
        self._serves = LocalCloud(demo=False).serves

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        """As `Cloud.call`. Raises SettingsError for what needs moto."""
        self._check(service, operation, params)
        return await self._cloud.call(target, service, operation, params)

    def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        """As `Cloud.pages`. Raises SettingsError for what needs moto."""
        self._check(service, operation, params)
        return self._cloud.pages(target, service, operation, params, paging, only)

    async def survey(self, inquiry: Inquiry) -> Survey:
        """As `Cloud.survey`."""
        return await self._cloud.survey(inquiry)

    @property
    def stats(self) -> CallStats:
        """As `Cloud.stats`."""
        return self._cloud.stats

    async def close(self) -> None:
        """As `Cloud.close`."""
        await self._cloud.close()

    def _check(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        if not self._serves(service, operation, params):
            what = params.get("TypeName") or f"{service}:{operation}"
            raise SettingsError(
                f"the local AWS needs the Python package {self._missing!r} for {what}",
                hint=f"{INSTALL}; without it there are SageMaker's images and app image configs, and resources that keep their own state",
            )


class LocalSession(Session):
    """A session with its own local AWS, which ends with it; so does the journal of its changes, which are none of the user's."""

    def __init__(
        self,
        *,
        progress: Callable[[ProgressEvent], None] | None = None,
        confirm: Callable[[ChangePlan], bool] | None = None,
        **given: Any,
    ) -> None:
        """Settings as of `connect`. Raises SettingsError."""
        self._folder = TemporaryDirectory(prefix="cirql-")
        self._local = LocalCloud()
        try:
            self._local.start()
            scope = {**settings_for(self._local.endpoint_url), "journal": f"{self._folder.name}/changes.sqlite"}
            settings = Settings.load(**{**scope, **given})
            super().__init__(settings, progress=progress, confirm=confirm, cloud=door(settings))
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """Close the session, then stop its local AWS."""
        super().close()
        self._end()

    def _end(self) -> None:
        self._local.stop()
        self._folder.cleanup()
