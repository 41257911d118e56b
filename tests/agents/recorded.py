"""A session of the scripted agent as a page of the documentation: what it asked, and what it was told.

`python -m tests.agents.recorded > docs/agent-session.md` writes it again. Descriptions are AWS's own words and are left out.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

QUESTIONS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "questions.toml").read_text("utf-8"))["question"]
SHOWN = 3
_LONGEST = 400
_HEAD = """\
# A session of an agent

Questions to `cirql mcp --local`, by an agent that knows nothing of the tables but what the tools tell it. `tests/agents` holds that
this is what happens, for twelve questions, each in at most four calls.
"""


def page(call: Any) -> str:
    """The page; `call` gives the answer of a tool."""
    return "\n".join([_HEAD, *(line for question in QUESTIONS[:SHOWN] for line in _told(call, question))])


def _told(call: Any, question: dict[str, Any]) -> Iterator[str]:
    yield f"## {question['asked']}\n"
    words, sql = question["words"], " ".join(question["sql"].split())
    found = [t["table"] for t in call("search_tables", words=words)["tables"]]
    yield from _step("search_tables", {"words": words}, {"tables": found})
    table = call("describe_table", table=question["table"])
    columns = {c["name"]: c["members"] if "members" in c else c["type"] for c in table["columns"] if c["name"] in question["needs"]}
    yield from _step("describe_table", {"table": question["table"]}, {"columns": columns, "key": table["key"]})
    told = call("query", sql=sql)
    yield from _step(
        "query", {"sql": sql}, {name: told[name] for name in ("columns", "rows", "shown", "total", "complete", "note", "calls")}
    )


def _step(tool: str, given: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
    yield f"`{tool}`\n\n```json\n{json.dumps(given, ensure_ascii=False)}\n```\n"
    lines = [f"{json.dumps(name)}: {_short(json.dumps(value, ensure_ascii=False))}" for name, value in told.items()]
    yield "```\n" + "\n".join(lines) + "\n```\n"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


if __name__ == "__main__":
    from tests.agents.conftest import connected, started

    with connected(started("--local")) as asker:
        sys.stdout.write(page(asker.answer))
