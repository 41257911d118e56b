"""EXPLAIN as a result: the plan's forecast, the IAM policy, or with ANALYZE what really happened beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Scope
from cirql.plan.places import possible
from cirql.result import PLAN, Result

if TYPE_CHECKING:
    from cirql.execution import Execution
    from cirql.plan.model import Plan, Scan
    from cirql.plan.places import RowTest
    from cirql.settings import Settings
    from cirql.sql.parse import Explain


def explained(plan: Plan, wanted: Explain, settings: Settings, passes: RowTest, execution: Callable[[], Execution]) -> Result:
    """One text column, QUERY PLAN, as psql users know it: a row a line of text, one row for JSON, Mermaid and POLICY.

    Only ANALYZE runs the statement; its rows are counted and thrown away.
    """
    from cirql.plan.explain import explain, explain_json, explain_mermaid, explain_text
    from cirql.plan.policy import policy

    explanation = explain(plan, lambda scan: _count_targets(scan, settings, passes))
    if wanted.analyze:
        explanation = replace(explanation, actual=_run(execution()))
    match wanted.format:
        case "POLICY":
            lines = [json.dumps(policy(plan, lists_regions="*" in settings.regions), indent=2)]
        case "JSON":
            lines = [json.dumps(explain_json(explanation), indent=2, default=str)]
        case "MERMAID":
            lines = ["\n".join(explain_mermaid(explanation))]
        case _:
            lines = list(explain_text(explanation))
    import pyarrow as pa

    return Result(pa.table({PLAN: lines}).to_reader())


def _count_targets(scan: Scan, settings: Settings, passes: RowTest) -> int | None:
    """How many targets a scan asks, where settings and constants say so without a call."""
    regions, accounts = _regions(scan, settings), _accounts(scan, settings)
    if scan.table.scope is Scope.GLOBAL:
        regions = regions and regions[:1]
    if regions is None:
        return None
    places = [(account, region) for account in accounts for region in regions]
    return sum(possible(scan, places, passes))


def _regions(scan: Scan, settings: Settings) -> tuple[str, ...] | None:
    """The regions in scope, an empty name for the one of the AWS configuration; None where AWS must be asked."""
    named = scan.constants("region")
    if named is not None:
        return tuple(map(str, named))
    if scan.table.scope is Scope.GLOBAL:
        return ("us-east-1",)
    return None if "*" in settings.regions else settings.regions or ("",)


def _accounts(scan: Scan, settings: Settings) -> tuple[str, ...]:
    """The accounts in scope, an empty name for each whose id is not known yet."""
    wanted = scan.constants(scan.table.account_column)
    known = [c.account or "" for c in settings.credentials] or [""] * max(len(settings.profiles), 1)
    if settings.accounts and not settings.assumes_roles:
        known = [account for account in known if not account or account in settings.accounts]
    if wanted is None:
        return tuple(known)
    return tuple(map(str, wanted & set(known) if all(known) else wanted))


def _run(execution: Execution) -> dict[str, Any]:
    result = execution.result()
    for _ in result.batches():
        pass
    stats = result.stats
    scans = [
        {"table": str(o.scan.table.name), "rows": o.rows, "targets": len(o.targets), "failed": len(o.errors)} for o in execution.outcomes
    ]
    return {**stats.to_json(), "bytes": execution.bytes, "scans": scans}
