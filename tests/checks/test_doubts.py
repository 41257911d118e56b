"""Which findings a refusal makes doubtful: those of its rows where it names them, else those of its place."""

from __future__ import annotations

from cirql.checks.doubts import doubted
from cirql.checks.model import Finding, Status
from cirql.errors import CloudFailure

FINDINGS = [
    Finding("r", Status.OK, "arn:aws:s3:::blue", "1", "us-east-1"),
    Finding("r", Status.ALARM, "arn:aws:s3:::red", "1", "eu-west-1"),
    Finding("r", Status.OK, "arn:aws:s3:::green", "2", "us-east-1"),
]


def _statuses(region: str, row: str = "") -> list[Status]:
    failure = CloudFailure("1", region, "s3", "GetBucketPolicy", "AccessDenied", "no", row=row)
    return [f.status for f in doubted(FINDINGS, [failure])]


def test_a_refusal_that_names_its_row_concerns_that_row_wherever_it_was_asked() -> None:
    assert _statuses("us-east-1", "red") == [Status.OK, Status.ERROR, Status.OK]


def test_a_refusal_of_a_place_concerns_what_is_there() -> None:
    assert _statuses("eu-west-1") == [Status.OK, Status.ERROR, Status.OK]
    assert _statuses("us-east-1", "17 more rows") == [Status.ERROR, Status.ALARM, Status.OK]


def test_a_refusal_of_a_place_without_resources_concerns_none_but_that_of_rows_may_concern_any_of_the_account() -> None:
    assert _statuses("ap-south-1") == [Status.OK, Status.ALARM, Status.OK]
    assert _statuses("ap-south-1", "17 more rows") == [Status.ERROR, Status.ERROR, Status.OK]


def test_nothing_is_doubted_where_all_was_read() -> None:
    assert list(doubted(FINDINGS, [])) == FINDINGS
