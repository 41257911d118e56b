"""How long a statement may take, how many requests it may send, how many rows it may give, and how many bytes it may hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cirql.errors import AccessDenied
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from cirql.settings import Settings

NAMES = ("statement_timeout", "max_calls", "max_rows", "memory")


@dataclass(frozen=True, slots=True)
class StatementLimits:
    """None is no limit. `timeout` is in seconds, `memory` in bytes."""

    timeout: float | None = None
    calls: int | None = None
    rows: int | None = None
    memory: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> StatementLimits:
        """What the settings say; where they are locked, `LOCKED` for what they do not."""
        least = LOCKED if settings.locked else StatementLimits()
        timeout = least.timeout if settings.statement_timeout is None else settings.statement_timeout
        return cls(
            None if timeout is None or math.isinf(timeout) else timeout,
            least.calls if settings.max_calls is None else settings.max_calls,
            least.rows if settings.max_rows is None else settings.max_rows,
            least.memory if settings.memory is None else settings.memory,
        )

    def within(self, calls: int | None) -> StatementLimits:
        """The same with no more requests than that."""
        return self if calls is None or (self.calls is not None and self.calls <= calls) else replace(self, calls=calls)

    def confine(self, wanted: StatementLimits) -> None:
        """Raise AccessDenied where a limit that is wanted is wider than this one."""
        for name, most, value in zip(NAMES, _values(self), _values(wanted), strict=True):
            if most is not None and (value is None or value > most):
                raise AccessDenied(f"this session is locked: SET {name} only lowers it", hint=f"at most {most:g}")


LOCKED = StatementLimits(timeout=300.0, calls=10_000, rows=5_000_000, memory=1 << 30)
"""For whoever runs statements of others and has said nothing else: five minutes, 10,000 requests, 5,000,000 rows, 1 GiB."""


def _values(limits: StatementLimits) -> tuple[float | None, ...]:
    return (limits.timeout, limits.calls, limits.rows, limits.memory)
