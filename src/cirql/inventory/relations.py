"""`cirql.scans`, `cirql.history('<table>')` and `cirql.diff('<table>', t1, t2)`: what the inventory remembers, as tables in SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Table
from cirql.errors import InvalidStatement
from cirql.introspection.relations import Relation, Row, Wish, define
from cirql.names import TableName
from cirql.types import ColumnType

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.cloud.sight import Sight
    from cirql.inventory.store import Store
    from cirql.inventory.stored import StoredTable
    from cirql.sql.time_travel import Evaluate

OpenStore = Callable[[], "Store"]
Look = Callable[[], "Sight"]
"""What the session may see when it asks."""
Find = Callable[[str], Found]
_TEXT, _NUMBER, _YES, _LIST, _TIME = (
    ColumnType.VARCHAR,
    ColumnType.BIGINT,
    ColumnType.BOOLEAN,
    ColumnType.VARCHAR_LIST,
    ColumnType.TIMESTAMP,
)
_SCANS = (
    ("id", _NUMBER, "Counted up, in the order in which scans were kept."),
    ("table_name", _TEXT, "The table."),
    ("account_id", _TEXT, "The account."),
    ("region", _TEXT, "The region; `global` for a service that lives once per account."),
    ("parent", ColumnType.JSON, "The values of naming columns that narrowed it; empty for the whole table."),
    ("started", _TIME, "When its first call was made: what it saw is dated so."),
    ("finished", _TIME, "When its last row was there."),
    ("by", _TEXT, "`query`, `sync`, `events` or `import`."),
    ("complete", _YES, "Every row of the partition was seen, with all of `columns`."),
    ("reason", _TEXT, "Why it is not complete."),
    ("columns", _LIST, "The columns it read."),
    ("calls", _NUMBER, "Requests sent to that account and region."),
    ("rows", _NUMBER, "Rows it saw."),
)
_VERSION = (
    ("valid_from", _TIME, "When this version was first seen."),
    ("valid_to", _TIME, "When it was first seen to be otherwise; NULL while it holds."),
    ("event", _TEXT, "`created`, `changed`, or `learned`: the same, with columns that were read for the first time."),
    ("changed", _LIST, "The columns that differ from the version before."),
    ("deleted", _YES, "The resource was gone at `valid_to`."),
)
_DIFFERENCE = (
    ("change", _TEXT, "`created`, `changed` or `deleted`; or `first seen`: where it is nobody had looked before the first moment."),
    ("_key", _TEXT, "The resource."),
    ("account_id", _TEXT, "The account."),
    ("region", _TEXT, "The region."),
    ("changed", _LIST, "The columns that differ."),
    ("old", ColumnType.JSON, "Their values at the first moment."),
    ("new", ColumnType.JSON, "Their values at the second."),
)


def scans(store: OpenStore, look: Look) -> Relation:
    """The scan log."""

    def rows(catalog: Catalog, wish: Wish) -> Iterator[Row]:
        names, sight = wish.values.get("table_name"), look()
        for name in [None] if names is None else sorted(map(str, names)):
            for scan in store().scans(name):
                if not sight.sees(*scan.partition.place):
                    continue
                yield {
                    "id": scan.id,
                    "table_name": scan.partition.table,
                    "account_id": scan.partition.account,
                    "region": scan.partition.region,
                    "parent": dict(scan.partition.parent),
                    "started": _naive(scan.started),
                    "finished": _naive(scan.finished),
                    "by": scan.by,
                    "complete": scan.complete,
                    "reason": scan.reason or None,
                    "columns": sorted(scan.columns),
                    "calls": scan.calls,
                    "rows": scan.rows,
                }

    return define("cirql.scans", "Every scan that the inventory was told of: what was read, where and when.", _SCANS, rows)


def functions(store: OpenStore, find: Find, evaluate: Evaluate, look: Look) -> Mapping[str, Callable[[tuple[exp.Expr, ...]], Relation]]:
    """The table functions, by name."""
    return {
        "cirql.history": lambda given: _history(store, find, look, given),
        "cirql.diff": lambda given: _diff(store, find, evaluate, look, given),
    }


def _history(store: OpenStore, find: Find, look: Look, given: tuple[exp.Expr, ...]) -> Relation:
    """Every version of every row: the table's columns, and what became of each version."""
    from cirql.inventory.identities import key_of

    if len(given) != 1:
        raise InvalidStatement("cirql.history takes one table", hint="write cirql.history('aws.ec2_vpc')")
    stored = _table(find, given[0], "cirql.history")
    own = {"_fetched_at", "_source", *(name for name, _, _ in _VERSION)}
    star = [*stored.table.published, *(c for c in stored.table.columns if c.name in ("region", stored.table.account_column, stored.key))]
    named = [c for c in dict.fromkeys([*star, *stored.table.columns]) if c.name not in own]
    shown = {c.name for c in star}
    columns = [_plain(c, hidden=c.name not in shown) for c in named]
    columns += [Column(n, t, t.dataset_name, d) for n, t, d in _VERSION]
    types = {c.name: c.type for c in stored.table.columns}

    def rows(catalog: Catalog, wish: Wish) -> Iterator[Row]:
        keys, sight = wish.values.get(stored.key or ""), look()
        if next(iter(store().scans(stored.name)), None) is None and next(iter(store().history(stored.name)), None) is None:
            from cirql.inventory.coverage import never_read

            raise never_read(str(stored.table.name))
        for key in [None] if keys is None else sorted(map(str, keys)):
            for version in store().history(stored.name, key):
                if not sight.sees(version.account, version.region):
                    continue
                names = stored.columns(version.values)
                values = {names[s]: _value(v, types[names[s]]) for s, v in version.values.items() if s in names}
                yield {
                    **values,
                    **({stored.key: key_of(version.key)} if stored.key else {}),
                    stored.table.account_column: version.account,
                    "region": version.region,
                    "valid_from": _naive(version.valid_from),
                    "valid_to": _naive(version.valid_to) if version.valid_to is not None else None,
                    "event": version.event.value,
                    "changed": sorted(stored.columns(version.changed).values()),
                    "deleted": version.deleted,
                }

    return _relation(f"history({stored.name})", f"Every version of every row of {stored.name}.", columns, rows)


