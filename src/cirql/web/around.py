"""What is around the statements: accounts and regions in scope, what runs, what has been asked and how fast it may be, what was changed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from cirql.cloud.limits import Limits
from cirql.cloud.survey import Inquiry, named_accounts
from cirql.result import visible_text

if TYPE_CHECKING:
    from cirql.cloud.rates import Rate
    from cirql.session import Session
    from cirql.web.desk import PageDesk

_CHANGES = """
SELECT operation, resource, identifier, account_id, region, state, coalesce(error, ''), updated, differences, id
FROM cirql.changes ORDER BY updated DESC LIMIT 50
"""
_SCANS = """
SELECT table_name, count(DISTINCT (account_id, region)), max(finished), bool_and(complete)
FROM cirql.scans GROUP BY table_name ORDER BY max(finished) DESC LIMIT 50
"""


def around(desk: PageDesk, session: Session) -> dict[str, Any]:
    """All of it, as plain data. Asks AWS nothing."""
    return {
        "scope": _scope(session),
        "running": [run.now() | {"sql": run.sql} for run in desk.running()],
        "asked": _asked(session),
        "kept": _kept(session),
        "changes": _changes(session),
    }


def places(session: Session) -> list[dict[str, Any]]:
    """The accounts in reach and the regions that each has, as AWS says: asks STS and EC2 once for each account."""
    reach = session.reach
    found = session.start(session.cloud.survey(Inquiry(reach, reach.regions, identified=True, enabled=True))).result()
    return [
        {"account": a.id, "credentials": visible_text(a.credentials), "regions": sorted(r for r in a.enabled or () if r)}
        for a in found.accounts
    ]


def _scope(session: Session) -> dict[str, Any]:
    settings = session.settings
    return {
        "accounts": named_accounts(settings),
        "regions": list(settings.regions),
        "profiles": list(settings.profiles),
        "role": settings.role or "",
        "store": settings.store_place or "",
    }


def _asked(session: Session) -> list[dict[str, Any]]:
    """Each operation that was called since the page began, how often, and how often a second it may be."""
    limits = Limits(1, session.settings.max_rps)
    counts = sorted(session.cloud.stats.calls.items(), key=lambda item: -item[1])
    return [{"operation": name, "calls": count, "rate": _said(limits.rate(*name.split(":", 1)))} for name, count in counts if ":" in name]


def _said(rate: Rate) -> str:
    if not math.isinf(rate.per_second):
        return f"at most {rate.per_second:g} a second"
    if rate.expected is not None:
        return f"{rate.expected:g} a second once AWS says slower"
    return "as fast as AWS answers, until it says slower"


def _kept(session: Session) -> list[dict[str, Any]]:
    """What the inventory has, the latest read first."""
    if not session.settings.store_place:
        return []
    with session.execute(_SCANS) as result:
        return [{"table": row[0], "places": row[1], "read": f"{row[2].isoformat()}Z", "complete": row[3]} for row in result]


def _changes(session: Session) -> list[dict[str, Any]]:
    names = ("operation", "table", "identifier", "account", "region", "state", "error", "at", "differences", "id")
    with session.execute(_CHANGES) as result:
        return [_shown(dict(zip(names, row, strict=True))) for row in result]


def _shown(change: dict[str, Any]) -> dict[str, Any]:
    at = change["at"]
    plain = json.loads(
        visible_text(json.dumps({**change, "at": f"{at.isoformat()}Z" if at else "", "differences": ""}, default=str, ensure_ascii=False))
    )
    return {**plain, "count": len(change["differences"] or ()) if isinstance(change["differences"], list | dict) else 0}
