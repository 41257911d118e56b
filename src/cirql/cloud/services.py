"""Services: makes `Service` objects off the event loop, and keeps a bounded number of them.

They are shared by all accounts: the keys of the account at hand travel in a context variable, so the number of botocore clients depends on
services and regions and not on accounts.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import UnknownServiceError

from cirql.cloud.credentials import Keys, client_configuration, open_session
from cirql.cloud.service import Service, caller, is_local
from cirql.errors import NotSupported
from cirql.settings import Settings

MOST_SERVICES = 192
"""Clients kept at once; one takes about a megabyte for the large services."""


class _CallerKeys:
    """Stands where botocore expects credentials, and answers with the keys of the call being made."""

    method = "cirql"

    @property
    def account_id(self) -> str | None:
        keys = caller.get()
        return keys.account_id if keys else None

    def get_frozen_credentials(self) -> Keys | None:
        return caller.get()

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """For endpoint rules that want the account id: looked up when an endpoint is resolved."""
        return lambda: getattr(self, name)


class _CallerKeysProvider:
    """The credential component of a client-making session: it must not go looking for real ones."""

    def load_credentials(self) -> _CallerKeys:
        return _CallerKeys()


class Services:
    """Makes and keeps `Service` objects: one per (configuration, service, region) at most."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One thread: botocore's client making is not thread-safe within a session.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="cirql-botocore")
        self._services: OrderedDict[tuple[str | None, str, str], Service] = OrderedDict()
        self._pending: dict[tuple[str | None, str, str], asyncio.Task[Service]] = {}
        self._sessions: dict[str, Any] = {}
        self._configurations: dict[str | None, str] = {}

    def known(self, service: str, region: str, profile: str | None) -> Service | None:
        """The service in a region where it has been made already."""
        key = (self._configurations.get(profile, ""), service, region)
        found = self._services.get(key)
        if found is not None:
            self._services.move_to_end(key)
        return found

    async def get(self, service: str, region: str, profile: str | None) -> Service:
        """The service in a region, as a profile configures it.

        Raises: NotSupported for a service that botocore does not know; SettingsError for a bad profile.
        """
        found = self.known(service, region, profile)
        if found is not None:
            return found
        key = (self._configurations.get(profile, f"profile:{profile}"), service, region)
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._make(service, region, profile))
            task.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(task)

    async def home_regions(self, profile: str | None) -> tuple[str | None, str | None]:
        """The region that AWS's configuration says for a profile, the environment before its file; and what the file alone says."""

        def read() -> tuple[str | None, str | None]:
            session = open_session(profile)
            return session.get_config_variable("region"), session.get_scoped_config().get("region")

        return await asyncio.get_running_loop().run_in_executor(self._maker, read)

    async def _make(self, service: str, region: str, profile: str | None) -> Service:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._maker, self._make_blocking, service, region, profile)
        key = (self._configurations[profile], service, region)
        kept = self._services.setdefault(key, made)
        if len(self._services) > MOST_SERVICES:
            self._services.popitem(last=False)
        return kept

    def _make_blocking(self, service: str, region: str, profile: str | None) -> Service:
        session = self._session(profile)
        existing = self._services.get((self._configurations[profile], service, region))
        if existing is not None:
            return existing
        client = self._client(session, service, region, {})
        if service in ("s3", "s3control") and is_local(client.meta.endpoint_url):
            client = self._client(session, service, region, {"s3": {"addressing_style": "path"}})
        return Service(client, self._settings.endpoint_url)

    def _session(self, profile: str | None) -> Any:
        """The session that makes clients for a profile; equal configurations share one."""
        configuration = self._configurations.get(profile)
        if configuration is None:
            session = open_session(profile)
            configuration = client_configuration(session.get_scoped_config())
            if configuration not in self._sessions:
                session.register_component("credential_provider", _CallerKeysProvider())
                self._sessions[configuration] = session
            self._configurations[profile] = configuration
        return self._sessions[configuration]

    def _client(self, session: Any, service: str, region: str, more: dict[str, Any]) -> Any:
        retries = {"total_max_attempts": self._settings.max_attempts, "mode": "standard"}
        config = Config(retries=retries, user_agent_extra=_user_agent(), **more)
        if self._settings.endpoint_url:
            config = config.merge(Config(endpoint_discovery_enabled=False))
        try:
            return session.create_client(service, region_name=region, endpoint_url=self._settings.endpoint_url, config=config)
        except UnknownServiceError:
            near = get_close_matches(service, session.get_available_services(), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else None
            raise NotSupported(f"botocore knows no AWS service {service!r}", hint=hint) from None
        except ValueError as error:
            # botocore builds a host name from the region; a bad endpoint in AWS's own configuration ends here as well.
            raise NotSupported(f"no endpoint for {service} in {region}: {error}", hint="check AWS_ENDPOINT_URL and the region") from None

    def close(self) -> None:
        """Drop all clients."""
        for service in self._services.values():
            service.close()
        self._services.clear()
        self._maker.shutdown(wait=False, cancel_futures=True)


@cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"cirql/{version('cirql')}"
    except PackageNotFoundError:
        return "cirql"
