"""EXPLAIN as a result: the plan's forecast, the IAM policy, or with ANALYZE what really happened beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cirql.result import PLAN, Result
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.inventory.recall import Recall
    from cirql.plan.model import Plan
    from cirql.plan.places import RowTest
    from cirql.sql.parse import Explain
    from cirql.statements.execution import Execution
    from cirql.statements.foresight import ForesightDesk

_NO_ACTIONS = "the statement needs no IAM action; IAM takes no policy without a statement, so there is none to attach"


def explained(
    plan: Plan, asked: Explain, desk: ForesightDesk, passes: RowTest, recall: Recall | None, execution: Callable[[], Execution]
) -> Result:
    """One text column, QUERY PLAN, as psql users know it: a row a line of text, one row for JSON, Mermaid and POLICY.

    Only ANALYZE runs the statement; its rows are counted and thrown away.
    """
    from cirql.plan.explain import explain, explain_json, explain_mermaid, explain_text
    from cirql.plan.policy import policy
    from cirql.statements.foresight import Foresight

    foresight = Foresight(desk, passes, recall)
    explanation = explain(plan, foresight.targets, foresight.known)
    if asked.analyze:
        explanation = replace(explanation, actual=_run(execution()))
    notices: tuple[str, ...] = ()
    match asked.format:
        case "POLICY":
            document = policy(plan, lists_regions="*" in desk.settings.regions)
            lines = [json.dumps(document, indent=2)]
            notices = () if document["Statement"] else (_NO_ACTIONS,)
        case "JSON":
            lines = [json.dumps(explain_json(explanation), indent=2, default=str)]
        case "MERMAID":
            lines = ["\n".join(explain_mermaid(explanation))]
        case _:
            lines = list(explain_text(explanation))
    import pyarrow as pa

    return Result(pa.table({PLAN: lines}).to_reader(), notices=lambda: notices)


def _run(execution: Execution) -> dict[str, Any]:
    result = execution.result()
    for _ in result.batches():
        pass
    stats = result.stats
    scans = [
        {"table": str(o.scan.table.name), "rows": o.rows, "targets": len(o.targets), "failed": len(o.errors)} for o in execution.outcomes
    ]
    return {**stats.to_json(), "bytes": execution.bytes, "scans": scans}
