"""Regions: which names are AWS regions, and which of them an account has without asking for it.

The facts are botocore's (`partitions.json`), so a newer botocore knows newer regions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache

from cirql.cloud.partitions import AWS, partition_of
from cirql.errors import InvalidText
from cirql.startup.records import dataclass

_ALWAYS_ENABLED = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-south-1"),
    )
)
"""The regions that every account has; later ones must be opted into (AWS Account Management Reference, Regions)."""


@dataclass(frozen=True, slots=True)
class _Regions:
    """The regions of one partition, and the pattern of their names."""

    names: frozenset[str]
    pattern: re.Pattern[str]


@cache
def _known() -> tuple[_Regions, ...]:
    from botocore.loaders import create_loader

    data = create_loader().load_data("partitions")["partitions"]
    return tuple(_Regions(frozenset(r for r in p["regions"] if not r.endswith("-global")), re.compile(p["regionRegex"])) for p in data)


def region_names() -> tuple[str, ...]:
    """Every region that botocore lists: those of the public cloud that every account has first."""
    return tuple(sorted((r for p in _known() for r in p.names), key=lambda r: (r not in _ALWAYS_ENABLED, r)))


def is_region(name: str) -> bool:
    """Whether botocore lists a region of that name."""
    return any(name in p.names for p in _known())


def has_region_shape(name: str) -> bool:
    """Whether a name has the shape of a region's, so that it could be one that is newer than botocore."""
    return any(p.pattern.match(name) for p in _known())


def is_opt_in(name: str) -> bool:
    """Whether an account has the region only after opting in."""
    return partition_of(name) is AWS and name not in _ALWAYS_ENABLED


def nearest_regions(name: str) -> list[str]:
    """Up to three regions spelled most like a name."""
    known = sorted(r for p in _known() for r in p.names)
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
