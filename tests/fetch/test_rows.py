"""From answers to rows: pages of one row, and keys of which a part is lacking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Fetch, Output, Role, Table
from cirql.fetch.rows import Row, make_key, whole

GROUP = Fetch(
    name="get",
    role=Role.GET,
    service="iam",
    operation="GetGroup",
    outputs=(Output("group_name", ("Group", "GroupName")), Output("users", ("Users",)), Output("limits", ("Limits",))),
)


@pytest.fixture(scope="module")
def records() -> Table:
    with Catalog.open() as catalog:
        return catalog.find("aws.route53_resource_record_set").table


def test_the_pages_of_one_row_are_one_row_with_the_lists_and_maps_of_all() -> None:
    answers = [
        {"Group": {"GroupName": "staff"}, "Users": ["ada", "grace"], "Limits": {"Users": 5}},
        {"Group": {"GroupName": "staff"}, "Users": ["edsger"], "Limits": {"Users": 6, "Groups": 2}},
        {"Group": {"GroupName": "staff"}, "Users": []},
    ]
    assert whole(GROUP, answers) == {"group_name": "staff", "users": ["ada", "grace", "edsger"], "limits": {"Users": 5, "Groups": 2}}


def test_a_list_that_only_a_later_page_has_is_there() -> None:
    assert whole(GROUP, [{"Group": {"GroupName": "staff"}}, {"Users": ["ada"]}]) == {
        "group_name": "staff",
        "users": ["ada"],
        "limits": None,
    }


def test_no_answer_is_no_row() -> None:
    assert whole(GROUP, []) is None
    assert whole(replace(GROUP, rows=("Group",), rows_may_be_absent=True), [{}]) is None


def test_a_part_of_the_key_that_the_row_has_not_is_left_out(records: Table) -> None:
    row: Row = {"account_id": "111111111111", "region": "us-east-1", "hosted_zone_id": "/hostedzone/Z1", "name": "a.", "type": "A"}
    make_key(records, row)
    assert "_key" not in row
    make_key(records, row, answered={"set_identifier"})
    assert row["_key"] == "arn:aws:route53::111111111111:route53_resource_record_set//hostedzone/Z1/a./A"


def test_a_key_without_its_first_part_is_none(records: Table) -> None:
    row: Row = {"name": "a.", "type": "A"}
    make_key(records, row, answered=set(records.key))
    assert "_key" not in row
