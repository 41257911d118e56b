"""What would mend what could not be read: the failures of a statement, put together by what one would do about them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cirql.errors import CloudFailure, UnknownTable
from cirql.result import visible_text
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog

_SHOWN_PLACES = 40


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, in a sentence, and where that is a policy to attach, the policy."""

    advice: str
    policy: str = ""


def failures_by_remedy(failures: Iterable[CloudFailure], catalog: Catalog) -> list[dict[str, Any]]:
    """Failures as plain data: those of one operation with one code together, with all their places."""
    groups: dict[tuple[str, str, str, str], list[CloudFailure]] = {}
    for failure in failures:
        groups.setdefault((failure.service, failure.operation, failure.code, failure.reason), []).append(failure)
    return [_told(group, catalog) for group in groups.values()]


def _told(group: list[CloudFailure], catalog: Catalog) -> dict[str, Any]:
    first = group[0]
    remedy = _remedy(first, catalog)
    places = sorted({" ".join(filter(None, (f.account, f.region))) for f in group})
    told: dict[str, Any] = {
        "operation": visible_text(f"{first.service}:{first.operation}"),
        "code": visible_text(first.code),
        "message": visible_text(first.message),
        "table": visible_text(first.table or ""),
        "places": [visible_text(p) for p in places[:_SHOWN_PLACES]],
        "more": max(0, len(places) - _SHOWN_PLACES),
        "rows": len([f for f in group if f.row]),
        "columns": sorted({c for f in group for c in f.columns}),
        "advice": remedy.advice,
    }
    return told | ({"policy": remedy.policy} if remedy.policy else {})


def _remedy(failure: CloudFailure, catalog: Catalog) -> Remedy:
    match failure.reason:
        case "denied":
            actions = _permissions(failure, catalog)
            document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
            return Remedy("Attach this policy to the role or user that asks:", json.dumps(document, indent=2))
        case "denied-by-organization":
            return Remedy("A policy of the organization denies this: who manages the organization can allow it, nobody in the account can.")
        case "region-not-enabled":
            return Remedy(f"Enable the region {failure.region} in the account, or leave it out: WHERE region <> '{failure.region}'.")
    if "hrottl" in failure.code or failure.code in ("RequestLimitExceeded", "TooManyRequestsException", "SlowDown"):
        return Remedy("AWS asked for fewer requests than this statement needs: run it again later, or narrow it.")
    if "xpired" in failure.code or "Token" in failure.code or "Credentials" in failure.code:
        return Remedy("The credentials are no longer taken: sign in again (aws sso login), then run the statement again.")
    return Remedy("Run it again; where it stays, leave the place out by a condition on account_id or region.")


def _permissions(failure: CloudFailure, catalog: Catalog) -> list[str]:
    """What IAM calls the operation, as the catalog knows; its own name where that does not."""
    if failure.table:
        try:
            table = catalog.find(failure.table).table
        except UnknownTable:
            return [f"{failure.service}:{failure.operation}"]
        found = [p for f in table.fetches if (f.service, f.operation) == (failure.service, failure.operation) for p in f.permissions]
        if found:
            return sorted(set(found))
    return [f"{failure.service}:{failure.operation}"]
