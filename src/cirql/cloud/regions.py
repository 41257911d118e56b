"""Regions: which names are AWS regions, which partition each is in, and where a service with one endpoint lives.

The facts are botocore's (`partitions.json`, `endpoints.json`), so a newer botocore knows newer regions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from cirql.errors import InvalidText

# Global in what they manage, yet regional to botocore's data; each service's own documentation names the one region.
SINGLE_REGION_SERVICES = {
    "globalaccelerator": "us-west-2",
    "route53domains": "us-east-1",
    "route53-recovery-control-config": "us-west-2",
    "route53-recovery-readiness": "us-west-2",
    "cur": "us-east-1",
}


_ALWAYS_ENABLED = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-south-1"),
    )
)
"""The regions that every account has; later ones must be opted into (AWS Account Management Reference, Regions)."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One AWS partition: its regions, the pattern of their names, and the region that stands for all of it.

    `global_region` is the implicit region of its global services, e.g. `us-east-1`.
    """

    name: str
    regions: frozenset[str]
    pattern: re.Pattern[str]
    global_region: str


@cache
def _partitions() -> tuple[Partition, ...]:
    from botocore.loaders import create_loader

    data = create_loader().load_data("partitions")["partitions"]
    return tuple(
        Partition(
            name=p["id"],
            regions=frozenset(r for r in p["regions"] if not r.endswith("-global")),
            pattern=re.compile(p["regionRegex"]),
            global_region=p["outputs"]["implicitGlobalRegion"],
        )
        for p in data
    )


def partition_of(region: str) -> Partition:
    """The partition a region is in, by list and then by pattern; names of no known shape count as `aws`."""
    for partition in _partitions():
        if region in partition.regions:
            return partition
    for partition in _partitions():
        if partition.pattern.match(region):
            return partition
    return _partitions()[0]


def is_region(name: str) -> bool:
    """Whether botocore lists a region of that name."""
    return any(name in p.regions for p in _partitions())


def has_region_shape(name: str) -> bool:
    """Whether a name has the shape of a region's, so that it could be one that is newer than botocore."""
    return any(p.pattern.match(name) for p in _partitions())


def is_opt_in(name: str) -> bool:
    """Whether an account has the region only after opting in."""
    return partition_of(name).name == "aws" and name not in _ALWAYS_ENABLED


def nearest_regions(name: str) -> list[str]:
    """Up to three regions spelled most like a name."""
    known = sorted(r for p in _partitions() for r in p.regions)
    return get_close_matches(name.lower(), known, n=3, cutoff=0.6)


def check_regions(names: Iterable[str], extra: Collection[str] = ()) -> None:
    """Accept known regions, and those of `extra` that have a region's shape.

    Raises: InvalidText for the first other name, with the nearest ones. No call is made.
    """
    for name in names:
        if is_region(name) or (name in extra and has_region_shape(name)):
            continue
        near = nearest_regions(name)
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        elif has_region_shape(name):
            hint = "if it is newer than the installed botocore, add it to the setting extra_regions"
        else:
            hint = "regions are spelled like us-east-1"
        raise InvalidText(f"{name!r} is not an AWS region", hint=hint)


@cache
def global_region(service: str, partition: str) -> str | None:
    """The region that signs for a service with one endpoint in a partition (iam, cloudfront, route53, …); None for a regional service.

    `service` is botocore's name. The older list (`endpoints.json`) decides where it knows the service; otherwise the
    service's endpoint rules do: a service is global when they send two regions to the same endpoint.
    """
    if partition == "aws" and service in SINGLE_REGION_SERVICES:
        return SINGLE_REGION_SERVICES[service]
    entry = _listed_services().get(partition, {}).get(service)
    if entry is not None:
        if entry.get("isRegionalized", True) or "partitionEndpoint" not in entry:
            return None
        region: str | None = entry["endpoints"].get(entry["partitionEndpoint"], {}).get("credentialScope", {}).get("region")
        return region
    return _global_region_by_rules(service, partition)


@cache
def _listed_services() -> dict[str, dict[str, Any]]:
    """Partition to service to its entry in `endpoints.json`."""
    from botocore.loaders import create_loader

    return {p["partition"]: p["services"] for p in create_loader().load_data("endpoints")["partitions"]}


def _global_region_by_rules(service: str, partition: str) -> str | None:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError, UnknownServiceError
    from botocore.loaders import create_loader

    regions = sorted(next((p.regions for p in _partitions() if p.name == partition), frozenset()))[:2]
    if len(regions) < 2:
        return None
    loader = create_loader()
    try:
        rules = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions"))
        first, second = (rules.resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=False) for region in regions)
    except (UnknownServiceError, EndpointProviderError):
        return None
    if first.url != second.url:
        return None
    schemes = first.properties.get("authSchemes") or [{}]
    signing: str | None = schemes[0].get("signingRegion")
    return signing
