"""The resource types that only an account has: registered privately, or activated from a third party (CloudFormation registry).

API reference: CloudFormation ListTypes, DescribeType.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cirql.catalog.model import Paging
from cirql.cloud import Cloud
from cirql.cloud.target import Target
from cirql.errors import CloudError

Schemas = dict[str, Mapping[str, Any]]
_PAGING = Paging(("NextToken",), ("NextToken",))
_KINDS: tuple[dict[str, Any], ...] = (
    {"Type": "RESOURCE", "Visibility": "PRIVATE"},
    {"Type": "RESOURCE", "Visibility": "PUBLIC", "Filters": {"Category": "ACTIVATED"}},
)


async def account_types(cloud: Cloud, targets: Iterable[Target]) -> Schemas:
    """The schema of each of these types by its name, from every target.

    Raises: the errors of `Cloud.call`; CloudError for a schema that is no JSON.
    """
    found: Schemas = {}
    for target in targets:
        for wanted in _KINDS:
            async for page in cloud.pages(target, "cloudformation", "ListTypes", dict(wanted), _PAGING):
                for summary in page.get("TypeSummaries") or ():
                    if summary["TypeName"] not in found:
                        found[summary["TypeName"]] = await _schema(cloud, target, summary["TypeArn"])
    return found


async def _schema(cloud: Cloud, target: Target, arn: str) -> Mapping[str, Any]:
    answer = await cloud.call(target, "cloudformation", "DescribeType", {"Arn": arn})
    try:
        schema = json.loads(answer.get("Schema") or "")
    except ValueError:
        raise CloudError(f"CloudFormation's schema of {arn} is not JSON") from None
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        raise CloudError(f"CloudFormation's schema of {arn} has no properties")
    return schema
