"""Settings: what a session may be told, and the only place that reads the environment and configuration files.

Later sources win over earlier ones: defaults, the user's own `cirql.toml` (`~/.config/cirql`), `cirql.toml` in the working directory (or
the file that `CIRQL_CONFIG` names), `CIRQL_*` environment variables, keyword arguments. A working directory's file may make only the safe
settings until the user trusts it (`trust.py`). AWS's own configuration (profiles, `AWS_ENDPOINT_URL`, SSO, …) is
botocore's to read, in `cirql.cloud`, and applies wherever a setting here is left alone.

Lists take a TOML array or comma-separated text, and every list has a singular spelling: `profile = "audit"`, `CIRQL_REGION=eu-west-1`.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cirql.errors import SettingsError, without_user
from cirql.settings.accounts import AccountRole, Credential, account_roles, credentials
from cirql.settings.trust import ConfigFile, config_files
from cirql.settings.values import boolean, durations, number, parse_duration, parse_size, rates, text, text_table, texts, whole
from cirql.startup.records import dataclass, field, fields, replace

__all__ = ["AccountRole", "Credential", "Settings", "parse_duration", "searched", "state_home"]

ORGANIZATION = "organization"
"""In place of account ids: every active account of the AWS organization."""
DIALECTS = ("postgres", "ddsql", "stackql")
SEARCHED = ("aws", "steampipe")
"""The schemas in which names without one may be looked for."""
DEFAULT_MAX_CHANGES = 20
MEMORY = ":memory:"
LEAST_MEMORY = 16 * 1024 * 1024
"""With less, DuckDB cannot answer even small statements."""
SHARED = frozenset(
    {
        "profiles",
        "role",
        "external_id",
        "account_roles",
        "organizational_units",
        "exclude_accounts",
        "extra_regions",
        "credentials",
        "endpoint_url",
        "max_attempts",
        "connect_timeout",
        "read_timeout",
        "concurrency",
        "max_rps",
        "verify",
        "ca_bundle",
        "proxies",
    }
)
"""The settings that say who signs, where requests go and how: the same for all sessions of a runtime."""
_AWS_FILES = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
_AWS_IDENTITY = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
_PREFIX = "CIRQL_"
_SINGULARS = {"profile": "profiles", "region": "regions", "account": "accounts", "extra_region": "extra_regions"}


def searched(path: str) -> tuple[str, ...]:
    """The schemas of a search path in which there is something; the others are passed over, as PostgreSQL does."""
    names = (name.strip().strip('"').lower() for name in path.split(","))
    return tuple(name for name in names if name in SEARCHED)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a session may be told. Times are in seconds; an empty tuple or None means "whatever AWS's configuration says".

    * `profiles`: the AWS profiles whose accounts are in scope; empty is the default credential chain.
    * `regions`: the regions in scope; `("*",)` is every region enabled for the account.
    * `accounts`: keeps only targets of these 12-digit ids; with `role`, the accounts to assume that role in; `("organization",)` is
      every active account of the AWS organization, or of its `organizational_units` alone.
    * `account_roles`: `[[account]]` tables, a role each.
    * `exclude_accounts`: ids that no role is assumed in. `external_id`: goes with `role`.
    * `extra_regions`: regions newer than the installed botocore.
    * `max_rps`: most requests a second per account and region, by `service` or `service:Operation`.
    * `proxies`: by URL scheme, as `{"https": url, "no": "host,host"}`; from HTTPS_PROXY, HTTP_PROXY and NO_PROXY by default.
    * `search_path`: the schemas where names without one are looked for: `steampipe` (its names for tables and columns), `aws`.
    * `max_age`: how old remembered rows may be; 0 is live, infinity is offline, None leaves it to each kind of table.
    * `table_max_age`: the same by table name or pattern (`aws.ec2_*`), which counts more than `max_age`.
    * `statement_timeout`: how long a statement may take, until its last row has been read. `max_calls`: the most requests that it may send
      to read, retries included. `max_rows`: the most rows that it may give. `memory`: the most bytes that it may hold. Past any of them
      it fails; None is no limit. SET may lower the first three, for itself.
    * `store`: the directory of the inventory. It is opened only where this, an age or a moment in the past asks for it.
    * `strict`: a statement with a failed target fails as a whole.
    * `order_patience`: how long rows that are there wait for those that come before them in the order of accounts, regions and keys.
    * `writable`: INSERT, UPDATE, DELETE and EXEC may change something. `max_changes`: the most changes of one statement or transaction.
    * `change_timeout`: how long one change may take before it is left to `cirql changes resume`. `journal`: the file of changes.
    * `locked`: for whoever runs statements of others. They open no file, only narrow the scope, and EXEC runs what `exec_allowed` lists
      (`service:Operation`).
    """

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    role: str | None = None
    external_id: str | None = None
    account_roles: tuple[AccountRole, ...] = ()
    organizational_units: tuple[str, ...] = ()
    exclude_accounts: tuple[str, ...] = ()
    extra_regions: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = ()
    endpoint_url: str | None = None
    max_attempts: int = 8
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    concurrency: int = 256
    max_rps: Mapping[str, float] = field(default_factory=dict)
    verify: bool = True
    ca_bundle: str | None = None
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    strict: bool = False
    order_patience: float = 1.0
    writable: bool = False
    max_changes: int = DEFAULT_MAX_CHANGES
    change_timeout: float = 3600.0
    journal: str | None = None
    dialect: str = "postgres"
    search_path: tuple[str, ...] = ()
    max_age: float | None = None
    table_max_age: Mapping[str, float] = field(default_factory=dict)
    store: str | None = None
    locked: bool = False
    exec_allowed: tuple[str, ...] = ()
    statement_timeout: float | None = None
    max_calls: int | None = None
    max_rows: int | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise problem

    @property
    def journal_path(self) -> Path:
        """Where changes are journalled: `journal`, else `cirql/changes.sqlite` in the user's data directory (XDG_DATA_HOME)."""
        if self.journal is not None:
            return Path(self.journal).expanduser()
        return _data_home() / "changes.sqlite"

    @property
    def types_path(self) -> Path:
        """Where the catalog with the types of the user's account is: `cirql/catalog.sqlite` in the user's data directory."""
        return _data_home() / "catalog.sqlite"

    @property
    def store_place(self) -> str | None:
        """Where the inventory is: `store`, else `cirql/inventory` in the user's data directory (XDG_DATA_HOME).

        None, an inventory in memory, for `:memory:` and where credentials were given in code: those of a local AWS.
        """
        if self.store == MEMORY or (self.store is None and self.credentials):
            return None
        return self.store if self.store is not None else str(_data_home() / "inventory")

    @property
    def scope_digest(self) -> str | None:
        """A digest of what decides which accounts and regions a session asks; None where only the machine's own role says so."""
        from hashlib import blake2b

        home = Path.home() / ".aws"
        files = [Path(os.environ.get(name) or home / file) for name, file in _AWS_FILES.items()]
        stats = [(f.stat().st_mtime_ns, f.stat().st_size) if f.is_file() and f.stat().st_size else None for f in files]
        signs = [os.environ.get(name) for name in _AWS_IDENTITY]
        if not (self.profiles or self.credentials or any(signs) or any(stats)):
            return None
        entered = (self.role, self.account_roles, self.organizational_units, self.exclude_accounts)
        own = [self.profiles, self.regions, self.accounts, self.endpoint_url, [(c.name, c.access_key) for c in self.credentials]]
        places = [os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS")]
        return blake2b(repr((own, entered, [str(f) for f in files], stats, signs, places)).encode(), digest_size=12).hexdigest()

    @property
    def uses_inventory(self) -> bool:
        """Whether a plain statement of this session reads through the inventory, and keeps what it reads."""
        return self.store is not None or bool(self.max_age) or any(self.table_max_age.values())

    def of_session(self, **values: Any) -> Settings:
        """These settings with those of one session. Raises SettingsError for what all sessions of a runtime share."""
        read = _read(values, "the arguments", code=True)
        if shared := sorted(SHARED.intersection(read)):
            raise SettingsError(f"{shared[0]} is the same for all sessions of a runtime", hint="open another Runtime for it")
        if self.locked and not read.get("locked", True):
            raise SettingsError("a session of a locked runtime is locked", hint="open another Runtime for it")
        return replace(self, **read)

    def changed(self, **values: Any) -> Settings:
        """These settings with some values read anew, as SET does. Raises SettingsError."""
        return replace(self, **_read(values, "SET", code=True))

    @property
    def assumes_roles(self) -> bool:
        """Whether accounts are entered by assuming a role in them."""
        return self.role is not None or bool(self.account_roles)

    @property
    def may_span_accounts(self) -> bool:
        """Whether more than one account can be in scope."""
        return self.assumes_roles or max(len(self.profiles), len(self.credentials)) > 1

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Read the file and the environment, then apply the keyword arguments.

        An override of None counts as not given, so that command-line options can be passed as they are.

        Raises: SettingsError, naming the source and the nearest setting.
        """
        origins = cls.origins(**overrides)
        for file in dict.fromkeys(o.refused for o in origins if o.refused is not None):
            raise file.refusal([o.name for o in origins if o.refused == file])
        return cls(**{o.name: o.value for o in origins})

    @classmethod
    def origins(cls, **overrides: Any) -> tuple[Origin, ...]:
        """Where each setting that is made would be taken from, by the same rules as `load`, refused ones among them.

        Raises: SettingsError.
        """
        environment = dict(os.environ)
        found = {name: Origin(name, value, "AWS's variables") for name, value in _from_aws_environment(environment).items()}
        for file in config_files(environment):
            for name, value in _read(file.values(), file.source).items():
                is_known = name in found and found[name].value == value and found[name].refused is None
                is_refused = not (is_known or name in SAFE or file.is_trusted)
                found[name] = Origin(name, value, file.source, file if is_refused else None)
        found |= {name: Origin(name, value, "the environment") for name, value in _from_environment(environment).items()}
        given = {name: value for name, value in overrides.items() if value is not None}
        found |= {name: Origin(name, value, "the arguments") for name, value in _read(given, "the arguments", code=True).items()}
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting that was made, and where; `refused` is the file that is not trusted to make it."""

    name: str
    value: Any = field(repr=False)
    source: str
    refused: ConfigFile | None = None


def cache_home() -> Path:
    """Where what can be made again is kept: `cirql` in XDG_CACHE_HOME, `~/.cache` by default."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "cirql"


def _data_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "cirql"


def state_home() -> Path:
    """Where what the user's programs need between runs is, and is nobody's data: the key of the journal's secrets (XDG_STATE_HOME)."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "cirql"


def _problems(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong with the values apart, then together; the types are right already."""
    for name in ("max_attempts", "concurrency", "max_changes"):
        if getattr(settings, name) < 1:
            yield SettingsError(f"{name} must be at least 1, not {getattr(settings, name)}")
    for name in ("connect_timeout", "read_timeout", "change_timeout"):
        if not 0 < getattr(settings, name) < math.inf:
            yield SettingsError(f"{name} must be a positive number of seconds, not {getattr(settings, name)}")
    for name, least in (("statement_timeout", 0.001), ("max_calls", 1), ("max_rows", 1), ("memory", LEAST_MEMORY)):
        if (given := getattr(settings, name)) is not None and not given >= least:
            yield SettingsError(f"{name} must be at least {least}, not {given}", hint="leave it out for no limit")
    yield from _account_problems(settings)
    for key, rate in settings.max_rps.items():
        if not 0 < rate < math.inf:
            yield SettingsError(f"max_rps: {key!r} must be a positive number of requests a second, not {rate}")
    if settings.dialect not in DIALECTS:
        yield _unknown("dialect", settings.dialect, DIALECTS, "the settings")
    for schema in settings.search_path:
        if schema not in SEARCHED:
            yield _unknown("schema", schema, SEARCHED, "search_path")
    yield from _connection_problems(settings)


def _account_problems(settings: Settings) -> Iterator[SettingsError]:
    if ORGANIZATION in settings.accounts:
        if len(settings.accounts) > 1:
            yield SettingsError(
                "accounts: 'organization' is every account already; write it alone", hint="exclude_accounts leaves some out"
            )
        if settings.role is None:
            yield SettingsError(
                "accounts = 'organization' needs a role to assume in each account", hint="for example role = 'cirql-reader'"
            )
    elif settings.organizational_units and not (settings.accounts and settings.role):
        yield SettingsError("organizational_units narrow accounts = 'organization', which is not set")
    elif settings.role is not None and not settings.accounts:
        yield SettingsError("role: no accounts are named to assume it in", hint="set accounts to a list of ids, or to 'organization'")
    names = [("accounts", a) for a in settings.accounts if a != ORGANIZATION]
    names += [("exclude_accounts", a) for a in settings.exclude_accounts] + [("account", a.id) for a in settings.account_roles]
    for setting, account in names:
        if not re.fullmatch(r"\d{12}", account):
            yield SettingsError(f"{setting}: {account!r} is not an account id", hint="write the 12-digit account id as text")
    known = settings.profiles or tuple(c.name for c in settings.credentials)
    for account_role in settings.account_roles:
        if account_role.profile is not None and account_role.profile not in known:
            hint = "name it in profiles too" if not settings.credentials else None
            yield SettingsError(f"account {account_role.id}: the profile {account_role.profile!r} is not among the profiles", hint=hint)


def _connection_problems(settings: Settings) -> Iterator[SettingsError]:
    if "*" in settings.regions and len(settings.regions) > 1:
        yield SettingsError("regions: '*' is every region already; write it alone")
    if settings.endpoint_url is not None and not _is_http_url(settings.endpoint_url):
        hint = "for example http://127.0.0.1:4566"
        yield SettingsError(f"endpoint_url: {without_user(settings.endpoint_url)!r} is not an http or https URL", hint=hint)
    if settings.ca_bundle is not None and not Path(settings.ca_bundle).exists():
        yield SettingsError(f"ca_bundle: {settings.ca_bundle!r} is not there")
    names = [c.name for c in settings.credentials]
    if len(set(names)) != len(names):
        yield SettingsError("credentials: two entries have the same name")
    if settings.credentials and settings.profiles:
        yield SettingsError("credentials and profiles cannot be combined", hint="give one of the two")


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _unknown(what: str, name: str, known: tuple[str, ...], source: str) -> SettingsError:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known))}"
    return SettingsError(f"unknown {what} {name!r} in {source}", hint=hint)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The `CIRQL_*` variables. An empty variable counts as not set."""
    values = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and name != f"{_PREFIX}CONFIG" and value
    }
    return _read(values, "the environment", spell=lambda name: _PREFIX + name.upper())


def _from_aws_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """What other AWS tools read from the environment and botocore itself does not act on for our transport."""
    values: dict[str, Any] = {"proxies": _proxies(environment)}
    if region := environment.get("AWS_REGION"):
        values["regions"] = (region,)
    # botocore falls back to REQUESTS_CA_BUNDLE in the same way.
    if bundle := environment.get("AWS_CA_BUNDLE") or environment.get("REQUESTS_CA_BUNDLE"):
        values["ca_bundle"] = bundle
    return values


def region_variables() -> list[str]:
    """The variables that name a region, the one that counts more first. An empty one counts as not set, as AWS's tools have it."""
    return [name for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name)]


