"""Files as inventory: what the AWS CLI printed, or an AWS Config snapshot, goes into the same tables that a scan fills.

A dump of a list call is taken as a complete scan of one account and region, at the time that the user gives (by default the file's). An AWS
Config snapshot holds what Config recorded, in the service's own API shape; it is kept as incomplete, since it need not be all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Fetch, Role, Table
from cirql.cloud.target import Target
from cirql.errors import InvalidText, UnknownTable
from cirql.fetch.batches import record_batch
from cirql.fetch.rows import Row, derive, make_key, rows_of
from cirql.inventory.model import KEY, Partition, ScanRecord, WriteSummary
from cirql.inventory.stored import StoredTable
from cirql.names import snake

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.inventory.store import Store


@dataclass(frozen=True, slots=True)
class Source:
    """Where and when a file's contents were so."""

    account: str
    region: str
    time: datetime


def load(data: bytes, what: str) -> Any:
    """The JSON of a file. Raises InvalidText, naming it."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise InvalidText(f"{what} is not JSON: {error}") from None


def import_answer(store: Store, table: Table, answer: Any, source: Source) -> WriteSummary:
    """Keep the answer of a table's list call, as `aws <service> <operation> --output json` prints it.

    Raises InvalidText where the table has no list call whose answer looks like that, or rows cannot be told apart.
    """
    stored = StoredTable(table)
    fetch = _fetch_of(table, answer)
    if stored.key is None or fetch is None:
        members = sorted({f.rows[0] for f in _lists(table) if f.rows})
        hint = f"it takes what has {' or '.join(members)}" if members else "it has no list call"
        raise InvalidText(f"this is no answer of a list call of {table.name}", hint=hint)
    target = Target(source.account, source.region)
    rows = [_completed(stored, fetch.gives, row, target) for row in rows_of(fetch, answer)]
    partial = any(answer.get(token) for token in (fetch.paging.output_tokens if fetch.paging is not None else ()))
    reason = "the file has one page of several" if partial else ""
    given = {c for c in fetch.gives if stored.table.column(c) is not None}
    return _keep(store, stored, target, rows, given, source.time, reason)


def import_config(store: Store, catalog: Catalog, snapshot: Any) -> tuple[list[WriteSummary], dict[str, int]]:
    """Keep an AWS Config snapshot (`configurationItems`); gives what was kept, and how many items of each type were not.

    Raises InvalidText for what is no snapshot.
    """
    items = snapshot.get("configurationItems") if isinstance(snapshot, dict) else None
    if not isinstance(items, list):
        raise InvalidText("this is no AWS Config snapshot: it has no configurationItems")
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    left: dict[str, int] = {}
    tables: dict[str, Table | None] = {}
    for item in items:
        kind = str(item.get("resourceType"))
        if kind not in tables:
            tables[kind] = _dataset_of(catalog, kind)
        table = tables[kind]
        if table is None or not isinstance(item.get("configuration"), dict):
            left[kind] = left.get(kind, 0) + 1
        else:
            groups.setdefault((kind, str(item["awsAccountId"]), str(item["awsRegion"])), []).append(item)
    written = []
    for (kind, account, region), same in sorted(groups.items()):
        found = tables[kind]
        assert found is not None
        written += _keep_items(store, StoredTable(found), Target(account, region), same)
    return written, left


def _keep_items(store: Store, stored: StoredTable, target: Target, items: Iterable[Mapping[str, Any]]) -> list[WriteSummary]:
    """One write for each set of columns: what an item lacks is not known, rather than NULL."""
    by_columns: dict[tuple[frozenset[str], datetime], list[Row]] = {}
    for item in items:
        row = {c.name: v for k, v in item["configuration"].items() if (c := stored.table.column(snake(k))) is not None}
        if item.get("ARN") and stored.table.arn is not None:
            row.setdefault(stored.table.arn.column, item["ARN"])
        if isinstance(item.get("tags"), dict) and stored.table.column("tags") is not None:
            row["tags"] = item["tags"]
        row = _completed(stored, frozenset(row), row, target)
        captured = datetime.fromisoformat(str(item["configurationItemCaptureTime"])).astimezone(UTC)
        by_columns.setdefault((frozenset(row), captured), []).append(row)
    reason = "AWS Config records what it was told to"
    return [_keep(store, stored, target, rows, columns, at, reason) for (columns, at), rows in by_columns.items()]


def _dataset_of(catalog: Catalog, kind: str) -> Table | None:
    parts = kind.split("::")
    if len(parts) != 3:
        return None
    try:
        table = catalog.find(f"aws.{parts[1].lower()}_{snake(parts[2])}").table
    except UnknownTable:
        return None
    return table if table.key and table.column(KEY) is not None else None


def _lists(table: Table) -> list[Fetch]:
    return [f for f in table.fetches if f.role is Role.LIST and not f.required]


def _fetch_of(table: Table, answer: Any) -> Fetch | None:
    if not isinstance(answer, dict):
        return None
    return next((f for f in _lists(table) if f.rows and f.rows[0] in answer), None)


def _completed(stored: StoredTable, answered: frozenset[str], row: Row, target: Target) -> Row:
    row = {**row, "region": target.region, stored.table.account_column: target.account}
    derive(stored.table, row, target.partition)
    if stored.key == KEY:
        make_key(stored.table, row, answered)
    return row


def _keep(
    store: Store, stored: StoredTable, target: Target, rows: list[Row], columns: Iterable[str], at: datetime, reason: str
) -> WriteSummary:
    import pyarrow as pa

    assert stored.key is not None
    names = sorted({stored.key, *stored.kept(c for c in columns if stored.table.column(c) is not None)})
    keyed = [row for row in rows if row.get(stored.key) is not None]
    if len(keyed) < len(rows):
        reason = f"{len(rows) - len(keyed)} rows have no {stored.key}"
    table = pa.Table.from_batches([record_batch(stored.table, names, keyed)]).rename_columns([stored.spelled(c) for c in names])
    record = ScanRecord(
        partition=Partition(stored.name, *stored.place(target)),
        started=at,
        finished=at,
        by="import",
        complete=not reason,
        columns=frozenset(table.column_names) - {KEY},
        reason=reason,
        rows=table.num_rows,
    )
    return store.write(record, table)
