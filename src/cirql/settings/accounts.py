"""Accounts in the settings: key pairs that code hands over, and roles to assume, an account each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.settings.values import text
from cirql.startup.records import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Credential:
    """One static key pair, given in code only: the local AWS and tests use it; it is never read from a file.

    `account` is the 12-digit id where it is known; asked from STS otherwise.
    """

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    account: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRole:
    """One `[[account]]` table: an account and the role to assume in it, from a profile (the first credentials by default).

    `role` is a role's name or its whole ARN.
    """

    id: str
    role: str
    profile: str | None = None
    external_id: str | None = None


def credentials(value: Any) -> tuple[Credential, ...]:
    """Key pairs, as code gives them."""
    items = tuple(value)
    if not all(isinstance(item, Credential) for item in items):
        raise TypeError("a tuple of Credential is needed")
    return items


def account_roles(value: Any) -> tuple[AccountRole, ...]:
    """`[[account]]` tables: `id` and `role`, and optionally `profile` and `external_id`."""
    read = []
    for item in value:
        if isinstance(item, AccountRole):
            read.append(item)
            continue
        if not isinstance(item, Mapping):
            raise TypeError("each account is a table with id and role")
        unknown = sorted(set(item) - {f.name for f in fields(AccountRole)})
        missing = [name for name in ("id", "role") if name not in item]
        if unknown or missing:
            raise ValueError(f"an account has no {unknown[0]}" if unknown else f"an account needs its {missing[0]}")
        read.append(AccountRole(**{name: text(said) for name, said in item.items()}))
    return tuple(read)
