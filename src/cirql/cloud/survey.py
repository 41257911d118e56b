"""Survey: what is known of the accounts and regions that statements may ask, as data.

AWS says it (`Cloud.survey` gathers the answer to an `Inquiry`), or the settings alone, the inventory, or a recording.
`plan/places.py` decides by it who is asked, and is the only place that does.
"""

from __future__ import annotations

from cirql.cloud.reach import Reach
from cirql.cloud.target import EVERYWHERE
from cirql.settings import ORGANIZATION, Settings
from cirql.startup.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Account:
    """One account in reach.

    `id` is empty where it is not known. `credentials` names what signs for it. `home` is the region for statements and settings that name
    none. `enabled` are the regions that it has: `(EVERYWHERE,)` where it refuses to say, None where nobody has asked.
    """

    id: str = ""
    credentials: str = "default"
    home: str = ""
    enabled: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What must be known before it can be said who is asked.

    `regions` are names, `*`, or empty for the configured one. `accounts` are the only ones that matter, where the statement names some;
    `identified`: their ids matter; `enabled`: it matters which regions they have.
    """

    reach: Reach
    regions: tuple[str, ...] = ()
    accounts: frozenset[str] | None = None
    identified: bool = False
    enabled: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its answer is good for every statement of the same reach."""
        return self.accounts is None and self.identified and self.regions == self.reach.regions


@dataclass(frozen=True, slots=True)
class Survey:
    """The accounts in reach."""

    accounts: tuple[Account, ...] = ()

    def answers(self, inquiry: Inquiry) -> bool:
        """Whether an inquiry of the same reach need not be made: all that it asks is known."""
        return all(
            (a.id or not inquiry.identified) and (a.enabled is not None or not inquiry.enabled) and (a.home or inquiry.regions)
            for a in self.accounts
        )

    @property
    def is_certain(self) -> bool:
        """Whether every account said who it is, and none refused to say which regions it has."""
        return all(a.id and a.enabled != (EVERYWHERE,) for a in self.accounts)

    def within(self, places: frozenset[tuple[str, str]] | None) -> Survey:
        """Those that have one of these accounts and regions, and no other regions; all, where that is None."""
        if places is None:
            return self
        kept = (replace(a, enabled=tuple(r for r in a.enabled or () if (a.id, r) in places)) for a in self.accounts)
        return Survey(tuple(a for a in kept if a.enabled))

    def of_named(self, ids: frozenset[str] | None) -> Survey:
        """Those that may be meant by ids: of accounts whose id is not known, no more than there are ids left."""
        if ids is None:
            return self
        known = [a for a in self.accounts if a.id in ids]
        unknown = [a for a in self.accounts if not a.id]
        return Survey((*known, *unknown[: max(len(ids) - len(known), 0)]))


def named_accounts(settings: Settings) -> list[str]:
    """The accounts of a session as its settings name them, for showing: ids, and the word for all of an organization."""
    known = of_settings(settings, Reach.of(settings)) or Survey()
    return sorted({a.id for a in known.accounts if a.id} | set(settings.accounts))


def of_settings(settings: Settings, reach: Reach) -> Survey | None:
    """What settings say of a reach without asking anybody; None where only AWS Organizations knows which accounts there are."""
    if ORGANIZATION in settings.accounts:
        return None
    if settings.assumes_roles:
        named = [a.id for a in settings.account_roles] + (list(settings.accounts) if settings.role is not None else [])
        ids = [a for a in dict.fromkeys(named) if a not in settings.exclude_accounts]
    else:
        ids = [c.account or "" for c in settings.credentials] or [""] * max(len(settings.profiles), 1)
    return Survey(tuple(Account(i) for i in ids if reach.only is None or not i or i in reach.only))
