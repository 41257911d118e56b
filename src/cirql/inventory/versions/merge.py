"""The merge of a scan with the versions now open: what is new, what changed, what is gone.

It works on the relation `incoming` (see `staging`) and the open versions of the scan's place, entirely inside DuckDB;
its result is the SQL of the versions to add and the ids of those that end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cirql.inventory.model import Partition, ScanRecord
from cirql.inventory.versions.kept import KeptVersions
from cirql.inventory.versions.staging import Staged
from cirql.sql.quoting import name, text, timestamp
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge decided. `rows` is SQL for `added` new versions with columns `types`; `ending` has the `$id` and `_key` of the
    versions that end.

    `moved`: some row is in another partition now, because a column that partitions are named by was learned, or changed.
    """

    rows: str
    types: Mapping[str, ColumnType]
    ending: pa.Table
    created: int
    changed: int
    learned: int
    closed: int
    superseded: int
    moved: bool
    new_sets: Mapping[int, frozenset[str]]

    @property
    def added(self) -> int:
        """How many versions there are to add."""
        return self.created + self.changed + self.learned


@dataclass(slots=True)
class ColumnSets:
    """Ids for sets of columns: those the index knows, and new ones given out here."""

    known: dict[int, frozenset[str]]
    added: dict[int, frozenset[str]] = field(default_factory=dict)

    def id(self, columns: frozenset[str]) -> int:
        """The id of a set, new if need be."""
        for number, found in (*self.known.items(), *self.added.items()):
            if found == columns:
                return number
        number = max([0, *self.known, *self.added]) + 1
        self.added[number] = columns
        return number


