"""Events name what to read again; the inventory then says what AWS says, and nothing else was asked."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cirql import errors
from cirql.filling.events import read_events
from cirql.filling.sync import begin, sync
from cirql.filling.touches import ingest
from cirql.localcloud import LocalCloud
from tests.recall.conftest import Connect, rows

FIXTURES = Path(__file__).parent / "events"
VERSION = "arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2"


def fixture(name: str, *, seconds: float = 0, **values: str) -> bytes:
    """A fixture with its placeholders filled; its events happened now, or some seconds ago."""
    text = (FIXTURES / name).read_text("utf-8")
    at = (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for key, value in {"TIME": at, **values}.items():
        text = text.replace(f"@{key}@", value)
    return text.encode()


def filled(connect: Connect, *tables: str) -> None:
    with connect() as session:
        assert sync(session, begin(session, tables, datetime.now(UTC))).is_complete


def behind_the_back(connect: Connect, sql: str) -> None:
    with connect(store=None, writable=True) as other:
        other.execute(sql).fetchall()


def test_an_update_refreshes_one_row(connect: Connect, cloud: LocalCloud) -> None:
    filled(connect, "aws.sagemaker_image_version", "aws.sagemaker_image")
    behind_the_back(connect, f"UPDATE aws.sagemaker.image_version SET release_notes = 'new' WHERE data__identifier = '{VERSION}'")
    cloud.calls.clear()
    session = connect()
    done = ingest(session, read_events(fixture("update_image_version.jsonl")))
    assert (done.events, done.unmatched, done.failures) == (2, 1, [])
    assert {t.table for t in done.refreshed} == {"aws.sagemaker_image_version", "aws.sagemaker_image"}
    assert cloud.calls.counts()["sagemaker:DescribeImageVersion"] == 1
    assert {(c.account, c.region) for c in cloud.calls} == {("111111111111", "us-east-1")}
    offline = connect(max_age=float("inf"))
    sql = f"SELECT release_notes FROM aws.sagemaker_image_version WHERE _key = '{VERSION}'"
    assert rows(offline, sql) == [("new",)]
    history = f"SELECT event, changed FROM cirql.history('aws.sagemaker_image_version') WHERE _key = '{VERSION}'"
    assert ("changed", ["last_modified_time", "release_notes"]) in rows(offline, history)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_deletion_is_noticed(connect: Connect, zipped: bool) -> None:
    name = f"doomed-{zipped}".lower()
    values = ", ".join(f"('us-east-1', '111111111111', '{n}')" for n in (name, f"kept-{name}"))
    behind_the_back(connect, f"INSERT INTO aws.ecr.repository (region, account_id, repository_name) VALUES {values}")
    filled(connect, "aws.ecr.repository")
    sql = f"SELECT repository_name FROM aws.ecr.repository WHERE repository_name = '{name}'"
    offline = connect(max_age=float("inf"))
    assert rows(offline, sql) == [(name,)]
    behind_the_back(connect, f"DELETE FROM aws.ecr.repository WHERE region = 'us-east-1' AND data__identifier = '{name}'")
    data = fixture("delete_repository.json", NAME=name)
    done = ingest(connect(), read_events(gzip.compress(data) if zipped else data))
    assert (done.events, done.failures) == (1, []), "reads and failed calls are no events"
    assert rows(offline, sql) == []
    assert rows(offline, sql.replace("= '", "= 'kept-")) == [(f"kept-{name}",)], "nothing else is gone"


def test_what_was_read_since_the_event_is_left_alone(connect: Connect, cloud: LocalCloud) -> None:
    filled(connect, "aws.sagemaker_image_version")
    cloud.calls.clear()
    done = ingest(connect(), read_events(fixture("update_image_version.jsonl", seconds=60)))
    assert done.refreshed == []
    assert [t.table for t in done.left] == ["aws.sagemaker_image_version"]
    assert cloud.calls.counts() == {}


def test_an_account_out_of_scope_is_left_alone(connect: Connect, cloud: LocalCloud) -> None:
    filled(connect, "aws.sagemaker_image_version")
    cloud.calls.clear()
    done = ingest(connect(accounts=("222222222222",)), read_events(fixture("update_image_version.jsonl")))
    assert done.refreshed == []
    assert cloud.calls.counts() == {}


@pytest.mark.parametrize("data", [b"\xff\xfe", b"not json", b'{"a": 1}', b'{"Records": [{"eventSource": "x", "eventName": "y"}]}'])
def test_what_is_no_event_is_an_error(data: bytes) -> None:
    with pytest.raises(errors.InvalidText):
        list(read_events(data))


def test_an_empty_log_is_no_event() -> None:
    assert list(read_events(b'{"Records": []}')) == []
    assert list(read_events(b"")) == []


def test_values_of_events_are_quoted(connect: Connect) -> None:
    filled(connect, "aws.ecr_repository")
    done = ingest(connect(), read_events(fixture("delete_repository.json", NAME="o'; DROP")))
    assert done.failures == []
