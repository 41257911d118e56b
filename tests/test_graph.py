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
    assert any("-->|subnet_id|" in line for line in drawn)


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
