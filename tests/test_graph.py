"""A resource and what it hangs on, in the demo world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cirql
from cirql.errors import ResourceNotFound, UnknownTable
from cirql.graph import draw
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


def test_what_is_named_and_not_there_is_shown_so(session: Session) -> None:
    graph = draw(session, "web", "aws.elbv2_load_balancer")
    assert any(str(e.target).endswith("(not found)") for e in graph.edges)


def test_names_that_say_nothing_need_their_table(session: Session) -> None:
    with pytest.raises(UnknownTable, match="nothing says"):
        draw(session, "orders")
    with pytest.raises(ResourceNotFound, match="there is no"):
        draw(session, "vpc-0")
