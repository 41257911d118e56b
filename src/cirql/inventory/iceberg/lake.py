"""The Iceberg tables of a store: looking at one as of a snapshot, adding to one, putting one back. It knows nothing of scans.

One table for each table, in a namespace of its name's first parts, partitioned by what a row is (`_kind`)
and, once it is large, by a hash of its account.
Each change is one commit, so whoever reads the tables without cirql sees all of it or nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.errors import StoreDamaged, StoreUnwritable
from cirql.inventory.iceberg.catalogs import has_one_level, identifier, is_another, open_catalog
from cirql.inventory.iceberg.columns import (
    PHYSICAL,
    PROPERTY,
    StoredColumn,
    as_property,
    first_schema,
    iceberg_type,
    stored_columns,
    widened,
)
from cirql.startup.records import dataclass
from cirql.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile as IcebergFile
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table, Transaction
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot

BUCKETS = 16
BUCKETED_FROM = 1_000_000
"""With so many rows a table is split by a hash of the account. A smaller one is not: each commit would leave a small file a bucket."""
COMMIT = "cirql.commit"
OWNER = "cirql.inventory"
"""The property of a table that says whose log tells which snapshot counts."""
PROPERTIES = {
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    "write.parquet.compression-codec": "zstd",
    "commit.manifest-merge.enabled": "true",
}
BOUNDED = {3: "$account", 4: "$region", 5: "_key", 6: "$from", 7: "$to"}
"""The fields whose least and greatest values tell whether a file matters, by number."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file: where, of which kind its rows are, how many, and between which values of physical columns; None where not known."""

    path: str
    kind: str
    rows: int
    bytes: int
    bounds: Mapping[str, tuple[Any, Any]]

    def may_have(self, column: str, low: Any, high: Any) -> bool:
        """Whether a row may have a value between two. Text may be cut off in bounds, which only widens them."""
        least, most = self.bounds.get(column, (None, None))
        return (least is None or high is None or least <= high) and (most is None or low is None or most >= low)


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table as of one snapshot: its columns, the numbers of their fields, its files."""

    table: str
    columns: Mapping[str, StoredColumn]
    numbers: Mapping[str, int]
    files: tuple[DataFile, ...]

    @property
    def types(self) -> dict[str, ColumnType]:
        """The types of the columns."""
        return {c: s.type for c, s in self.columns.items()}


class Lake:
    """The tables of one catalog that belong to the inventory which `owner` names. Threads may share one."""

    def __init__(
        self, root: Path, warehouse: str | None, options: Mapping[str, str], owner: Callable[[], str], bucketed_from: int = BUCKETED_FROM
    ) -> None:
        self._root = root
        self._owner = owner
        self._warehouse = warehouse
        self._options = dict(options)
        self._flat = has_one_level(options)
        self._is_shared = is_another(options)
        self._bucketed_from = bucketed_from
        self._guard = threading.Lock()
        self._opened: Catalog | None = None
        self._entries: dict[str, tuple[DataFile, ...]] = {}

    @property
    def catalog(self) -> Catalog:
        """The catalog, opened when first needed. Raises SettingsError, StoreUnwritable."""
        with self._guard:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Catalog:
        return open_catalog(self._root, self._warehouse, self._options)

    def _check_owner(self, loaded: Table) -> None:
        """Raises StoreDamaged where another inventory made the table: what its log says counts, this one's does not know."""
        owner = loaded.properties.get(OWNER)
        if owner not in (None, self._owner()) or (owner is None and self._is_shared):
            raise StoreDamaged(
                f"{'.'.join(loaded.name())}: the Iceberg catalog has it from another inventory",
                hint="two inventories need two catalogs, or two warehouses of one: name another in the store's options",
            )

    def _identifier(self, table: str) -> tuple[str, ...]:
        return identifier(table, flat=self._flat)

    def close(self) -> None:
        """Let go of the catalog's connections."""
        with self._guard:
            engine = getattr(self._opened, "engine", None)
            if engine is not None:
                engine.dispose()
            self._opened = None

    # Looking -------------------------------------------------------------------------------------------------------------------

    def look(self, table: str, head: int | None) -> LakeTable:
        """A table as of a snapshot; without one, it has nothing. Raises StoreDamaged where it is not there."""
        if head is None:
            return LakeTable(table, {}, {}, ())
        loaded = self._load(table)
        snapshot = None if loaded is None else loaded.snapshot_by_id(head)
        if loaded is None or snapshot is None:
            raise StoreDamaged(f"{table}: snapshot {head} is not in the Iceberg catalog", hint="another program expired or dropped it")
        numbers = {f.name: f.field_id for f in loaded.schema().fields}
        return LakeTable(table, stored_columns(loaded.properties), numbers, tuple(self._files(loaded, snapshot)))

    def _files(self, table: Table, snapshot: Snapshot) -> Iterator[DataFile]:
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in self._entries:
                self._entries[manifest.manifest_path] = tuple(_entries(table, manifest))
            yield from self._entries[manifest.manifest_path]

    def _load(self, table: str) -> Table | None:
        from pyiceberg.exceptions import NoSuchTableError

        try:
            return self.catalog.load_table(self._identifier(table))
        except NoSuchTableError:
            return None

    def fetch(self, file: DataFile) -> bytes:
        """The bytes of a file. Raises StoreUnwritable where the store does not give them all."""
        with self._io(file).new_input(file.path).open() as source:
            found: bytes = source.read()
        if len(found) != file.bytes:
            raise StoreUnwritable(f"{file.path} came with {len(found)} bytes of {file.bytes}", hint="try again")
        return found

    def size(self, file: DataFile) -> int | None:
        """How long a file is; None where it is not there."""
        try:
            return len(self._io(file).new_input(file.path))
        except FileNotFoundError:
            return None

    def _io(self, file: DataFile) -> FileIO:
        from pyiceberg.io import load_file_io

        return load_file_io(properties=self.catalog.properties, location=file.path)

    # Changing ------------------------------------------------------------------------------------------------------------------

    def append(self, table: str, head: int | None, types: Mapping[str, ColumnType], parts: Iterable[pa.Table]) -> int:
        """Add rows, in physical columns, to what a table has as of a snapshot; the new one. Call under the write lock.

        Each part is in files of its own, which have no columns but those in which it has values.
        """
        loaded = self._standing(table, head)
        with loaded.transaction() as change:
            fields = self._widen(change, loaded, types)
            with change.update_snapshot(snapshot_properties={COMMIT: uuid.uuid4().hex}).merge_append() as snapshot:
                for rows in parts:
                    for file in _written(loaded, change.table_metadata, _published(rows, fields)):
                        snapshot.append_data_file(file)
        return _current(loaded)

    def replace(self, table: str, head: int, parts: Iterator[pa.Table], rows: int) -> int:
        """Put so many rows in the place of all that a table has, in one commit; the new snapshot. Call under the write lock."""
        from pyiceberg.expressions import AlwaysTrue
        from pyiceberg.transforms import BucketTransform

        loaded = self._standing(table, head)
        fields = stored_columns(loaded.properties)
        mark = {COMMIT: uuid.uuid4().hex}
        with loaded.transaction() as change:
            change.delete(AlwaysTrue(), snapshot_properties=mark)
            if rows >= self._bucketed_from and len(loaded.spec().fields) == 1:
                with change.update_spec() as spec:
                    spec.add_field("_account_id", BucketTransform(BUCKETS), "_account_bucket")
            for part in parts:
                change.append(_published(part, fields), snapshot_properties=mark)
        return _current(loaded)

    def forget(self, table: str, head: int, before: datetime, files: Iterable[str]) -> None:
        """Drop the snapshots from before a moment, but for the one that counts, and files that only they had. Call under the write lock."""
        loaded = self._standing(table, head)
        loaded.maintenance.expire_snapshots().older_than(before).commit()
        for file in files:
            with suppress(FileNotFoundError):
                loaded.io.delete(file)

    def _standing(self, table: str, head: int | None) -> Table:
        """The table as it is to be changed: made where there is none, put back where somebody died between their commit and the log's."""
        loaded = self._load(table)
        current = None if loaded is None else loaded.current_snapshot()
        if loaded is not None:
            self._check_owner(loaded)
        if loaded is not None and head is None and current is not None:
            _check_ours(table, loaded, current, None)
            self.catalog.drop_table(self._identifier(table))
            loaded = None
        if loaded is None:
            if head is not None:
                raise StoreDamaged(f"{table} is not in the Iceberg catalog", hint="another program dropped it")
            return self._create(table)
        if current is not None and head is not None and current.snapshot_id != head:
            _check_ours(table, loaded, current, head)
            loaded.manage_snapshots().set_current_snapshot(head).commit()
        return loaded

    def _create(self, table: str) -> Table:
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.transforms import IdentityTransform

        *spaces, _ = self._identifier(table)
        for depth in range(1, len(spaces) + 1):
            self.catalog.create_namespace_if_not_exists(tuple(spaces[:depth]))
        spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "_kind"))
        return self.catalog.create_table(
            self._identifier(table), first_schema(), partition_spec=spec, properties=PROPERTIES | {OWNER: self._owner()}
        )

    def _widen(self, change: Transaction, loaded: Table, types: Mapping[str, ColumnType]) -> dict[str, StoredColumn]:
        """Give the table the fields that rows of these types need; its columns then."""
        before = stored_columns(loaded.properties)
        after = widened(before, types)
        if after == before:
            return after
        there = {f.name for f in loaded.schema().fields}
        missing = [(f, k) for s in after.values() for f, k in s.fields if f not in there]
        if missing:
            with change.update_schema() as schema:
                for field, kind in missing:
                    schema.add_column(field, iceberg_type(kind))
        change.set_properties({PROPERTY: as_property(after)})
        return after


