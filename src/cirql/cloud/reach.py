"""Reach: the accounts and regions that a session's statements ask, as its settings say at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cirql.settings import Settings


@dataclass(frozen=True, slots=True)
class Reach:
    """Regions and accounts by name; empty, or `("*",)` and `("organization",)`, where AWS or its configuration says which there are.

    SET changes a session's settings, never its client: every statement brings the reach that holds for it.
    """

    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The reach of settings."""
        return cls(settings.regions, settings.accounts)
