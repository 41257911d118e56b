"""A target: one account and one region, and how requests to it are signed."""

from __future__ import annotations

from dataclasses import dataclass


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

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"
