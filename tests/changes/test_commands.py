"""`cirql query --write`, `plan`, `apply` and `changes`, as processes of their own against a local AWS."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud
from tests.changes.conftest import ACCOUNT, REGION

SOURCES = str(Path(__file__).parents[2] / "src")
GROUP = f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(cloud: LocalCloud, journal: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": SOURCES,
        "CIRQL_ENDPOINT_URL": cloud.endpoint_url,
        "CIRQL_JOURNAL": str(journal),
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
    }


@pytest.fixture
def cirql(environment: dict[str, str], tmp_path: Path) -> Command:
    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cirql", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60, check=False)

    return run


def test_a_write_needs_write_and_yes_where_there_is_nobody_to_ask(cirql: Command) -> None:
    refused = cirql("query", GROUP)
    assert refused.returncode == 1 and "this session is read-only" in refused.stderr
    unasked = cirql("query", "--write", GROUP)
    assert unasked.returncode == 1 and "+ create aws.logs.log_group g" in unasked.stderr and "--yes" in unasked.stderr
    done = cirql("query", "--write", "--yes", GROUP + " RETURNING log_group_name", "-o", "csv")
    assert (done.returncode, done.stdout) == (0, "log_group_name\ng\n")
    transaction = f"BEGIN; DELETE FROM aws.logs.log_groups WHERE data__Identifier = 'g'; {GROUP.replace('g', 'g', 1)[:-1]}); COMMIT"
    assert cirql("query", "--write", "--yes", transaction.replace("('g'", "('h'")).returncode == 0
    listed = cirql("changes", "list")
    assert [line.split()[2] for line in listed.stdout.splitlines()] == ["succeeded"] * 3


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_on_a_terminal_the_plan_is_shown_and_asked_for(environment: dict[str, str], tmp_path: Path, answer: str, code: int) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "cirql", "query", "--write", GROUP]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, env=environment, cwd=tmp_path) as child:
        os.close(terminal)
        shown = b""
        while b"Carry this out? [y/N]" not in shown:
            shown += os.read(controller, 4096)
        os.write(controller, answer.encode() + b"\n")
        output, _ = child.communicate(timeout=60)
        os.close(controller)
    assert child.returncode == code
    assert b"+ create aws.logs.log_group g" in shown
    assert (b"succeeded" in output) == (code == 0)


def test_a_saved_plan_applies_exactly_what_was_shown_once(cirql: Command, tmp_path: Path) -> None:
    (tmp_path / "change.sql").write_text(
        f"{GROUP};\n-- and its time\nINSERT INTO aws.sns.topics (topic_name, region) VALUES ('t', '{REGION}');"
    )
    planned = cirql("plan", "-f", "change.sql", "-o", "plan.json")
    assert planned.returncode == 0 and "2 to create" in planned.stdout
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    assert cirql("changes", "list").stdout == ""
    applied = cirql("apply", "plan.json", "--yes")
    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.count("succeeded: create") == 2
    again = cirql("apply", "plan.json", "--yes")
    assert again.returncode == 1 and "applied already" in again.stderr


def test_a_plan_is_made_of_what_is_typed_or_piped_too(cirql: Command) -> None:
    for planned in (cirql("plan", GROUP), cirql("plan", stdin=GROUP), cirql("plan", "-", stdin=GROUP)):
        assert planned.returncode == 0, planned.stderr
        assert "1 to create" in planned.stdout
    nothing = cirql("plan")
    assert nothing.returncode == 2 and "give the SQL once" in nothing.stderr


def test_a_plan_is_refused_once_the_resources_have_changed(cirql: Command, tmp_path: Path) -> None:
    assert cirql("query", "--write", "--yes", GROUP).returncode == 0
    update = "UPDATE aws.logs.log_groups SET retention_in_days = {} WHERE data__Identifier = 'g'"
    (tmp_path / "change.sql").write_text(update.format(30))
    markdown = cirql("plan", "-f", "change.sql", "-o", "plan.json", "--format", "markdown")
    assert "| RetentionInDays |  | `30` |" in markdown.stdout
    assert cirql("query", "--write", "--yes", update.format(7)).returncode == 0
    refused = cirql("apply", "plan.json", "--yes")
    assert refused.returncode == 1 and "it has changed since the plan was made" in refused.stderr
    plan = json.loads((tmp_path / "plan.json").read_text())
    plan["changes"][0]["body"] = plan["changes"][0]["body"].replace("30", "90")
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    edited = cirql("apply", "plan.json", "--yes")
    assert edited.returncode == 1 and "not as it was written" in edited.stderr


def test_a_killed_command_is_resumed_by_the_next(environment: dict[str, str], tmp_path: Path) -> None:
    with LocalCloud(settle_looks=1000, settle_seconds=3.0) as slow:
        environment = {**environment, "CIRQL_ENDPOINT_URL": slow.endpoint_url}
        command = [sys.executable, "-m", "cirql", "query", "--write", "--yes", GROUP]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path) as child:
            while not any(c.operation == "CreateResource" for c in slow.calls):
                time.sleep(0.01)
            time.sleep(0.1)
            child.send_signal(signal.SIGKILL)
            child.communicate()
        resume = [sys.executable, "-m", "cirql", "changes", "resume"]
        done = subprocess.run(resume, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "succeeded" in done.stdout
        assert sum(c.operation == "CreateResource" for c in slow.calls) <= 2
        again = subprocess.run(resume, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60, check=False)
        assert (again.returncode, again.stdout) == (0, "")


def test_one_change_is_shown_with_its_course(cirql: Command) -> None:
    assert cirql("query", "--write", "--yes", GROUP).returncode == 0
    change = json.loads(cirql("changes", "list", "--json").stdout)
    shown = cirql("changes", "show", change["id"][:8]).stdout
    assert f"caller: arn:aws:iam::{ACCOUNT}" in shown or "caller: arn:aws:sts" in shown
    assert "statement: INSERT INTO aws.logs.log_groups" in shown
    states = [line.split()[1].rstrip(":") for line in shown.splitlines() if line.startswith("20")]
    assert states[0] == "planned" and states[-1] == "succeeded" and "submitting" in states and "submitted" in states
    missing = cirql("changes", "show", "nope")
    assert missing.returncode == 1 and "cirql changes list" in missing.stderr


def test_a_plan_over_the_embedded_aws_says_a_command_that_carries_it_out_there(cirql: Command, tmp_path: Path) -> None:
    (tmp_path / "c.sql").write_text(
        f"UPDATE aws.sagemaker.image_versions SET vendor_guidance = 'STABLE' WHERE region = '{REGION}' AND version = 2"
    )
    planned = cirql("plan", "--local", "-f", "c.sql", "-o", "my plan.json")
    assert planned.returncode == 0, planned.stderr
    command = shlex.split(planned.stderr.splitlines()[-1].partition("plan saved: ")[2])
    assert command == ["cirql", "apply", "--local", "my plan.json"]
    applied = cirql(*command[1:], "--yes")
    assert applied.returncode == 0, applied.stderr
    assert "succeeded: update aws.sagemaker.image_version" in applied.stdout
