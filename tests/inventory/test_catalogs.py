"""A store whose tables are in another catalog than the one that is built in: a PostgreSQL, a REST catalog; Glue is in the sweeps."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from pyiceberg.catalog import load_catalog

from cirql.errors import SettingsError, StoreDamaged, StoreUnwritable
from cirql.inventory.store import open_store
from tests.inventory.conftest import TABLE, Shelf
from tests.inventory.rest_catalog import rest_catalog

A = {"_key": "a", "size": 1, "state": "up"}
B = {"_key": "b", "size": 2, "state": "up"}
Opening = Callable[[str], Shelf]


@contextmanager
def rest() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="cirql-rest-") as directory, rest_catalog(Path(directory)) as address:
        yield {"type": "rest", "uri": address}


@pytest.fixture(scope="module", params=["postgresql", "rest"])
def options(request: pytest.FixtureRequest, postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if request.param == "postgresql":
        yield {"uri": postgresql, "warehouse": f"file://{tmp_path_factory.mktemp('tables')}"}
        return
    with rest() as found:
        yield found


def place_of(directory: Path, options: dict[str, str]) -> str:
    return f"iceberg:{directory}?" + "&".join(f"{name}={quote(value, safe=':/')}" for name, value in options.items())


@pytest.fixture
def opening(options: dict[str, str], tmp_path: Path) -> Iterator[Opening]:
    """Opens the store of that name; what it made in the catalog is gone afterwards."""
    yield lambda name: Shelf(open_store(place_of(tmp_path / name, options)).__enter__())
    load_catalog("cirql", **options).drop_table(TABLE)


def test_rows_and_their_past_are_as_in_any_store(opening: Opening, tmp_path: Path) -> None:
    with closing((shelf := opening("store")).store):
        assert shelf.scan(0, [A, B]).created == 2
        assert shelf.scan(1, [A | {"size": 5}]).changed == 1
        assert shelf.keys() == ["a"]
        assert shelf.keys(as_of=0.5) == ["a", "b"]
    assert not (tmp_path / "store" / "catalog.sqlite").exists()
    with closing((again := opening("store")).store):
        again.store.compact()
        assert [(r["_key"], r["size"]) for r in again.read("size")] == [("a", 5)]
        assert again.keys(as_of=0.5) == ["a", "b"]
        assert again.scan(2, [A | {"size": 5}, B]).created == 1
        assert again.store.verify() == []


def test_a_commit_that_no_log_knows_is_taken_back(opening: Opening, tmp_path: Path) -> None:
    with closing((shelf := opening("store")).store):
        shelf.scan(0, [A])
    shutil.copytree(tmp_path / "store", tmp_path / "before")
    with closing((shelf := opening("store")).store):
        shelf.scan(1, [A, B])
    # As if the process had died between its commit to the catalog and the one to the log.
    with closing((shelf := opening("before")).store):
        assert shelf.keys() == ["a"]
        assert shelf.scan(2, [A, B]).created == 1
        assert shelf.keys() == ["a", "b"]
        assert shelf.store.verify() == []


def test_two_inventories_do_not_take_each_others_tables(opening: Opening) -> None:
    with closing((one := opening("one")).store), closing((other := opening("other")).store):
        one.scan(0, [A])
        with pytest.raises(StoreDamaged, match="from another inventory"):
            other.scan(1, [B])
        assert one.keys() == ["a"]
        assert one.store.verify() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"uri": "postgresql+psycopg2://127.0.0.1:1/none"}, "Iceberg catalog"),
        ({"type": "rest", "uri": "http://127.0.0.1:1"}, "Iceberg catalog"),
        ({"type": "nosuch"}, "Iceberg catalog 'cirql' cannot be opened"),
    ],
)
def test_a_catalog_that_does_not_answer_is_named(options: dict[str, str], message: str, tmp_path: Path) -> None:
    with open_store(place_of(tmp_path / "store", options)) as store, pytest.raises((SettingsError, StoreUnwritable), match=message):
        Shelf(store).scan(0, [A])
