"""EXPLAIN: a plan in words, before anything is asked of AWS."""

from __future__ import annotations

from collections.abc import Iterator

from cirql.plan.model import KeyGroup, Plan, Scan


def lines(plan: Plan) -> Iterator[str]:
    """One line for each scan, key, call and filter, in the order in which they happen."""
    for scan in plan.scans:
        yield from _scan_lines(scan, "")
    yield "DuckDB runs the query over " + (", ".join(s.relation for s in plan.scans) or "no cloud table")


def _scan_lines(scan: Scan, indent: str) -> Iterator[str]:
    streamed = f" limit {scan.limit}" if scan.limit is not None else ""
    yield f"{indent}scan {scan.table.name} as {scan.relation}{streamed}: {', '.join(scan.columns)}"
    for group in scan.keys:
        yield f"{indent}  key {_key_text(group)}"
    if scan.parent is not None:
        links = ", ".join(f"{child} from {source}" for child, source in scan.parent.bindings)
        yield f"{indent}  parents: {links}"
        yield from _scan_lines(scan.parent.scan, indent + "    ")
    yield f"{indent}  call {scan.root.service}:{scan.root.operation}" + (" for each combination of keys" if scan.root.required else "")
    for step in scan.steps:
        for fetch in step.fetches:
            columns = sorted(fetch.gives & set(scan.columns))
            yield f"{indent}  call {fetch.service}:{fetch.operation} for each row left, for {', '.join(columns)}"
    for row_filter in scan.filters:
        yield f"{indent}  filter on {', '.join(sorted(row_filter.columns))}"


def _key_text(group: KeyGroup) -> str:
    names = ", ".join(group.columns)
    if group.rows is None:
        return f"{names} from the rows read before ({group.why})"
    if not group.rows:
        return f"{names}: no value is possible ({group.why}); nothing is asked"
    shown = " | ".join(", ".join(str(v) for v in row) for row in group.rows[:5])
    return f"{names} = {shown}{' | …' if len(group.rows) > 5 else ''} ({group.why})"
