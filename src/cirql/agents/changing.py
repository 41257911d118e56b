"""The tools that plan changes and have them carried out. Nothing is sent that the user was not shown, as data, and said yes to.

What the user sees is made of the plan alone: no word of the model's is in it.
"""

from __future__ import annotations

import json
from typing import Any

from cirql.agents.answers import visible
from cirql.agents.plans import KeptPlan, PlanShelf
from cirql.agents.tools import NUMBER, STRING, TEXTS, THING, Asked, Question, Tool, listed, text
from cirql.changes.explain import policy, summary, text_lines, to_json
from cirql.changes.model import ChangeKind
from cirql.errors import AccessDenied, InvalidStatement
from cirql.sql.parse import parse, split

_LONGEST = 8_000
_SQL = text(
    "INSERT, UPDATE or DELETE statements over aws.<service>.<resource> tables, separated by semicolons; one plan is made of them all.",
    50_000,
)


def changing(shelf: PlanShelf, *, may_apply: bool) -> tuple[Tool, ...]:
    """`plan_change`, and `apply_change` where the user may be asked for approval."""
    plan = Tool(
        "plan_change",
        "Plan changes",
        "What INSERT, UPDATE and DELETE statements would change: resources, properties before and after, calls and the IAM policy. "
        "Nothing is changed. Write values as literals; name resources by data__Identifier and region."
        + (
            " The plan's id is what apply_change takes."
            if may_apply
            else " Give the statements to the user: they are not carried out here."
        ),
        {"sql": _SQL},
        {
            "plan": STRING,
            "summary": STRING,
            "changes": listed(THING),
            "unchanged": NUMBER,
            "calls": THING,
            "permissions": TEXTS,
            "policy": THING,
            "statements": TEXTS,
            "note": STRING,
        },
        lambda call: _plan(call, shelf if may_apply else None),
        required=("sql",),
        always=("summary", "changes", "unchanged", "calls", "permissions", "policy", "statements", "note"),
    )
    apply = Tool(
        "apply_change",
        "Carry out a plan",
        "Carry out a plan of plan_change, exactly as it was shown. The user is asked first, and sees what would change; "
        "it is refused where resources have changed since.",
        {"plan": text("The id that plan_change gave.", 100)},
        {"applied": listed(THING), "summary": STRING},
        lambda call: _apply(call, shelf),
        required=("plan",),
        always=("applied", "summary"),
        changes=True,
        asks=lambda call: _question(shelf.find(call.arguments["plan"])),
    )
    return (plan, apply) if may_apply else (plan,)


def _plan(call: Asked, shelf: PlanShelf | None) -> dict[str, Any]:
    session = call.session()
    with session.work():
        made = session.writer.plan([parse(piece) for piece in split(call.arguments["sql"])])
    if any(c.operation is ChangeKind.CALL for c in made.changes):
        raise AccessDenied("EXEC is not planned here", hint="INSERT, UPDATE and DELETE are")
    most = session.settings.max_changes
    if len(made.changes) > most:
        raise InvalidStatement(f"this would make {len(made.changes)} changes; {most} is the most", hint="narrow it by a WHERE")
    told = {**to_json(made), "policy": policy(made), "statements": list(made.statements)}
    if not made.changes:
        return {**told, "note": "There is nothing to change."}
    if shelf is None:
        return {**visible(told), "note": "Nothing was changed, and nothing can be through this server."}
    kept = shelf.keep(made)
    return {"plan": kept.id, **visible(told), "note": "Nothing was changed. apply_change asks the user, who sees this plan."}


def _question(kept: KeptPlan) -> Question:
    lines = [*text_lines(kept.plan), "IAM policy that this needs: " + json.dumps(policy(kept.plan))]
    shown = visible("\n".join(lines))
    if len(shown) > _LONGEST:
        raise InvalidStatement("this plan is too long to be shown to the user whole", hint="plan fewer changes at once")
    return Question(shown, {**to_json(kept.plan), "policy": policy(kept.plan)}, kept.nonce)


def _apply(call: Asked, shelf: PlanShelf) -> dict[str, Any]:
    kept = shelf.find(call.arguments["plan"])
    if call.approved != kept.nonce:
        raise AccessDenied("the user was not asked, or did not agree; nothing was changed")
    shelf.take(kept.id)
    session = call.session(writable=True)
    with session.work():
        ended = session.writer.carry_out(kept.plan)
    return {
        "applied": [
            {"change": visible(e.change.title), "state": e.state.value, "identifier": e.identifier or e.change.identifier or ""}
            for e in ended
        ],
        "summary": summary(kept.plan),
    }
