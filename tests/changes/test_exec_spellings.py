"""EXEC as StackQL's pages and people write it: operations and parameters by other spellings, and what JSON(…) passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cirql import errors
from cirql.changes.spelling import member_named, read_operation
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.changes.conftest import REGION


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("aws.ec2.instances.instances_Start", "ec2:StartInstances"),
        ("aws.ec2.instances.start_instances", "ec2:StartInstances"),
        ("aws.ec2.instances.StartInstances", "ec2:StartInstances"),
        ("aws.ec2.instances.start", "ec2:StartInstances"),
        ("aws.ec2.start_instances", "ec2:StartInstances"),
        ("aws.ec2_api.instances.instances_Start", "ec2:StartInstances"),
        ("aws.ec2_instance.start_instances", "ec2:StartInstances"),
        ("aws.ec2_instance.start", "ec2:StartInstances"),
        ("aws.ec2.volumes.volumes_Attach", "ec2:AttachVolume"),
        ("aws.ec2.instances.instances_ReportStatus", "ec2:ReportInstanceStatus"),
        ("aws.sagemaker.image_versions.image_versions_Describe", "sagemaker:DescribeImageVersion"),
        ("aws.sagemaker.image_versions.image_versions_List", "sagemaker:ListImageVersions"),
        ("aws.application_autoscaling.scaling_policies.put", "application-autoscaling:PutScalingPolicy"),
        ("aws.s3.object.delete", "s3:DeleteObject"),
        ("aws.s3.objects.delete", "s3:DeleteObjects"),
    ],
)
def test_an_operation_is_named_by_its_words(path: str, operation: str) -> None:
    service, model = read_operation(tuple(path.split(".")))
    assert f"{service}:{model.name}" == operation


def test_words_that_name_nothing_are_told_what_is_near() -> None:
    with pytest.raises(errors.NotSupported, match="ec2 has no operation instances_Strat"):
        read_operation(("aws", "ec2", "instances", "instances_Strat"))


@pytest.mark.parametrize(
    ("path", "written", "member"),
    [
        ("ec2.start_instances", "InstanceId", "InstanceIds"),
        ("ec2.start_instances", "instance_ids", "InstanceIds"),
        ("ec2.describe_instances", "Filter", "Filters"),
        ("sqs.get_queue_attributes", "attribute_name", "AttributeNames"),
        ("s3.list_objects_v2", "prefix", "Prefix"),
    ],
)
def test_a_parameter_is_known_by_its_name_on_the_wire_and_in_the_singular(path: str, written: str, member: str) -> None:
    service, model = read_operation(("aws", *path.split(".")))
    assert member_named(model.input_shape.members, service, model.name, written) == member


def test_instances_are_stopped_and_started_as_stackql_writes_it(session: Session, cloud: LocalCloud) -> None:
    session.execute("SET dialect = 'stackql'")
    made = session.execute(
        f"EXEC /*+ SHOWRESULTS */ aws.ec2.instances.instances_Run @region='{REGION}', @MinCount=1, @MaxCount=1, @ImageId='ami-12345678'"
    ).fetchone()
    assert made is not None
    found = session.execute(f"SELECT instance_id FROM aws.ec2_instance WHERE region = '{REGION}'").fetchone()
    assert found is not None
    for word in ("instances_Stop", "stop_instances", "instances_Start", "StartInstances"):
        session.execute(f"EXEC aws.ec2.instances.{word} @region='{REGION}', @InstanceId='{found[0]}'").fetchall()
    assert [c.operation for c in cloud.calls if c.operation.endswith("Instances") and c.operation.startswith("St")] == [
        "StopInstances",
        "StopInstances",
        "StartInstances",
        "StartInstances",
    ]


@pytest.mark.parametrize(
    ("spelled", "params"),
    [
        ("@Bucket = $1, @region = $2", ["lake", "eu-west-1"]),
        ("@region = ?, @Bucket = ?;", ["eu-west-1", "lake"]),
        ("@Bucket = :name, @region = :where", {"name": "lake", "where": "eu-west-1"}),
        ("@Bucket = %s, @region = %s", ["lake", "eu-west-1"]),
        ("@@json = :all, @region = 'eu-west-1'", {"all": {"Bucket": "lake"}}),
        ("@@json = :all, @region = 'eu-west-1'", {"all": '{"Bucket": "lake"}'}),
    ],
)
def test_values_are_given_apart_in_every_spelling(session: Session, spelled: str, params: Any) -> None:
    where = '{"LocationConstraint": "eu-west-1"}'
    session.execute(f"EXEC aws.s3.create_bucket @Bucket='lake', @CreateBucketConfiguration='{where}', @region='eu-west-1'").fetchall()
    call = f"EXEC aws.s3.get_bucket_location {spelled}"
    assert session.execute(call, params).fetchall() == [("eu-west-1",)]


@pytest.mark.parametrize("filters", ['[{"Name": "group-name", "Values": ["default"]}]', [{"Name": "group-name", "Values": ["default"]}]])
def test_a_document_that_is_given_apart_may_be_text(session: Session, filters: Any) -> None:
    """Drivers and the command line give texts and nothing else."""
    call = f"EXEC aws.ec2.describe_security_groups @Filters = $1, @region = '{REGION}'"
    found = session.execute(call, [filters])
    name = [column.name for column in found.columns].index("group_name")
    assert {row[name] for row in found.fetchall()} == {"default"}


@pytest.mark.parametrize(
    ("spelled", "params", "message"),
    [
        ("@Bucket = :name", None, "there is no parameter :name"),
        ("@Bucket = $1", ["a", "b"], "has no parameter 2"),
        ("@Bucket = :name", {"other": "a"}, "no value for parameter :name"),
        ("@Bucket = ?, @region = $1", ["a", "b"], "not both"),
        ("@Bucket = 'a', @@json = $1", ["[1]"], "takes a JSON object"),
    ],
)
def test_a_value_that_nobody_gave_is_told_before_any_call(
    session: Session, cloud: LocalCloud, spelled: str, params: Any, message: str
) -> None:
    with pytest.raises(errors.Error, match=message):
        session.execute(f"EXEC aws.s3.get_bucket_location {spelled}", params)
    assert not cloud.calls


def _new(lines: list[tuple[Any, ...]]) -> dict[str, Any]:
    (change,) = json.loads("\n".join(line[0] for line in lines))["changes"]
    return {d["property"]: d["new"] for d in change["differences"]}


def test_json_around_a_value_passes_it_as_the_schema_wants_it(session: Session) -> None:
    session.execute("SET dialect = 'stackql'")
    lines = session.execute(
        "EXPLAIN (FORMAT JSON) INSERT INTO aws.ec2.volumes (AvailabilityZone, Size, Encrypted, Iops, Tags, region) SELECT "
        f"""JSON('{REGION}a'), JSON(10), JSON(true), JSON('100'), JSON('[{{"Key": "a", "Value": "b"}}]'), '{REGION}'"""
    ).fetchall()
    assert _new(lines) == {
        "AvailabilityZone": f"{REGION}a",
        "Encrypted": True,
        "Iops": 100,
        "Size": 10,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_json_around_a_column_passes_what_it_holds(session: Session) -> None:
    lines = session.execute(
        "EXPLAIN (FORMAT JSON) INSERT INTO aws.ec2.volumes (AvailabilityZone, Size, Tags, region) "
        f"SELECT JSON(zone), JSON(size), JSON(tags), '{REGION}' FROM "
        """(VALUES ('z', 7, '[{"Key": "a", "Value": "b"}]')) AS v (zone, size, tags)"""
    ).fetchall()
    assert _new(lines) == {"AvailabilityZone": "z", "Size": 7, "Tags": [{"Key": "a", "Value": "b"}]}


def test_requests_are_listed_by_the_filter_that_the_page_names(session: Session, cloud: LocalCloud) -> None:
    session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('kept', '{REGION}')")
    wanted = """'{"OperationStatuses": ["SUCCESS"], "Operations": ["CREATE"]}'"""
    table = "aws.cloud_control.resource_requests"
    found = session.execute(
        f"SELECT identifier FROM {table} WHERE region = '{REGION}' AND data__ResourceRequestStatusFilter = {wanted}"
    ).fetchall()
    assert found == [("kept",)]
    none = session.execute(
        f"""SELECT identifier FROM {table} WHERE region = '{REGION}' AND ResourceRequestStatusFilter = '{{"Operations": ["DELETE"]}}'"""
    ).fetchall()
    assert none == []
