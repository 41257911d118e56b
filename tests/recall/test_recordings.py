"""What a query recorded answers the same questions again, offline, from the same tables."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cirql import errors
from cirql.cli.main import app
from cirql.cloud.lazy import Lazy
from cirql.cloud.recording import Recording
from cirql.cloud.replaying import Recorded
from cirql.cloud.tape import Tape
from cirql.filling.recordings import play
from cirql.localcloud import LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings
from tests.recall.conftest import Connect, rows

VERSIONS = "SELECT image_name, version, release_notes, tags, last_modified_time FROM aws.sagemaker_image_version"


def record(connect: Connect, file: Path, *statements: str) -> None:
    settings = connect(store=None).settings
    with Tape(file) as tape, Session(settings, cloud=Recording(Lazy.of(settings), tape)) as session:
        for sql in statements:
            session.execute(sql).fetchall()


def imported(*files: Path, store: Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["import", *map(str, files), "--store", str(store)])
    return done.exit_code, done.stdout, done.stderr


def offline(store: Path, sql: str) -> list[tuple[Any, ...]]:
    with Session(Settings(store=str(store), max_age=float("inf"))) as session:
        return rows(session, sql)


def test_a_recording_answers_what_was_asked(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.faults.add(Rule(kind="short_pages", page_size=2))
    tape, buckets = tmp_path / "tape" / "one.jsonl", "SELECT name, creation_date FROM aws.s3_bucket"
    tape.parent.mkdir()
    before = datetime.now(UTC).replace(tzinfo=None)
    record(connect, tape, VERSIONS, buckets, "SELECT * FROM aws.sagemaker.image")
    assert stat.S_IMODE(tape.stat().st_mode) == 0o600
    assert "SessionToken" not in tape.read_text()
    done = imported(tape.parent, store=tmp_path / "own")
    assert (done[0], done[2]) == (0, "")
    for sql in (VERSIONS, buckets, "SELECT * FROM aws.sagemaker.image", "SELECT image_name FROM aws.sagemaker_image"):
        assert offline(tmp_path / "own", sql) == rows(connect(store=None), sql)
    ((when,),) = set(offline(tmp_path / "own", "SELECT _fetched_at FROM aws.s3_bucket"))
    assert before <= when < before + timedelta(seconds=30), "dated when it was recorded"


def test_each_table_is_asked_for_where_it_was(connect: Connect, tmp_path: Path) -> None:
    vpcs, users = "SELECT vpc_id, region FROM aws.ec2_vpc", "SELECT user_name FROM aws.iam_user WHERE region = 'eu-west-1'"
    record(
        connect,
        tmp_path / "tape.jsonl",
        f"{vpcs} WHERE region = 'us-west-2'",
        users,
        "SELECT queue_url FROM aws.sqs_queue WHERE region = 'us-east-1'",
    )
    done = imported(tmp_path / "tape.jsonl", store=tmp_path / "own")
    assert (done[0], done[2]) == (0, "")
    assert {region for _, region in offline(tmp_path / "own", vpcs)} == {"us-west-2"}


def test_a_narrower_question_gives_what_its_list_call_gave(connect: Connect, tmp_path: Path) -> None:
    record(connect, tmp_path / "tape.jsonl", VERSIONS + " WHERE version = 2")
    assert imported(tmp_path / "tape.jsonl", store=tmp_path / "own")[0] == 0
    names = "SELECT image_name, version FROM aws.sagemaker_image_version"
    assert offline(tmp_path / "own", names) == rows(connect(store=None), names)
    with pytest.raises(errors.NotInInventory):  # described were those of version 2 alone
        offline(tmp_path / "own", VERSIONS)


def test_what_failed_while_it_was_recorded_fails_again(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.faults.add(Rule(region="us-west-2", operation="ListImageVersions", kind="access_denied"))
    record(connect, tmp_path / "tape.jsonl", "SELECT image_name, version FROM aws.sagemaker_image_version")
    done = imported(tmp_path / "tape.jsonl", store=tmp_path / "own")
    assert done[0] == 3
    assert "us-west-2" in done[2]
    with Session(Settings(store=str(tmp_path / "own"), max_age=float("inf"))) as session:
        result = session.execute("SELECT DISTINCT region FROM aws.sagemaker_image_version")
        assert {r for (r,) in result.fetchall()} == {"us-east-1", "eu-west-1"}
        assert {f.region for f in result.failures} == {"us-west-2"}


def line(**values: Any) -> dict[str, Any]:
    made = {"time": "2026-03-01T12:00:00Z", "account": "111111111111", "region": "us-east-1", "service": "ec2", "operation": "DescribeVpcs"}
    return {**made, "parameters": {}, "response": {"Vpcs": [{"VpcId": "vpc-1"}]}, **values}


def test_a_recording_may_be_written_by_hand(tmp_path: Path) -> None:
    pages = [
        line(response={"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "t"}),
        line(parameters={"NextToken": "t", "MaxResults": 5}, response={"Vpcs": [{"VpcId": "vpc-2"}]}),
    ]
    (tmp_path / "tape.jsonl").write_text("\n".join(map(json.dumps, pages)))
    assert imported(tmp_path / "tape.jsonl", store=tmp_path / "own")[0] == 0
    found = offline(tmp_path / "own", "SELECT vpc_id, _fetched_at FROM aws.ec2_vpc")
    assert found == [("vpc-1", datetime(2026, 3, 1, 12)), ("vpc-2", datetime(2026, 3, 1, 12))]
    later = line(time="2026-03-02T12:00:00Z", response={"Vpcs": []})
    (tmp_path / "later.jsonl").write_text(json.dumps(later))
    assert "2 gone" in imported(tmp_path / "later.jsonl", store=tmp_path / "own")[1]
    assert len(offline(tmp_path / "own", "SELECT vpc_id FROM aws.ec2_vpc AS OF '2026-03-01 13:00'")) == 2


def test_a_page_that_is_missing_is_no_end(tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").write_text(json.dumps(line(response={"Vpcs": [], "NextToken": "t"})))
    done = imported(tmp_path / "tape.jsonl", store=tmp_path / "own")
    assert (done[0], "the recording has no answer to ec2:DescribeVpcs with" in done[2]) == (3, True)
    with pytest.raises(errors.NotInInventory):
        offline(tmp_path / "own", "SELECT vpc_id FROM aws.ec2_vpc")


@pytest.mark.parametrize("wrong", [{"account": ""}, {"region": None}, {"time": "soon"}, {"parameters": 5}, {"response": [], "error": None}])
def test_a_broken_line_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "tape.jsonl").write_text(json.dumps(line()) + "\n" + json.dumps(line(**wrong)))
    done = imported(tmp_path / "tape.jsonl", store=tmp_path / "own")
    assert (done[0], "answer 2" in done[2]) == (1, True)


def test_a_recording_that_lists_nothing_is_refused(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add(line(operation="DescribeVpcAttribute"), "here")
    assert play(recorded, str(tmp_path / "own")).written == []


def test_a_recording_is_never_written_over(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").write_text("mine")
    with pytest.raises(errors.FileUnreadable):
        Tape(tmp_path / "tape.jsonl")
