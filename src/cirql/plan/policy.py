"""EXPLAIN (POLICY): the least IAM policy under which a statement answers completely.

Actions come from the fetches that the plan chose, so columns that are not asked for cost no permission. A resource is narrowed
only for native per-resource reads of rows whose ARN the statement names: list actions and Cloud Control's own take no narrower resource
(Service Authorization Reference).
"""

from __future__ import annotations

from typing import Any

from cirql.catalog.model import Fetch, Role
from cirql.plan.model import Plan, Scan


def policy(plan: Plan) -> dict[str, Any]:
    """An IAM policy document (Version 2012-10-17), one statement for each resource."""
    actions: dict[str, set[str]] = {}
    for scan in plan.scans:
        for at in _chain(scan):
            for fetch in at.calls:
                for resource in _resources(at, fetch):
                    actions.setdefault(resource, set()).update(fetch.permissions)
    everywhere = actions.get("*", set())
    grouped: dict[tuple[str, ...], list[str]] = {}
    for resource, names in sorted(actions.items()):
        left = tuple(sorted(names if resource == "*" else names - everywhere))
        if left:
            grouped.setdefault(left, []).append(resource)
    statements = [
        {"Sid": f"Cirql{at}", "Effect": "Allow", "Action": list(names), "Resource": resources if resources != ["*"] else "*"}
        for at, (names, resources) in enumerate(grouped.items(), 1)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _chain(scan: Scan) -> list[Scan]:
    return [scan] if scan.parent is None else [scan, *_chain(scan.parent.scan)]


def _resources(scan: Scan, fetch: Fetch) -> list[str]:
    arn = scan.table.arn
    if arn is None or fetch.role is not Role.GET or fetch.service == "cloudcontrol":
        return ["*"]
    arns = scan.constants(arn.column)
    return sorted(map(str, arns)) if arns else ["*"]
