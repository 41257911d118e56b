"""Reading the past: AS OF, history, differences, and what is left after expiry, compaction, export and import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cirql.errors import FileUnreadable, InterfaceError, InvalidStatement, StoreDamaged
from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.model import Condition, Difference
from cirql.inventory.transfer import copy_all, export_to, import_from
from cirql.types import ColumnType
from tests.inventory.conformance.kinds import KINDS
from tests.inventory.conftest import Shelf

TABLE = "aws.sagemaker_image_version"
A = {"_key": "a", "size": 1, "state": "up"}
B = {"_key": "b", "size": 2, "state": "up"}


def lived(shelf: Any) -> None:
    """Ten minutes of life: a changes every minute, b goes at 4 and returns at 8."""
    for n in range(10):
        shelf.scan(n, [A | {"size": n}, *([] if 4 <= n < 8 else [B])])


def seen(shelf: Any) -> list[list[tuple[str, int]]]:
    return [[(r["_key"], r["size"]) for r in shelf.read("size", as_of=n + 0.5)] for n in range(10)]


EXPECTED = [[("a", n), *([] if 4 <= n < 8 else [("b", 2)])] for n in range(10)]


def test_every_moment_can_be_read_as_it_was(shelf: Any) -> None:
    lived(shelf)
    assert seen(shelf) == EXPECTED
    assert shelf.keys(as_of=-1) == []


def test_a_version_holds_from_its_first_instant_and_not_at_its_last(shelf: Any) -> None:
    lived(shelf)
    assert [r["size"] for r in shelf.read("size", as_of=3)] == [3, 2]
    assert shelf.keys(as_of=4) == ["a"]


def test_diff_gives_old_and_new_values(shelf: Any) -> None:
    lived(shelf)
    times = {v.valid_from for v in shelf.store.history(TABLE)}
    early, late = sorted(times)[2], sorted(times)[5]
    changed, deleted = shelf.store.diff(TABLE, early, late)
    assert (changed.kind, changed.key, changed.columns) == (Difference.CHANGED, "a", {"size": (2, 5)})
    assert (deleted.kind, deleted.key) == (Difference.DELETED, "b")
    assert [c.kind for c in shelf.store.diff(TABLE, late, sorted(times)[9])] == [Difference.CHANGED, Difference.CREATED]


def test_compaction_changes_no_answer(shelf: Any) -> None:
    lived(shelf)
    before = list(shelf.store.history(TABLE))
    shelf.store.compact()
    assert seen(shelf) == EXPECTED
    assert list(shelf.store.history(TABLE)) == before
    shelf.scan(20, [A])
    assert shelf.keys() == ["a"]


def test_expiry_forgets_what_ended_and_says_so(shelf: Any) -> None:
    lived(shelf)
    moments = sorted({v.valid_from for v in shelf.store.history(TABLE)})
    assert shelf.store.expire(moments[6]) == 7
    assert seen_from(shelf, 6) == EXPECTED[6:]
    with pytest.raises(InvalidStatement, match="no history from before"):
        shelf.keys(as_of=3)
    assert [s.started for s in shelf.store.scans(TABLE)] == moments[6:]


def seen_from(shelf: Any, first: int) -> list[list[tuple[str, int]]]:
    return [[(r["_key"], r["size"]) for r in shelf.read("size", as_of=n + 0.5)] for n in range(first, 10)]


def test_an_export_can_be_imported_and_answers_alike(shelf: Any, tmp_path: Path, open_shelf: Any) -> None:
    lived(shelf)
    shelf.scan(11, [A | {"doc": '{"n": 1}'}], ["size", "doc"], parent=(("image", "x"),))
    export_to(shelf.store, tmp_path / "out")
    other = open_shelf(tmp_path / "other")
    import_from(other.store, tmp_path / "out")
    assert seen(other) == EXPECTED
    assert list(other.store.history(TABLE)) == list(shelf.store.history(TABLE))
    assert other.fresh("size", now=12) == shelf.fresh("size", now=12)
    assert len(list(other.store.scans())) == len(list(shelf.store.scans()))
    assert other.store.verify() == []
    with pytest.raises(InterfaceError, match="already holds"):
        import_from(other.store, tmp_path / "out")
    other.store.close()


def test_a_copy_answers_alike_whatever_kind_of_store_it_is(shelf: Any, tmp_path: Path) -> None:
    lived(shelf)
    for kind, open_kind in KINDS.items():
        with open_kind(tmp_path / kind) as other:
            assert list(copy_all(shelf.store, other)) == [TABLE]
            assert seen(Shelf(other)) == EXPECTED
            assert list(other.history(TABLE)) == list(shelf.store.history(TABLE))
            assert other.verify() == []
            with pytest.raises(InterfaceError, match="already holds"):
                list(copy_all(shelf.store, other))


def test_an_import_of_something_else_is_refused(shelf: Any, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="no inventory export"):
        import_from(shelf.store, tmp_path)


@pytest.mark.parametrize("open_shelf", ["embedded"], indirect=True)
def test_verify_finds_a_file_that_was_changed_or_lost(tmp_path: Path, open_shelf: Any) -> None:
    shelf = open_shelf(tmp_path / "store")
    shelf.scan(0, [{"_key": f"k{n}", "size": n, "state": "up"} for n in range(3000)])
    (file,) = (tmp_path / "store" / "segments").iterdir()
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    assert [p.what for p in shelf.store.verify()] == ["its bytes are not those that were written"]
    file.unlink()
    assert "is missing" in shelf.store.verify()[0].what
    shelf.store.close()


@pytest.mark.parametrize("open_shelf", ["iceberg"], indirect=True)
def test_verify_finds_a_file_of_a_table_that_was_cut_or_lost(tmp_path: Path, open_shelf: Any) -> None:
    shelf = open_shelf(tmp_path / "store")
    shelf.scan(0, [A])
    (file,) = (tmp_path / "store" / "warehouse").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    assert "were written" in shelf.store.verify()[0].what
    file.unlink()
    assert "is missing" in shelf.store.verify()[0].what
    shelf.store.close()


def test_a_directory_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"not a database at all, but long enough to look at" * 10)
    with pytest.raises(StoreDamaged):
        DuckDBStore(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreDamaged, match="cannot hold"):
        DuckDBStore(tmp_path / "file")


def test_a_store_without_a_path_dies_with_its_object() -> None:
    store = DuckDBStore(None)
    shelf = Shelf(store)
    shelf.scan(0, [A])
    root = Path(store.place)
    assert root.is_dir()
    shelf.store.close()
    assert not root.exists()


@pytest.mark.parametrize("count", [40, 5_000, 60_000])
def test_a_json_filter_keeps_every_matching_row_in_every_kind_of_segment(shelf: Any, count: int) -> None:
    docs = [
        '{"s": {"n": "x"}}',
        '{"s": {"n": true}}',
        '{"s": {"n": 1.10}}',
        '{"s": {"n": null}}',
        '{"s": [1]}',
        "null",
        None,
        '{"s": {"n": 7}}',
    ]
    shelf.scan(0, [{"_key": f"k{n:06d}", "doc": docs[n % len(docs)]} for n in range(count)], ["doc"])
    for value, number in (("x", 0), ("true", 1), ("1.1", 2), ("7", 7)):
        hint = Condition("doc", ColumnType.JSON, (value,), ("s", "n"))
        kept = {r["_key"] for r in shelf.read("doc", where=((hint,),))}
        assert {f"k{n:06d}" for n in range(count) if n % len(docs) == number} <= kept
        assert len(kept) < count / 2


def test_reads_can_be_narrowed_by_place_key_and_condition(shelf: Any) -> None:
    shelf.scan(0, [A, B])
    shelf.scan(0, [A, B], place=("111122223333", "eu-west-1"))
    assert len(shelf.read("size")) == 4
    assert [r["region"] for r in shelf.read("region", regions=("eu-west-1",), keys=("a",))] == ["eu-west-1"]
    assert shelf.read("size", accounts=("999",)) == []
    two = Condition("size", ColumnType.BIGINT, (2,))
    assert [r["size"] for r in shelf.read("size", where=((two,),), regions=("us-east-1",))] == [2]
    assert len(shelf.read("size", where=((two, Condition("size", ColumnType.BIGINT, (1,))),))) == 4


def test_a_table_that_was_never_seen_is_empty_and_typed(shelf: Any) -> None:
    assert shelf.read("size", "doc", "tags") == []
    assert list(shelf.store.history("aws.none")) == []
    assert list(shelf.store.history("aws.none", "k")) == []
