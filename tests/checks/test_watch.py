"""`cirql watch`: what changed between two rounds, whatever happens to the process between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from cirql.checks.deliveries import Topic, messages
from cirql.checks.transitions import VerdictChange, slack
from cirql.errors import InvalidText
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule as Fault

SOURCES = str(Path(__file__).parents[2] / "src")
RULE = """-- id: r
-- title: Things are as they should be
-- severity: high
-- rationale: They should.
"""


def rows(**statuses: str) -> str:
    """A rule that says this of these resources."""
    return (
        RULE
        + "SELECT * FROM (VALUES "
        + ", ".join(f"('{n}', '{s}', '1')" for n, s in statuses.items())
        + ") AS t(resource, status, account_id)\n"
    )


class Folder:
    """A rule, a state, and the command over both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rule = path / "r.sql"
        self.asked = ""

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "cirql", "watch", str(self.rule), "--state", str(self.path / "state.json"), "-o", "json", *more]

    @property
    def environment(self) -> dict[str, str]:
        given = {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
        return {**os.environ, "PYTHONPATH": SOURCES, **(given | {"AWS_ENDPOINT_URL": self.asked} if self.asked else {})}

    def round(self, *more: str, **statuses: str) -> list[tuple[str, str, str]]:
        """What one round says."""
        self.rule.write_text(rows(**statuses))
        done = subprocess.run(self.command("--once", *more), capture_output=True, text=True, env=self.environment, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        said = [json.loads(line) for line in done.stdout.splitlines()]
        return [(c["resource"], c["before"], c["after"]) for c in said]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_changes_are_told_once(folder: Folder) -> None:
    assert folder.round(a="ok", b="alarm") == [("b", "", "alarm")]
    assert folder.round(a="ok", b="alarm") == []
    assert folder.round(a="alarm", b="ok") == [("a", "ok", "alarm"), ("b", "alarm", "ok")]
    assert folder.round(b="ok") == [("a", "alarm", "gone")]


def test_what_could_not_be_told_keeps_its_status(folder: Folder) -> None:
    assert folder.round(a="alarm") == [("a", "", "alarm")]
    assert folder.round(a="error") == []
    assert folder.round(a="ok") == [("a", "alarm", "ok")]


def test_a_rule_that_fails_makes_nothing_gone(folder: Folder) -> None:
    folder.round(a="alarm")
    folder.rule.write_text(RULE + "SELECT nothing AS resource, 'ok' AS status FROM aws.nothing")
    done = subprocess.run(folder.command("--once"), capture_output=True, text=True, env=folder.environment, timeout=120, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(c["resource"], c["before"], c["after"]) for c in said] == [("*", "alarm", "error")]
    assert "undecided: r" in done.stderr
    again = subprocess.run(folder.command("--once"), capture_output=True, text=True, env=folder.environment, timeout=120, check=True)
    assert again.stdout == ""
    assert folder.round(a="alarm") == [("*", "error", "alarm")]
    assert folder.round(a="alarm") == []


def test_a_rule_that_is_edited_while_it_is_watched_is_read_again_and_half_of_an_edit_is_not(folder: Folder) -> None:
    folder.rule.write_text(rows(a="alarm"))
    with subprocess.Popen(
        folder.command("--every", "1 second"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=folder.environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["after"] == "alarm"
        folder.rule.write_text("-- id: ")
        assert any("the rules are as they were" in line for line in process.stderr)
        folder.rule.write_text(rows(a="ok"))
        assert json.loads(process.stdout.readline())["after"] == "ok"
        other = subprocess.run(folder.command("--once"), capture_output=True, text=True, env=folder.environment, timeout=120, check=False)
        process.kill()
    assert other.returncode == 1
    assert "another cirql watch goes by" in other.stderr


def test_the_state_survives_being_killed(folder: Folder) -> None:
    folder.rule.write_text(rows(a="alarm"))
    with subprocess.Popen(
        folder.command("--every", "1 second"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=folder.environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["after"] == "alarm"
        assert "1 change, " in process.stderr.readline()  # the state is on disk by then
        process.kill()
    assert folder.round(a="alarm") == []
    assert folder.round(a="ok") == [("a", "alarm", "ok")]
    assert [p.name for p in folder.path.iterdir() if p.suffix == ".tmp"] == []


def test_a_state_of_another_pack_is_refused(folder: Folder) -> None:
    (folder.path / "state.json").write_text('{"format": 1, "pack": "another", "known": {}}')
    folder.rule.write_text(rows(a="ok"))
    done = subprocess.run(folder.command("--once"), capture_output=True, text=True, env=folder.environment, timeout=120, check=False)
    assert done.returncode == 1
    assert "each pack has a state of its own" in done.stderr


class Hook:
    """A webhook that answers what it is told to, and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(hook.answer)
                self.send_header("Location", hook.url)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_webhook_that_refuses_is_told_again_and_nobody_else_is(folder: Folder, hook: Hook) -> None:
    hook.answer = 500
    assert folder.round("--webhook", hook.url, a="alarm") == [("a", "", "alarm")]
    hook.answer = 302
    assert folder.round("--webhook", hook.url, a="alarm", b="alarm") == [("b", "", "alarm")]
    hook.answer = 200
    assert folder.round("--webhook", hook.url, a="alarm", b="alarm") == []
    assert folder.round("--webhook", hook.url, a="alarm", b="alarm") == []
    assert [[c["resource"] for c in got["changes"]] for got in hook.got] == [["a"], ["a", "b"], ["a", "b"]]
    folder.round("--webhook", hook.url, "--webhook-shape", "slack", a="ok", b="alarm")
    assert hook.got[-1]["text"].startswith(":large_green_circle: alarm → ok: r (high): a in 1")


def test_a_topic_that_refuses_is_told_again(folder: Folder) -> None:
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local", "region_name": "eu-west-1"}
    with LocalCloud(demo=False) as cloud:
        topics, queues = (boto3.client(service, endpoint_url=cloud.endpoint_url, **keys) for service in ("sns", "sqs"))
        topic = topics.create_topic(Name="audit")["TopicArn"]
        queue = queues.create_queue(QueueName="inbox")["QueueUrl"]
        queue_arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
        folder.asked = cloud.endpoint_url
        cloud.faults.add(Fault(service="sns", kind="access_denied"))
        assert folder.round("--sns", topic, a="alarm") == [("a", "", "alarm")]
        cloud.faults.clear()
        assert folder.round("--sns", topic, a="alarm") == []
        assert folder.round("--sns", topic, a="alarm") == []
        got = [json.loads(m["Body"]) for m in queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]]
    assert [[c["resource"] for c in json.loads(body["Message"])["changes"]] for body in got] == [["a"]]
    assert got[0]["Subject"].endswith("r.sql: 1 change, 1 to alarm")


def test_changes_that_are_longer_than_a_message_are_several() -> None:
    change = VerdictChange("r", "t", "high", "x" * 1000, "1", "", "ok", "alarm", "é" * 1000)
    sent = list(messages("p", [change] * 100))
    assert max(len(m.encode()) for m in sent) < 262_144
    assert sum(len(json.loads(m)["changes"]) for m in sent) == 100


def test_what_is_no_standard_topic_is_refused() -> None:
    for arn in ("arn:aws:sqs:eu-west-1:111111111111:audit", "arn:aws:sns:eu-west-1:111111111111:audit.fifo", "audit", ""):
        with pytest.raises(InvalidText):
            Topic.read(arn)


def test_names_are_no_markup_in_slack() -> None:
    change = VerdictChange("r", "t", "high", "<!channel>", "1", "", "ok", "alarm", "a & b")
    assert slack([change])["text"] == ":red_circle: ok → alarm: r (high): &lt;!channel&gt; in 1: a &amp; b"


BUCKETS = RULE.replace("id: r", "id: buckets") + (
    "SELECT 'arn:aws:s3:::' || name AS resource, account_id, CASE WHEN versioning_status = 'Enabled' THEN 'ok' ELSE 'alarm' END AS status "
    "FROM aws.s3_bucket\n"
)
QUEUES = RULE.replace("id: r", "id: queues") + (
    "SELECT queue_arn AS resource, account_id, CASE WHEN kms_master_key_id IS NULL THEN 'alarm' ELSE 'ok' END AS status "
    "FROM aws.sqs_queue\n"
)
KEYS = RULE.replace("id: r", "id: keys") + (
    "SELECT access_key_id AS resource, account_id, CASE WHEN create_date > now() - INTERVAL '90 days' THEN 'ok' ELSE 'alarm' END AS status "
    "FROM aws.iam_access_key\n"
)


class Watched:
    """Three rules over a local AWS, watched by what CloudTrail saw change."""

    def __init__(self, path: Path, cloud: LocalCloud) -> None:
        self.path, self.cloud = path, cloud
        self.minutes_ago = 0
        for name, text in (("buckets", BUCKETS), ("queues", QUEUES), ("keys", KEYS)):
            (path / "rules").mkdir(exist_ok=True)
            (path / "rules" / f"{name}.sql").write_text(text)

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=self.cloud.endpoint_url, region_name="us-east-1", **keys)

    def round(self) -> tuple[list[tuple[str, str, str]], str]:
        """What one round says changed, and its last line."""
        command = [sys.executable, "-m", "cirql", "watch", str(self.path / "rules"), "--state", str(self.path / "state.json"), "-o", "json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"PYTHONPATH": SOURCES, "AWS_ENDPOINT_URL": self.cloud.endpoint_url, "AWS_REGION": "us-east-1"}
        environment |= {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "local"}
        self.cloud.calls.clear()
        done = subprocess.run([*command, "--events", "--once"], capture_output=True, text=True, env=environment, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        said = [json.loads(line) for line in done.stdout.splitlines()]
        return [(c["resource"].rpartition(":")[2], c["before"], c["after"]) for c in said], done.stderr.splitlines()[-1]

    def asked(self) -> set[str]:
        return {call.service for call in self.cloud.calls} - {"sts"}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with LocalCloud(demo=False, clock=lambda: time.time() - made.minutes_ago * 60) as cloud:
        made = Watched(tmp_path, cloud)
        yield made


def test_only_what_the_trail_saw_change_is_read_again(watched: Watched) -> None:
    s3, sqs = watched.client("s3"), watched.client("sqs")
    watched.minutes_ago = 5  # an event is held against what was read with a minute to spare
    s3.create_bucket(Bucket="files")
    sqs.create_queue(QueueName="work")
    watched.minutes_ago = 0
    changes, said = watched.round()
    assert sorted(changes) == [("files", "", "alarm"), ("work", "", "alarm")]
    assert "3 of 3 rules" in said
    changes, said = watched.round()
    assert changes == []
    assert "1 of 3 rules" in said  # what asks the time
    assert watched.asked() == {"cloudtrail", "iam"}
    s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    changes, said = watched.round()
    assert changes == [("files", "alarm", "ok")]
    assert "2 of 3 rules" in said
    assert "sqs" not in watched.asked()


def test_everything_is_read_where_the_trail_cannot_be(watched: Watched) -> None:
    watched.client("sqs").create_queue(QueueName="work")
    watched.round()
    watched.cloud.faults.add(Fault(service="cloudtrail", kind="access_denied"))
    changes, said = watched.round()
    assert changes == []
    assert "3 of 3 rules" in said
