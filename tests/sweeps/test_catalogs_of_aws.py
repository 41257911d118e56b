"""A store whose tables are in Glue, in an object store's bucket."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from cirql.inventory.store import open_store
from tests.inventory.conftest import Shelf
from tests.inventory.faulty_objects import objects
from tests.inventory.test_catalogs import A, B, place_of


def test_rows_and_their_past_are_as_in_any_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with objects("lake") as behind:
        options = {"type": "glue", "warehouse": "s3://lake/inventory", "s3.endpoint": behind.endpoint, "s3.region": "us-east-1"}
        options |= {"glue.endpoint": behind.direct, "glue.region": "us-east-1"}
        with closing((shelf := Shelf(open_store(place_of(tmp_path / "store", options)).__enter__())).store):
            assert shelf.scan(0, [A, B]).created == 2
            assert shelf.scan(1, [A | {"size": 5}]).changed == 1
            assert shelf.keys() == ["a"]
            assert shelf.keys(as_of=0.5) == ["a", "b"]
            shelf.store.compact()
            assert shelf.store.verify() == []