class Merge:
    """One scan against one table's versions. Call `run` once; it leaves temporary relations on the connection."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        kept: KeptVersions,
        scan: ScanRecord,
        staged: Staged,
        rivals: Sequence[ScanRecord],
    ) -> None:
        self._con = con
        self._kept = kept
        self._scan = scan
        self._staged = staged
        self._rivals = rivals
        self._fetched = frozenset(staged.types)
        self._sets = ColumnSets(dict(kept.column_sets))
        place = scan.partition
        self._here = f'"$account" = {text(place.account)} AND "$region" = {text(place.region)}'

    def run(self, naming: frozenset[str] = frozenset()) -> Merged:
        """Decide what the scan changes; `naming` columns narrow partitions."""
        self._compare()
        self._forgive_reordered_json()
        superseded = self._yield_to_rivals() if self._rivals else 0
        created, both, learned, closed = self._con.sql(
            "SELECT count(*) FILTER (id IS NULL), count(*) FILTER (pos IS NOT NULL AND id IS NOT NULL),"
            " count(*) FILTER (pos IS NOT NULL AND learns), count(*) FILTER (pos IS NULL) FROM delta"
        ).fetchall()[0]
        ending = self._con.sql('SELECT id AS "$id", key AS _key FROM delta WHERE id IS NOT NULL').to_arrow_table()
        rows, types = self._new_versions(created == self._staged.rows)
        moved = bool(both) and self._moves(naming & self._fetched)
        return Merged(rows, types, ending, created, both - learned, learned, closed, superseded, moved, self._sets.added)

    def _moves(self, naming: frozenset[str]) -> bool:
        """Whether one of these columns has another value than before, or was not known."""
        if not naming:
            return False
        types = {c: self._staged.types[c] for c in sorted(naming)}
        differs = " OR ".join(f"n.{name(c)} IS DISTINCT FROM w.{name(c)}" for c in types)
        query = f'FROM delta d JOIN incoming n ON n."$pos" = d.pos JOIN {self._was(types)} w ON w."$id" = d.id WHERE {differs}'
        return bool(self._con.sql(f"SELECT 1 {query} LIMIT 1").fetchall())

    def _was(self, columns: Mapping[str, ColumnType]) -> str:
        """SQL for the versions now open in the scan's place."""
        return f"({self._kept.held(columns, None, self._here)})"

    def _compare(self) -> None:
        """Make `delta`: one row per key that is new (no id), gone (no pos), changed, or known in more columns than before."""
        if not self._kept.may_be_open:
            self._con.execute(
                "CREATE OR REPLACE TEMP TABLE delta AS"
                ' SELECT "$pos" AS pos, NULL::BIGINT AS id, _key AS key, NULL::INTEGER AS known, false AS learns, false AS alike'
                " FROM incoming"
            ).fetchall()
            return
        types = self._staged.types
        plain = _hash([c for c, t in types.items() if t is not ColumnType.JSON])
        nested = _hash([c for c, t in types.items() if t is ColumnType.JSON])
        belongs = matches(self._scan.partition)
        is_whole = self._scan.complete and not self._scan.partition.parent
        near = "true" if is_whole else f"_key IN (SELECT _key FROM incoming) OR ({belongs if self._scan.complete else 'false'})"
        short = [i for i, known in self._kept.column_sets.items() if not self._fetched <= known]
        learns = f"w.known IN ({', '.join(map(str, short))})" if short else "false"
        was = (
            f'SELECT "$id" AS id, _key, "$known" AS known, {plain} AS plain, {nested} AS nested, coalesce({belongs}, false) AS belongs'
            f" FROM {self._was(types)} WHERE {near}"
        )
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE delta AS"
            " SELECT n.pos, w.id, coalesce(n._key, w._key) AS key, w.known, n.plain = w.plain AS alike,"
            f" coalesce({learns}, false) AS learns"
            f' FROM (SELECT "$pos" AS pos, _key, {plain} AS plain, {nested} AS nested FROM incoming) n'
            f" FULL JOIN ({was}) w ON n._key = w._key"
            f" WHERE w.id IS NULL OR (n.pos IS NULL AND w.belongs AND {str(self._scan.complete).lower()})"
            f" OR (n.pos IS NOT NULL AND ({learns} OR n.plain <> w.plain OR n.nested <> w.nested))"
        ).fetchall()

    def _forgive_reordered_json(self) -> None:
        """Take out of `delta` the rows whose JSON differs only in the order of members, which some APIs do not keep.

        Such a text has the same length; only those are parsed.
        """
        nested = [c for c, t in self._staged.types.items() if t is ColumnType.JSON]
        if not nested or not self._con.sql("SELECT 1 FROM delta WHERE pos IS NOT NULL AND alike AND NOT learns LIMIT 1").fetchall():
            return
        own = "".join(f", n.{name(c)}" for c in nested)
        # In two steps: joined in one, DuckDB may begin with the lengths, which match nearly everything.
        self._con.execute(
            f'CREATE OR REPLACE TEMP TABLE doubtful AS SELECT d.pos, d.id{own} FROM delta d JOIN incoming n ON n."$pos" = d.pos'
            " WHERE d.alike AND NOT d.learns"
        ).fetchall()
        pairs = ", ".join(f"n.{name(c)}, w.{name(c)}" for c in nested)
        lengths = " AND ".join(f"strlen(n.{name(c)}) IS NOT DISTINCT FROM strlen(w.{name(c)})" for c in nested)
        types = dict.fromkeys(nested, ColumnType.JSON)
        candidates = self._con.sql(
            f'SELECT n.pos, {pairs} FROM doubtful n JOIN {self._was(types)} w ON w."$id" = n.id WHERE {lengths}'
        ).to_arrow_table()
        same = [
            row[0]
            for batch in candidates.to_batches(max_chunksize=4096)
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            if all(same_json(row[i], row[i + 1]) for i in range(1, len(row), 2))
        ]
        if same:
            self._con.execute("DELETE FROM delta WHERE list_contains($1, pos)", [same]).fetchall()

    def _yield_to_rivals(self) -> int:
        """Take out of `delta` the rows that a scan which ran at the same time, and was recorded first, knows better."""
        bound = timestamp(min(s.started for s in (self._scan, *self._rivals)))
        versions = self._kept.every({}, self._here)
        late = f'"$from" >= {bound} OR "$to" >= {bound}'
        conditions = [f"key IN (SELECT _key FROM ({versions}) WHERE {late})"]
        for partition in {s.partition for s in self._rivals if s.complete}:
            types = {c: self._kept.types.get(c, ColumnType.VARCHAR) for c, _ in partition.parent}
            conditions.append(f'id IN (SELECT "$id" FROM {self._was(types)} WHERE {matches(partition)})')
            if types.keys() <= self._staged.types.keys():
                conditions.append(f'pos IN (SELECT "$pos" FROM incoming WHERE {matches(partition)})')
            else:
                conditions.append("id IS NULL")
        gone = self._con.execute(f"DELETE FROM delta WHERE {' OR '.join(conditions)}").fetchall()
        return int(gone[0][0])

    def _new_versions(self, is_all_new: bool) -> tuple[str, dict[str, ColumnType]]:
        """SQL for the versions to add, in physical columns, and the types of the table's own columns."""
        types = dict(self._staged.types)
        at = timestamp(self._scan.started)
        mine = self._sets.id(self._fetched)
        before = self._con.sql("SELECT DISTINCT known FROM delta WHERE pos IS NOT NULL AND id IS NOT NULL").fetchall()
        wider = {i: self._kept.column_sets[i] for (i,) in before if not self._kept.column_sets[i] <= self._fetched}
        place = self._scan.partition
        fixed = f'{text(place.account)} AS "$account", {text(place.region)} AS "$region", {at} AS "$from", {mine}::INTEGER AS "$got"'
        given = ", ".join(["n._key", *(f"n.{name(c)}" for c in types)])
        chosen = "" if is_all_new else 'JOIN delta d ON d.pos = n."$pos"'
        if not wider:
            return f'SELECT {given}, {fixed}, {mine}::INTEGER AS "$known", {at} AS "$oldest" FROM incoming n {chosen}', types
        extra = {c: t for c, t in self._kept.types.items() if c not in types and any(c in known for known in wider.values())}
        unions = " ".join(f"WHEN {i} THEN {self._sets.id(known | self._fetched)}" for i, known in wider.items())
        kept = "".join(f", w.{name(c)}" for c in extra)
        older = ", ".join(map(str, wider))
        rows = (
            f'SELECT {given}{kept}, {fixed}, CAST(CASE d.known {unions} ELSE {mine} END AS INTEGER) AS "$known",'
            f' CASE WHEN d.known IN ({older}) THEN w."$oldest" ELSE {at} END AS "$oldest"'
            f' FROM incoming n JOIN delta d ON d.pos = n."$pos" LEFT JOIN {self._was(extra)} w ON w."$id" = d.id'
        )
        return rows, types | extra


def same_json(one: str | None, other: str | None) -> bool:
    """Whether two JSON texts say the same, whatever the order of members."""
    if one is None or other is None:
        return one is other
    return one == other or _canonical(one) == _canonical(other)


def _canonical(document: str) -> str:
    return json.dumps(json.loads(document), sort_keys=True)


def _hash(columns: Sequence[str]) -> str:
    return f"hash({', '.join(name(c) for c in sorted(columns)) or '0'})"


def matches(partition: Partition) -> str:
    """SQL for whether a row is in a partition of its place; NULL where that is not known."""
    return " AND ".join(f"CAST({name(c)} AS VARCHAR) = {text(v)}" for c, v in partition.parent) or "true"
