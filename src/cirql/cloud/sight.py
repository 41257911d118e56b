"""Sight: of which accounts and regions a session is told what was kept of them: scans, versions, changes.

What a session asks of AWS is in its reach. What was kept may be of any place, so a locked session is shown no more of it than it could ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from cirql.cloud.reach import EVERY_REGION, Reach
from cirql.cloud.survey import Inquiry, Survey, of_settings
from cirql.settings import ORGANIZATION, Settings
from cirql.startup.records import dataclass

GLOBAL_REGION = "global"
"""The region of what lives once in an account: whoever sees the account sees it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The accounts and regions that may be seen: None where nobody said which. Accounts that are `hidden` never are."""

    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def is_confined(self) -> bool:
        """Whether there is anything that may not be seen."""
        return self.accounts is not None or self.regions is not None or bool(self.hidden)

    @classmethod
    def of(cls, settings: Settings, reach: Reach, ask: Callable[[Inquiry], Survey]) -> Self:
        """What a session of these settings sees: everything, unless it is confined.

        `ask` is asked whose the credentials are where profiles are named and no ids. Raises what it raises.
        """
        if not reach.confined:
            return cls()
        regions = None if not reach.regions or EVERY_REGION in reach.regions else frozenset(reach.regions)
        hidden = frozenset(settings.exclude_accounts) if settings.assumes_roles else frozenset()
        return cls(_accounts(settings, reach, ask), regions, hidden)

    def sees(self, account: str, region: str) -> bool:
        """Whether something of that account and region may be seen."""
        return self.sees_account(account) and (self.regions is None or region in self.regions or region == GLOBAL_REGION)

    def sees_account(self, account: str) -> bool:
        """Whether something of that account may be seen, wherever it is."""
        return account not in self.hidden and (self.accounts is None or account in self.accounts)


def _accounts(settings: Settings, reach: Reach, ask: Callable[[Inquiry], Survey]) -> frozenset[str] | None:
    if reach.only is not None:
        return reach.only
    if ORGANIZATION in settings.accounts and not settings.organizational_units:
        return None
    if not (settings.accounts or settings.account_roles or settings.profiles or settings.credentials):
        return None
    known = of_settings(settings, reach)
    if known is None or not all(account.id for account in known.accounts):
        known = ask(Inquiry(reach, reach.regions, identified=True))
    return frozenset(account.id for account in known.accounts)
