"""Placement: keys that name one thing for all regions and accounts, so that it is asked for where it is and not wherever a scan looks."""

from __future__ import annotations

from cirql.catalog.model import Fetch, Input, Role

PLACED = {("s3", ""): "Bucket", ("cloudcontrol", "AWS::S3::Bucket"): "Identifier", ("cloudcontrol", "AWS::S3::BucketPolicy"): "Identifier"}
"""By service and type, the request member that names one place: names of buckets are unique in a partition."""
OWNED = Fetch("owned", Role.LIST, "s3", "ListBuckets", permissions=("s3:ListAllMyBuckets",))
FOUND = Fetch("found", Role.GET, "s3", "HeadBucket", (Input("Bucket", "bucket"),), permissions=("s3:ListBucket",))
"""The calls that say whether an account owns a bucket, and where it is (Amazon S3 API Reference)."""


def placed_column(root: Fetch) -> str | None:
    """The column of a call whose value is in one place only; None where every place has its own."""
    param = PLACED.get((root.service, root.constants.get("TypeName", "")))
    return next((i.column for i in root.inputs if i.param == param and i.required), None) if param else None
