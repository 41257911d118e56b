"""Changes that have not ended: their secrets are in no file, and can be sent all the same, by whoever has the key."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cirql import errors
from cirql.changes.explain import differences
from cirql.changes.journal import Journal
from cirql.changes.model import Change, ChangeKind, JournalEntry, State
from cirql.changes.plan import ChangePlan
from cirql.changes.saved import read_plan, write_plan
from cirql.changes.sealing import Seal, shown_change
from cirql.cloud.target import Target
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from cirql.settings import Credential, Settings, state_home
from cirql.sql.parse import parse

CANARY = "Canary-under-way"
INSERT = f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, region) VALUES ('{{}}', '{CANARY}', '{REGIONS[0]}')"
Connect = Callable[..., Session]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def connect(cloud: LocalCloud, home: Path) -> Iterator[Connect]:
    with ExitStack() as stack:

        def opened() -> Session:
            credentials = (Credential(ACCOUNTS[0], ACCOUNTS[0], "local", account=ACCOUNTS[0]),)
            known: dict[str, Any] = {"endpoint_url": cloud.endpoint_url, "journal": str(home / "changes.sqlite"), "max_attempts": 1}
            return stack.enter_context(Session(Settings(credentials=credentials, regions=(REGIONS[0],), writable=True, **known)))

        yield opened


@pytest.fixture
def key() -> Iterator[Path]:
    """The key's file, which is as it was afterwards."""
    path = state_home() / "journal.key"
    kept = path.with_name("journal.key.kept")
    if path.exists():
        path.rename(kept)
    yield path
    path.unlink(missing_ok=True)
    if kept.exists():
        kept.rename(path)


def left_open(connect: Connect, cloud: LocalCloud, name: str) -> None:
    """A change that AWS may or may not have: its answers do not come."""
    cloud.faults.add(Rule(operation="CreateResource", kind="drop"))
    session = connect()
    with pytest.raises(errors.Error):
        session.execute(INSERT.format(name)).fetchall()
    cloud.faults.clear()
    (state,) = session.execute("SELECT state FROM cirql.changes").fetchone() or ("none",)
    assert state == "submitting"


def files_with(home: Path, canary: str = CANARY) -> list[str]:
    return [p.name for p in home.rglob("*") if p.is_file() and canary.encode() in p.read_bytes()]


def test_a_change_that_is_under_way_has_no_secret_in_any_file_and_is_resumed_with_it(
    connect: Connect, cloud: LocalCloud, home: Path, key: Path
) -> None:
    left_open(connect, cloud, "resumed")
    assert files_with(home) == []
    assert key.stat().st_mode & 0o777 == 0o600
    session = connect()
    assert not [row for row in session.execute("SELECT * FROM cirql.changes").fetchall() if CANARY in str(row)]
    (entry,) = session.writer.past.resume()
    assert entry.state is State.SUCCEEDED
    place = f"@region = '{REGIONS[0]}', @account_id = '{ACCOUNTS[0]}'"
    answer = session.execute(f"EXEC /*+ SECRETS */ aws.secretsmanager.get_secret_value @SecretId = 'resumed', {place}").fetchall()
    assert CANARY in str(answer)
    assert files_with(home) == []


def test_without_the_key_a_change_is_shown_and_not_sent(connect: Connect, cloud: LocalCloud, home: Path, key: Path) -> None:
    left_open(connect, cloud, "keyless")
    kept = key.read_bytes()
    key.write_bytes(os.urandom(32))
    session = connect()
    assert len(session.execute("SELECT * FROM cirql.changes").fetchall()) == 1
    cloud.calls.clear()
    (entry,) = session.writer.past.resume()
    assert entry.state is State.SUBMITTING and "journal.key" in entry.error
    assert "CreateResource" not in {c.operation for c in cloud.calls}
    key.write_bytes(kept)
    (entry,) = connect().writer.past.resume()
    assert entry.state is State.SUCCEEDED


