"""What the inventory remembers of rows: each version of one, and what differs between two moments, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cirql.errors import InvalidText, NotInInventory
from cirql.rendering.encode import plain_moment, text_of
from cirql.result import visible_text
from cirql.sql.quoting import constant, name

if TYPE_CHECKING:
    from cirql.session import Session

_MOST = 500
_OF_VERSION = ("valid_from", "valid_to", "event", "changed", "deleted")


def timeline(session: Session, table: str, row: Mapping[str, str | None]) -> dict[str, Any]:
    """The versions of the row of a table that a row of a result shows, the earliest first.

    Raises InvalidText where the result does not say which row it is, or there is no inventory.
    """
    if not session.settings.store_place:
        raise InvalidText("there is no inventory that would remember it", hint="start the page with --store PLACE")
    shape = session.catalog.find(table).shape
    key = [k for k in (shape.key or shape.identifier) if k not in ("account_id", "region")]
    place = [p for p in ("account_id", "region") if row.get(p) is not None]
    missing = [k for k in key if row.get(k) is None]
    if missing or not key:
        raise InvalidText(
            f"these rows do not say which of {table} they are", hint=f"select {', '.join(missing) or 'its key'} too" if key else ""
        )
    wanted = " AND ".join(f"{name(k)}::text = {constant(str(row[k]))}" for k in (*key, *place))
    sql = f"SELECT * FROM cirql.history({constant(table)}) WHERE {wanted} ORDER BY valid_from LIMIT {_MOST}"
    try:
        with session.execute(sql) as result:
            names = [c.name for c in result.columns]
            found = [dict(zip(names, values, strict=True)) for values in result]
    except NotInInventory:
        found = []
    return {"table": table, "row": {k: visible_text(str(row[k])) for k in (*key, *place)}, "versions": _versions(found), "sql": sql}


def _versions(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    told, before = [], dict[str, Any]()
    for version in found:
        changed = version["changed"] or ()
        told.append(
            {
                "from": _moment(version["valid_from"]),
                "to": _moment(version["valid_to"]),
                "event": version["event"],
                "deleted": bool(version["deleted"]),
                "cells": [_cell(c, before.get(c), version.get(c)) for c in changed if c in version and before],
                "values": {n: _text(v) for n, v in version.items() if n not in _OF_VERSION and v is not None},
            }
        )
        before = dict(version)
    return told


def differences(session: Session, tables: Sequence[str], earlier: str, later: str) -> list[dict[str, Any]]:
    """What was added, removed and changed in tables between two moments; "" is now. Raises InvalidText and what the inventory raises."""
    for moment in filter(None, (earlier, later)):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            raise InvalidText(f"{moment!r} is no moment") from None
    found = []
    for table in tables:
        end = f", {constant(later)}" if later else ""
        sql = f"SELECT * FROM cirql.diff({constant(table)}, {constant(earlier)}{end})"
        with session.execute(sql + f" LIMIT {_MOST + 1}") as result:
            names = [c.name for c in result.columns]
            rows = [dict(zip(names, values, strict=True)) for values in result]
        found.append({"table": table, "sql": sql, "more": len(rows) > _MOST, "rows": [_difference(row) for row in rows[:_MOST]]})
    return found


def _difference(row: Mapping[str, Any]) -> dict[str, Any]:
    old, new = _members(row["old"]), _members(row["new"])
    changed = [c for c in row["changed"] or () if c in old or c in new] or sorted({*old, *new})
    return {
        "change": row["change"],
        "key": _text(row["_key"]),
        "place": " ".join(visible_text(str(row[p])) for p in ("account_id", "region") if row[p]),
        "cells": [_cell(c, old.get(c), new.get(c)) for c in changed],
    }


def _members(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}


def _cell(column: str, old: Any, new: Any) -> dict[str, Any]:
    return {"column": column, "old": _text(old), "new": _text(new)}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return visible_text(json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else text_of(value, plain_moment))


def _moment(value: datetime | None) -> str:
    return "" if value is None else f"{value.isoformat()}Z"
