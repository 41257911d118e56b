"""What a locked session is kept to: the accounts, regions and limits that it was opened with. It may ask for less, never for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cirql.errors import AccessDenied
from cirql.statements.limits import StatementLimits

if TYPE_CHECKING:
    from cirql.settings import Settings


def confine(wanted: Settings, now: Settings, opened: Settings, runtime: Settings) -> None:
    """Raise AccessDenied where a locked session would reach further, or be allowed more, than when it was opened."""
    if not wanted.locked:
        return
    StatementLimits.of(opened).confine(StatementLimits.of(wanted))
    if (wanted.regions, wanted.accounts) == (now.regions, now.accounts):
        return
    from cirql.cloud.reach import Reach

    if not Reach.of(wanted, runtime).is_within(Reach.of(opened, runtime)):
        raise AccessDenied("this session is locked: SET regions and SET accounts only narrow what it was opened with")