def test_what_was_closed_opens_under_its_own_name_alone(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "state" / "key")
    closed = seal.closed({"a": [CANARY]}, "one")
    assert CANARY.encode() not in closed
    assert seal.opened(closed, "one") == {"a": [CANARY]}
    with pytest.raises(errors.OperationalError):
        seal.opened(closed, "other")
    with pytest.raises(errors.OperationalError):
        Seal(tmp_path / "elsewhere").opened(closed, "one")
    (tmp_path / "state" / "key").write_bytes(b"short")
    with pytest.raises(errors.OperationalError, match="no key"):
        seal.closed("x", "one")


@pytest.mark.parametrize("operation", list(ChangeKind))
def test_every_kind_of_change_is_kept_without_its_secrets_and_read_with_them(operation: ChangeKind, tmp_path: Path) -> None:
    body = json.dumps({"Password": CANARY, "Name": "n"})
    if operation is ChangeKind.SET:
        body = json.dumps({"write": {"property": "Password"}, "inputs": {"Id": CANARY}, "wanted": [CANARY]})
    model = {"Password": CANARY, "Name": "n"}
    target = Target(ACCOUNTS[0], REGIONS[0], "c")
    change = Change("id", operation, "aws.x.y", "x:Y", target, None, body, before=model, after=model, secrets=(("Password",),))
    journal = Journal(tmp_path / "j", Seal(tmp_path / "key"))
    journal.record([JournalEntry(change, "run", 0, "text", "caller")])
    assert files_with(tmp_path) == []
    (found,) = journal.entries()
    assert found.change == change
    journal.save([found.moved(State.SUBMITTED)])
    assert journal.entries()[0].change == change
    journal.save([found.moved(State.SUCCEEDED)])
    assert CANARY not in str(journal.entries()[0].change)
    assert files_with(tmp_path) == []
    write_plan(ChangePlan((change,), ("text",), {}, {}, 0), tmp_path / "plan", Seal(tmp_path / "key"))
    assert files_with(tmp_path) == []
    journal.close()


def test_a_saved_plan_has_no_secret_in_it_and_is_applied_with_it_by_whoever_made_it(connect: Connect, home: Path, key: Path) -> None:
    session = connect()
    insert = INSERT.format("planned")
    call = f"EXEC aws.secretsmanager.put_secret_value @SecretId = 's', @SecretString = '{CANARY}', @region = '{REGIONS[0]}'"
    home.mkdir(exist_ok=True)
    made = session.writer.plan([parse(insert), parse(call)])
    write_plan(made, home / "plan.json")
    assert files_with(home) == []
    assert read_plan(home / "plan.json", session.catalog).changes == made.changes
    write_plan(session.writer.plan([parse(insert)]), home / "plan.json")
    kept = key.read_bytes()
    key.write_bytes(os.urandom(32))
    with pytest.raises(errors.OperationalError, match="not the one") as refused:
        read_plan(home / "plan.json", session.catalog)
    assert "who made" in str(refused.value.hint)
    key.write_bytes(kept)
    (entry,) = session.writer.carry_out(read_plan(home / "plan.json", session.catalog))
    assert entry.state is State.SUCCEEDED
    place = f"@region = '{REGIONS[0]}', @account_id = '{ACCOUNTS[0]}'"
    answer = session.execute(f"EXEC /*+ SECRETS */ aws.secretsmanager.get_secret_value @SecretId = 'planned', {place}").fetchall()
    assert CANARY in str(answer)
    assert files_with(home) == []


def test_a_set_that_is_a_secret_says_which_it_was_and_not_what_was_in_it() -> None:
    target = Target(ACCOUNTS[0], REGIONS[0], "c")
    body = json.dumps({"write": {"property": "AuthTokens"}, "inputs": {"Id": "i"}, "wanted": [CANARY]})
    sets = {"AuthTokens": [CANARY]}
    change = Change("id", ChangeKind.SET, "aws.x.y", "x:Y", target, "i", body, sets, sets, secrets=(("AuthTokens",),))
    shown = shown_change(change)
    assert json.loads(shown.body)["write"] == {"property": "AuthTokens"} and CANARY not in str(shown)
    assert CANARY not in str(differences(change))
