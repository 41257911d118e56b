"""A target: one account and one region, and how requests to it are signed."""

from __future__ import annotations

from cirql.startup.records import dataclass

EVERYWHERE = "*"
"""The region of a target whose account does not say which regions it has: every call to it fails with the reason."""


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One (account, region) that a scan asks.

    `account` is the 12-digit id; `credentials` names the entry of the client's credential table that signs for it
    (a profile, or a role to assume), never the secret itself.
    """

    account: str
    region: str
    credentials: str = "default"
    partition: str = "aws"

    @property
    def known_region(self) -> str:
        """The region; empty where it is not known which ones there are."""
        return "" if self.region == EVERYWHERE else self.region

    def __str__(self) -> str:
        return f"{self.account or self.credentials}/{self.region}"
