"""Snapshots: what AWS Config recorded goes into the tables that have its shape.

Config keeps a resource in the service's own API shape. A snapshot is kept as incomplete, since Config records what it was told to.
AWS Config developer guide, "components of a configuration item".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Table
from cirql.cloud.target import Target
from cirql.errors import InvalidText, UnknownTable
from cirql.fetch.rows import Row
from cirql.filling.dumps import complete_row, keep
from cirql.inventory.model import KEY, WriteSummary
from cirql.inventory.stored import StoredTable
from cirql.names import snake

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.inventory.store import Store


def is_snapshot(document: Any) -> bool:
    """Whether a document is an AWS Config snapshot."""
    return isinstance(document, dict) and isinstance(document.get("configurationItems"), list)


def import_snapshot(store: Store, catalog: Catalog, snapshot: Mapping[str, Any]) -> tuple[list[WriteSummary], dict[str, int]]:
    """Keep a snapshot; gives what was kept, and how many items of each type were not: without a table, or without a configuration.

    Raises InvalidText for an item that does not say where it is from.
    """
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    left: dict[str, int] = {}
    tables: dict[str, Table | None] = {}
    for number, item in enumerate(snapshot["configurationItems"], 1):
        if not isinstance(item, dict):
            raise InvalidText(f"item {number} of the snapshot is no configuration item")
        kind = str(item.get("resourceType"))
        if kind not in tables:
            tables[kind] = _dataset_of(catalog, kind)
        if tables[kind] is None or not isinstance(item.get("configuration"), dict):
            left[kind] = left.get(kind, 0) + 1
        else:
            place = (kind, str(_member(item, "awsAccountId", number)), str(_member(item, "awsRegion", number)))
            groups.setdefault(place, []).append({**item, "configurationItemCaptureTime": _captured(item, number)})
    written = []
    for (kind, account, region), same in sorted(groups.items(), key=lambda g: g[0]):
        found = tables[kind]
        assert found is not None
        written += _keep_items(store, StoredTable(found), Target(account, region), same)
    return written, left


def _member(item: Mapping[str, Any], name: str, number: int) -> Any:
    if item.get(name) is None:
        raise InvalidText(f"item {number} of the snapshot has no {name}")
    return item[name]


def _captured(item: Mapping[str, Any], number: int) -> datetime:
    text = str(_member(item, "configurationItemCaptureTime", number))
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InvalidText(f"item {number} of the snapshot was captured at no time: {text}") from None


def _keep_items(store: Store, stored: StoredTable, target: Target, items: Iterable[Mapping[str, Any]]) -> list[WriteSummary]:
    """One write for each set of columns: what an item lacks is not known, rather than NULL."""
    by_columns: dict[tuple[frozenset[str], datetime], list[Row]] = {}
    for item in items:
        row = {c.name: v for k, v in item["configuration"].items() if (c := stored.table.column(snake(k))) is not None}
        if item.get("ARN") and stored.table.arn is not None:
            row.setdefault(stored.table.arn.column, item["ARN"])
        if isinstance(item.get("tags"), dict) and stored.table.column("tags") is not None:
            row["tags"] = item["tags"]
        row = complete_row(stored, frozenset(row), row, target)
        by_columns.setdefault((frozenset(row), item["configurationItemCaptureTime"]), []).append(row)
    reason = "AWS Config records what it was told to"
    return [keep(store, stored, target, rows, columns, at, reason) for (columns, at), rows in by_columns.items()]


def _dataset_of(catalog: Catalog, kind: str) -> Table | None:
    parts = kind.split("::")
    if len(parts) != 3:
        return None
    try:
        table = catalog.find(f"aws.{parts[1].lower()}_{snake(parts[2])}").table
    except UnknownTable:
        return None
    return table if table.key and table.column(KEY) is not None else None
