"""What a scan does to the rows that were there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from cirql.errors import Internal
from cirql.inventory.model import Partition, ScanRecord

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B, C = ({"_key": k, "size": n, "state": "up"} for k, n in (("a", 1), ("b", 2), ("c", 3)))


def test_a_complete_scan_creates_changes_and_closes(shelf: Any) -> None:
    shelf.scan(1, [A, B])
    summary = shelf.scan(2, [A | {"size": 9}, C])
    assert (summary.created, summary.changed, summary.unchanged, summary.closed) == (1, 1, 0, 1)
    assert shelf.keys() == ["a", "c"]
    assert shelf.keys(as_of=1.5) == ["a", "b"]


def test_unchanged_rows_are_not_written_again(shelf: Any) -> None:
    shelf.scan(1, [A, B])
    summary = shelf.scan(2, [B, A])
    assert (summary.unchanged, summary.created, summary.changed) == (2, 0, 0)
    assert len(list(shelf.store.history("aws.sagemaker_image_version"))) == 2


def test_an_incomplete_scan_updates_but_closes_nothing(shelf: Any) -> None:
    shelf.scan(1, [A, B])
    shelf.scan(2, [A | {"state": "down"}], complete=False)
    assert [(r["_key"], r["state"]) for r in shelf.read("state")] == [("a", "down"), ("b", "up")]


def test_a_complete_scan_without_rows_closes_everything_in_its_place_only(shelf: Any) -> None:
    shelf.scan(1, [A])
    shelf.scan(1, [B], place=("111122223333", "eu-west-1"))
    shelf.scan(2, [])
    assert shelf.keys() == ["b"]


def test_columns_that_a_scan_did_not_fetch_keep_their_values(shelf: Any) -> None:
    shelf.scan(1, [A | {"doc": '{"x": 1}'}], ["size", "state", "doc"])
    shelf.scan(2, [A | {"size": 5}], ["size"])
    (row,) = shelf.read("size", "state", "doc")
    assert (row["size"], row["state"], row["doc"]) == (5, "up", '{"x": 1}')


def test_a_column_fetched_for_the_first_time_is_learned_and_not_a_change(shelf: Any) -> None:
    shelf.scan(1, [A], ["size"])
    summary = shelf.scan(2, [A | {"doc": "{}"}], ["size", "doc"])
    assert (summary.learned, summary.changed) == (1, 0)
    first, second = shelf.store.history("aws.sagemaker_image_version")
    assert (first.event, second.event, second.changed) == ("created", "learned", ("doc",))
    assert list(shelf.store.diff("aws.sagemaker_image_version", first.valid_from, second.valid_from)) == []


def test_a_narrow_complete_scan_closes_only_rows_of_its_parent(shelf: Any) -> None:
    shelf.scan(1, [A | {"image": "x"}, B | {"image": "x"}, C | {"image": "y"}], ["image", "size"])
    shelf.scan(2, [A | {"image": "x"}], ["image", "size"], parent=(("image", "x"),))
    assert shelf.keys() == ["a", "c"]


def test_rows_whose_parent_was_never_seen_are_not_closed_by_a_narrow_scan(shelf: Any) -> None:
    shelf.scan(1, [A, B])
    shelf.scan(2, [A], parent=(("image", "x"),))
    assert shelf.keys() == ["a", "b"]
    assert [r["image"] for r in shelf.read("image")] == ["x", None]


def test_json_with_its_members_in_another_order_is_unchanged(shelf: Any) -> None:
    shelf.scan(1, [{"_key": "a", "doc": '{"x": 1, "y": [1, 2]}'}], ["doc"])
    assert shelf.scan(2, [{"_key": "a", "doc": '{"y": [1, 2], "x": 1}'}], ["doc"]).unchanged == 1
    assert shelf.scan(3, [{"_key": "a", "doc": '{"y": [2, 1], "x": 1}'}], ["doc"]).changed == 1


def test_maps_are_equal_whatever_the_order_of_their_entries(shelf: Any) -> None:
    shelf.scan(1, [{"_key": "a", "tags": {"env": "prod", "app": "x"}}], ["tags"])
    assert shelf.scan(2, [{"_key": "a", "tags": {"app": "x", "env": "prod"}}], ["tags"]).unchanged == 1
    assert shelf.scan(3, [{"_key": "a", "tags": None}], ["tags"]).changed == 1


def test_of_several_rows_under_one_key_the_last_counts(shelf: Any) -> None:
    summary = shelf.scan(1, [A, B, A | {"size": 8}])
    assert (summary.created, summary.duplicates) == (2, 1)
    assert [r["size"] for r in shelf.read("size")] == [8, 2]


def test_null_and_empty_values_are_different_values(shelf: Any) -> None:
    shelf.scan(1, [{"_key": "a", "state": None, "doc": "null"}], ["state", "doc"])
    assert shelf.scan(2, [{"_key": "a", "state": "", "doc": "null"}], ["state", "doc"]).changed == 1
    assert shelf.scan(3, [{"_key": "a", "state": "", "doc": None}], ["state", "doc"]).changed == 1


def test_a_row_that_comes_back_starts_a_new_life(shelf: Any) -> None:
    shelf.scan(1, [A])
    shelf.scan(2, [])
    shelf.scan(3, [A])
    versions = list(shelf.store.history("aws.sagemaker_image_version", "a"))
    assert [(v.event, v.deleted) for v in versions] == [("created", True), ("created", False)]
    assert shelf.keys(as_of=2.5) == []


def test_a_row_without_a_key_is_refused_and_nothing_is_written(shelf: Any) -> None:
    with pytest.raises(Internal, match="without a key"):
        shelf.scan(1, [{"_key": None, "size": 1, "state": "up"}])
    assert shelf.store.tables() == []


def test_a_producer_that_fails_midway_leaves_nothing_and_its_own_error(shelf: Any) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, 60_000, 10_000):
            if start == 50_000:
                raise ConnectionResetError("cut short")
            yield pa.record_batch({"_key": [f"k{i}" for i in range(start, start + 10_000)], "size": [1] * 10_000})

    partition = Partition("aws.sagemaker_image_version", "111122223333", "us-east-1")
    at = NOON
    with pytest.raises(ConnectionResetError, match="cut short"):
        shelf.store.write(ScanRecord(partition, at, at, "test", True, frozenset(["size"])), batches())
    assert shelf.store.tables() == []


def test_another_column_can_be_the_key(shelf: Any) -> None:
    partition = Partition("aws.s3.buckets", "111122223333", "us-east-1")
    at = NOON
    rows = pa.table({"bucket_name": ["one", "two"]})
    shelf.store.write(ScanRecord(partition, at, at, "test", True, frozenset(["bucket_name"])), rows, key="bucket_name")
    assert [v.key for v in shelf.store.history("aws.s3.buckets")] == ["one", "two"]


def test_rows_beyond_memory_are_staged_on_disk_and_merge_alike(shelf: Any) -> None:
    rows = [{"_key": f"k{i:06d}", "size": i, "doc": f'{{"n": {i}}}'} for i in range(70_000)]
    assert shelf.scan(1, rows, ["size", "doc"]).created == 70_000
    rows[5]["size"] = -1
    summary = shelf.scan(2, rows[:-1], ["size", "doc"])
    assert (summary.changed, summary.closed, summary.unchanged) == (1, 1, 69_998)
    assert shelf.read("size", keys=("k000005",))[0]["size"] == -1


def test_a_json_value_that_duckdb_cannot_shred_is_kept_as_it_is(shelf: Any) -> None:
    rows = [{"_key": f"k{i:06d}", "doc": '{"": 18446744073709551615}' if i == 7 else '{"n": "x"}'} for i in range(60_000)]
    shelf.scan(1, rows, ["doc"])
    assert shelf.read("doc", keys=("k000007",))[0]["doc"] == '{"": 18446744073709551615}'


# Scans that ran at the same time -----------------------------------------------------------------------------------------------


def test_of_two_scans_at_the_same_time_the_one_recorded_first_wins(shelf: Any) -> None:
    shelf.scan(2, [A, B], lasting=3)
    summary = shelf.scan(1, [A | {"size": 7}], lasting=2)
    assert not summary.scan.complete
    assert "superseded" in summary.scan.reason
    assert [(r["_key"], r["size"]) for r in shelf.read("size")] == [("a", 1), ("b", 2)]


def test_a_row_created_during_a_scan_is_not_closed_by_a_scan_that_ran_beside_it(shelf: Any) -> None:
    shelf.scan(0, [A])
    shelf.scan(1, [A, C], lasting=5, complete=False)
    shelf.scan(2, [A], lasting=1)
    assert shelf.keys() == ["a", "c"]


def test_a_long_scan_yields_only_the_rows_of_a_narrow_one_that_ended_before_it(shelf: Any) -> None:
    shelf.scan(0, [A | {"image": "x"}, B | {"image": "y"}], ["image", "size"])
    shelf.scan(2, [A | {"image": "x", "size": 9}], ["image", "size"], parent=(("image", "x"),))
    summary = shelf.scan(1, [A | {"image": "x"}, C | {"image": "y"}], ["image", "size"], lasting=5)
    assert summary.scan.complete
    assert [(r["_key"], r["size"]) for r in shelf.read("size")] == [("a", 9), ("c", 3)]


def test_a_late_scan_does_not_bring_back_what_a_newer_one_saw_gone(shelf: Any) -> None:
    shelf.scan(0, [A | {"image": "x"}], ["image", "size"])
    shelf.scan(2, [], ["image", "size"], parent=(("image", "x"),))
    shelf.scan(1, [A | {"image": "x"}], ["image", "size"], lasting=5)
    assert shelf.keys() == []


@pytest.mark.parametrize("open_shelf", ["embedded"], indirect=True)
def test_small_scans_are_told_apart_after_their_segments_were_folded(shelf: Any) -> None:
    rows = [{"_key": k, "size": 1, "doc": '{"a": 1}', "tags": {"z": "1", "b": "2"}} for k in "abc"]
    places = [("111122223333", f"region-{n}") for n in range(70)]
    for at in (0, 1):
        done = [shelf.scan(at, rows, ("size", "doc", "tags"), place=place) for place in places]
        assert {(d.created, d.unchanged) for d in done} == {(3, 0) if at == 0 else (0, 3)}
    changed = [{**rows[0], "tags": {"z": "1"}}, rows[1], {**rows[2], "_key": "d"}]
    done = shelf.scan(2, changed, ("size", "doc", "tags"), place=places[5])
    assert (done.created, done.changed, done.unchanged, done.closed) == (1, 1, 1, 1)
    again = shelf.scan(3, changed, ("size", "doc", "tags"), place=places[5])
    assert (again.unchanged, again.created, again.closed) == (3, 0, 0)
    assert shelf.scan(4, [], ("size",), place=places[5]).closed == 3
    assert shelf.scan(5, [], ("size",), place=places[5]).closed == 0
    assert len(shelf.read("tags")) == 3 * 69


def test_a_small_scan_of_a_narrower_partition_speaks_of_its_rows_alone(shelf: Any) -> None:
    of = {n: [{"_key": f"{n}{i}", "image": n, "size": i} for i in range(2)] for n in "ab"}
    for at, expected in ((0, (2, 0)), (1, (0, 2))):
        for image, rows in of.items():
            done = shelf.scan(at, rows, ("image", "size"), parent=(("image", image),))
            assert (done.created, done.unchanged, done.closed) == (*expected, 0)
    assert shelf.scan(2, of["a"][:1], ("image", "size"), parent=(("image", "a"),)).closed == 1
    assert shelf.scan(3, of["a"][:1], ("image",), parent=(("image", "a"),)).unchanged == 1
    assert shelf.keys() == ["a0", "b0", "b1"]
