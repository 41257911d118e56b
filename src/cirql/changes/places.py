"""Where a change goes: the account and region of a row as the target that signs for it, and who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cirql.catalog.model import Scope, Table
from cirql.cloud import Cloud
from cirql.cloud.reach import Reach
from cirql.cloud.target import Target
from cirql.errors import CloudError, CredentialsError, InvalidText, MissingKey, UnknownTable
from cirql.fetch.targets import find_targets
from cirql.plan.places import Wanted, homes

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog


class Places:
    """Finds targets within a reach, each once."""

    def __init__(self, cloud: Cloud, reach: Reach) -> None:
        self._cloud = cloud
        self.reach = reach
        self._known: dict[tuple[str | None, str | None], Target] = {}
        self._callers: dict[str, str] = {}

    async def of_row(self, region: str | None, account: str | None) -> Target:
        """The target that a row came from."""
        key = (region, account)
        if key not in self._known:
            found = await self._find(Wanted(_one(region), _one(account), identified=True))
            if not found:
                where = "/".join(part for part in (account, region) if part)
                raise InvalidText(f"there are no credentials for {where} in this session", hint="check the setting accounts")
            self._known[key] = found[0]
        return self._known[key]

    async def of_insert(self, table: Table, region: str | None, account: str | None) -> Target:
        """The target for a new row: what it names, else the only one in scope.

        Raises MissingKey where several would do.
        """
        if region and table.regions is not None and region not in table.regions:
            raise InvalidText(f"{table.name} does not exist in {region}", hint=f"it does in {', '.join(sorted(table.regions)[:6])}")
        once = table.scope is Scope.GLOBAL
        found = await self._find(Wanted(_one(region), _one(account), once, identified=True, homes=homes(table)))
        if not found:
            raise InvalidText(f"there are no credentials for {account or 'this'} in this session", hint="check the setting accounts")
        if len({t.account for t in found}) > 1:
            names = ", ".join(sorted({t.account for t in found}))
            raise MissingKey("several accounts are in scope", hint=f"name one: give the column {table.account_column} ({names})")
        if len(found) > 1:
            regions = ", ".join(sorted({t.region for t in found}))
            raise MissingKey("several regions are in scope", hint=f"name one: give the column region ({regions})")
        return found[0]

    async def _find(self, want: Wanted) -> tuple[Target, ...]:
        return await find_targets(self._cloud, self.reach, want)

    async def caller(self, target: Target) -> str:
        """Who the credentials of a target belong to, as an ARN; the name of the credentials where AWS does not say."""
        if target.credentials not in self._callers:
            try:
                answer = await self._cloud.call(target, "sts", "GetCallerIdentity", {})
                self._callers[target.credentials] = str(answer.get("Arn") or target.credentials)
            except (CloudError, CredentialsError):
                self._callers[target.credentials] = target.credentials
        return self._callers[target.credentials]


def _one(name: str | None) -> frozenset[str] | None:
    return frozenset({name}) if name else None


def call_table(catalog: Catalog, name: str) -> Table:
    """A stand-in that says where a service lives, for finding the target of a call: where its datasets do."""
    from cirql.names import Scheme, TableName

    service = name.replace("-", "_")
    beside = next(iter(catalog.names(service=service, scheme=Scheme.DATASET)), None)
    found = None if beside is None else catalog.find(beside).table
    return Table(
        name=TableName.parse(f"aws.{service}.call"),
        service=service,
        title="",
        description="",
        columns=(),
        fetches=(),
        scope=Scope.REGIONAL if found is None else found.scope,
        regions=None if found is None else found.regions,
    )


def lives_once(catalog: Catalog, name: str) -> bool:
    """Whether what a change's table names lives once in an account, in no region."""
    try:
        return catalog.find(name).table.scope is Scope.GLOBAL
    except UnknownTable:  # of a call: it is named by the service alone
        parts = name.split(".")
        return len(parts) > 1 and call_table(catalog, parts[1]).scope is Scope.GLOBAL
