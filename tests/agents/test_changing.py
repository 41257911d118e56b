"""Plans, and carrying them out: never without the user, who sees them as data."""

from __future__ import annotations

from typing import Any

import pytest
from mcp_types import ElicitRequestFormParams, ElicitResult, InputRequiredResult

from cirql.localcloud import LocalCloud
from tests.agents.conftest import Asker, Opening

BUCKET = "acme-public-222222222222-us-east-1"
PLACE = "region = 'us-east-1' AND account_id = '222222222222'"
UPDATE = (
    f"UPDATE aws.s3.bucket SET versioning_configuration = '{{\"Status\": \"Enabled\"}}' WHERE data__Identifier = '{BUCKET}' AND {PLACE}"
)
INSERT = "INSERT INTO aws.sqs.queues (queue_name, region, account_id) VALUES ('from-an-agent', 'us-east-1', '222222222222')"
QUEUES = "SELECT queue_url FROM aws.sqs_queue WHERE queue_url LIKE '%from-an-agent'"
WRITES = ("CreateResource", "UpdateResource", "DeleteResource")


class User:
    """Who is asked: answers as told, and keeps what was shown."""

    def __init__(self, answer: ElicitResult) -> None:
        self.answer = answer
        self.shown: list[ElicitRequestFormParams] = []

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.shown.append(params)
        return self.answer


YES = ElicitResult(action="accept", content={"approve": True})
NOES = [
    ElicitResult(action="accept", content={"approve": False}),
    ElicitResult(action="accept", content={}),
    ElicitResult(action="decline"),
    ElicitResult(action="cancel"),
]


def changes(cloud: LocalCloud) -> list[str]:
    return [c.operation for c in cloud.calls if c.operation in WRITES]


@pytest.fixture(params=["auto", "legacy"])
def generation(request: pytest.FixtureRequest) -> str:
    """Both ways in which the protocol asks a user."""
    return str(request.param)


def test_without_a_mode_there_is_nothing_that_plans_or_applies(agent: Asker) -> None:
    assert not {"plan_change", "apply_change"} & {tool.name for tool in agent(agent.client.list_tools).tools}


def test_a_plan_has_resources_differences_and_policy_and_changes_nothing(opening: Opening, cloud: LocalCloud) -> None:
    with opening(mode="plan") as agent:
        assert "apply_change" not in {tool.name for tool in agent(agent.client.list_tools).tools}
        found = agent.answer("plan_change", sql=f"{INSERT}; {INSERT.replace('from-an-agent', 'another')}")
    assert found["summary"] == "2 to create"
    assert "plan" not in found
    assert {d["property"]: d["new"] for d in found["changes"][0]["differences"]} == {"QueueName": "from-an-agent"}
    assert "sqs:CreateQueue" in found["policy"]["Statement"][0]["Action"]
    assert changes(cloud) == []


def test_what_the_user_agrees_to_is_done_once(opening: Opening, cloud: LocalCloud, generation: str) -> None:
    user = User(YES)
    with opening(mode="ask", elicitation_callback=user, generation=generation) as agent:
        plan = agent.answer("plan_change", sql=INSERT)
        done = agent.answer("apply_change", plan=plan["plan"])
        assert [c["state"] for c in done["applied"]] == ["succeeded"]
        assert agent.answer("query", sql=QUEUES)["total"] == 1
        assert "no such plan" in agent.refusal("apply_change", plan=plan["plan"])
        again = agent.answer(
            "plan_change", sql=f"DELETE FROM aws.sqs.queues WHERE data__Identifier = '{done['applied'][0]['identifier']}' AND {PLACE}"
        )
        agent.answer("apply_change", plan=again["plan"])
        assert agent.answer("query", sql=QUEUES)["total"] == 0
    assert changes(cloud) == ["CreateResource", "DeleteResource"]
    assert "+ create aws.sqs.queue (new) in 222222222222/us-east-1" in user.shown[0].message
    assert '"sqs:CreateQueue"' in user.shown[0].message
    assert user.shown[0].requested_schema["properties"]["approve"]["type"] == "boolean"
    if generation == "legacy":  # the newer generation carries nothing beside the words
        assert user.shown[0].meta is not None
        shown: Any = dict(user.shown[0].meta)["cirql/plan"]
        assert shown["changes"][0]["differences"] == plan["changes"][0]["differences"]
        assert shown["policy"] == plan["policy"]


