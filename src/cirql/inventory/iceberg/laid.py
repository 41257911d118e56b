"""A table's Iceberg files as versions, for what works on those of any store. Files that nothing asked for can be in are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from cirql.inventory.iceberg.columns import PHYSICAL
from cirql.inventory.iceberg.lake import DataFile, LakeTable
from cirql.inventory.model import Request, micros
from cirql.inventory.versions.kept import SYSTEM, nothing
from cirql.inventory.versions.members import NO_HINTS, Hints, Member
from cirql.sql.quoting import name, stored_type, text, timestamp
from cirql.startup.records import dataclass
from cirql.types import ColumnType


@dataclass(frozen=True, slots=True)
class _Columns:
    """What conditions may be said about."""

    columns: Mapping[str, str]
    members: tuple[Member, ...] = ()


class Laid:
    """`KeptVersions` over the files of a snapshot. `near` gives the path that DuckDB reads a file at."""

    def __init__(
        self, look: LakeTable, column_sets: Mapping[int, frozenset[str]], near: Callable[[DataFile], str], request: Request | None = None
    ) -> None:
        self.look = look
        self._files = look.files if request is None else tuple(f for f in look.files if _matters(f, request))
        self._near = near
        # What a column used to be is text to conditions: what they say of its type does not hold of it.
        told = {c: str(s.type) for c, s in look.columns.items() if len(s.fields) == 1}
        self._said = _Columns(told | {c: str(ColumnType.DOUBLE) for c in look.columns if c not in told})
        self.table, self.types, self.column_sets = look.table, look.types, column_sets

    @property
    def may_be_open(self) -> bool:
        """Whether any file may have open versions."""
        return any(f.kind == "version" for f in self._files)

    @property
    def count(self) -> int:
        """How many versions the files have."""
        return sum(f.rows for f in self._of("version", "ended"))

    def every(self, columns: Mapping[str, ColumnType], where: str = "true") -> str:
        """All versions, with the ends that were written for them."""
        rows = self._rows(self._of("version", "ended"), columns, where)
        ends = self._of("end")
        if not ends:
            return rows
        return (
            f'SELECT w.* REPLACE (coalesce(w."$to", e."$to") AS "$to") FROM ({rows}) w'
            f' LEFT JOIN ({self._ends(ends)}) e ON w."$id" = e."$id"'
        )

    def held(self, columns: Mapping[str, ColumnType], as_of: datetime | None, where: str = "true", hints: Hints = NO_HINTS) -> str:
        """The versions that held at a moment; see `KeptVersions.held`."""
        if as_of is None:
            return self._without(self._rows(self._of("version"), columns, where, hints), self._of("end"), "true")
        moment, at = timestamp(as_of), micros(as_of)
        begun = [f for f in self._of("version", "ended") if f.may_have("$from", None, at) and f.may_have("$to", at, None)]
        rows = self._rows(begun, columns, f'{where} AND "$from" <= {moment} AND ("$to" IS NULL OR "$to" > {moment})', hints)
        return self._without(rows, [f for f in self._of("end") if f.may_have("$to", None, at)], f'"$to" <= {moment}')

    def _of(self, *kinds: str) -> list[DataFile]:
        return [f for f in self._files if f.kind in kinds]

    def _without(self, rows: str, ends: Sequence[DataFile], where: str) -> str:
        return f'SELECT w.* FROM ({rows}) w ANTI JOIN ({self._ends(ends)} WHERE {where}) e ON w."$id" = e."$id"' if ends else rows

    def _ends(self, files: Sequence[DataFile]) -> str:
        return f'SELECT "$id", "$to" FROM {self._source(files, ())}'

    def _rows(self, files: Sequence[DataFile], columns: Mapping[str, ColumnType], where: str, hints: Hints = NO_HINTS) -> str:
        if not files:
            return nothing(columns)
        wanted = {c: t for c, t in columns.items() if c not in SYSTEM}
        given = [name("$id"), *map(name, SYSTEM), name("$to"), *(f"{self._value(c, t)} AS {name(c)}" for c, t in wanted.items())]
        told = {c.column for clause in hints.where for c in clause}
        source = self._source(files, (c for c in self.look.columns if c in wanted or c in told))
        return f"SELECT {', '.join(given)} FROM {source} WHERE {' AND '.join([where, *hints.conditions(self._said)])}"

    def _value(self, column: str, wanted: ColumnType) -> str:
        stored, kind = self.look.columns.get(column), stored_type(wanted)
        if stored is None:
            return f"NULL::{kind}"
        values = [name(f if n else column) for n, (f, _) in enumerate(stored.fields)]
        cast = [v if k == kind else f"TRY_CAST({v} AS {kind})" for v, (_, k) in zip(values, stored.fields, strict=True)]
        return cast[0] if len(cast) == 1 else f"coalesce({', '.join(cast)})"

    def _source(self, files: Sequence[DataFile], columns: Iterable[str]) -> str:
        """The files as one relation, each field found by its number: the newest of a column's under the column's name."""
        fields = [(self.look.numbers[published], physical, kind) for physical, (published, kind) in PHYSICAL.items()]
        for column in columns:
            older = enumerate(self.look.columns[column].fields)
            fields += [(self.look.numbers[f], f if n else column, kind) for n, (f, kind) in older]
        entries = ", ".join(f"{number}: {{name: {text(c)}, type: {text(kind)}, default_value: NULL}}" for number, c, kind in fields)
        return f"read_parquet([{', '.join(text(self._near(f)) for f in files)}], schema = MAP {{{entries}}})"


def _matters(file: DataFile, request: Request) -> bool:
    """Whether a file may have rows of what was asked for."""
    asked = (("$account", request.accounts), ("$region", request.regions), ("_key", request.keys))
    return all(values is None or any(file.may_have(c, v, v) for v in values) for c, values in asked)
