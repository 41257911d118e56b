"""Checking that segments are what was written, and that closures fit them; what holds for any store's versions is in `versions.rules`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.inventory.embedded.index import Segment
from cirql.inventory.embedded.segments import Contents, Reader, register_closures
from cirql.inventory.model import Problem

if TYPE_CHECKING:
    import duckdb


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


def misfitting_closures(con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents) -> Iterator[Problem]:
    """Closures that do not fit the versions, and versions that are lost or too many."""
    register_closures(con, contents.closures)
    versions = reader.rows(contents.segments, {})
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
