"""Reach: the accounts and regions that a session's statements ask, as its settings say at that moment."""

from __future__ import annotations

from typing import Self

from cirql.settings import ORGANIZATION, Settings
from cirql.startup.records import dataclass

EVERY_REGION = "*"


@dataclass(frozen=True, slots=True)
class Reach:
    """Regions and accounts by name; empty, or `("*",)` and `("organization",)`, where AWS or its configuration says which there are.

    SET changes a session's settings, never its cloud: every statement brings the reach that holds for it. `accounts` say which roles are
    assumed, beside the `[[account]]` tables; `only`, if anything, to which ids all of that is narrowed. A statement that names regions asks
    those instead of `regions`; where the session is `confined`, it only narrows, and no account is entered that was not when it opened.
    """

    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    confined: bool = False

    @classmethod
    def of(cls, settings: Settings, opened: Settings | None = None) -> Self:
        """The reach of settings, in a session that was opened with others: what SET says of accounts since then is exact."""
        ids = frozenset(settings.accounts) - {ORGANIZATION}
        as_opened = opened is None or settings.accounts == opened.accounts
        lists_roles = settings.role is not None and as_opened
        return cls(settings.regions, settings.accounts, None if lists_roles or not ids else ids)

    def is_within(self, outer: Reach) -> bool:
        """Whether all that it reaches is surely in reach of another too: what SET may say in a session that is confined."""
        if outer.accounts and ORGANIZATION not in outer.accounts and not set(self.accounts or ("",)) <= set(outer.accounts):
            return False
        if not outer.accounts and self.accounts and self.only is None:  # a role would be assumed in them
            return False
        if outer.only is not None and (self.only is None or not self.only <= outer.only):
            return False
        if not outer.regions:  # the region of the configuration, whichever it is
            return not self.regions
        return EVERY_REGION in outer.regions or (bool(self.regions) and set(self.regions) <= set(outer.regions))
