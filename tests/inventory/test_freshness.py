"""When the store may answer instead of AWS, and how old it says its rows are. Several tests are wrong answers that other caches gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cirql.inventory.coverage import Claim, covering, rivals
from cirql.inventory.model import LastRead, Partition, ScanRecord
from tests.inventory.conftest import TABLE, minute

X, Y = ({"_key": k, "image": i, "size": 1, "state": "up"} for k, i in (("a", "x"), ("b", "y")))
PARENT = (("image", "x"),)


def test_a_complete_scan_answers_until_it_is_too_old(shelf: Any) -> None:
    shelf.scan(0, [X])
    assert shelf.fresh("size", now=15) == [1]
    assert shelf.fresh("size", now=15.1) is None
    assert shelf.fresh("size", now=10_000, age=None) == [1]
    assert shelf.fresh("size", now=0.1, age=0) is None


def test_an_incomplete_scan_answers_nothing(shelf: Any) -> None:
    shelf.scan(0, [X], complete=False)
    assert shelf.fresh("size", now=1) is None


def test_the_whole_table_answers_for_a_parent_but_not_the_other_way_round(shelf: Any) -> None:
    shelf.scan(0, [X], ["image", "size"], parent=PARENT)
    assert shelf.fresh("size", now=1) is None
    assert shelf.fresh("size", now=1, parent=(("image", "y"),)) is None
    assert shelf.fresh("size", now=1, parent=PARENT) == [1]
    shelf.scan(1, [X, Y], ["image", "size"])
    assert shelf.fresh("size", now=2, parent=(("image", "y"),)) == [2]
    assert shelf.fresh("size", now=2) == [2]


def test_columns_that_were_not_fetched_are_not_answered(shelf: Any) -> None:
    shelf.scan(0, [X], ["size"])
    assert shelf.fresh("size", "doc", now=1) is None
    assert shelf.fresh("region", "account_id", "_key", "size", now=1) == [1]


def test_two_scans_answer_together_when_every_row_has_every_column(shelf: Any) -> None:
    shelf.scan(0, [X], ["size"])
    shelf.scan(1, [X], ["state"])
    assert sorted(shelf.fresh("size", "state", now=2) or []) == [1, 2]


def test_two_scans_do_not_answer_together_for_a_row_that_only_one_of_them_saw(shelf: Any) -> None:
    shelf.scan(0, [X], ["size"])
    shelf.scan(1, [X, Y], ["state"])
    assert shelf.fresh("size", "state", now=2) is None
    assert shelf.fresh("state", now=2) == [2]


def test_a_row_found_with_few_columns_by_an_incomplete_scan_narrows_the_answer(shelf: Any) -> None:
    shelf.scan(0, [X], ["size", "state"])
    shelf.scan(1, [Y], ["size"], complete=False)
    assert shelf.fresh("size", "state", now=2) is None
    assert shelf.fresh("size", now=2) == [1]


def test_a_narrow_scan_of_another_parent_narrows_nothing(shelf: Any) -> None:
    shelf.scan(0, [X], ["image", "size", "state"], parent=PARENT)
    shelf.scan(1, [Y], ["image", "size"], parent=(("image", "y"),))
    assert shelf.fresh("size", "state", now=2, parent=PARENT) == [1]


def test_an_empty_table_is_an_answer(shelf: Any) -> None:
    shelf.scan(0, [])
    assert shelf.fresh("size", now=1) == [1]
    assert shelf.read("size") == []


def test_another_region_answers_nothing_here(shelf: Any) -> None:
    shelf.scan(0, [X], place=("111122223333", "eu-west-1"))
    assert shelf.fresh("size", now=1) is None


def test_a_failed_scan_leaves_the_older_answer_standing(shelf: Any) -> None:
    shelf.scan(0, [X])
    shelf.scan(1, [], complete=False)
    assert shelf.fresh("size", now=2) == [1]
    assert shelf.keys() == ["a"]


def fetched(shelf: Any, *columns: str, as_of: float | None = None) -> dict[str, datetime]:
    return {r["_key"]: (r["_fetched_at"].hour * 60 + r["_fetched_at"].minute) for r in shelf.read(*columns, as_of=as_of)}


def test_fetched_at_of_an_unchanged_row_is_when_it_was_last_seen(shelf: Any) -> None:
    shelf.scan(0, [X])
    shelf.scan(5, [X, Y])
    assert fetched(shelf, "size") == {"a": 5, "b": 5}
    assert fetched(shelf, "size", as_of=3) == {"a": 0}


def test_fetched_at_is_the_age_of_the_oldest_wanted_column(shelf: Any) -> None:
    shelf.scan(0, [X], ["size", "state"])
    shelf.scan(5, [X], ["size"])
    assert fetched(shelf, "size") == {"a": 5}
    assert fetched(shelf, "size", "state") == {"a": 0}


def test_fetched_at_after_a_narrow_scan_is_newer_only_within_it(shelf: Any) -> None:
    shelf.scan(0, [X, Y], ["image", "size"])
    shelf.scan(5, [X], ["image", "size"], parent=PARENT)
    assert fetched(shelf, "image", "size") == {"a": 5, "b": 0}


def test_source_and_place_are_told_for_every_row(shelf: Any) -> None:
    shelf.scan(0, [X])
    (row,) = shelf.read("region", "account_id")
    assert (row["region"], row["account_id"], row["_source"]) == ("us-east-1", "111122223333", "inventory")


def record(start: datetime, end: datetime, parent: tuple[tuple[str, str], ...] = ()) -> ScanRecord:
    return ScanRecord(Partition("t", "1", "r", parent), start, end, "test", True, frozenset(["size"]))


def test_scans_are_rivals_when_they_overlap_in_time_and_in_rows() -> None:
    hour = [datetime.fromisoformat(f"2026-03-01T0{h}:00:00+00:00") for h in range(6)]
    mine = record(hour[1], hour[2])
    assert rivals([record(hour[0], hour[1])], mine) == []
    assert len(rivals([record(hour[0], hour[3]), record(hour[3], hour[4])], mine)) == 2
    narrow = record(hour[1], hour[2], (("image", "x"),))
    assert rivals([record(hour[1], hour[3], (("image", "y"),))], narrow) == []


def test_the_newest_scan_of_each_column_is_the_one_that_answers() -> None:
    hour = [datetime.fromisoformat(f"2026-03-01T0{h}:00:00+00:00") for h in range(6)]
    claims = [Claim(record(h, h), frozenset(["size"])) for h in hour]
    (found,) = covering(claims, Partition("t", "1", "r"), ["size"], hour[2]) or []
    assert found.started == hour[5]


def test_a_moment_answers_for_the_columns_that_all_its_rows_had(shelf: Any) -> None:
    def knows_state(at: float) -> bool:
        partition = Partition(TABLE, "111122223333", "us-east-1")
        return bool(shelf.store.fresh([partition], ["state"], None, minute(99), minute(at)))

    shelf.scan(0, [{"_key": "a", "size": 1, "state": "on"}])
    shelf.scan(1, [{"_key": "a", "size": 1}], ["size"], complete=False)
    shelf.scan(2, [{"_key": "b", "size": 2}], ["size"], complete=False)
    shelf.scan(3, [{"_key": "a", "size": 1}], ["size"])
    shelf.scan(4, [{"_key": "a", "size": 1, "state": "on"}, {"_key": "c", "size": 1, "state": "on"}])
    assert [knows_state(at) for at in (0, 1, 2, 2.5, 3, 4)] == [True, True, False, False, True, True]


def test_a_row_that_turns_out_to_be_in_a_partition_narrows_what_answers_for_it(shelf: Any) -> None:
    shelf.scan(0, [{"_key": "b", "state": "on"}], ["state"], complete=False)
    shelf.scan(1, [X], ["size"], parent=PARENT)
    assert shelf.fresh("size", now=2, parent=PARENT) == [2]
    shelf.scan(2, [{"_key": "b", "image": "x"}], ["image"], complete=False)
    assert shelf.fresh("size", now=3, parent=PARENT) is None
    assert shelf.fresh("image", now=3, parent=PARENT) == [2]


def test_the_oldest_read_and_the_share_that_changed_are_known_of_tables_and_accounts(shelf: Any) -> None:
    here, there = ("111122223333", "us-east-1"), ("444455556666", "us-east-1")
    assert shelf.store.last_reads([TABLE], "table") == {}
    shelf.scan(0, [X], place=here)
    shelf.scan(1, [Y], place=there)
    shelf.scan(3, [X], parent=PARENT, place=here)  # no whole place
    shelf.scan(5, [X], place=here)
    shelf.scan(7, [X], complete=False, place=here)
    assert shelf.store.last_reads([TABLE], "account") == {here[0]: LastRead(minute(5), 0.0), there[0]: LastRead(minute(1), 1.0)}
    assert shelf.store.last_reads([TABLE, "aws.sqs_queue"], "table") == {TABLE: LastRead(minute(1), 0.5)}
    assert shelf.store.last_reads(["aws.sqs_queue"], "table") == shelf.store.last_reads([], "account") == {}
