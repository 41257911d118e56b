"""Credentials: botocore's chain behind names, read and refreshed off the event loop.

The keyring knows one entry per profile, static key pair, or the default chain, and one per role to assume from these. It hands out
frozen keys and never prints them.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from cirql.cloud.failures import no_credentials
from cirql.errors import DatabaseError, Error, SettingsError
from cirql.settings import Credential, Settings, region_variables
from cirql.startup.records import dataclass, field
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.session import Session

DEFAULT = "default"
ADVISORY_PAUSE = 30.0
"""Seconds between attempts to renew credentials that still work."""
MANDATORY = 600
"""Credentials that expire within this many seconds are renewed before they are used (botocore's own figure)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Frozen keys, in the form that botocore's signers take."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    account_id: str | None = None

    def get_frozen_credentials(self) -> Keys:
        """Itself: botocore asks its credentials for a snapshot."""
        return self


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume in an account, from the entry called `via`."""

    account: str
    arn: str
    via: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Keys that last for a while: what botocore's refreshable credentials say, for those that came from AssumeRole."""

    keys: Keys
    expires_at: float
    method: str = "assume-role"

    def refresh_needed(self, refresh_in: float = 900) -> bool:
        """Whether they expire within so many seconds."""
        return time.time() >= self.expires_at - refresh_in


Assume = Callable[[Role], Awaitable[Lease]]


@dataclass(slots=True)
class _Entry:
    name: str
    profile: str | None = None
    static: Credential | None = None
    role: Role | None = None
    refused: tuple[Error, float] | None = None
    source: Any = field(default=None, repr=False)
    keys: Keys | None = None
    account: str | None = None
    renew_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Keyring:
    """The credential table of a client."""

    def __init__(self, settings: Settings, assume: Assume | None = None) -> None:
        self._assume = assume
        if settings.credentials:
            entries = [_Entry(c.name, static=c, account=c.account) for c in settings.credentials]
        elif settings.profiles:
            entries = [_Entry(p, profile=p) for p in settings.profiles]
        else:
            entries = [_Entry(DEFAULT)]
        self._entries = {entry.name: entry for entry in entries}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the entries that the settings give keys for, in their order."""
        return tuple(name for name, entry in self._entries.items() if entry.role is None)

    def add_role(self, role: Role) -> str:
        """Make an entry whose keys come from assuming a role, when they are first wanted; its name."""
        if role.arn not in self._entries:
            self._entries[role.arn] = _Entry(role.arn, profile=self.profile(role.via), role=role, account=role.account)
        return role.arn

    def profile(self, name: str) -> str | None:
        """The AWS profile behind an entry, or None for a static one and the default chain."""
        return self._entry(name).profile

    def is_sso(self, name: str) -> bool:
        """Whether an entry's keys came from IAM Identity Center."""
        return "sso" in str(getattr(self._entry(name).source, "method", "") or "")

    def source(self, name: str) -> str:
        """Where an entry's keys came from, in botocore's words (`env`, `shared-credentials-file`, `sso`, …); empty before they are read."""
        entry = self._entry(name)
        return "settings" if entry.static else str(getattr(entry.source, "method", "") or "")

    def account(self, name: str) -> str | None:
        """The account id, as far as it is known without asking AWS.

        Emulators take a 12-digit access key for the account; a real access key has letters.
        """
        entry = self._entry(name)
        if entry.account is None and entry.keys is not None:
            if entry.keys.account_id:
                entry.account = entry.keys.account_id
            elif re.fullmatch(r"\d{12}", entry.keys.access_key):
                entry.account = entry.keys.access_key
        return entry.account

    def learn_account(self, name: str, account: str) -> None:
        """Remember what AWS said."""
        self._entry(name).account = account

    async def keys(self, name: str) -> Keys:
        """The entry's keys, renewed first where they are about to expire.

        Raises: CredentialsError.
        """
        entry = self._entry(name)
        if entry.keys is not None and not _is_due(entry):
            return entry.keys
        async with entry.lock:
            if entry.keys is None or _is_due(entry):
                await self._read(entry)
            if entry.keys is None:
                raise no_credentials(name, "nothing was found in the environment, the AWS configuration files or the machine's role")
            return entry.keys

    def latest(self, name: str) -> Keys | None:
        """The entry's keys as they were last read; None while they are being read anew."""
        return self._entry(name).keys

    async def renew(self, name: str, old: Keys) -> bool:
        """Read the entry's keys anew after AWS refused `old` as expired; False where that gave the same ones.

        Whoever asks for keys meanwhile waits for the new ones.
        """
        entry = self._entry(name)
        async with entry.lock:
            if entry.keys is None or entry.keys == old:
                entry.source = entry.keys = None
                await self._read(entry)
            return entry.keys is not None and entry.keys != old

    def _entry(self, name: str) -> _Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise SettingsError(f"no credentials are called {name!r}", hint=f"known: {', '.join(self._entries)}") from None

    async def _read(self, entry: _Entry) -> None:
        """Fill `entry.keys`; files, SSO, STS and the metadata service may block for seconds, hence the thread."""
        if entry.static is not None:
            static = entry.static
            entry.keys = Keys(static.access_key, static.secret_key, static.token, static.account)
            return
        if entry.role is not None:
            await self._enter(entry, entry.role)
            return
        entry.source, entry.keys = await asyncio.to_thread(_resolve, entry.name, entry.profile, entry.source)
        entry.renew_at = time.monotonic() + ADVISORY_PAUSE

    async def _enter(self, entry: _Entry, role: Role) -> None:
        """Assume the entry's role. A refusal is remembered for a while: every region of the account would meet the same one."""
        if self._assume is None:
            raise SettingsError(f"nothing can assume the role {role.arn}")
        if entry.refused is not None and time.monotonic() < entry.refused[1]:
            raise entry.refused[0]
        entry.renew_at = time.monotonic() + ADVISORY_PAUSE
        try:
            lease = await self._assume(role)
        except DatabaseError as error:
            if entry.keys is not None and isinstance(entry.source, Lease) and not entry.source.refresh_needed(0):
                return  # what there is still works; the next attempt is after the pause
            entry.refused = (error, time.monotonic() + ADVISORY_PAUSE)
            raise
        entry.source, entry.keys, entry.refused = lease, lease.keys, None


def _is_due(entry: _Entry) -> bool:
    """Whether the keys must be renewed now, or may be and have not been tried for a while."""
    refresh_needed = getattr(entry.source, "refresh_needed", None)
    if refresh_needed is None or not refresh_needed():
        return False
    return refresh_needed(refresh_in=MANDATORY) is True or time.monotonic() >= entry.renew_at


def _resolve(name: str, profile: str | None, source: Any) -> tuple[Any, Keys | None]:
    """Run botocore's chain (or ask `source` again) and freeze the result. Blocks."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        source = source or open_session(profile).get_credentials()
        if source is None:
            return None, None
        frozen = source.get_frozen_credentials()
    except (BotoCoreError, ClientError, RuntimeError, OSError, ValueError) as error:
        is_sso = "SSO" in type(error).__name__ or "sso" in str(error).lower()
        raise no_credentials(name, str(error), is_sso=is_sso) from error
    return source, Keys(frozen.access_key, frozen.secret_key, frozen.token, getattr(frozen, "account_id", None))


def open_session(profile: str | None) -> Session:
    """A botocore session for a profile, or for whatever the environment says. Blocks.

    Raises: SettingsError for a profile that does not exist, with the nearest ones, or a configuration file that cannot be read.
    """
    import botocore.session
    from botocore.exceptions import ConfigNotFound, ConfigParseError, ProfileNotFound

    # AWS's command line and most of its SDKs read AWS_REGION, and before the other: botocore by itself does not.
    session = botocore.session.Session(session_vars={"region": ("region", region_variables(), None, None)}, profile=profile)
    try:
        session.get_scoped_config()
        session.register_component("data_loader", _model_loader(session.get_config_variable("data_path")))
    except ProfileNotFound as error:
        from difflib import get_close_matches

        wanted = profile or str(error)
        near = get_close_matches(wanted, session.available_profiles, n=3)
        known = near or sorted(session.available_profiles)[:10]
        hint = f"{'did you mean' if near else 'known profiles:'} {', '.join(known) or 'none'}"
        raise SettingsError(str(error), hint=hint) from None
    except (ConfigParseError, ConfigNotFound) as error:
        raise SettingsError(str(error), hint="check ~/.aws/config and AWS_CONFIG_FILE") from None
    return session


@cache
def _model_loader(data_path: str | None) -> Any:
    """One loader for all sessions, so that the models, megabytes of JSON for the large services, are read and kept once."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


_CREDENTIAL_KEYS = regex(
    r"aws_|role_|source_profile$|credential_|external_id$|mfa_serial$|duration_seconds$|sso_|web_identity_|login_session$|region$|output$|cli_"
)


def client_configuration(scoped: Mapping[str, Any]) -> str:
    """What in a profile shapes its clients, as a key: profiles that differ only in credentials and region share clients."""
    return repr(sorted((k, v) for k, v in scoped.items() if not _CREDENTIAL_KEYS.match(k)))


def profile_names() -> list[str]:
    """The profiles that AWS's own configuration has."""
    from botocore.session import Session

    return sorted(Session().available_profiles)
