"""Where a change goes: the account and region of a row as the target that signs for it, and who is asking."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from cirql.catalog.model import Scope, Table
from cirql.cloud.reach import Reach
from cirql.cloud.target import Target
from cirql.errors import CloudError, CredentialsError, InvalidText, MissingKey


class TargetFinder(Protocol):
    """The part of the CloudClient that finds targets."""

    async def targets(
        self,
        *,
        reach: Reach | None = None,
        regions: Collection[str] | None = None,
        accounts: Collection[str] | None = None,
        need_account: bool = False,
    ) -> tuple[Target, ...]:
        """Who and where to ask."""
        ...

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer of one operation."""
        ...


class Places:
    """Finds targets within a reach, each once."""

    def __init__(self, client: TargetFinder, reach: Reach) -> None:
        self._client = client
        self.reach = reach
        self._known: dict[tuple[str | None, str | None], Target] = {}
        self._callers: dict[str, str] = {}

    async def of_row(self, region: str | None, account: str | None) -> Target:
        """The target that a row came from."""
        key = (region, account)
        if key not in self._known:
            found = await self._find(region, account)
            if not found:
                where = "/".join(part for part in (account, region) if part)
                raise InvalidText(f"there are no credentials for {where} in this session", hint="check the setting accounts")
            self._known[key] = found[0]
        return self._known[key]

    async def of_insert(self, table: Table, region: str | None, account: str | None) -> Target:
        """The target for a new row: what it names, else the only one in scope.

        Raises MissingKey where several would do.
        """
        found = await self._find(region, account)
        if table.scope is Scope.GLOBAL:
            firsts: dict[tuple[str, str], Target] = {}
            for target in found:
                if (target.account, target.credentials) not in firsts or target.region == "us-east-1":
                    firsts[target.account, target.credentials] = target
            found = tuple(firsts.values())
        if not found:
            raise InvalidText(f"there are no credentials for {account or 'this'} in this session", hint="check the setting accounts")
        if len({t.account for t in found}) > 1:
            names = ", ".join(sorted({t.account for t in found}))
            raise MissingKey("several accounts are in scope", hint=f"name one: give the column {table.account_column} ({names})")
        if region and table.regions is not None and region not in table.regions:
            raise InvalidText(f"{table.name} does not exist in {region}", hint=f"it does in {', '.join(sorted(table.regions)[:6])}")
        if len(found) > 1:
            regions = ", ".join(sorted({t.region for t in found}))
            raise MissingKey("several regions are in scope", hint=f"name one: give the column region ({regions})")
        return found[0]

    async def _find(self, region: str | None, account: str | None) -> tuple[Target, ...]:
        return await self._client.targets(
            reach=self.reach, regions=[region] if region else None, accounts=[account] if account else None, need_account=True
        )

    async def caller(self, target: Target) -> str:
        """Who the credentials of a target belong to, as an ARN; the name of the credentials where AWS does not say."""
        if target.credentials not in self._callers:
            try:
                answer = await self._client.call(target, "sts", "GetCallerIdentity", {})
                self._callers[target.credentials] = str(answer.get("Arn") or target.credentials)
            except (CloudError, CredentialsError):
                self._callers[target.credentials] = target.credentials
        return self._callers[target.credentials]