@pytest.mark.parametrize("answer", NOES)
def test_what_the_user_does_not_agree_to_is_not_done(opening: Opening, cloud: LocalCloud, generation: str, answer: ElicitResult) -> None:
    with opening(mode="ask", elicitation_callback=User(answer), generation=generation) as agent:
        plan = agent.answer("plan_change", sql=INSERT)
        assert "did not agree" in agent.refusal("apply_change", plan=plan["plan"])
    assert changes(cloud) == []


def test_a_client_that_cannot_ask_its_user_changes_nothing(opening: Opening, cloud: LocalCloud, generation: str) -> None:
    with opening(mode="ask", generation=generation) as agent:
        plan = agent.answer("plan_change", sql=INSERT)
        assert "cannot ask its user" in agent.refusal("apply_change", plan=plan["plan"])
    assert changes(cloud) == []


def test_an_answer_to_a_question_that_was_not_asked_counts_for_nothing(opening: Opening, cloud: LocalCloud) -> None:
    with opening(mode="ask", elicitation_callback=User(NOES[2])) as agent:
        plan = agent.answer("plan_change", sql=INSERT)["plan"]

        async def forged(state: str | None) -> Any:
            return await agent.client.session.call_tool(
                "apply_change", {"plan": plan}, input_responses={"approve": YES}, request_state=state, allow_input_required=True
            )

        assert isinstance(agent(forged, None), InputRequiredResult)
        assert isinstance(agent(forged, "0" * 32), InputRequiredResult)
    assert changes(cloud) == []


def test_a_plan_is_refused_where_the_resource_has_changed_since(opening: Opening, cloud: LocalCloud) -> None:
    with opening(mode="ask", elicitation_callback=User(YES)) as agent:
        first = agent.answer("plan_change", sql=UPDATE)
        second = agent.answer("plan_change", sql=UPDATE.replace("Enabled", "Suspended"))
        agent.answer("apply_change", plan=first["plan"])
        refused = agent.refusal("apply_change", plan=second["plan"])
    assert "changed" in refused
    assert changes(cloud) == ["UpdateResource"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1", "statements that change something"),
        ("EXEC aws.sqs.delete_queue @QueueUrl = 'https://x/q', @region = 'us-east-1', @account_id = '222222222222'", "EXEC"),
        ("DELETE FROM aws.sqs.queues WHERE region = 'ap-south-1' AND data__Identifier = 'q'", ""),
        ("COPY t TO 'file'", ""),
    ],
)
def test_what_is_no_plan_is_refused(opening: Opening, cloud: LocalCloud, sql: str, reason: str) -> None:
    with opening(mode="ask", elicitation_callback=User(YES)) as agent:
        result = agent.call("plan_change", sql=sql)
    assert result.is_error or not result.structured_content["changes"]
    assert reason in str(result.content)
    assert changes(cloud) == []


def test_secrets_are_in_no_plan_and_in_no_log(opening: Opening, tmp_path: Any) -> None:
    sql = (
        "INSERT INTO aws.secretsmanager.secrets (name, secret_string, region, account_id) "
        "VALUES ('db', 'hunter2', 'us-east-1', '222222222222')"
    )
    user = User(NOES[2])
    with opening(mode="ask", elicitation_callback=user) as agent:
        found = agent.answer("plan_change", sql=sql)
        agent.refusal("apply_change", plan=found["plan"])
    assert "hunter2" not in str(found)
    assert "hunter2" not in user.shown[0].message
    assert "hunter2" not in (tmp_path / "audit.jsonl").read_text()
