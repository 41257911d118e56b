"""Placed keys: where a bucket is and who owns it, so that it is listed once and there.

S3 answers for a bucket from every region, and other accounts may be let in. A statement over several places that names a bucket would
get its objects once from each. So it is looked for first: among each account's own, else with HeadBucket, which says the region.
"""

from __future__ import annotations

import asyncio
from typing import Any

from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, ResourceNotFound
from cirql.fetch.surroundings import Surroundings
from cirql.plan.arns import where_of_arn
from cirql.plan.placement import FOUND, OWNED
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a bucket is: the account to ask for it, and its region (empty where nobody says)."""

    account: str
    region: str


async def is_here(bucket: str, table: Table, target: Target, around: Surroundings) -> bool:
    """Whether this target is the one of several to ask about a bucket.

    Raises: what the calls raise, but for a bucket that is not there or may not be looked at.
    """
    if len(around.targets) < 2:
        return True
    if where := where_of_arn(bucket):  # of an access point
        elsewhere = where.get("account_id", "") in {t.account for t in around.targets} - {target.account}
        return where.get("region", target.region) == target.region and not elsewhere
    firsts = list({t.account: t for t in reversed(around.targets)}.values())[::-1]
    home = await _home_of_ours(bucket, firsts, around) or await _home_of_others(bucket, firsts, around)
    if home is None or home.account != target.account:
        return False
    if not home.region:  # nobody says where: once
        return target in firsts
    if home.region not in {t.region for t in around.targets if t.account == home.account}:
        around.notice(f"{table.name}: the bucket {bucket} is in {home.region}, which is not in scope")
    return home.region == target.region


async def _home_of_ours(bucket: str, firsts: list[Target], around: Surroundings) -> _Home | None:
    """The account among several that owns a bucket; None where there is one account only, or none of them owns it."""
    if len(firsts) < 2:
        return None
    found = await asyncio.gather(*(_owned(bucket, first, around) for first in firsts))
    return next((home for home in found if home is not None), None)


async def _owned(bucket: str, account: Target, around: Surroundings) -> _Home | None:
    try:
        (answer,) = await around.calls.kept(account, OWNED, {"Prefix": bucket})
    except AccessDenied:
        return await _found(bucket, account, around, owner=account.account)
    entry = next((b for b in answer.get("Buckets") or () if b.get("Name") == bucket), None)
    if entry is None:
        return None
    return _Home(account.account, entry["BucketRegion"]) if entry.get("BucketRegion") else await _found(bucket, account, around)


async def _home_of_others(bucket: str, firsts: list[Target], around: Surroundings) -> _Home | None:
    """The first account that is let at a bucket, else the first: why it is not, its own call says. None where there is no such bucket."""
    for first in firsts:
        try:
            if home := await _found(bucket, first, around):
                return home
        except ResourceNotFound:
            return None
    return _Home(firsts[0].account, "")


async def _found(bucket: str, account: Target, around: Surroundings, owner: str = "") -> _Home | None:
    """Where a bucket is that an account may look at, and owns where `owner` says so; None where not. Raises: ResourceNotFound."""
    params: dict[str, Any] = {"Bucket": bucket, **({"ExpectedBucketOwner": owner} if owner else {})}
    try:
        (answer,) = await around.calls.kept(account, FOUND, params)
    except AccessDenied:
        return None
    return _Home(account.account, answer.get("BucketRegion") or "")
