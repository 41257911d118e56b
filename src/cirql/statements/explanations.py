"""EXPLAIN as a result: the plan's forecast, the IAM policy, or with ANALYZE what really happened beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cirql.cloud.survey import of_settings
from cirql.plan.places import places, wanted
from cirql.result import PLAN, Result
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.cloud.reach import Reach
    from cirql.plan.model import Plan, Scan
    from cirql.plan.places import RowTest
    from cirql.settings import Settings
    from cirql.sql.parse import Explain
    from cirql.statements.execution import Execution

_NO_ACTIONS = "the statement needs no IAM action; IAM takes no policy without a statement, so there is none to attach"


def explained(plan: Plan, asked: Explain, settings: Settings, reach: Reach, passes: RowTest, execution: Callable[[], Execution]) -> Result:
    """One text column, QUERY PLAN, as psql users know it: a row a line of text, one row for JSON, Mermaid and POLICY.

    Only ANALYZE runs the statement; its rows are counted and thrown away.
    """
    from cirql.plan.explain import explain, explain_json, explain_mermaid, explain_text
    from cirql.plan.policy import policy

    explanation = explain(plan, lambda scan: _count_targets(scan, settings, reach, passes))
    if asked.analyze:
        explanation = replace(explanation, actual=_run(execution()))
    notices: tuple[str, ...] = ()
    match asked.format:
        case "POLICY":
            document = policy(plan, lists_regions="*" in settings.regions)
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


def _count_targets(scan: Scan, settings: Settings, reach: Reach, passes: RowTest) -> int | None:
    """How many targets a scan asks, where settings and constants say so without a call."""
    want = wanted(scan, scan)
    inquiry, known = want.inquiry(reach), of_settings(settings, reach)
    if known is None or inquiry.enabled:
        return None
    return len(places(scan, want, reach, known.of_named(want.accounts), passes).targets)


def _run(execution: Execution) -> dict[str, Any]:
    result = execution.result()
    for _ in result.batches():
        pass
    stats = result.stats
    scans = [
        {"table": str(o.scan.table.name), "rows": o.rows, "targets": len(o.targets), "failed": len(o.errors)} for o in execution.outcomes
    ]
    return {**stats.to_json(), "bytes": execution.bytes, "scans": scans}
