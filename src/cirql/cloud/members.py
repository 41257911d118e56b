"""Members: the accounts a scope names beyond the credentials at hand, and the roles that open them.

They come from `accounts` with a `role`, from `[[account]]` tables, or from AWS Organizations. Only ids and role names pass through here;
the keyring assumes the roles, when an account is first asked.

Sources: AWS STS API Reference (AssumeRole), AWS Organizations API Reference (ListAccounts, ListAccountsForParent).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cirql.catalog.model import Paging
from cirql.settings import ORGANIZATION, Settings
from cirql.startup.records import dataclass

PAGING = Paging(("NextToken",), ("NextToken",), limit="MaxResults", size=20)
Items = Callable[[str, dict[str, Any], str], Awaitable[list[dict[str, Any]]]]
"""All items of one list operation of Organizations: operation, parameters, and the member that holds the list."""


@dataclass(frozen=True, slots=True)
class Member:
    """One account, and the role to enter it with from the credentials called `via` (the first ones where that is None)."""

    account: str
    role: str
    via: str | None = None
    external_id: str | None = None

    def arn(self, partition: str) -> str:
        """The role's ARN; a role that is written as one is taken as it is."""
        return self.role if self.role.startswith("arn:") else f"arn:{partition}:iam::{self.account}:role/{self.role}"


async def members(settings: Settings, items: Items) -> tuple[Member, ...]:
    """Every account that the settings name with a role, each once; `[[account]]` tables win over the lists.

    Raises: what `items` raises, where Organizations is asked.
    """
    found = {a.id: Member(a.id, a.role, a.profile, a.external_id) for a in settings.account_roles}
    if settings.role is not None:
        listed = await _of_organization(settings, items) if ORGANIZATION in settings.accounts else settings.accounts
        for account in listed:
            found.setdefault(account, Member(account, settings.role, None, settings.external_id))
    return tuple(m for m in found.values() if m.account not in settings.exclude_accounts)


async def _of_organization(settings: Settings, items: Items) -> list[str]:
    """The ids of the organization's active accounts, or of those in the wanted organizational units and the units below them."""
    if not settings.organizational_units:
        return _active(await items("ListAccounts", {}, "Accounts"))
    accounts: list[str] = []
    open_, seen = list(settings.organizational_units), set[str]()
    while open_:
        parent = open_.pop(0)
        if parent in seen:
            continue
        seen.add(parent)
        accounts += _active(await items("ListAccountsForParent", {"ParentId": parent}, "Accounts"))
        units = await items("ListOrganizationalUnitsForParent", {"ParentId": parent}, "OrganizationalUnits")
        open_ += [unit["Id"] for unit in units]
    return list(dict.fromkeys(accounts))


def _active(accounts: list[dict[str, Any]]) -> list[str]:
    return [a["Id"] for a in accounts if (a.get("State") or a.get("Status")) == "ACTIVE"]
