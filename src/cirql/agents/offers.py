"""Which tools a server has: by its mode, and never more."""

from __future__ import annotations

from cirql.agents.changing import changing
from cirql.agents.plans import PlanShelf
from cirql.agents.reading import READING
from cirql.agents.tools import Tool


def tools_of(mode: str) -> tuple[Tool, ...]:
    """The tools of a mode: what reads; with `plan`, what plans changes too; with `ask`, what has them carried out if the user agrees."""
    return READING if mode == "read_only" else (*READING, *changing(PlanShelf(), may_apply=mode == "ask"))
