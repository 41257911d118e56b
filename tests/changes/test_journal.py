"""The journal: on disk, for its owner alone, without secrets once they are not needed, and never worked on by two."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cirql import errors
from cirql.changes.journal import Journal
from cirql.changes.model import Change, ChangeKind, JournalEntry, RequestProgress, State
from cirql.cloud.target import Target
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Credential
from tests.changes.conftest import ACCOUNT, OTHER_ACCOUNT, REGION, Connect

TARGET = Target(ACCOUNT, REGION)


def entry(name: str, **more: object) -> JournalEntry:
    change = Change(
        name, ChangeKind.CREATE, "aws.x.y", "AWS::X::Y", TARGET, None, '{"P": "secret"}', after={"P": "secret"}, secrets=(("P",),)
    )
    return JournalEntry(change, "run", 0, "INSERT", "me", created=time.time(), **more)  # type: ignore[arg-type]


def test_what_was_recorded_is_there_for_another_process(journal: Path) -> None:
    first = Journal.at(journal)
    first.record([entry("a"), entry("b")])
    first.save([entry("a").moved(State.SUBMITTED, request_token="t", event=RequestProgress({"OperationStatus": "PENDING"}))])
    second = Journal.at(journal)
    assert [(e.change.id, e.state, e.request_token) for e in second.entries()] == [("a", State.SUBMITTED, "t"), ("b", State.PLANNED, None)]
    assert second.entries()[1].change == entry("b").change
    assert [state for _, state, _ in second.moves("a")] == ["planned", "submitted"]
    first.close()
    second.close()


def test_the_file_is_its_owners_alone_and_secrets_leave_it_with_the_end_of_the_change(journal: Path) -> None:
    book = Journal.at(journal)
    book.record([entry("a")])
    assert {stat.S_IMODE(p.stat().st_mode) for p in journal.parent.iterdir() if p.is_file()} == {0o600}
    assert book.entries()[0].change.body == '{"P": "secret"}'
    book.save([entry("a").moved(State.SUCCEEDED)])
    ended = book.entries()[0].change
    assert ended.body == "" and ended.after == {"P": "***"}
    book.close()


def test_one_run_is_worked_on_by_one_process_and_freed_by_its_death(journal: Path) -> None:
    book = Journal.at(journal)
    script = (
        "import sys, time; from pathlib import Path; from cirql.changes.journal import Journal\n"
        f"with Journal.at(Path({str(journal)!r})).working_on('run') as ours: print(ours, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None and child.stdout.readline() == "True\n"
        with book.working_on("run") as ours:
            assert not ours
        child.kill()
        child.wait()
    with book.working_on("run") as ours:
        assert ours
    book.close()


def test_a_file_that_is_no_journal_is_refused(journal: Path) -> None:
    journal.parent.mkdir()
    journal.write_text("this is not a journal, and it is long enough to be looked at")
    with pytest.raises(errors.SettingsError, match="cannot be opened"):
        Journal.at(journal)


def test_nothing_is_sent_that_could_not_be_written_down(connect: Connect, journal: Path) -> None:
    journal.parent.mkdir()
    journal.mkdir()
    with pytest.raises(errors.SettingsError):
        connect().execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")


def test_a_call_that_cannot_be_repeated_is_not_repeated(session: Session) -> None:
    change = Change("x" * 32, ChangeKind.CALL, "aws.sqs", "sqs:CreateQueue", TARGET, None, '{"QueueName": "q"}', repeatable=False)
    session.writer.past.journal.record([JournalEntry(change, "run", 0, "EXEC", "me", state=State.SUBMITTING, created=time.time())])
    (ended,) = session.writer.past.resume()
    assert ended.state is State.UNKNOWN and "not known" in ended.error


def test_an_entry_older_than_aws_remembers_is_not_sent_again(session: Session) -> None:
    change = Change("y" * 32, ChangeKind.DELETE, "aws.logs.log_group", "AWS::Logs::LogGroup", TARGET, "g", "")
    long_ago = time.time() - 37 * 3600
    session.writer.past.journal.record(
        [JournalEntry(change, "run", 0, "DELETE", "me", state=State.SUBMITTING, created=long_ago, submitted=long_ago)]
    )
    (ended,) = session.writer.past.resume()
    assert ended.state is State.UNKNOWN and "36 hours" in ended.error


def test_the_audit_trail_is_a_table(session: Session) -> None:
    assert session.execute("SELECT * FROM cirql.changes").fetchall() == []
    session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, region) VALUES ('g', 7, '{REGION}')")
    rows = session.execute(
        "SELECT operation, resource, identifier, state, differences->0->>'property', attempt FROM cirql.changes WHERE state = 'succeeded'"
    ).fetchall()
    assert rows == [("create", "aws.logs.log_group", "g", "succeeded", "LogGroupName", 1)]


def test_what_was_begun_in_one_account_is_not_carried_on_in_another(connect: Connect, cloud: LocalCloud) -> None:
    connect().execute(f"INSERT /*+ NOWAIT */ INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
    cloud.calls.clear()
    other = connect(credentials=(Credential("default", OTHER_ACCOUNT, "local"),))
    with pytest.raises(errors.InvalidText, match=f"no credentials for {ACCOUNT}/{REGION}"):
        other.writer.past.resume()
    assert "cloudcontrol" not in {c.service for c in cloud.calls}
    renamed = connect(credentials=(Credential("renamed", ACCOUNT, "local"),))
    assert [e.state for e in renamed.writer.past.resume()] == [State.SUCCEEDED]
