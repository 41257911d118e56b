"""`cirql.changes`: the journal as a table in SQL, the audit trail of every change this user has made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.changes.model import JournalEntry

RELATION = "cirql.changes"
DESCRIPTION = "Every change that was decided, and how far it has come: the audit trail."
_TEXT = ColumnType.VARCHAR
COLUMNS = (
    ("id", _TEXT, "The change; `cirql changes show` takes the first characters of it."),
    ("run", _TEXT, "The statement or transaction that it belongs to."),
    ("state", _TEXT, "planned, submitting, submitted, succeeded, failed, cancelled, skipped or unknown."),
    ("operation", _TEXT, "create, update, delete, set or call."),
    ("resource", _TEXT, "The table."),
    ("type_name", _TEXT, "The CloudFormation type, or the call."),
    ("identifier", _TEXT, "The resource's identifier, once it is known."),
    ("account_id", _TEXT, "The account."),
    ("region", _TEXT, "The region."),
    ("differences", ColumnType.JSON, "What changes, property by property; secrets are masked."),
    ("statement", _TEXT, "The text that asked for it, without secrets."),
    ("caller", _TEXT, "Who asked: an ARN."),
    ("client_token", _TEXT, "The idempotency token that AWS got."),
    ("request_token", _TEXT, "AWS's name for the request."),
    ("attempt", ColumnType.BIGINT, "How often it was tried."),
    ("error_code", _TEXT, "Why it failed, in AWS's words."),
    ("error", _TEXT, "Why it is not further."),
    ("created", ColumnType.TIMESTAMP, "When it was decided."),
    ("submitted", ColumnType.TIMESTAMP, "When it was first sent."),
    ("updated", ColumnType.TIMESTAMP, "When it last came further."),
)


def rows(entries: Iterable[JournalEntry]) -> Iterator[dict[str, Any]]:
    """Every entry as a row."""
    return map(_row, entries)


def _row(entry: JournalEntry) -> dict[str, Any]:
    from cirql.changes.explain import differences

    change = entry.change
    shown = [{"property": name, "old": old, "new": new} for name, old, new in differences(change)] if change.body or change.after else []
    return {
        "id": change.id,
        "run": entry.run,
        "state": entry.state.value,
        "operation": change.operation.value,
        "resource": change.table,
        "type_name": change.type_name,
        "identifier": entry.identifier,
        "account_id": change.target.account,
        "region": change.target.region,
        "statement": entry.statement,
        "caller": entry.caller,
        "client_token": entry.client_token,
        "request_token": entry.request_token,
        "error_code": entry.event.error_code or None,
        "error": entry.error or None,
        "attempt": entry.attempt,
        "differences": shown,
        "created": _moment(entry.created),
        "submitted": _moment(entry.submitted),
        "updated": _moment(entry.updated),
    }


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else None
