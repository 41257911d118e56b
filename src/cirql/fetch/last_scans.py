"""`cirql.last_scans`: how the scans of the session's last statement went, account by account and region by region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.fetch.runner import ScanOutcome

RELATION = "cirql.last_scans"
DESCRIPTION = "What the last statement of this session read from AWS: one row for each table, account and region."
COLUMNS = (
    ("account", ColumnType.VARCHAR, "The account; empty where a statement over one set of credentials had no need to know it."),
    ("region", ColumnType.VARCHAR, "The region."),
    ("table_name", ColumnType.VARCHAR, "The table."),
    ("operation", ColumnType.VARCHAR, "The operation that lists its rows, or the one that failed."),
    ("code", ColumnType.VARCHAR, "AWS's error code where it failed; NULL where it did not."),
    ("reason", ColumnType.VARCHAR, "`denied`, `denied-by-organization` or `region-not-enabled`, where that is why."),
    ("message", ColumnType.VARCHAR, "What AWS said."),
    ("rows", ColumnType.BIGINT, "Rows that came from there; NULL where the inventory answered."),
    ("complete", ColumnType.BOOLEAN, "Every row that could matter was read; false where it failed, and where a LIMIT was met first."),
)


def rows(outcomes: Iterable[ScanOutcome]) -> Iterator[dict[str, Any]]:
    """The rows of the relation."""
    for outcome in outcomes:
        for target in outcome.targets:
            error = outcome.troubles.get(target)
            failure = error.failure if error is not None and target in outcome.errors else outcome.unread.failure(target)
            service, operation = outcome.scan.root.service, outcome.scan.root.operation
            yield {
                "account": target.account,
                "region": target.region,
                "table_name": str(outcome.scan.table.name),
                "operation": f"{failure.service}:{failure.operation}" if failure is not None else f"{service}:{operation}",
                "code": failure.code if failure is not None else error.sqlstate if error is not None else None,
                "reason": failure.reason or None if failure is not None else None,
                "message": failure.message if failure is not None else error.message if error is not None else None,
                "rows": outcome.seen.get(target),
                "complete": target in outcome.ended and error is None,
            }


def incomplete(outcomes: Iterable[ScanOutcome]) -> Iterator[str]:
    """In words, what an answer that counts or compares rows may have missed."""
    for outcome in outcomes:
        if outcome.troubles:
            places = ", ".join(sorted(str(target) for target in outcome.troubles))
            name, failed, asked = outcome.scan.table.name, len(outcome.troubles), len(outcome.targets)
            how = "" if outcome.errors else "completely "
            yield f"the answer counts or compares rows of {name}, which could not be read {how}in {failed} of {asked} places: {places}"