def _current(table: Table) -> int:
    snapshot = table.current_snapshot()
    if snapshot is None:
        raise StoreDamaged(f"{'.'.join(table.name())} has no snapshot after a commit")
    return int(snapshot.snapshot_id)


def _check_ours(name: str, table: Table, current: Snapshot, head: int | None) -> None:
    """Raises StoreDamaged where a snapshot after the one that counts was not made by a store: it is not ours to undo."""
    snapshot: Snapshot | None = current
    while snapshot is not None and snapshot.snapshot_id != head:
        properties = snapshot.summary.additional_properties if snapshot.summary is not None else {}
        if COMMIT not in properties:
            raise StoreDamaged(f"{name}: another program changed the Iceberg table (snapshot {snapshot.snapshot_id})", hint=_FOREIGN)
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.snapshot_by_id(parent)


_FOREIGN = "roll the table back to the snapshot before; others may read these tables, not write them"


def _published(rows: pa.Table, columns: Mapping[str, StoredColumn]) -> pa.Table:
    """Rows under the names that the Iceberg table has for their columns."""
    return rows.rename_columns([PHYSICAL[c][0] if c in PHYSICAL else columns[c].fields[0][0] for c in rows.column_names])


def _written(table: Table, metadata: TableMetadata, rows: pa.Table) -> Iterable[IcebergFile]:
    """Files with rows, written and named by nobody yet.

    Whoever reads a table takes what a file lacks for NULL. A footer says so much of each column that it is most of a small file.
    """
    from pyiceberg.io.pyarrow import _dataframe_to_data_files
    from pyiceberg.schema import Schema

    present = [c for c in rows.column_names if rows[c].null_count < rows.num_rows]
    whole = metadata.schema()
    schema = Schema(*(f for f in whole.fields if f.name in present), schema_id=whole.schema_id)
    narrow = metadata.model_copy(update={"schemas": [schema]})
    return _dataframe_to_data_files(table_metadata=narrow, df=rows.select(present), io=table.io)


def _entries(table: Table, manifest: ManifestFile) -> Iterator[DataFile]:
    from pyiceberg.manifest import DataFileContent

    for entry in manifest.fetch_manifest_entry(table.io):
        if entry.data_file.content != DataFileContent.DATA:
            raise StoreDamaged(f"{'.'.join(table.name())}: another program deleted rows from the Iceberg table", hint=_FOREIGN)
        yield _described(entry.data_file)


def _described(file: IcebergFile) -> DataFile:
    from pyiceberg.conversions import from_bytes
    from pyiceberg.types import StringType, TimestampType

    def value(bounds: Mapping[int, bytes] | None, number: int) -> Any:
        found = (bounds or {}).get(number)
        return None if found is None else from_bytes(TimestampType() if number >= 6 else StringType(), found)

    bounds = {c: (value(file.lower_bounds, n), value(file.upper_bounds, n)) for n, c in BOUNDED.items()}
    return DataFile(file.file_path, str(file.partition[0]), int(file.record_count), int(file.file_size_in_bytes), bounds)