def _diff(store: OpenStore, find: Find, evaluate: Evaluate, look: Look, given: tuple[exp.Expr, ...]) -> Relation:
    """What differs between two moments, a row for each resource."""
    from cirql.inventory.identities import key_of
    from cirql.sql.time_travel import moment

    if len(given) not in (2, 3):
        raise InvalidStatement("cirql.diff takes a table and two moments", hint="write cirql.diff('aws.ec2_vpc', '1 day ago', 'now')")
    stored = _table(find, given[0], "cirql.diff")
    now = datetime.now(UTC)
    earlier, later = moment(given[1], now, evaluate), moment(given[2], now, evaluate) if len(given) == 3 else now
    if earlier > later:
        raise InvalidStatement("cirql.diff takes the earlier moment first", hint="exchange them")
    types = {c.name: c.type for c in stored.table.columns}
    columns = [Column(n, t, t.dataset_name, d) for n, t, d in _DIFFERENCE]

    def rows(catalog: Catalog, wish: Wish) -> Iterator[Row]:
        sight = look()
        for change in store().diff(stored.name, earlier, later):
            if not sight.sees(change.account, change.region):
                continue
            names = stored.columns(change.columns)
            pairs = {names[s]: [_value(v, types[names[s]]) for v in pair] for s, pair in change.columns.items() if s in names}
            pairs = {n: pair for n, pair in pairs.items() if pair[0] != pair[1]}
            yield {
                "change": change.kind.value,
                "_key": key_of(change.key),
                "account_id": change.account,
                "region": change.region,
                "changed": sorted(pairs),
                "old": None if change.kind.value in ("created", "first seen") else {n: old for n, (old, _) in sorted(pairs.items())},
                "new": None if change.kind.value == "deleted" else {n: new for n, (_, new) in sorted(pairs.items())},
            }

    title = f"diff({stored.name}, {earlier.isoformat()}, {later.isoformat()})"
    return _relation(title, f"What differs in {stored.name} between two moments.", columns, rows)


def _table(find: Find, node: exp.Expr, function: str) -> StoredTable:
    from sqlglot import exp

    from cirql.inventory.stored import StoredTable

    if not isinstance(node, exp.Literal) or not node.is_string:
        raise InvalidStatement(f"{function} takes the table's name as text", hint=f"write {function}('aws.ec2_vpc'…)")
    return StoredTable(find(node.name).table)


def _relation(name: str, description: str, columns: list[Column], rows: Callable[[Catalog, Wish], Iterator[Row]]) -> Relation:
    return Relation(Table(TableName(("cirql", name)), "cirql", name, description, tuple(columns), ()), rows)


def _plain(column: Column, *, hidden: bool) -> Column:
    return Column(column.name, column.type, column.declared, column.description, column.member, hidden=hidden, aliases=column.aliases)


def _value(value: Any, column_type: ColumnType) -> Any:
    """A value as Arrow gives it to Python, as the value that AWS gave: maps as dicts, JSON read."""
    if value is None:
        return None
    if column_type is ColumnType.JSON and isinstance(value, str):
        return json.loads(value)
    return dict(value) if column_type.is_hstore else value


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
