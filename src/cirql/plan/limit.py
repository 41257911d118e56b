"""Fifth pass: how many rows are enough, and which relation may be streamed."""

from __future__ import annotations

from sqlglot import exp

from cirql.plan.model import Scan
from cirql.plan.predicates import conditions, gathers_rows
from cirql.sql.bound import Bound
from cirql.sql.trees import first_of
from cirql.startup.records import replace

_LOOKS_AT_OTHER_ROWS = ("group", "having", "distinct", "windows", "qualify", "order", "joins", "laterals", "sample")


def apply_limit(bound: Bound, scans: list[Scan]) -> list[Scan]:
    """Tell the only scan of `SELECT … FROM t WHERE … LIMIT n` to stop after n rows (OFFSET included).

    Only where nothing after the scan can drop or need another row: the whole WHERE is checked while fetching.
    """
    select = bound.tree
    if len(scans) != 1 or not isinstance(select, exp.Select) or any(select.args.get(a) for a in _LOOKS_AT_OTHER_ROWS):
        return scans
    if first_of(select, exp.Window, exp.Subquery, exp.CTE) or gathers_rows(select) or not _reads_directly(bound):
        return scans
    limit = _count(select.args.get("limit"))
    offset = _count(select.args.get("offset")) if select.args.get("offset") else 0
    where = select.args.get("where")
    checked = len(conditions(bound)[scans[0].relation].conjuncts)
    if limit is None or offset is None or (where is not None and checked != _conjuncts(where.this)):
        return scans
    return [replace(scans[0], limit=limit + offset)]


def _conjuncts(node: exp.Expr) -> int:
    node = node.unnest()
    return _conjuncts(node.this) + _conjuncts(node.expression) if isinstance(node, exp.And) else 1


def _count(node: exp.Expr | None) -> int | None:
    value = node.expression if node is not None else None
    return int(value.this) if isinstance(value, exp.Literal) and not value.is_string and value.this.isdigit() else None


def _reads_directly(bound: Bound) -> bool:
    from_ = bound.tree.args.get("from_")
    return from_ is not None and from_.this is bound.sources[0].node


def streamed_relation(bound: Bound) -> str | None:
    """The relation that DuckDB reads exactly once, so that its pages may be handed over while they arrive."""
    if len(bound.sources) != 1 or not isinstance(bound.tree, exp.Select) or not _reads_directly(bound):
        return None
    if first_of(bound.tree, exp.CTE, exp.Subquery, exp.Exists, exp.Lateral) or bound.tree.args.get("joins"):
        return None
    return bound.sources[0].relation
