"""How a store on Iceberg lays its tables out: commits, files, partitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from cirql.inventory.iceberg.store import IcebergStore
from cirql.inventory.model import Observation, Partition, Request, ScanRecord
from tests.inventory.conftest import TABLE, TYPES, minute, table_of


def seen(at: float, account: int, sizes: list[int], columns: tuple[str, ...] = ("size", "state")) -> Observation:
    rows = table_of([{"_key": f"k{n}", "size": size} for n, size in enumerate(sizes)], columns)
    partition = Partition(TABLE, f"{account:012d}", "us-east-1")
    return Observation(ScanRecord(partition, minute(at), minute(at), "test", True, frozenset(columns), rows=len(sizes)), rows)


def sizes(store: IcebergStore, as_of: datetime | None = None) -> list[tuple[str, int]]:
    rows = store.read(Request(TABLE, {"account_id": TYPES["_key"], "size": TYPES["size"]}, as_of=as_of)).read_all().to_pylist()
    return sorted((r["account_id"][-1], r["size"]) for r in rows)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[IcebergStore]:
    with IcebergStore(tmp_path) as opened:
        yield opened


def table(store: IcebergStore) -> Table:
    catalog = SqlCatalog("cirql", uri=f"sqlite:///{Path(store.place) / 'catalog.sqlite'}")
    found = catalog.load_table(TABLE)
    catalog.engine.dispose()
    return found


def test_scans_that_changed_something_are_one_commit_and_those_of_one_place_come_after_each_other(store: IcebergStore) -> None:
    store.write_all([seen(0, n, [1, 2]) for n in range(4)])
    done = store.write_all([seen(1, n, [1, 3]) for n in range(4)])
    assert [(s.changed, s.unchanged, s.closed) for s in done] == [(1, 1, 0)] * 4
    assert len(table(store).snapshots()) == 2
    done = store.write_all([seen(2, 0, [1, 4]), seen(2, 1, [1, 4]), seen(3, 0, [1])])
    assert [(s.changed, s.closed) for s in done] == [(1, 0), (1, 0), (0, 1)]
    assert len(table(store).snapshots()) == 4
    assert sizes(store) == [("0", 1), ("1", 1), ("1", 4), ("2", 1), ("2", 3), ("3", 1), ("3", 3)]
    assert sizes(store, minute(0.5)) == [(str(n), size) for n in range(4) for size in (1, 2)]
    assert store.verify() == []


def test_a_file_has_the_columns_that_have_values_and_reads_as_if_it_had_all(store: IcebergStore) -> None:
    store.write_all([seen(0, 0, [1, 2])])
    store.write_all([seen(1, 0, [1])])
    columns = {}
    with duckdb.connect() as con:
        for task in table(store).scan().plan_files():
            described = con.execute("SELECT name FROM parquet_schema($1)", [task.file.file_path.removeprefix("file://")]).fetchall()
            columns[str(task.file.partition[0])] = {c for (c,) in described}
    assert "size" in columns["version"]
    assert "state" not in columns["version"], "nothing has a state"
    assert "_valid_to" in columns["end"]
    assert "size" not in columns["end"]
    assert {row["state"] for row in table(store).scan().to_arrow().to_pylist()} == {None}


def test_a_table_is_split_by_account_once_it_is_large(tmp_path: Path) -> None:
    with IcebergStore(tmp_path, bucketed_from=5) as store:
        store.write_all([seen(0, n, [1, 2]) for n in range(2)])
        store.write_all([seen(1, 0, [1, 3])])
        store.compact()
        assert [f.name for f in table(store).spec().fields] == ["_kind", "_account_bucket"], "five versions, one of them ended"
        store.write_all([seen(2, 1, [7])])
        assert sizes(store) == [("0", 1), ("0", 3), ("1", 7)]
        assert sizes(store, minute(0.5)) == [("0", 1), ("0", 2), ("1", 1), ("1", 2)]
        store.compact()
        assert sizes(store, minute(1.5)) == [("0", 1), ("0", 3), ("1", 1), ("1", 2)]
        assert store.verify() == []
        assert len(table(store).scan().to_arrow()) == 6
