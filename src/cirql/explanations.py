"""EXPLAIN as a result: the plan's forecast, the IAM policy, or with ANALYZE what really happened beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Scope
from cirql.result import Result

if TYPE_CHECKING:
    from cirql.execution import Execution
    from cirql.plan.model import Plan, Scan
    from cirql.settings import Settings
    from cirql.sql.parse import Explain


def explained(plan: Plan, wanted: Explain, settings: Settings, execution: Callable[[], Execution]) -> Result:
    """One text column, QUERY PLAN, as psql users know it: a row a line of text, one row for JSON, Mermaid and POLICY.

    Only ANALYZE runs the statement; its rows are counted and thrown away.
    """
    from cirql.plan.explain import explain, explain_json, explain_mermaid, explain_text
    from cirql.plan.policy import policy

    explanation = explain(plan, lambda scan: _count_targets(scan, settings))
    if wanted.analyze:
        explanation = replace(explanation, actual=_run(execution()))
    match wanted.format:
        case "POLICY":
            lines = [json.dumps(policy(plan), indent=2)]
        case "JSON":
            lines = [json.dumps(explain_json(explanation), indent=2, default=str)]
        case "MERMAID":
            lines = ["\n".join(explain_mermaid(explanation))]
        case _:
            lines = list(explain_text(explanation))
    import pyarrow as pa

    return Result(pa.table({"QUERY PLAN": lines}).to_reader())


def _count_targets(scan: Scan, settings: Settings) -> int | None:
    """How many targets a scan asks, where settings and constants say so without a call."""
    regions, accounts = scan.constants("region"), scan.constants(scan.table.account_column)
    known_accounts = {c.account for c in settings.credentials}
    if accounts is not None and known_accounts and None not in known_accounts:
        owners = len(known_accounts & set(accounts))
    else:
        owners = max(len(settings.credentials), len(settings.profiles), 1) if accounts is None else len(accounts)
    if scan.table.scope is Scope.GLOBAL:
        return owners
    if regions is not None:
        return owners * len(regions)
    if not settings.regions:
        return owners  # the one region of the AWS configuration
    return None if "*" in settings.regions else owners * len(settings.regions)


def _run(execution: Execution) -> dict[str, Any]:
    result = execution.result()
    for _ in result.batches():
        pass
    stats = result.stats
    scans = [
        {"table": str(o.scan.table.name), "rows": o.rows, "targets": len(o.targets), "failed": len(o.errors)} for o in execution.outcomes
    ]
    return {**stats.to_json(), "bytes": execution.bytes, "scans": scans}