def _proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The proxies by scheme, as every program finds them: `https_proxy` and the like, else what macOS and Windows are set to."""
    if sys.platform == "linux" and not any(name.lower().endswith("_proxy") for name in environment):
        return {}
    from urllib.request import getproxies  # here, because it brings http.client and email with it

    return dict(getproxies())


def _read(values: Mapping[str, Any], source: str, *, spell: Callable[[str], str] = str, code: bool = False) -> dict[str, Any]:
    """Check names and convert values; `code` allows what may not come from a file or the environment."""
    read: dict[str, Any] = {}
    for name, value in values.items():
        full = "account_roles" if _are_tables(name, value) else _SINGULARS.get(name, name)
        if full not in _READERS:
            known = tuple(spell(n) for n in (*_READERS, *_SINGULARS))
            raise _unknown("setting", spell(name), known, source)
        if full == "credentials" and not code:
            raise SettingsError(f"credentials cannot be set in {source}", hint="name an AWS profile instead; cirql stores no secrets")
        if full in read:
            raise SettingsError(f"{spell(full)} is set twice in {source}", hint=f"use {spell(full)} alone")
        try:
            read[full] = _READERS[full](value)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{spell(name)} in {source}: {error}") from None
    return read


def _are_tables(name: str, value: Any) -> bool:
    """Whether this is `[[account]]` and not the singular of `accounts`."""
    return name == "account" and isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "profiles": texts,
    "regions": texts,
    "accounts": texts,
    "role": text,
    "external_id": text,
    "account_roles": account_roles,
    "organizational_units": texts,
    "exclude_accounts": texts,
    "extra_regions": texts,
    "credentials": credentials,
    "endpoint_url": text,
    "max_attempts": whole,
    "connect_timeout": number,
    "read_timeout": number,
    "concurrency": whole,
    "max_rps": rates,
    "verify": boolean,
    "ca_bundle": text,
    "proxies": text_table,
    "strict": boolean,
    "order_patience": parse_duration,
    "writable": boolean,
    "max_changes": whole,
    "change_timeout": parse_duration,
    "journal": text,
    "dialect": text,
    "search_path": texts,
    "max_age": parse_duration,
    "table_max_age": durations,
    "store": text,
    "locked": boolean,
    "exec_allowed": texts,
    "statement_timeout": parse_duration,
    "max_calls": whole,
    "max_rows": whole,
    "memory": parse_size,
}
SAFE = frozenset(
    {"regions", "dialect", "search_path", "strict", "order_patience", "connect_timeout", "read_timeout", "max_age", "table_max_age"}
)
"""What a file that came with a folder may set before it is trusted: how a statement is read and how old its rows may be, never with
whose keys, through or to which host, whether something may be changed, or where files are. A new one needs trust until it is named here."""
if set(_READERS) != {f.name for f in fields(Settings)}:
    raise AssertionError("every setting needs a reader")
