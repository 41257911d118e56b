"""The rules of history that any store's versions keep: one open version per key and place, no overlaps, nothing that no scan explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cirql.inventory.model import Problem, ScanRecord, micros
from cirql.inventory.versions.kept import KeptVersions

if TYPE_CHECKING:
    import duckdb

RULES = {
    "versions that end before they begin": '"$to" <= "$from"',
    "versions that overlap the one before": 'before IS NOT NULL AND "$from" < before',
    "versions that follow an open one": "number > 1 AND before IS NULL",
    "versions without a key": "_key IS NULL",
    "versions with a time of reading after their beginning": '"$oldest" > "$from"',
}


def broken_history(con: duckdb.DuckDBPyConnection, kept: KeptVersions) -> Iterator[Problem]:
    """Breaches of the rules of history."""
    versions = kept.every({})
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in RULES.values())
    ordered = (
        'SELECT *, row_number() OVER turns AS number, lag("$to") OVER turns AS before'
        f' FROM ({versions}) WINDOW turns AS (PARTITION BY "$account", "$region", _key ORDER BY "$from")'
    )
    for rule, count in zip(RULES, con.sql(f"SELECT {counts} FROM ({ordered})").fetchall()[0], strict=True):
        if count:
            yield Problem(kept.table, f"{count} {rule}")
    yield from _unknown_sets(con, kept, versions)


def _unknown_sets(con: duckdb.DuckDBPyConnection, kept: KeptVersions, versions: str) -> Iterator[Problem]:
    pairs = con.sql(f'SELECT DISTINCT "$known", "$got" FROM ({versions})').fetchall()
    sets = kept.column_sets
    for known, got in pairs:
        if known not in sets or got not in sets:
            yield Problem(kept.table, f"versions refer to a set of columns that is not there ({known}, {got})")
        elif not sets[got] <= sets[known]:
            yield Problem(kept.table, "versions know less than the scan that opened them fetched")


def unexplained_versions(
    con: duckdb.DuckDBPyConnection, kept: KeptVersions, scans: Sequence[ScanRecord], horizon: int
) -> Iterator[Problem]:
    """Versions that begin or end at a moment when no scan of their place began; before the horizon the log is not kept."""
    import pyarrow as pa

    began = {(s.partition.account, s.partition.region, micros(s.started)) for s in scans}
    account, region, at = zip(*began, strict=True) if began else ((), (), ())
    con.register(
        "began",
        pa.table(
            {
                "account": pa.array(account, pa.string()),
                "region": pa.array(region, pa.string()),
                "at": pa.array(at, pa.int64()),
            }
        ),
    )
    versions = kept.every({})
    for what, column in (("begin", '"$from"'), ("end", '"$to"')):
        count = con.sql(
            f"SELECT count(*) FROM ({versions}) v WHERE {column} IS NOT NULL AND epoch_us({column}) >= {horizon} AND NOT EXISTS"
            f' (SELECT 1 FROM began b WHERE b.account = v."$account" AND b.region = v."$region" AND b.at = epoch_us(v.{column}))'
        ).fetchall()[0][0]
        if count:
            yield Problem(kept.table, f"{count} versions {what} when no scan did")
