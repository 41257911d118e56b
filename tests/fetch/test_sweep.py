"""Which rows a tag sweep speaks for: those of this account and region whose ARNs the answer can be trusted about."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.fetch.calls import Calls
from cirql.fetch.rows import Row
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.sweep import swept
from tests.clouds import SilentCloud

HERE = Target("111111111111", "eu-west-1")
OWN = "arn:aws:sns:eu-west-1:111111111111"
Answer = dict[str, Any]


class Tagged(SilentCloud):
    """A cloud in which every ARN has a tag that says which call gave it; `answer` is what the sweep says."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, Any]] = []

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        if operation != "GetResources":
            self.asked.append((operation, target.region, params["ResourceArn"]))
            return {"Tags": [{"Key": "by", "Value": "call"}]}
        arns = params["ResourceARNList"]
        self.asked.append((operation, target.region, arns))
        if self.answer is not None:
            return self.answer
        return {"ResourceTagMappingList": [{"ResourceARN": a, "Tags": [{"Key": "by", "Value": "sweep"}]} for a in arns]}


@pytest.fixture(scope="module")
def topics() -> Table:
    with Catalog.open() as catalog:
        return catalog.find("aws.sns_topic").table


def tags_of(table: Table, arns: list[str | None], cloud: Tagged, target: Target = HERE) -> list[Any]:
    """The tags of rows with these ARNs."""
    sweep = next(f for f in table.fetches if f.fallback)
    own = table.fallback(sweep)
    assert own is not None
    around = Surroundings(Calls(cloud, [], 8), lambda *_: [], lambda: datetime(2026, 1, 1))
    rows: list[Row] = [{next(iter(sweep.required)): arn} for arn in arns]
    found = asyncio.run(swept(rows, sweep, own, table, target, around))
    return [part.get("tags", {}).get("by") if part is not None else None for part in found]


def mapping(arn: str) -> Answer:
    return {"ResourceARN": arn, "Tags": [{"Key": "by", "Value": "sweep"}]}


def test_rows_of_elsewhere_take_their_own_calls(topics: Table) -> None:
    cloud = Tagged()
    elsewhere = [
        "arn:aws:sns:us-east-1:111111111111:a",
        "arn:aws:sns:eu-west-1:222222222222:b",
        "arn:aws-cn:sns:eu-west-1:111111111111:c",
        "d",
    ]
    found = tags_of(topics, [f"{OWN}:x", *elsewhere, f"{OWN}:y", "arn:aws:sns:::z", None], cloud)
    assert found == ["sweep", *["call"] * 4, "sweep", "sweep", None]
    assert [(o, a) for o, _, a in cloud.asked if o == "GetResources"] == [("GetResources", [f"{OWN}:x", f"{OWN}:y", "arn:aws:sns:::z"])]


def test_where_the_account_is_not_known_nothing_is_swept(topics: Table) -> None:
    cloud = Tagged()
    assert tags_of(topics, [f"{OWN}:x", f"{OWN}:y"], cloud, replace(HERE, account="")) == ["call", "call"]


def test_rows_that_share_an_arn_count_once(topics: Table) -> None:
    cloud = Tagged()
    assert tags_of(topics, [f"{OWN}:x"] * 3, cloud) == ["call"] * 3
    assert cloud.asked == [("ListTagsForResource", HERE.region, f"{OWN}:x")]


def test_what_a_whole_answer_leaves_out_is_untagged(topics: Table) -> None:
    cloud = Tagged({"ResourceTagMappingList": [mapping(f"{OWN}:x")], "PaginationToken": ""})
    assert tags_of(topics, [f"{OWN}:x", f"{OWN}:y"], cloud) == ["sweep", None]
    assert len(cloud.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"ResourceTagMappingList": [mapping(f"{OWN}:x")], "PaginationToken": "more"},
        {"ResourceTagMappingList": [mapping(f"{OWN}:x"), mapping(f"{OWN}:Y")]},
    ],
    ids=["a page that cannot be asked for", "an ARN spelled otherwise"],
)
def test_what_is_missing_from_a_doubtful_answer_is_asked_for(topics: Table, answer: Answer) -> None:
    assert tags_of(topics, [f"{OWN}:x", f"{OWN}:y"], Tagged(answer)) == ["sweep", "call"]


def test_an_answer_without_its_list_is_no_answer(topics: Table) -> None:
    assert tags_of(topics, [f"{OWN}:x", f"{OWN}:y"], Tagged({})) == ["call", "call"]


def test_a_service_that_takes_many_keys_itself_is_asked_as_long_as_that_takes_no_more_calls() -> None:
    class Zones(Tagged):
        async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
            if operation == "GetResources":
                return await super().call(target, service, operation, params)
            self.asked.append((operation, target.region, params["ResourceIds"]))
            sets = [
                {"ResourceId": i, "ResourceType": "hostedzone", "Tags": [{"Key": "by", "Value": "call"}]} for i in params["ResourceIds"]
            ]
            return {"ResourceTagSets": sets}

    with Catalog.open() as catalog:
        table = catalog.find("aws.route53_hosted_zone").table
    for rows, asked in ((10, ["ListTagsForResources"]), (11, ["GetResources"])):
        cloud = Zones()
        sweep = next(f for f in table.fetches if f.fallback)
        own = table.fallback(sweep)
        assert own is not None
        around = Surroundings(Calls(cloud, [], 8), lambda *_: [], lambda: datetime(2026, 1, 1))
        zones: list[Row] = [{"zone_id": f"Z{n}", "arn": f"arn:aws:route53:::hostedzone/Z{n}"} for n in range(rows)]
        found = asyncio.run(swept(zones, sweep, own, table, HERE, around))
        assert all(part is not None and part["tags"] for part in found)
        assert [operation for operation, _, _ in cloud.asked] == asked
        assert {region for operation, region, _ in cloud.asked if operation == "GetResources"} <= {"us-east-1"}


def test_in_other_partitions_rows_keep_their_own_calls(topics: Table) -> None:
    cloud = Tagged()
    arns: list[str | None] = [f"arn:aws-cn:sns:cn-north-1:111111111111:{n}" for n in "ab"]
    assert tags_of(topics, arns, cloud, Target("111111111111", "cn-north-1", partition="aws-cn")) == ["call", "call"]
    assert {operation for operation, _, _ in cloud.asked} == {"ListTagsForResource"}
