"""A sync describes again what the list call shows to have changed, and nothing else; what it stores is the same as if it had."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cirql.cloud.target import Target
from cirql.filling.sync import TableReport, begin, sync
from cirql.localcloud import LocalCloud, Rule
from tests.recall.conftest import Connect, rows

TABLE = "aws.sagemaker_image_version"
ARN = "arn:aws:sagemaker:us-west-2:111111111111:image-version/{}/{}"
ALL = f"SELECT * FROM {TABLE}"


def run(connect: Connect, table: str = TABLE, *, full: bool = False) -> TableReport:
    with connect() as session:
        (report,) = sync(session, begin(session, (table,), datetime.now(UTC)), full=full).tables
    return report


def live(connect: Connect, sql: str = ALL) -> list[tuple[object, ...]]:
    with connect(store=None) as session:
        return rows(session, sql)


def stored(connect: Connect, sql: str = ALL) -> list[tuple[object, ...]]:
    with connect(max_age=float("inf")) as session:
        return rows(session, sql)


def test_only_what_changed_is_described_again(connect: Connect, cloud: LocalCloud) -> None:
    first = run(connect)
    assert first.reused == 0
    cloud.calls.clear()
    again = run(connect)
    assert (again.reused, again.created, again.changed, again.gone) == (first.rows, 0, 0, 0)
    assert "sagemaker:DescribeImageVersion" not in cloud.calls.counts()
    assert cloud.calls.counts()["sagemaker:ListTags"] == first.rows, "no time tells of tags"
    with connect(store=None, writable=True) as other:
        arn = rows(other, f"SELECT _key FROM {TABLE} WHERE account_id = '111111111111' AND region = 'us-west-2'")[0][0]
        other.execute(f"UPDATE aws.sagemaker.image_version SET release_notes = 'newer' WHERE data__identifier = '{arn}'").fetchall()
    cloud.calls.clear()
    changed = run(connect)
    assert (changed.reused, changed.changed) == (first.rows - 1, 1)
    assert cloud.calls.counts()["sagemaker:DescribeImageVersion"] == 1
    assert stored(connect) == live(connect)
    cloud.calls.clear()
    assert run(connect).reused == first.rows - 1, "what was modified just before it was stored may have been modified twice"
    assert run(connect, full=True).reused == 0
    assert stored(connect) == live(connect)


def test_a_query_describes_everything(connect: Connect, cloud: LocalCloud) -> None:
    run(connect)
    cloud.calls.clear()
    with connect(max_age=0) as session:
        found = rows(session, ALL)
    assert cloud.calls.counts()["sagemaker:DescribeImageVersion"] == len(found)


def test_what_was_never_stored_whole_is_described(connect: Connect, cloud: LocalCloud) -> None:
    with connect(max_age=0) as session:
        rows(session, f"SELECT _key, version FROM {TABLE}")  # complete, without the columns of the describe call
    cloud.faults.add(Rule(region="eu-west-1", operation="DescribeImageVersion", kind="access_denied"))
    assert run(connect).reused == 0
    cloud.faults.clear()
    again = run(connect)
    assert 0 < again.reused < again.rows, "the region that was denied is described now"
    assert stored(connect) == live(connect)


def test_a_new_row_is_described_and_a_gone_one_is_gone(connect: Connect, cloud: LocalCloud) -> None:
    home = Target("111111111111", "us-east-1", "111111111111")
    with connect() as session:
        for operation, changes in (("CreateEventBus", (0, 0)), ("CreateEventBus", (1, 0)), ("DeleteEventBus", (0, 1))):
            name = {"Name": "late" if changes != (0, 0) else "early"}
            session.start(session.cloud.call(home, "events", operation, name)).result()
            report = run(connect, "aws.events_event_bus")
            assert changes == (0, 0) or (report.created, report.gone) == changes
    sql = "SELECT * FROM aws.events_event_bus"
    assert stored(connect, sql) == live(connect, sql)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("aws.sagemaker_image", "last_modified_time"),
        ("aws.sagemaker_model", "creation_time"),
        ("aws.sagemaker_training_job", "training_end_time"),
        ("aws.cognito_idp_user_pool", ""),
        ("aws.iam_policy", ""),
        ("aws.ec2_instance", ""),
        ("aws.sagemaker.image", ""),
    ],
)
def test_which_tables_are_believed(connect: Connect, table: str, column: str) -> None:
    assert connect().catalog.find(table).table.modified == column
