"""A scripted agent: it finds the table by words, reads about it, and asks. Three calls a question; four are the most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.agents.conftest import Asker
from tests.agents.recorded import QUESTIONS, page

MOST_CALLS = 4


class ScriptedAgent:
    """Knows nothing of the tables but what the tools told it, and counts its calls."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask
        self.calls = 0

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        self.calls += 1
        return self._ask.answer(tool, **arguments)

    def answer(self, question: dict[str, Any]) -> list[list[Any]]:
        found = [t["table"] for t in self.call("search_tables", words=question["words"])["tables"]]
        assert question["table"] in found
        table = self.call("describe_table", table=question["table"])
        told = {c["name"] for c in table["columns"]} | {m for c in table["columns"] for m in c.get("members", ())}
        assert set(question["needs"]) <= told | set(table["hidden"])
        rows = self.call("query", sql=question["sql"])
        assert rows["complete"], rows
        shown: list[list[Any]] = rows["rows"]
        return shown


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["asked"] for q in QUESTIONS])
def test_a_question_is_answered_in_four_calls(agent: Asker, question: dict[str, Any]) -> None:
    scripted = ScriptedAgent(agent)
    assert scripted.answer(question) == question["answer"]
    assert scripted.calls <= MOST_CALLS


def test_there_are_twelve() -> None:
    assert len(QUESTIONS) >= 12


def test_the_session_in_the_documentation_is_what_happens(agent: Asker) -> None:
    assert (Path(__file__).parents[2] / "docs" / "agent-session.md").read_text("utf-8") == page(agent.answer)
