"""Checking a store against its own rules, for `cirql store verify` and for the tests that kill it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.inventory.embedded.index import Segment
from cirql.inventory.embedded.segments import Contents, Reader, register_closures
from cirql.inventory.embedded.versions import every_version
from cirql.inventory.model import Problem, ScanRecord, micros

if TYPE_CHECKING:
    import duckdb

RULES = {
    "versions that end before they begin": '"$to" <= "$from"',
    "versions that overlap the one before": 'before IS NOT NULL AND "$from" < before',
    "versions that follow an open one": "number > 1 AND before IS NULL",
    "versions without a key": "_key IS NULL",
    "versions with a time of reading after their beginning": '"$oldest" > "$from"',
}


def damaged_segments(directory: Path, segments: Sequence[Segment]) -> Iterator[Problem]:
    """Segments whose bytes are missing or not those that were written."""
    for s in segments:
        where = f"{s.table}: segment {s.id}"
        if s.file is None:
            digest, size = hashlib.sha256(s.body or b"").hexdigest(), len(s.body or b"")
        else:
            path = directory / s.file
            if not path.is_file():
                yield Problem(where, f"its file {s.file} is missing")
                continue
            size = path.stat().st_size
            with path.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
        if (size, digest) != (s.bytes, s.sha256):
            yield Problem(where, "its bytes are not those that were written")


def broken_history(con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents) -> Iterator[Problem]:
    """Breaches of the rules of history: one open version per key and place, no overlaps, closures that fit."""
    register_closures(con, contents.closures)
    versions = every_version(reader, contents, {})
    total, distinct, unknown = con.sql(
        f'SELECT count(*), count(DISTINCT "$id"), count(*) FILTER (NOT "$id" IN (SELECT "$id" FROM ({versions}))) FROM ends'
    ).fetchall()[0]
    if total != distinct:
        yield Problem(contents.table, f"{total - distinct} versions end twice")
    if unknown:
        yield Problem(contents.table, f"{unknown} closures name versions that do not exist")
    rows = con.sql(f"SELECT count(*) FROM ({versions})").fetchall()[0][0]
    if rows != sum(s.rows for s in contents.segments):
        yield Problem(contents.table, f"{rows} versions are there, and {sum(s.rows for s in contents.segments)} should be")
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in RULES.values())
    ordered = (
        'SELECT *, row_number() OVER turns AS number, lag("$to") OVER turns AS before'
        f' FROM ({versions}) WINDOW turns AS (PARTITION BY "$account", "$region", _key ORDER BY "$from")'
    )
    for rule, count in zip(RULES, con.sql(f"SELECT {counts} FROM ({ordered})").fetchall()[0], strict=True):
        if count:
            yield Problem(contents.table, f"{count} {rule}")
    yield from _unknown_sets(con, contents, versions)


def _unknown_sets(con: duckdb.DuckDBPyConnection, contents: Contents, versions: str) -> Iterator[Problem]:
    pairs = con.sql(f'SELECT DISTINCT "$known", "$got" FROM ({versions})').fetchall()
    sets = contents.column_sets
    for known, got in pairs:
        if known not in sets or got not in sets:
            yield Problem(contents.table, f"versions refer to a set of columns that is not there ({known}, {got})")
        elif not sets[got] <= sets[known]:
            yield Problem(contents.table, "versions know less than the scan that opened them fetched")


def unexplained_versions(
    con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents, scans: Sequence[ScanRecord], horizon: int
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
    versions = every_version(reader, contents, {})
    for what, column in (("begin", '"$from"'), ("end", '"$to"')):
        count = con.sql(
            f"SELECT count(*) FROM ({versions}) v WHERE {column} IS NOT NULL AND epoch_us({column}) >= {horizon} AND NOT EXISTS"
            f' (SELECT 1 FROM began b WHERE b.account = v."$account" AND b.region = v."$region" AND b.at = epoch_us(v.{column}))'
        ).fetchall()[0][0]
        if count:
            yield Problem(contents.table, f"{count} versions {what} when no scan did")
