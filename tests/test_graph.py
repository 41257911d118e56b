"""A resource and what it hangs on, in the demo world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cirql
from cirql.errors import ResourceNotFound, UnknownTable
from cirql.graph import Graph, GraphNode, draw
from cirql.session import Session


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cirql.connect(local=True, regions=["us-east-1"]) as opened:
        yield opened


def test_a_server_hangs_on_its_network(session: Session) -> None:
    ((server, network),) = session.execute("SELECT instance_id, vpc_id FROM aws.ec2_instance ORDER BY instance_id LIMIT 1").fetchall()
    graph = draw(session, server)
    text = "\n".join(graph.text())
    assert text.startswith(f"aws.ec2_instance {server} in ")
    assert f"└─ vpc_id → aws.ec2_vpc {network} in " in text
    assert any(e.source.table == "aws.ec2_subnet" and e.target.name == network for e in graph.edges)
    drawn = list(graph.mermaid())
    assert drawn[0] == "flowchart LR"
    assert any('-->|"subnet_id"|' in line for line in drawn)


def test_references_lead_into_documents(session: Session) -> None:
    ((server, groups, disks),) = session.execute("""
        SELECT instance_id, security_groups, block_device_mappings FROM aws.ec2_instance
        WHERE iam_instance_profile IS NOT NULL AND jsonb_array_length(block_device_mappings) > 0 ORDER BY 1 LIMIT 1""").fetchall()
    graph = draw(session, server)
    direct = {(e.column, e.target.table, e.target.name, e.target.is_found) for e in graph.edges if e.source == graph.root}
    group, disk = groups[0]["GroupId"], disks[0]["Ebs"]["VolumeId"]
    assert ("security_groups[].GroupId", "aws.ec2_security_group", group, True) in direct
    assert ("block_device_mappings[].Ebs.VolumeId", "aws.ec2_volume", disk, True) in direct
    assert any(column == "iam_instance_profile.Arn" and table == "aws.iam_instance_profile" for column, table, _, _ in direct)
    roles = [e for e in graph.edges if e.target.table == "aws.iam_role"]
    assert len(roles) == 1, "a role that is named by ARN, id and name is one"
    assert len({(e.source, e.target) for e in graph.edges}) == len(graph.edges)


@pytest.mark.parametrize(
    ("table", "name", "column", "other"),
    [
        ("aws.autoscaling_auto_scaling_group", "auto_scaling_group_name", "vpc_zone_identifier", "aws.ec2_subnet"),
        ("aws.ecs_service", "service_arn", "network_configuration.awsvpcConfiguration.securityGroups[]", "aws.ec2_security_group"),
        ("aws.rds_db_instance", "db_instance_identifier", "vpc_security_groups[].VpcSecurityGroupId", "aws.ec2_security_group"),
        ("aws.s3_bucket", "name", "encryption.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID", "aws.kms_alias"),
        ("aws.elbv2_load_balancer", "load_balancer_arn", "availability_zones[].SubnetId", "aws.ec2_subnet"),
        ("aws.sqs_queue", "queue_name", "redrive_policy.deadLetterTargetArn", "aws.sqs_queue"),
    ],
)
def test_what_people_look_up_is_found(session: Session, table: str, name: str, column: str, other: str) -> None:
    whole = column.partition(".")[0].removesuffix("[]")
    rows = session.execute(f"SELECT {name} FROM {table} WHERE {whole} IS NOT NULL AND region = 'us-east-1' ORDER BY 1").fetchall()
    found = [e for (value,) in rows for e in draw(session, value, table, depth=1).edges if e.column == column]
    assert found
    assert all(e.target.table == other and e.target.is_found for e in found), [str(e.target) for e in found]


def test_a_function_hangs_on_its_role_by_arn_or_name(session: Session) -> None:
    graph = draw(session, "legacy-report", "aws.lambda_function")
    (edge,) = [e for e in graph.edges if e.column == "role"]
    assert edge.target.table == "aws.iam_role"
    assert edge.target.is_found
    by_arn = draw(session, f"arn:aws:lambda:us-east-1:{graph.root.account}:function:legacy-report")
    assert [e.target for e in by_arn.edges] == [e.target for e in graph.edges]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("aws.rds_db_instance", "db_instance_arn"),
        ("aws.elbv2_load_balancer", "load_balancer_arn"),
        ("aws.elbv2_target_group", "target_group_arn"),
        ("aws.stepfunctions_state_machine", "state_machine_arn"),
        ("aws.logs_log_group", "log_group_arn"),
        ("aws.ecr_repository", "repository_arn"),
        ("aws.secretsmanager_secret", "arn"),
        ("aws.dynamodb_table", "table_arn"),
        ("aws.kms_key", "key_arn"),
    ],
)
def test_an_arn_says_which_table_it_is_of_whatever_its_service_is_called_there(session: Session, table: str, column: str) -> None:
    found = session.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1").fetchall()
    assert found, table
    root = draw(session, found[0][0], depth=1).root
    assert (root.table, root.name) == (table, found[0][0])


def test_a_name_is_no_markup_in_a_picture() -> None:
    node = GraphNode("aws.sqs_queue", '<img src=x onerror="a">"]\nclick n0 href')
    text = "\n".join(Graph(node).mermaid())
    assert text == 'flowchart LR\n  n0["aws.sqs_queue<br/>&lt;img src=x onerror=&quot;a&quot;&gt;&quot;] click n0 href"]'


def test_what_is_named_and_not_there_is_shown_so(session: Session) -> None:
    graph = draw(session, "web", "aws.elbv2_load_balancer")
    assert any(str(e.target).endswith("(not found)") for e in graph.edges)


def test_names_that_say_nothing_need_their_table(session: Session) -> None:
    with pytest.raises(UnknownTable, match="nothing says"):
        draw(session, "orders")
    with pytest.raises(ResourceNotFound, match="there is no"):
        draw(session, "vpc-0")
