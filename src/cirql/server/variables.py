"""PostgreSQL's settings as a client sees them: which there are, what they say, and which of them are cirql's own."""

from __future__ import annotations

import re

from cirql.errors import InvalidProperty, NotSupported, SettingsError
from cirql.server import without_effect
from cirql.settings import Settings
from cirql.startup.regexes import regex

VERSION = "15.0 (cirql)"
REPORTED = (
    *("server_version", "server_encoding", "client_encoding", "application_name", "is_superuser", "session_authorization"),
    *("DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes", "standard_conforming_strings"),
    *("default_transaction_read_only", "in_hot_standby", "search_path"),
)
"""The settings that a client is told of when it connects, and when they change."""
OWN = ("strict", "max_age", "regions", "accounts", "dialect", "max_calls", "max_rows")
"""`cirql.strict` and the like: settings of the session."""
_FIXED = {
    "server_version": VERSION,
    "server_version_num": "150000",
    "server_encoding": "UTF8",
    "is_superuser": "off",
    "integer_datetimes": "on",
    "in_hot_standby": "off",
    "max_identifier_length": "63",
    "max_index_keys": "32",
    "transaction_isolation": "repeatable read",
    "lc_collate": "C",
    "lc_ctype": "C",
    "ssl": "off",
}
_FREE = {
    **without_effect.DEFAULTS,
    "application_name": "",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "on",
    "transaction_read_only": "on",
    "search_path": "aws",
    "extra_float_digits": "1",
    "client_min_messages": "notice",
    "bytea_output": "hex",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_transaction_isolation": "repeatable read",
    "synchronous_commit": "on",
    "row_security": "on",
    "xmloption": "content",
    "jit": "off",
    "work_mem": "4MB",
}
DEFAULTS = {**_FREE, **_FIXED}
"""What the settings say before a client has set any."""
_SPELLED = {name.lower(): name for name in REPORTED}
_SET = regex(r"\s*SET\s+(?:(?:SESSION|LOCAL)\s+)?([\w.]+)\s*(?:=|\bTO\b)\s*(.+?)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_ZONE = regex(r"\s*SET\s+(?:(?:SESSION|LOCAL)\s+)?TIME\s+ZONE\s+(.+?)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_IGNORED = regex(r"\s*SET\s+(?:SESSION\s+CHARACTERISTICS|(?:LOCAL\s+)?TRANSACTION|SESSION\s+AUTHORIZATION|ROLE)\b", re.IGNORECASE)
_RESET = regex(r"\s*RESET\s+(SESSION\s+AUTHORIZATION|TIME\s+ZONE|[\w.]+)\s*;?\s*", re.IGNORECASE)
_DISCARD = regex(r"\s*DISCARD\s+(ALL|PLANS|TEMP|TEMPORARY|SEQUENCES)\s*;?\s*", re.IGNORECASE)
_SHOW = regex(r"\s*SHOW\s+(TIME\s+ZONE|TRANSACTION\s+ISOLATION\s+LEVEL|[\w.]+)\s*;?\s*", re.IGNORECASE)
_WORDS = {"time zone": "timezone", "transaction isolation level": "transaction_isolation"}


class Variables:
    """The settings of one client. Those that mean nothing here are remembered, so that a client reads what it wrote."""

    def __init__(self, user: str, *, is_writable: bool, path: str = "") -> None:
        """`path` is the search path that a client begins with."""
        self._user = user
        self._path = path
        self._is_writable = is_writable
        self._values: dict[str, str] = {}
        self.version = 0
        """Counts changes: who has seen this one has seen all."""

    def get(self, name: str, settings: Settings) -> str | None:
        """What a setting says; None where there is none of that name."""
        key = name.lower()
        if key.startswith("cirql."):
            own = key.removeprefix("cirql.")
            return _shown(getattr(settings, own)) if own in OWN else None
        if key == "statement_timeout":
            seconds = settings.statement_timeout
            return "0" if not seconds else f"{round(seconds * 1000)}ms"
        if key == "session_authorization":
            return self._user
        if key in ("default_transaction_read_only", "transaction_read_only") and self._is_writable:
            return self._values.get(key, "off")
        if key == "search_path" and key not in self._values and self._path:
            return self._path
        return _FIXED.get(key) or self._values.get(key, _FREE.get(key))

    def put(self, name: str, value: str) -> str | None:
        """Remember a setting; gives what a client should be told of it. Raises SettingsError, InvalidProperty, NotSupported."""
        key, value = name.lower(), value.strip().strip("'")
        if key in _FIXED:
            raise NotSupported(f"{name} cannot be changed")
        if "." not in key and key not in _FREE:
            raise SettingsError(
                f"there is no setting {name}", hint="SHOW ALL has those there are; cirql's own are cirql.<name>", sqlstate="42704"
            )
        if key == "client_encoding" and value.lower().replace("-", "").replace("_", "") not in (
            "utf8",
            "unicode",
            "sqlascii",
            "default",
            "auto",
        ):
            raise InvalidProperty(f"client_encoding can only be UTF8, not {value}")
        if key == "client_encoding":
            value = "UTF8"
        said = None
        if key == "timezone" and value.upper() not in ("UTC", "GMT", "ETC/UTC", "DEFAULT", "ZULU"):
            said, value = f"times are shown in UTC, not in {value}", "UTC"
        if key == "datestyle" and not value.upper().startswith("ISO"):
            said, value = f"dates are shown as ISO 8601 has them, not as {value}", "ISO, MDY"
        self._values[key] = value
        self.version += 1
        return said

    def reset(self, name: str | None = None) -> None:
        """Forget what was put; of one setting, or of all."""
        self.version += 1
        if name is None or name.lower() == "all":
            self._values.clear()
        else:
            self._values.pop(name.lower(), None)

    def custom(self) -> dict[str, str]:
        """The settings with a dot in their names that a client made, in small letters."""
        return {name: value for name, value in self._values.items() if "." in name}

    def every(self, settings: Settings) -> list[tuple[str, str]]:
        """Every setting and what it says."""
        names = sorted({*_FIXED, *_FREE, "statement_timeout", "session_authorization", *(f"cirql.{n}" for n in OWN)})
        return [(_SPELLED.get(n, n), self.get(n, settings) or "") for n in names]


def spelled(name: str) -> str:
    """A setting's name as PostgreSQL writes it."""
    return _SPELLED.get(name.lower(), name.lower())


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def read_set(sql: str) -> tuple[str, str] | None:
    """The name and the value of a SET; with an empty name, one that changes nothing here. None where it is none."""
    if _IGNORED.match(sql):
        return "", ""
    if (zone := _ZONE.fullmatch(sql)) is not None:
        return "timezone", _unquoted(zone[1])
    found = _SET.fullmatch(sql)
    return None if found is None else (found[1], _unquoted(found[2]))


def read_reset(sql: str) -> str | None:
    """The setting that a RESET forgets, or `all`; None where it is none."""
    found = _RESET.fullmatch(sql)
    name = " ".join(found[1].lower().split()) if found is not None else None
    return _WORDS.get(name, name) if name is not None else None


def read_discard(sql: str) -> str | None:
    """What a DISCARD drops: `all`, `plans`, `temp` or `sequences`; None where it is none."""
    found = _DISCARD.fullmatch(sql)
    return None if found is None else found[1].lower().removesuffix("orary")


def read_show(sql: str) -> str | None:
    """The setting that a SHOW asks for; None where it is something else."""
    found = _SHOW.fullmatch(sql)
    if found is None:
        return None
    name = " ".join(found[1].lower().split())
    return _WORDS.get(name, name)


def _unquoted(text: str) -> str:
    parts = [p.strip() for p in re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|[^,]+", text)]
    plain = [p[1:-1].replace("''", "'") if p[:1] in "'\"" and len(p) > 1 else p for p in parts if p]
    return ", ".join(plain)
