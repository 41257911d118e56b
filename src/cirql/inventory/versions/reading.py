"""The SQL of a read: the versions that held at a moment, with when they were last seen.

`_fetched_at` is reckoned from two things: when a complete scan of the row's partition last read all of the wanted columns, and when
the row's own version was opened. The later of them is true; where in doubt the older one is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from cirql.inventory.coverage import Claim, seen_at
from cirql.inventory.model import ALWAYS_KNOWN, KEY, PLACE_COLUMNS, Partition, Request, micros
from cirql.inventory.versions.kept import KeptVersions
from cirql.inventory.versions.members import Hints
from cirql.inventory.versions.merge import matches
from cirql.sql.quoting import name, text, texts
from cirql.types import ColumnType, arrow_type

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 65_536
MOST_ORDERED = 50_000
PLACES = {"account_id": "$account", "region": "$region"}


def where_of(request: Request) -> str:
    """The condition on physical columns that a request keeps to exactly."""
    conditions = ["true"]
    if request.accounts is not None:
        conditions.append(f'"$account" IN {texts(request.accounts)}')
    if request.regions is not None:
        conditions.append(f'"$region" IN {texts(request.regions)}')
    if request.keys is not None:
        one = len(request.keys) == 1
        conditions.append(f"_key = {text(request.keys[0])}" if one else f"_key IN {texts(request.keys)}")
    return " AND ".join(conditions)


def select(con: duckdb.DuckDBPyConnection, kept: KeptVersions, claims: list[Claim], request: Request) -> str:
    """The SQL of a read: the wanted columns, `_fetched_at`, `_source`."""
    stored = kept.types
    wanted = {c: t for c, t in request.columns.items() if c != KEY and not (c in PLACE_COLUMNS and c not in stored)}
    order = {c: stored[c] for c in request.order if c in stored and c not in wanted}
    rows = kept.held({**wanted, **order}, request.as_of, where_of(request), Hints(request.where, request.abridged))
    fetched, joins = _fetched_at(con, kept, claims, frozenset(wanted) - ALWAYS_KNOWN)
    output = ", ".join(f"{_value(c, stored)} AS {name(c)}" for c in request.columns)
    by = _order(kept, request, stored)
    return f"SELECT {output}{',' if output else ''} {fetched} AS _fetched_at, 'inventory' AS _source FROM ({rows}) r {joins} {by}"


def _order(kept: KeptVersions, request: Request, stored: Mapping[str, ColumnType]) -> str:
    """ORDER BY, where there are so few rows that nobody notices."""
    if kept.count > MOST_ORDERED:
        return ""
    columns = ("$account", "$region", *(c for c in request.order if c in stored), KEY)
    return "ORDER BY " + ", ".join(f"r.{name(c)}" for c in columns)


def _value(column: str, stored: Mapping[str, ColumnType]) -> str:
    if column in PLACE_COLUMNS:
        place = f"r.{name(PLACES[column])}"
        return f"coalesce(CAST(r.{name(column)} AS VARCHAR), {place})" if column in stored else place
    return f"r.{name(column)}"


def _fetched_at(con: duckdb.DuckDBPyConnection, kept: KeptVersions, claims: list[Claim], wanted: frozenset[str]) -> tuple[str, str]:
    """The expression for `_fetched_at`, and the joins it needs."""
    full = [i for i, columns in kept.column_sets.items() if wanted <= columns]
    got = f' OR r."$got" IN ({", ".join(map(str, full))})' if full else ""
    moments = [f'CASE WHEN r."$known" = r."$got"{got} THEN r."$from" ELSE r."$oldest" END']
    joins = []
    by_columns: dict[tuple[str, ...], dict[Partition, datetime]] = {}
    for partition, seen in seen_at(claims, wanted).items():
        by_columns.setdefault(tuple(c for c, _ in partition.parent), {})[partition] = seen
    for number, (columns, seen_there) in enumerate(by_columns.items()):
        if not set(columns) <= wanted:
            continue
        view = f"seen_{number}"
        _register_seen(con, view, columns, seen_there)
        on = [f'{view}.account = r."$account"', f'{view}.region = r."$region"']
        on += [f"{view}.{name('=' + c)} = CAST(r.{name(c)} AS VARCHAR)" for c in columns]
        joins.append(f"LEFT JOIN {view} ON {' AND '.join(on)}")
        moments.append(f"{view}.seen")
    return (f"greatest({', '.join(moments)})", " ".join(joins))


def _register_seen(con: duckdb.DuckDBPyConnection, view: str, columns: tuple[str, ...], seen: Mapping[Partition, datetime]) -> None:
    import pyarrow as pa

    arrays: dict[str, pa.Array] = {
        "account": pa.array([p.account for p in seen], pa.string()),
        "region": pa.array([p.region for p in seen], pa.string()),
        "seen": pa.array([micros(t) for t in seen.values()], pa.timestamp("us")),  # cast() would import pyarrow.compute,
    }
    for column in columns:
        arrays["=" + column] = pa.array([dict(p.parent)[column] for p in seen], pa.string())
    con.register(view, pa.table(arrays))


def all_know(con: duckdb.DuckDBPyConnection, kept: KeptVersions, partition: Partition, columns: frozenset[str], at: datetime) -> bool:
    """Whether every row that a partition held at a moment knew the columns."""
    short = sorted(i for i, known in kept.column_sets.items() if not columns <= known)
    if not short:
        return True
    types = {c: kept.types.get(c, ColumnType.VARCHAR) for c, _ in partition.parent}
    request = Request(partition.table, types, (partition.account,), (partition.region,), at)
    lacking = f'"$known" IN ({", ".join(map(str, short))}) AND ({matches(partition)})'
    return not con.sql(f"SELECT 1 FROM ({kept.held(types, at, where_of(request))}) WHERE {lacking} LIMIT 1").fetchall()


def schema_of(request: Request) -> pa.Schema:
    """The Arrow schema of a read."""
    import pyarrow as pa

    fields = [pa.field(c, arrow_type(t)) for c, t in request.columns.items()]
    return pa.schema([*fields, pa.field("_fetched_at", pa.timestamp("us")), pa.field("_source", pa.string())])


def stream(con: duckdb.DuckDBPyConnection, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Run a read, batch by batch; the connection is closed when the stream ends or is dropped."""
    import pyarrow as pa

    try:
        for batch in con.sql(query).to_arrow_reader(BATCH_ROWS):
            arrays = [_typed(batch.column(i), field.type) for i, field in enumerate(schema)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    finally:
        con.close()


def _typed(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa

    is_extension = isinstance(wanted, pa.BaseExtensionType)
    plain = pa.string() if is_extension else wanted
    if array.type != plain:
        array = array.cast(plain)  # imports pyarrow.compute, so only where it must
    return pa.ExtensionArray.from_storage(wanted, array) if is_extension else array
