"""A store whose tables are in an S3-compatible object store, over one that is busy, slow, or cuts its answers short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cirql.errors import StoreUnwritable
from cirql.inventory.store import open_store
from tests.inventory.conftest import Shelf
from tests.inventory.faulty_objects import Objects, objects

A = {"_key": "a", "size": 1, "state": "up"}
B = {"_key": "b", "size": 2, "state": "up"}


@pytest.fixture(scope="module")
def behind() -> Iterator[Objects]:
    with objects("lake") as found:
        yield found


@pytest.fixture
def open_far(behind: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Shelf]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    options = f"warehouse=s3://lake/{tmp_path.name}&s3.endpoint={behind.endpoint}&s3.region=us-east-1"
    return lambda: Shelf(open_store(f"iceberg:{tmp_path / 'store'}?{options}").__enter__())


def test_tables_in_an_object_store_answer_like_those_in_a_directory(open_far: Callable[[], Shelf], behind: Objects, tmp_path: Path) -> None:
    with closing((shelf := open_far()).store):
        shelf.scan(0, [A, B])
        shelf.scan(1, [A | {"size": 5}])
        assert shelf.keys() == ["a"]
        assert shelf.keys(as_of=0.5) == ["a", "b"]
        assert shelf.store.verify() == []
    assert not list((tmp_path / "store" / "warehouse").iterdir())
    with closing((again := open_far()).store):
        assert [(r["_key"], r["size"]) for r in again.read("size")] == [("a", 5)]
        again.store.compact()
        assert again.keys(as_of=0.5) == ["a", "b"]


@pytest.mark.parametrize("fate", ["busy", "slow", "cut"])
def test_a_fault_of_the_object_store_loses_nothing_that_was_kept_and_shows_nothing_half(
    open_far: Callable[[], Shelf], behind: Objects, fate: str
) -> None:
    with closing((shelf := open_far()).store):
        shelf.scan(0, [A])
        kept = [A["_key"]]
        for at in (1, 2):
            behind.plan[:] = [fate] * at * 2
            try:
                shelf.scan(at, [A, B | {"size": at}])
                kept = ["a", "b"]
            except StoreUnwritable:
                assert fate != "slow", "what only takes its time is waited for"
            behind.plan.clear()
            assert shelf.keys() == kept
        shelf.scan(9, [B])
        assert shelf.keys() == ["b"]
        assert shelf.store.verify() == []


def test_an_object_store_that_stays_busy_is_told_of(open_far: Callable[[], Shelf], behind: Objects) -> None:
    with closing((shelf := open_far()).store):
        shelf.scan(0, [A])
        behind.plan[:] = ["busy"] * 400
        with pytest.raises(StoreUnwritable, match="cannot be read or written"):
            shelf.scan(1, [A, B])
        behind.plan.clear()
        assert shelf.keys() == ["a"]
        assert shelf.scan(1, [A, B]).created == 1
