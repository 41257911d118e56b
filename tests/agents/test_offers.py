"""What is offered beside tools: pages and prompts."""

from __future__ import annotations

import re

import pytest
from mcp.shared.exceptions import MCPError

from cirql.agents.prompts import PROMPTS
from cirql.catalog.lookup import Catalog
from tests.agents.conftest import Asker


def test_pages_lead_from_the_services_to_a_table(agent: Asker) -> None:
    (services,) = agent(agent.client.list_resources).resources
    assert "(cirql://services/s3)" in agent(agent.client.read_resource, services.uri).contents[0].text
    assert "(cirql://tables/aws.s3_bucket)" in agent(agent.client.read_resource, "cirql://services/s3").contents[0].text
    page = agent(agent.client.read_resource, "cirql://tables/aws.s3_bucket").contents[0]
    assert page.mime_type == "text/markdown"
    assert "| versioning_status |" in page.text
    assert [t.uri_template for t in agent(agent.client.list_resource_templates).resource_templates] == [
        "cirql://services/{service}",
        "cirql://tables/{table}",
    ]


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "cirql://tables/../../etc/passwd",
        "cirql://tables/aws.nope",
        "cirql://services/nope",
        "cirql://x",
        "http://127.0.0.1/",
    ],
)
def test_nothing_else_is_a_page(agent: Asker, uri: str) -> None:
    with pytest.raises(MCPError, match="there is no"):
        agent(agent.client.read_resource, uri)


def test_prompts_are_filled_and_say_what_is_not_proof(agent: Asker) -> None:
    names = {p.name for p in agent(agent.client.list_prompts).prompts}
    assert {"public_exposure", "encryption", "idle_spending", "identity", "what_changed", "investigate"} == names
    found = agent(agent.client.get_prompt, "what_changed", {"service": "ec2", "since": "1 day ago"})
    text = found.messages[0].content.text
    assert "changed in ec2 since 1 day ago" in text
    assert "proves nothing" in text
    for name, given in (
        ("nope", {}),
        ("what_changed", {"service": "ec2"}),
        ("identity", {"more": "x"}),
        ("investigate", {"resource": "x" * 999}),
    ):
        with pytest.raises(MCPError):
            agent(agent.client.get_prompt, name, given)


def test_tables_that_prompts_name_exist() -> None:
    with Catalog.open() as catalog:
        for name in {n for p in PROMPTS for n in re.findall(r"aws\.[a-z0-9_]+", p.text)}:
            assert catalog.find(name).table.fetches
