"""Lists that answer alike in several regions: each of their rows comes once, and what is left out is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.catalog.lookup import Catalog
from cirql.cloud.target import Target
from cirql.fetch.rows import Row, rows_of
from cirql.fetch.spread import Spreading
from cirql.localcloud import LocalCloud
from cirql.session import Session

REGIONS = ("eu-west-1", "us-east-1", "us-west-2")
TARGETS = tuple(Target("111111111111", region) for region in REGIONS)
ARN = "arn:aws:rds::111111111111:global-cluster:one"


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    with Catalog.open() as opened:
        yield opened


def shared_out(catalog: Catalog, name: str, answer: dict[str, object], targets: tuple[Target, ...]) -> dict[str, list[Row]]:
    """What each target gives of a list whose answer is the same in all."""
    table, spreading = catalog.find(name).table, Spreading()
    root = table.roots[0]
    assert root.spread is not None
    return {t.region: spreading.here(root.spread, table, t, targets, rows_of(root, answer))[0] for t in targets}


@pytest.mark.parametrize(
    ("name", "answer", "home"),
    [
        (
            "aws.rds_global_cluster",
            {
                "GlobalClusters": [
                    {
                        "GlobalClusterArn": ARN,
                        "GlobalClusterMembers": [{"DBClusterArn": "arn:aws:rds:us-west-2:111111111111:cluster:a", "IsWriter": True}],
                    }
                ]
            },
            "us-west-2",
        ),
        ("aws.docdb_global_cluster", {"GlobalClusters": [{"GlobalClusterArn": ARN}]}, "eu-west-1"),
        (
            "aws.elasticache_global_replication_group",
            {"GlobalReplicationGroups": [{"ARN": ARN, "Members": [{"ReplicationGroupRegion": "us-east-1"}]}]},
            "us-east-1",
        ),
        (
            "aws.dynamodb_global_table",
            {"GlobalTables": [{"GlobalTableName": "t", "ReplicationGroup": [{"RegionName": "us-west-2"}, {"RegionName": "us-east-1"}]}]},
            "us-east-1",
        ),
        ("aws.memorydb.multi_region_cluster", {"ResourceDescriptions": [{"Identifier": "c", "Properties": "{}"}]}, "eu-west-1"),
        ("aws.securityhub_finding", {"Findings": [{"Id": "f", "Region": "us-east-1"}]}, "us-east-1"),
    ],
)
def test_what_every_region_answers_is_one_row(catalog: Catalog, name: str, answer: dict[str, object], home: str) -> None:
    found = shared_out(catalog, name, answer, TARGETS)
    assert {region: len(rows) for region, rows in found.items()} == {region: int(region == home) for region in REGIONS}


def test_a_global_cluster_whose_members_are_out_of_scope_is_still_there_once(catalog: Catalog) -> None:
    members = [{"DBClusterArn": "arn:aws:rds:ap-south-1:111111111111:cluster:a"}]
    found = shared_out(
        catalog, "aws.rds_global_cluster", {"GlobalClusters": [{"GlobalClusterArn": ARN, "GlobalClusterMembers": members}]}, TARGETS
    )
    assert sum(map(len, found.values())) == 1


def test_buckets_are_listed_once_an_account_and_are_in_their_own_regions(cloud: LocalCloud, session: Session) -> None:
    found = session.execute("SELECT name, region, account_id FROM aws.s3_bucket").fetchall()
    assert all(name.endswith(f"{account}-{region}") for name, region, account in found)
    assert len(found) == len({name for name, _, _ in found}) > 0
    listed = [c for c in cloud.calls if c.operation == "ListBuckets"]
    assert len(listed) == len({account for _, _, account in found})


def test_buckets_of_regions_that_are_not_in_scope_are_told(session: Session) -> None:
    session.execute("SET regions = 'us-east-1'")
    result = session.execute("SELECT DISTINCT region FROM aws.s3_bucket")
    assert result.fetchall() == [("us-east-1",)]
    assert any("which are not in scope" in notice for notice in result.notices)
    assert not session.execute("SELECT name FROM aws.s3_bucket WHERE region = 'us-east-1'").notices
