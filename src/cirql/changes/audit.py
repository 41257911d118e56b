"""`cirql.changes`: the journal as a table in SQL, the audit trail of every change this user has made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.model import Change, JournalEntry
    from cirql.cloud.sight import Sight

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
    ("statement", _TEXT, "The text that asked for it, without secrets; NULL of another user's in a session that is locked."),
    ("caller", _TEXT, "Who asked: an ARN."),
    ("session_user", _TEXT, "Whose session asked, on a server; NULL of a user's own program."),
    ("client_token", _TEXT, "The idempotency token that AWS got."),
    ("request_token", _TEXT, "AWS's name for the request."),
    ("attempt", ColumnType.BIGINT, "How often it was tried."),
    ("error_code", _TEXT, "Why it failed, in AWS's words."),
    ("error", _TEXT, "Why it is not further."),
    ("created", ColumnType.TIMESTAMP, "When it was decided."),
    ("submitted", ColumnType.TIMESTAMP, "When it was first sent."),
    ("updated", ColumnType.TIMESTAMP, "When it last came further."),
)


def rows(entries: Sequence[JournalEntry], sight: Sight, catalog: Catalog, user: str | None) -> Iterator[dict[str, Any]]:
    """The entries that may be seen, a row each.

    Who does not see everything is told the statements of this user alone, and of those the ones whose every change may be seen; and callers
    whose account may be.
    """
    told = Counter(entry.run for entry in entries)
    seen = [entry for entry in entries if sight.sees(entry.change.target.account, _region(entry.change, catalog))]
    shown = Counter(entry.run for entry in seen)
    for entry in seen:
        row = _row(entry)
        if sight.is_confined:
            if entry.user != (user or "") or shown[entry.run] != told[entry.run]:
                row["statement"] = None
            account = entry.caller.split(":")[4] if entry.caller.startswith("arn:") else ""
            if not sight.sees_account(account):
                row["caller"] = None
        yield row


def _region(change: Change, catalog: Catalog) -> str:
    """The region that a change belongs to, or that it belongs to none: a role is in no region, whichever its call went to."""
    from cirql.changes.places import lives_once
    from cirql.cloud.sight import GLOBAL_REGION

    return GLOBAL_REGION if lives_once(catalog, change.table) else change.target.region


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
        "session_user": entry.user or None,
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
