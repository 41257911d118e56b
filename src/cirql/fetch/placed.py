"""Places: keys that name one thing for all regions and accounts, so that it is listed where it is and not wherever the scan looks.

S3 answers for a bucket from every region. A statement over several regions that names a bucket would get its objects once from each.
So the bucket is looked for first (HeadBucket needs no more than listing it does): its region, and whether the account owns it.

Source: Amazon S3 API Reference, HeadBucket (`x-amz-bucket-region`, `x-amz-expected-bucket-owner`).
"""

from __future__ import annotations

from typing import Any

from cirql.catalog.model import Fetch, Input, Role, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, ResourceNotFound
from cirql.fetch.surroundings import Surroundings

PLACED = {"s3": "Bucket"}
"""By service, the request member that names one place: names of buckets are unique in a partition."""
_LOOK = Fetch("place", Role.GET, "s3", "HeadBucket", (Input("Bucket", "bucket"),))


def placed_column(root: Fetch) -> str | None:
    """The column of a list call whose value is in one place only; None where every place has its own."""
    param = PLACED.get(root.service)
    return next((i.column for i in root.inputs if i.param == param and i.required), None) if param else None


async def is_here(bucket: str, table: Table, target: Target, around: Surroundings) -> bool:
    """Whether this target is the one of several to ask about a bucket.

    Raises: what HeadBucket raises, but for a bucket that is not there or may not be looked at.
    """
    if len(around.targets) < 2:
        return True
    accounts = dict.fromkeys(t.account for t in around.targets)
    try:
        region = await _region(bucket, target, around, owner=target.account)
    except ResourceNotFound:
        return False
    except AccessDenied as denial:
        if len(accounts) > 1:
            who = f"account {target.account} does not own the bucket {bucket}, or may not look at it"
            around.notice(f"{table.name}: {who}; it was not asked")
            return False
        region = await _region_of_anyone(bucket, target, around, denial)
    if region is None:  # nobody says where: once an account
        return target == next(t for t in around.targets if t.account == target.account)
    if region not in {t.region for t in around.targets}:
        around.notice(f"{table.name}: the bucket {bucket} is in {region}, which is not in scope")
    return region == target.region


async def _region_of_anyone(bucket: str, target: Target, around: Surroundings, denial: AccessDenied) -> str | None:
    """The region of a bucket of another account; None where that is not told either, and the list call itself may say why."""
    if not target.account:
        return None
    try:
        return await _region(bucket, target, around, owner="")
    except (AccessDenied, ResourceNotFound):
        return None


async def _region(bucket: str, target: Target, around: Surroundings, *, owner: str) -> str | None:
    params: dict[str, Any] = {"Bucket": bucket, **({"ExpectedBucketOwner": owner} if owner else {})}
    (answer,) = await around.calls.answers(target, _LOOK, params)
    region: str | None = answer.get("BucketRegion")
    return region
