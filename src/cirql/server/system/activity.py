"""Who is connected and what they ask, as tools look at it (`pg_stat_activity`), and the functions that end another's statement.

A user sees the statements of his own connections, and ends no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cirql.server.system.definitions import DATABASE
from cirql.startup.records import dataclass, field
from cirql.startup.regexes import regex

_LIVE = regex(r"(?i)\bpg_stat_(?:activity|ssl|gssapi)\b|\bpg_(?:cancel|terminate)_backend\b")
_HIDDEN = "<insufficient privilege>"


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """One connection as others see it. `state` is PostgreSQL's: active, idle, idle in transaction."""

    process: int
    user: str
    application: str
    address: str
    began: datetime
    state: str
    query: str
    is_encrypted: bool


def _nobody() -> Sequence[ClientConnection]:
    return ()


def _nothing(process: int, user: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Activity:
    """What the catalog needs of the server. `cancel` and `terminate` take a process and who asks, and say whether there was such a one."""

    connections: Callable[[], Sequence[ClientConnection]] = field(default=_nobody)
    cancel: Callable[[int, str], bool] = field(default=_nothing)
    terminate: Callable[[int, str], bool] = field(default=_nothing)

    def begin(self, connection: Any) -> None:
        """Give a DuckDB the functions; in it their second argument is who asks."""
        for name, function in (("pg_cancel_backend", self.cancel), ("pg_terminate_backend", self.terminate)):
            connection.create_function(f"c_{name}", function, ["INTEGER", "VARCHAR"], "BOOLEAN", side_effects=True)

    def fill(self, connection: Any, user: str) -> None:
        """Put those who are connected now into a DuckDB's table, as a user may see them."""
        for table in ("pg_stat_activity", "pg_stat_ssl", "pg_stat_gssapi"):
            connection.execute(f"DELETE FROM {table}")
        found = self.connections()
        rows = [
            (DATABASE, c.process, c.user, c.application, *_apart(c.address), c.began, c.state, c.query if c.user == user else _HIDDEN)
            for c in found
        ]
        if rows:
            connection.executemany(
                "INSERT INTO pg_stat_activity (datid, datname, usesysid, backend_type, pid, usename, application_name, client_addr, "
                "client_port, backend_start, state, query) VALUES (?, 'aws', 10, 'client backend', ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            connection.executemany("INSERT INTO pg_stat_ssl (pid, ssl) VALUES (?, ?)", [(c.process, c.is_encrypted) for c in found])
            connection.execute("INSERT INTO pg_stat_gssapi SELECT pid, false, NULL, false, false FROM pg_stat_activity")


def _apart(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else -1


def is_live(sql: str) -> bool:
    """Whether the answer to a question is another each time it is asked, or is more than an answer."""
    return _LIVE.search(sql) is not None


def now() -> datetime:
    """When a connection begins, in UTC."""
    return datetime.now(UTC)
