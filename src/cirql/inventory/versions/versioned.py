"""What every store over DuckDB answers in one way: rows, histories, differences and archives of whatever `KeptVersions` it gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cirql.inventory.coverage import Claim, told_apart, unknown_then
from cirql.inventory.faults import worded, wording
from cirql.inventory.logged import Logged
from cirql.inventory.model import Archive, Problem, Request, RowChange, Version, micros, moment
from cirql.inventory.premises import L, Premises
from cirql.inventory.versions import history, rules
from cirql.inventory.versions.engines import StoreEngine
from cirql.inventory.versions.kept import KeptVersions
from cirql.inventory.versions.reading import schema_of, select, stream
from cirql.inventory.versions.transfer import archive

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MEMORY = "512MB"


class Versioned(Logged[L]):
    """A `Store` but for what writes. DuckDB is opened when first needed; what reads wholly has an instance with one thread."""

    def __init__(self, premises: Premises[L], memory: str) -> None:
        super().__init__(premises)
        self._reading = StoreEngine(lambda: premises.workspace() / "reading", memory)
        self._merging = StoreEngine(lambda: premises.workspace() / "merging", memory, threads=1)

    def kept(self, con: duckdb.DuckDBPyConnection, log: L, table: str, request: Request | None = None) -> KeptVersions:
        """A table's versions as of what a log says; those that a request is about are enough."""
        raise NotImplementedError

    def writing(self) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, L]]:
        """Nobody else writes meanwhile."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close DuckDB and remove the workspace."""
        self._reading.close()
        self._merging.close()
        self._premises.leave()

    def read(self, request: Request) -> pa.RecordBatchReader:
        """Stream rows; see `Store.read`."""
        import pyarrow as pa

        con = self._reading.cursor()
        try:
            query = self.bind(con, request)
        except BaseException:
            con.close()
            raise
        schema = schema_of(request)
        return pa.RecordBatchReader.from_batches(schema, stream(con, query, schema))

    @wording
    def bind(self, con: duckdb.DuckDBPyConnection, request: Request) -> str:
        """The SQL of a read on a DuckDB connection of the caller's, with what it needs registered there.

        For an engine that is DuckDB itself: as a subquery it lets the whole statement's filters and joins reach the files. JSON
        columns come as VARCHAR. The names it registers are `ends_*`, `inline_*` and `seen_*`, so one connection takes one read.
        """
        with self._premises.opened() as log, log.snapshot():
            self.check_horizon(log, request.as_of)
            kept = self.kept(con, log, request.table, request)
            if request.as_of is None:
                claims = [Claim(c.scan, c.scan.columns) for c in log.claims(request.table)]
            else:
                claims = log.claims_at(request.table, micros(request.as_of))
        return select(con, kept, claims, request)

    def history(self, table: str, key: str | None = None) -> Iterator[Version]:
        """Every version; see `Store.history`."""
        with closing(self._merging.cursor()) as con:
            yield from history.history(con, self._look(con, table), key)

    def diff(self, table: str, earlier: datetime, later: datetime) -> Iterator[RowChange]:
        """What differs between two moments; see `Store.diff`."""
        with closing(self._merging.cursor()) as con:
            with worded(self.place), self._premises.opened() as log:
                self.check_horizon(log, min(earlier, later))
                known = {c.scan.partition for c in log.claims_at(table, micros(earlier))}
                begun = log.beginnings(table, micros(earlier))
            if not known:
                raise unknown_then(table, earlier, moment(begun[0]) if begun else None)
            for change in history.diff(con, self._look(con, table), earlier, later):
                yield told_apart(change, table, known)

    @contextmanager
    def archive(self, table: str) -> Iterator[Archive]:
        """All of a table; see `Store.archive`. Writers wait meanwhile."""
        with worded(self.place), self.writing() as (con, log):
            still = {c.scan.id: c.columns for c in log.claims(table)}
            scans = [(scan, still.get(scan.id)) for scan in log.scans(table)]
            yield archive(con, self.kept(con, log, table), scans, log.setting("horizon") or 0)

    def broken_rules(self, con: duckdb.DuckDBPyConnection, log: L, table: str) -> Iterator[Problem]:
        """Breaches of the rules of history."""
        kept = self.kept(con, log, table)
        yield from rules.broken_history(con, kept)
        yield from rules.unexplained_versions(con, kept, log.scans(table), log.setting("horizon") or 0)

    @wording
    def _look(self, con: duckdb.DuckDBPyConnection, table: str) -> KeptVersions:
        with self._premises.opened() as log, log.snapshot():
            return self.kept(con, log, table)
