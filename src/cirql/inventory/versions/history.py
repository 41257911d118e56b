"""History: every version of a row, what changed in each, and the difference between two moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.inventory.model import Difference, Event, RowChange, Version
from cirql.inventory.versions.kept import KeptVersions
from cirql.inventory.versions.merge import same_json
from cirql.sql.quoting import name, text
from cirql.startup.records import replace
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 8_192
STRETCH = 25_000


def history(con: duckdb.DuckDBPyConnection, kept: KeptVersions, key: str | None) -> Iterator[Version]:
    """Every version, by account, region, key and time."""
    types = kept.types
    where = "true" if key is None else f"_key = {text(key)}"
    query = kept.every(types, where)
    previous: Version | None = None
    for row in _rows(con, f'SELECT * FROM ({query}) ORDER BY "$account", "$region", _key, "$from"'):
        version = _version(row, kept, types, previous)
        if previous is not None:
            yield _ended(previous, version)
        previous = version
    if previous is not None:
        yield _ended(previous, None)


def _version(row: dict[str, Any], kept: KeptVersions, types: Mapping[str, ColumnType], previous: Version | None) -> Version:
    known = kept.column_sets[row["$known"]]
    values = {c: row[c] for c in sorted(known)}
    start = row["$from"].replace(tzinfo=UTC)
    identity = (row["$account"], row["$region"], row["_key"])
    follows = previous is not None and (previous.account, previous.region, previous.key) == identity and previous.valid_to == start
    event, changed = Event.CREATED, tuple(sorted(known))
    if follows and previous is not None:
        changed = tuple(c for c in sorted(known & previous.known) if not alike(values[c], previous.values[c], types[c]))
        event = Event.CHANGED if changed else Event.LEARNED
        changed = changed or tuple(sorted(known - previous.known))
    end = row["$to"].replace(tzinfo=UTC) if row["$to"] is not None else None
    return Version(identity[2], identity[0], identity[1], start, end, event, changed, known, values)


def _ended(version: Version, following: Version | None) -> Version:
    followed = (
        following is not None
        and (following.account, following.region, following.key) == (version.account, version.region, version.key)
        and following.valid_from == version.valid_to
    )
    return replace(version, deleted=version.valid_to is not None and not followed)


def diff(con: duckdb.DuckDBPyConnection, kept: KeptVersions, earlier: datetime, later: datetime) -> Iterator[RowChange]:
    """The rows that differ between two moments."""
    types = kept.types
    moments = (earlier, later)
    narrow, wide = [kept.held({}, at) for at in moments], [kept.held(types, at) for at in moments]
    # Which versions differ is settled before any of their columns is read, and these are read a stretch of keys at a time:
    # a million documents on either side would not fit in memory.
    pairs = con.sql(
        'SELECT a."$id" AS one, b."$id" AS other,'
        ' coalesce(a."$account", b."$account") AS account, coalesce(a."$region", b."$region") AS region, coalesce(a._key, b._key) AS key'
        f" FROM ({narrow[0]}) a FULL JOIN ({narrow[1]}) b"
        ' ON a._key = b._key AND a."$account" = b."$account" AND a."$region" = b."$region"'
        ' WHERE a."$id" IS DISTINCT FROM b."$id" ORDER BY account, region, key'
    ).to_arrow_table()
    for start in range(0, pairs.num_rows, STRETCH):
        for row in _sides(con, pairs.slice(start, STRETCH), wide, types):
            change = _change(row, kept, types)
            if change is not None:
                yield change


def _sides(con: duckdb.DuckDBPyConnection, pairs: pa.Table, wide: list[str], types: Mapping[str, ColumnType]) -> Iterator[dict[str, Any]]:
    """Both sides of some pairs of versions: each column as `<column` and `>column`."""
    keys = pairs.column("key").to_pylist()
    stretch = f"_key BETWEEN {text(min(keys))} AND {text(max(keys))}"
    names = ["$id", "$account", "$region", "_key", "$known", *types]
    given = ", ".join(f"a.{name(c)} AS {name('<' + c)}, b.{name(c)} AS {name('>' + c)}" for c in names)
    con.register("pairs", pairs)
    yield from _rows(
        con,
        f"SELECT {given} FROM pairs"
        f' LEFT JOIN (SELECT * FROM ({wide[0]}) WHERE {stretch} AND "$id" IN (SELECT one FROM pairs)) a ON a."$id" = pairs.one'
        f' LEFT JOIN (SELECT * FROM ({wide[1]}) WHERE {stretch} AND "$id" IN (SELECT other FROM pairs)) b ON b."$id" = pairs.other'
        " ORDER BY account, region, key",
    )
    con.unregister("pairs")


def _change(row: dict[str, Any], kept: KeptVersions, types: Mapping[str, ColumnType]) -> RowChange | None:
    side = "<" if row["<$id"] is not None else ">"
    identity = (row[side + "_key"], row[side + "$account"], row[side + "$region"])
    if row["<$id"] is None or row[">$id"] is None:
        known = kept.column_sets[row[side + "$known"]]
        kind = Difference.DELETED if side == "<" else Difference.CREATED
        return RowChange(kind, *identity, {c: (row["<" + c], row[">" + c]) for c in sorted(known)})
    known = kept.column_sets[row["<$known"]] & kept.column_sets[row[">$known"]]
    pairs = {c: (row["<" + c], row[">" + c]) for c in sorted(known)}
    changed = {c: pair for c, pair in pairs.items() if not alike(*pair, types[c])}
    return RowChange(Difference.CHANGED, *identity, changed) if changed else None


def alike(one: Any, other: Any, column_type: ColumnType) -> bool:
    """Whether two values of a column are the same; JSON is compared by what it says."""
    if column_type is ColumnType.JSON and isinstance(one, str) and isinstance(other, str):
        return same_json(one, other)
    return bool(one == other) or (one != one and other != other)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    """The rows of a query as dicts; maps as lists of pairs, as Arrow gives them."""
    reader = con.sql(query).to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        yield from batch.to_pylist()
