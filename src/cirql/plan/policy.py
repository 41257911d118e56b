"""EXPLAIN (POLICY): the least IAM policy under which a statement answers completely.

Actions come from the fetches that the plan chose, so columns that are not asked for cost no permission. Where keys are only known once
other tables are read, the scan is planned again then: every way that it may take is allowed.

What narrows a statement of the policy, and what does not (Service Authorization Reference, IAM User Guide):

* the resource, for native per-resource reads of rows whose ARN the statement names, or all parts of it and the region;
* the condition `aws:RequestedRegion`, where constants name the regions. Not for global services, nor for S3's list of buckets, nor for
  Cloud Control, whose handlers call other services where those are;
* nothing else: list actions mostly take no narrower resource, and what Cloud Control's handlers call often takes none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from cirql.catalog.model import Fetch, Role, Scope
from cirql.plan.arns import arn_columns
from cirql.plan.equalities import combine, project
from cirql.plan.keys import with_derived
from cirql.plan.model import Plan, Scan
from cirql.plan.placement import FOUND, OWNED, placed_column

Grant = tuple[str, tuple[str, ...]]
"""A resource and the regions it is asked in; no regions are all."""

_EVERYWHERE: Grant = ("*", ())
_OTHER_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def policy(plan: Plan, *, lists_regions: bool = False) -> dict[str, Any]:
    """An IAM policy document (Version 2012-10-17), a statement for the actions that need the same. `lists_regions`: regions = "*"."""
    actions: dict[Grant, set[str]] = defaultdict(set)
    for scan in plan.scans:
        if any(g.rows == () for g in scan.keys):
            continue  # nothing is asked
        for at in _chain(scan):
            for fetch in _fetches(at):
                for grant in _grants(at, fetch, scan.constants("region")):
                    actions[grant].update(fetch.permissions)
    if lists_regions and any(s.table.scope is not Scope.GLOBAL and s.constants("region") is None for s in plan.scans):
        actions[_EVERYWHERE].add("ec2:DescribeRegions")
    everywhere = actions.get(_EVERYWHERE, set())
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (resource, regions), names in sorted(actions.items()):
        left = tuple(sorted(names if (resource, regions) == _EVERYWHERE else names - everywhere))
        if left:
            grouped[left, regions].append(resource)
    statements = [_statement(at, names, resources, regions) for at, ((names, regions), resources) in enumerate(grouped.items(), 1)]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(number: int, names: tuple[str, ...], resources: list[str], regions: tuple[str, ...]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": f"Cirql{number}", "Effect": "Allow", "Action": list(names)}
    statement["Resource"] = resources if resources != ["*"] else "*"
    if regions:
        statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": list(regions)}}
    return statement


def _chain(scan: Scan) -> list[Scan]:
    return [scan, *(s for parent in scan.parents for s in _chain(parent.scan))]


def _fetches(scan: Scan) -> Iterator[Fetch]:
    """The fetches a scan makes or, where it will be planned again, may make."""
    yield from scan.calls
    if placed_column(scan.root) in {c for group in scan.keys for c in group.columns}:
        yield from (OWNED, FOUND)
    if any(g.rows is None for g in scan.keys):
        yield from (f for f in scan.table.fetches if f.role is not Role.ENRICH)


def _grants(scan: Scan, fetch: Fetch, regions: frozenset[Any] | None) -> list[Grant]:
    """Where a fetch is allowed; `regions` are those of the scan that this one is made for."""
    if fetch.service == "cloudcontrol" or scan.table.scope is Scope.GLOBAL:
        return [_EVERYWHERE]
    if fetch.role is Role.GET and (arns := _arns(scan)) and (fetch is scan.root or _names_before(scan)):
        return [(arn, ()) for arn in arns]
    if not regions or fetch.service == "s3":
        return [_EVERYWHERE]
    return [("*", tuple(sorted(map(str, regions))))]


def _names_before(scan: Scan) -> bool:
    """Whether rows of other ARNs are dropped before any is read: the first answer says which they are."""
    arn = scan.table.arn
    return arn is not None and (arn.column in scan.root.gives or set(arn_columns(arn)) <= scan.root.gives)


def _arns(scan: Scan) -> list[str]:
    """The ARNs of the rows that a scan may read, the account open where no constant names it; none where they are not known."""
    arn = scan.table.arn
    if arn is None or any(g.rows is None for g in scan.keys):
        return []
    named = scan.constants(arn.column)
    if named is not None:
        return sorted(map(str, named))
    groups = with_derived(scan.table, combine(list(scan.keys)))
    known = {c for g in groups for c in g.columns}
    account = scan.table.account_column
    columns = ("region", *((account,) if account in known else ()), *arn_columns(arn))
    if not set(columns) <= known:
        return []
    found = []
    for values in project(groups, columns):
        row = dict(zip(columns, values, strict=True))
        partition = next((p for prefix, p in _OTHER_PARTITIONS.items() if str(row["region"]).startswith(prefix)), "aws")
        if row["region"] is None or "iso" in row["region"]:
            return []
        found.append(arn.template.format(**{**row, "partition": partition, "account_id": row.get(account) or "*"}))
    return sorted(found)
