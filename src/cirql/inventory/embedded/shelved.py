"""A table's segments and closures as versions, for what works on those of any store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cirql.inventory.embedded.index import Segment
from cirql.inventory.embedded.segments import Contents, Reader, register_closures
from cirql.inventory.model import micros
from cirql.inventory.versions.members import NO_HINTS, Hints
from cirql.sql.quoting import name, timestamp
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb


class Shelved:
    """`KeptVersions` over segments. It registers the relations `ends`, or `ends_1`, …, for the moments it is asked about."""

    def __init__(self, con: duckdb.DuckDBPyConnection, reader: Reader, contents: Contents) -> None:
        self._con = con
        self._reader = reader
        self._contents = contents
        self._ends: dict[datetime | None, str] = {}
        self.table, self.types, self.column_sets = contents.table, contents.types, contents.column_sets

    @property
    def may_be_open(self) -> bool:
        """Whether any segment may hold open versions."""
        return bool(self._contents.open)

    @property
    def count(self) -> int:
        """How many versions the segments have."""
        return sum(s.rows for s in self._contents.segments)

    def every(self, columns: Mapping[str, ColumnType], where: str = "true") -> str:
        """All versions, with `$to` filled in from the closures."""
        rows = self._reader.rows(self._contents.segments, columns, where=where)
        if not self._contents.closures:
            return rows
        ends = self._ended(None)
        return f'SELECT w.* REPLACE (coalesce(w."$to", e."$end") AS "$to") FROM ({rows}) w LEFT JOIN {ends} e ON w."$id" = e."$id"'

    def held(self, columns: Mapping[str, ColumnType], as_of: datetime | None, where: str = "true", hints: Hints = NO_HINTS) -> str:
        """The versions that held at a moment; see `KeptVersions.held`."""
        if as_of is None:
            return self._without_ended(self._rows(self._contents.open, columns, where, hints), None)
        moment, at = timestamp(as_of), micros(as_of)
        segments = [s for s in self._contents.segments if s.first <= at and (s.last_end is None or s.last_end > at)]
        where += f' AND "$from" <= {moment}'
        ended = self._rows([s for s in segments if s.ended], columns, f'{where} AND "$to" > {moment}', hints)
        still = self._rows([s for s in segments if not s.ended], columns, where, hints)
        return f"({self._without_ended(still, as_of)}) UNION ALL BY NAME ({ended})"

    def _rows(self, segments: Sequence[Segment], columns: Mapping[str, ColumnType], where: str, hints: Hints) -> str:
        return self._reader.rows(segments, columns, where=where, hints=hints)

    def _without_ended(self, rows: str, as_of: datetime | None) -> str:
        if not self._contents.closures:
            return rows
        return f'SELECT w.* FROM ({rows}) w ANTI JOIN {self._ended(as_of)} e ON w."$id" = e."$id"'

    def _ended(self, as_of: datetime | None) -> str:
        """The relation of what had ended by a moment (None: at all)."""
        if as_of not in self._ends:
            view = f"ends_{len(self._ends)}"
            register_closures(self._con, [c for c in self._contents.closures if as_of is None or c.at <= micros(as_of)], view)
            self._ends[as_of] = view
        return name(self._ends[as_of])
