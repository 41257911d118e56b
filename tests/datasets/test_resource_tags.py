"""Every tagged resource of a service in one table, with what its ARN says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cirql.catalog.lookup import Catalog
from cirql.fetch.rows import rows_of
from cirql.session import Session
from tests.datasets.case import REGION, TAG_LIST, TAGS, Aws

Open = Callable[..., Session]


def test_a_tagged_resource_is_a_row_with_its_region_service_and_type(open_session: Open, aws: Aws) -> None:
    instance = aws("ec2").create_volume(
        AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=[{"ResourceType": "volume", "Tags": TAG_LIST}]
    )
    found = open_session(REGION).execute(
        "SELECT account_id, region, service, resource_type, tags FROM aws.resource_tags WHERE arn LIKE $1", [f"%/{instance['VolumeId']}"]
    )
    assert found.fetchall() == [(aws.account, REGION, "ec2", "volume", TAGS)]


@pytest.mark.parametrize(
    ("arn", "service", "resource_type"),
    [
        ("arn:aws:lambda:us-east-1:111122223333:function:report", "lambda", "function"),
        ("arn:aws:apigateway:us-east-1::/restapis/a1b2", "apigateway", "restapis"),
        ("arn:aws:s3:::a-bucket", "s3", None),
        ("a name that is no ARN", None, None),
    ],
)
def test_an_arn_says_of_which_service_and_what_a_resource_is(arn: str, service: str | None, resource_type: str | None) -> None:
    with Catalog.open() as catalog:
        (listed,) = catalog.find("aws.resource_tags").table.fetches
    (row,) = rows_of(listed, {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []}]})
    assert (row["service"], row["resource_type"]) == (service, resource_type)


@pytest.mark.parametrize(
    ("alias", "table"),
    [
        ("resource_tags", "resourcegroupstaggingapi_resource"),
        ("sagemaker_experiment_trial", "sagemaker_trial"),
        ("sagemaker_experiment_trial_component", "sagemaker_trial_component"),
        ("sagemaker_aws_hub_content", "sagemaker_hub_content"),
        ("sagemaker_automljob", "sagemaker_auto_ml_job"),
        ("ebs_volume", "ec2_volume"),
    ],
)
def test_an_alias_is_listed_as_one(open_session: Open, alias: str, table: str) -> None:
    session = open_session(REGION)
    listed = session.execute("SELECT table_of, is_alias FROM cirql.tables WHERE table_name = $1", [f"aws.{alias}"]).fetchall()
    assert listed == [(f"aws.{table}", True)]
    kinds = session.execute("SELECT table_name, table_type FROM information_schema.tables WHERE table_name IN ($1, $2)", [alias, table])
    assert dict(kinds.fetchall()) == {alias: "VIEW", table: "BASE TABLE"}
    columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'aws' AND table_name = $1"
    assert session.execute(columns, [alias]).fetchall() == session.execute(columns, [table]).fetchall() != []
