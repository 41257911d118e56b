"""CloudClient: the only door to AWS.

`survey` says which accounts and regions there are, `call` gets one answer, `pages` all pages of a list. Everything else about AWS
(credentials, endpoints, signing, retries, rate limits, error codes) is behind this door. A client belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Paging
from cirql.cloud.credentials import Keyring, Keys, Lease, Role
from cirql.cloud.failures import Place
from cirql.cloud.http import Transport
from cirql.cloud.limits import Limits
from cirql.cloud.members import PAGING, members
from cirql.cloud.pages import Cursor, PagingError
from cirql.cloud.partitions import partition_of
from cirql.cloud.proxy import ProxyRules
from cirql.cloud.reach import EVERY_REGION, Reach
from cirql.cloud.regions import check_regions
from cirql.cloud.stats import CallStats
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import EVERYWHERE, Target
from cirql.errors import AccessDenied, CloudError, CredentialsError, DatabaseError, SettingsError
from cirql.settings import Settings, state_home
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.cloud.exchange import Exchange
    from cirql.cloud.learned import LearnedRates

_REGIONS = Paging(("NextToken",), ("NextToken",), limit="MaxResults", size=50)


class CloudClient:
    """Asks AWS. One per session; close it when done."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._keyring = Keyring(settings, self._assume)
        self._members: dict[tuple[str, ...], asyncio.Task[tuple[str, ...]]] = {}
        self._exchange: Exchange | None = None
        self._enabled: dict[tuple[str, str], tuple[str, ...]] = {}
        self._unlisted: dict[str, DatabaseError] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._sizes_are_text: dict[tuple[str, str, str], bool] = {}
        self._total = CallStats()

    @property
    def stats(self) -> CallStats:
        """Everything sent since the client was made."""
        return self._total

    async def survey(self, inquiry: Inquiry) -> Survey:
        """The accounts in reach, as far as the inquiry wants to know them.

        Account ids are looked up (once per set of credentials) only where they matter, and so are the regions that an account has. One that
        does not say which it has is in EVERYWHERE: its calls fail and say why, and the others go on.

        Raises: InvalidText for a name that is no region, before any call; SettingsError where no region is configured;
        CredentialsError; the errors of `call`.
        """
        check_regions((r for r in inquiry.regions if r != EVERY_REGION), self.settings.extra_regions)
        names = await self._names(inquiry.reach)
        only = inquiry.reach.only
        if inquiry.accounts is not None and (only is not None or len(names) > 1):
            only = inquiry.accounts if only is None else only & inquiry.accounts
        identified = inquiry.identified or only is not None or len(names) > 1
        found = await asyncio.gather(*(self._account(name, inquiry, only, identified) for name in names))
        return Survey(tuple(account for account in found if account is not None))

    async def _names(self, reach: Reach) -> tuple[str, ...]:
        """The entries in scope: those the settings give keys for, or the members they give a role for."""
        if not self.settings.assumes_roles:
            return self._keyring.names
        accounts = self.settings.accounts if reach.confined else reach.accounts
        task = self._members.get(accounts)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._members[accounts] = asyncio.create_task(self._find_members(accounts))
        return await asyncio.shield(task)

    async def _find_members(self, accounts: tuple[str, ...]) -> tuple[str, ...]:
        """An entry for every member; the account that the credentials at hand belong to needs no role."""
        first = self._keyring.names[0]
        region = await self._sts_region(first)
        partition = partition_of(region)

        async def items(operation: str, params: dict[str, Any], member: str) -> list[dict[str, Any]]:
            target = Target(self._keyring.account(first) or "", partition.centre, first, partition.name)
            return [i async for page in self.pages(target, "organizations", operation, params, PAGING) for i in page[member]]

        names: list[str] = []
        for member in await members(replace(self.settings, accounts=accounts), items):
            via = member.via or first
            if await self._id(via, region, required=True) == member.account:
                names.append(via)
            else:
                names.append(self._keyring.add_role(Role(member.account, member.arn(partition.name), via, member.external_id)))
        return tuple(names)

    async def _assume(self, role: Role) -> Lease:
        """Keys for a role, from STS. The failure names the member account."""
        region = await self._sts_region(role.via)
        target = Target(role.account, region, role.via, partition_of(region).name)
        params = {"RoleArn": role.arn, "RoleSessionName": "cirql"} | ({"ExternalId": role.external_id} if role.external_id else {})
        given = (await self.call(target, "sts", "AssumeRole", params))["Credentials"]
        keys = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], role.account)
        return Lease(keys, given["Expiration"].timestamp())

    async def _sts_region(self, name: str) -> str:
        """A region to ask STS in: the first of the scope, the configured one, or the one that is everybody's."""
        first = next((r for r in self.settings.regions if r != "*"), None)
        return first or await self._home_region(name, required=False)

    async def _account(self, name: str, inquiry: Inquiry, only: Collection[str] | None, identified: bool) -> Account | None:
        """What is known of the account behind an entry; None where it is none of those that are wanted."""
        first = next((r for r in inquiry.regions if r != EVERY_REGION), None)
        home = first or await self._home_region(name, required=not inquiry.regions)
        id_ = await self._id(name, home, required=only is not None) if identified else self._keyring.account(name) or ""
        if only is not None and id_ not in only:
            return None
        return Account(id_, name, home, await self._regions_of(name, home) if inquiry.enabled else None)

    async def _home_region(self, name: str, *, required: bool) -> str:
        """The region in the environment or the profile; where it is only asked for a list of regions, `us-east-1` will do.

        Of several profiles, one of another partition than the environment's region is asked at home: its keys mean nothing there.
        """
        configured, own = await self._open().services.home_regions(self._keyring.profile(name))
        if own and len(self._keyring.names) > 1 and partition_of(own) is not partition_of(configured or own):
            configured = own
        if configured:
            check_regions((configured,), self.settings.extra_regions)
            return configured
        if required:
            hint = "name one in the statement (region = 'us-east-1'), with --region or AWS_REGION, or use '*' for all enabled ones"
            raise SettingsError("no AWS region is configured", hint=hint)
        return "us-east-1"

    async def _id(self, name: str, region: str, *, required: bool) -> str:
        """The account id behind an entry.

        With several entries one that cannot sign in stays without an id: its own calls will fail and say why, and the
        others go on. Where accounts are filtered, that would hide an account, so it is an error.
        """
        async with self._asking.setdefault(name, asyncio.Lock()):
            known = self._keyring.account(name)
            if known is not None:
                return known
            try:
                await self._keyring.keys(name)
                known = self._keyring.account(name)
                if known is None:
                    target = Target("", region, name, partition_of(region).name)
                    known = str((await self.call(target, "sts", "GetCallerIdentity", {}))["Account"])
            except (CredentialsError, CloudError):
                if required or len(self._keyring.names) == 1:
                    raise
                return ""
            self._keyring.learn_account(name, known)
            return known

    async def _regions_of(self, name: str, home: str) -> tuple[str, ...]:
        """The regions of an account, or a place whose calls will fail and say why."""
        try:
            return await self._enabled_regions(name, home)
        except DatabaseError as error:
            if error.failure is None:
                raise
            if error.failure.operation == "AssumeRole":
                return (home,)  # an account that cannot be entered: its own calls will fail in the same way
            self._unlisted[name] = error
            return (EVERYWHERE,)

    async def _enabled_regions(self, name: str, home: str) -> tuple[str, ...]:
        """Every region that is enabled for the account, asked once per set of credentials.

        `ec2:DescribeRegions` says so; where that is denied, `account:ListRegions`. Raises: the errors of `call`, the first one's.
        """
        partition = partition_of(home)
        key = (name, partition.name)
        if key not in self._enabled:
            target = Target(self._keyring.account(name) or "", home, name, partition.name)
            try:
                answer = await self.call(target, "ec2", "DescribeRegions", {})
            except AccessDenied as denied:
                enabled = await self._listed_regions(target, denied)
            else:
                enabled = [r["RegionName"] for r in answer.get("Regions", ()) if r.get("OptInStatus") != "not-opted-in"]
            found = sorted(r for r in enabled if partition_of(r) is partition)
            if not found:
                failure = Place(target, "ec2", "DescribeRegions").failure("NoRegions", "the answer lists no region")
                raise CloudError("AWS lists no enabled region", hint="name the regions instead of '*'", failure=failure)
            self._enabled[key] = tuple(found)
        return self._enabled[key]

    async def _listed_regions(self, target: Target, denied: AccessDenied) -> list[str]:
        """The enabled regions by Account Management, which another permission opens. Raises `denied` where that one is missing too."""
        params = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}
        try:
            return [
                r["RegionName"] async for page in self.pages(target, "account", "ListRegions", params, _REGIONS) for r in page["Regions"]
            ]
        except (AccessDenied, KeyError):
            hint = "the caller needs the permission ec2:DescribeRegions or account:ListRegions; or name the regions instead of '*'"
            raise AccessDenied(denied.message, hint=hint, failure=denied.failure) from None

    def _refuse_unlisted(self, target: Target) -> None:
        if target.region == EVERYWHERE:
            raise self._unlisted[target.credentials]

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer of one operation, by botocore's names and rules.

        Timestamps are aware datetimes in UTC, blobs are bytes; absent members stay absent; `ResponseMetadata` is left out.

        Raises: Throttled, AccessDenied, CredentialsError, ResourceNotFound, AlreadyExists, Unreachable or CloudError, each with
        its CloudFailure; InvalidText for parameters that the operation does not take; NotSupported for an unknown operation.
        """
        self._refuse_unlisted(target)
        return await self._open().call(target, service, operation, params)

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of a list, each asked for when the one before has been taken. Without `paging` there is one.

        `only`: the members that are asked for, by paths of names; others may be left out.

        Raises: as `call`; CloudError where a page token repeats or is missing.
        """
        self._refuse_unlisted(target)
        size = await self._page_size(target, service, operation, paging)
        cursor = Cursor(params, paging, size=size)
        while cursor.params is not None:
            answer = await self._open().call(target, service, operation, cursor.params, only)
            try:
                cursor.advance(answer)
            except PagingError as problem:
                place = Place(target, service, operation)
                failure = place.failure("PagingBroken", str(problem))
                raise CloudError(f"{place}: {problem}", hint="the rows so far may be incomplete", failure=failure) from None
            yield answer

    async def _page_size(self, target: Target, service: str, operation: str, paging: Paging | None) -> int | str | None:
        """The largest page, as the operation spells numbers (a few take them as text)."""
        if paging is None or paging.limit is None or paging.size is None:
            return None
        key = (service, operation, paging.limit)
        is_text = self._sizes_are_text.get(key)
        if is_text is None:
            handle = await self._open().services.get(service, target.region, self._keyring.profile(target.credentials))
            shape = handle.operation(operation).model.input_shape
            member = shape.members.get(paging.limit) if shape is not None else None
            is_text = self._sizes_are_text[key] = member is not None and member.type_name == "string"
        return str(paging.size) if is_text else paging.size

    def _open(self) -> Exchange:
        """The working parts, made when AWS is first asked: they need botocore and a running loop."""
        if self._exchange is None:
            from cirql.cloud.exchange import Exchange
            from cirql.cloud.services import Services

            settings = self.settings
            transport = Transport(
                tls=lambda: tls_context(settings),
                proxies=ProxyRules(settings.proxies),
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.read_timeout,
                per_origin=settings.concurrency,
            )
            self._exchange = Exchange(
                services=Services(settings),
                transport=transport,
                limits=Limits(settings.concurrency, settings.max_rps, _learned(settings)),
                keyring=self._keyring,
                max_attempts=settings.max_attempts,
                stats=self._total,
            )
        return self._exchange

    async def close(self) -> None:
        """Close all connections; calls in flight fail. The client can be used again afterwards."""
        for task in self._members.values():
            task.cancel()
        self._members.clear()
        if self._exchange is not None:
            exchange, self._exchange = self._exchange, None
            try:
                await asyncio.to_thread(exchange.limits.save)
            except RuntimeError:  # the interpreter ends, and takes no more work for its threads
                exchange.limits.save()
            await exchange.transport.close()
            exchange.services.close()


def _learned(settings: Settings) -> LearnedRates | None:
    """What other processes found out of AWS's limits; another endpoint has limits of its own."""
    if settings.endpoint_url is not None:
        return None
    from cirql.cloud.learned import LearnedRates

    return LearnedRates(state_home() / "rates.json", time.time)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context for all connections. Blocks while it loads the authorities.

    Raises: SettingsError for a CA bundle that cannot be read.
    """
    from botocore.httpsession import get_cert_path

    if not settings.verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    bundle = settings.ca_bundle or get_cert_path(True)
    try:
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the CA bundle {bundle} cannot be read: {error}", hint="ca_bundle or AWS_CA_BUNDLE names it") from None
