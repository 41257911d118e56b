"""Partitions: which part of AWS a region belongs to, by its name alone, and the region that stands for all of it.

Credentials are of one partition and mean nothing in another. Nothing is loaded for the answer: planning and reading from the inventory
need it too. A test holds this list against botocore's `partitions.json`.
"""

from __future__ import annotations

from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Partition:
    """One AWS partition: how its regions' names begin, and its `centre`, where its global services are asked."""

    name: str
    prefix: str
    centre: str


AWS = Partition("aws", "", "us-east-1")
PARTITIONS = (
    Partition("aws-cn", "cn-", "cn-northwest-1"),
    Partition("aws-us-gov", "us-gov-", "us-gov-west-1"),
    Partition("aws-eusc", "eusc-", "eusc-de-east-1"),
    Partition("aws-iso", "us-iso-", "us-iso-east-1"),
    Partition("aws-iso-b", "us-isob-", "us-isob-east-1"),
    Partition("aws-iso-e", "eu-isoe-", "eu-isoe-west-1"),
    Partition("aws-iso-f", "us-isof-", "us-isof-south-1"),
    AWS,
)


def partition_of(region: str) -> Partition:
    """The partition a region is in; names of no known shape count as `aws`."""
    return next(p for p in PARTITIONS if region.startswith(p.prefix))
