"""A session that is confined to an account and a region sees nothing that was kept of another, in no relation, tool or message."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cirql import errors
from cirql.agents.audit import AuditLog
from cirql.agents.calls import Agency
from cirql.agents.limits import AnswerLimits
from cirql.agents.offers import tools_of
from cirql.agents.protocol import Door
from cirql.changes.journal import FORMAT, Journal
from cirql.introspection.directory import Directory
from cirql.localcloud import ACCOUNTS, LocalCloud
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Credential, Settings
from cirql.web.around import around
from cirql.web.desk import PageDesk
from cirql.web.past import Past
from tests.agents.conftest import connected

OWN, OTHER = ACCOUNTS[0], ACCOUNTS[1]
HERE, THERE = "us-east-1", "eu-west-1"
FOREIGN = "foreign-canary"
ELSEWHERE = "elsewhere-canary"
TABLES = ("aws.sqs_queue", "aws.iam_role")
FIRST: list[str] = []
"""When the inventory had been filled the first time."""
SECRETS = (OTHER, FOREIGN, ELSEWHERE)
"""What nothing may say: of the other account, and of the other region."""


def keep(session: Session) -> None:
    """Read the tables everywhere, into the inventory."""
    for table in TABLES:
        session.execute(f"SELECT * FROM {table}").fetchall()


@pytest.fixture(scope="module")
def world(running: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two accounts and two regions of which an inventory and a journal tell, filled by somebody who may see all."""
    home = tmp_path_factory.mktemp("kept")
    settings = Settings(
        credentials=tuple(Credential(a, a, "local", account=a) for a in (OWN, OTHER)),
        regions=(HERE, THERE),
        endpoint_url=running.endpoint_url,
        store=str(home / "inventory"),
        journal=str(home / "changes.sqlite"),
        writable=True,
    )
    with Runtime(settings) as runtime, runtime.session(user="other") as session:
        keep(session)
        FIRST.append(datetime.now(UTC).isoformat())
        for rows in (
            f"('own-queue', '{HERE}', '{OWN}')",
            f"('own-both', '{HERE}', '{OWN}'), ('{FOREIGN}', '{HERE}', '{OTHER}'), ('{ELSEWHERE}', '{THERE}', '{OWN}')",
        ):
            session.execute(f"INSERT INTO aws.sqs.queues (queue_name, region, account_id) VALUES {rows}")
        keep(session)
    return settings


@pytest.fixture
def confined(world: Settings) -> Settings:
    return replace(world, locked=True, writable=False, accounts=(OWN,), regions=(HERE,))


OF_THE_CATALOG = {"cirql.tables", "cirql.columns", "cirql.methods", "cirql.permissions", "cirql.relations"}
"""What the catalog alone answers, which has heard of no account."""


def relations(session: Session) -> Iterator[str]:
    """Every relation that is answered without AWS, and the functions that make some."""
    assert isinstance(session.directory, Directory)
    yield from (n for n in session.directory.relations if n.startswith("cirql.") and n not in OF_THE_CATALOG)
    yield "steampipe_internal.steampipe_scan_metadata"
    for table in TABLES:
        yield f"cirql.history('{table}')"
        yield f"cirql.diff('{table}', '{FIRST[-1]}', 'now')"
        yield f"{table} AS OF now()"
        yield table


def said(session: Session, sql: str) -> str:
    """All that a statement says, its failure too."""
    try:
        result = session.execute(sql)
        rows = result.fetchall()
        return repr((rows, result.failures, result.notices, result.stats))
    except errors.Error as error:
        return repr((str(error), error.hint, error.failure))


def test_no_relation_tells_of_another_account_or_region(confined: Settings) -> None:
    with Session(confined) as session:
        asked = list(relations(session))
        told = {r: said(session, f"SELECT * FROM {r}") for r in asked}
        told |= {f"EXPLAIN {r}": said(session, f"EXPLAIN SELECT * FROM {r}") for r in asked}
    assert {"cirql.changes", "cirql.scans", "cirql.last_scans", "cirql.history('aws.sqs_queue')"} <= set(told)
    for relation in ("cirql.changes", "cirql.history('aws.sqs_queue')", f"cirql.diff('aws.sqs_queue', '{FIRST[-1]}', 'now')"):
        assert "own-queue" in told[relation], told[relation]
    assert "own-queue" in told["aws.sqs_queue AS OF now()"]
    assert [(r, text) for r, text in told.items() if any(s in text for s in SECRETS)] == []


def test_a_confined_session_that_is_narrowed_sees_less(world: Settings) -> None:
    places = "SELECT DISTINCT account_id, region FROM cirql.history('aws.sqs_queue') ORDER BY 1, 2"
    with Session(replace(world, locked=True)) as session:
        everything = session.execute(places).fetchall()
        assert {(OWN, HERE), (OTHER, HERE), (OWN, THERE)} <= set(everything)
        session.execute(f"SET accounts = '{OTHER}'")
        session.execute(f"SET regions = '{HERE}'")
        assert session.execute(places).fetchall() == [(OTHER, HERE)]
    with Session(world) as session:
        session.execute(f"SET accounts = '{OTHER}'")
        assert session.execute(places).fetchall() == everything  # the user's own inventory is his


def test_what_lives_in_no_region_is_seen_by_whoever_sees_its_account(confined: Settings) -> None:
    with Session(confined) as session:
        assert session.execute("SELECT DISTINCT account_id, region FROM cirql.history('aws.iam_role')").fetchall() == [(OWN, "global")]
        assert session.execute("SELECT account_id FROM cirql.scans WHERE table_name = 'aws.iam_role' LIMIT 1").fetchall() == [(OWN,)]


def test_the_text_of_a_statement_is_told_to_who_asked_it_and_sees_all_that_it_changed(world: Settings) -> None:
    texts = "SELECT identifier, statement, caller FROM cirql.changes ORDER BY created, identifier"
    with Runtime(replace(world, locked=True, writable=False)) as runtime:
        for user, regions, accounts, readable in (
            ("other", (HERE, THERE), (OWN, OTHER), 4),
            ("other", (HERE,), (OWN,), 1),
            ("somebody", (HERE,), (OWN,), 0),
            (None, (HERE,), (OWN,), 0),
        ):
            with runtime.session(user=user, regions=regions, accounts=accounts) as session:
                rows = session.execute(texts).fetchall()
                assert len(rows) == (4 if len(accounts) == 2 else 2)
                assert sum(statement is not None for _, statement, _ in rows) == readable
                assert all(caller.split(":")[4] in accounts for _, _, caller in rows)


def test_an_agent_and_the_page_are_told_no_more(confined: Settings, tmp_path: Path) -> None:
    with Runtime(confined) as runtime, closing(AuditLog(tmp_path / "audit.jsonl")) as log:
        desk = PageDesk(runtime, Past(None), "page")
        shown = [json.dumps(around(desk, desk.session("one")), default=str)]
        desk.close()
        with connected(Door(Agency(runtime, AnswerLimits(), log), tools_of("read_only")).server) as asker:
            for tool, given in (
                ("history", {"table": "aws.sqs_queue"}),
                ("diff", {"table": "aws.sqs_queue", "since": FIRST[-1]}),
                ("list_scopes", {}),
                ("query", {"sql": "SELECT * FROM cirql.changes"}),
                ("query", {"sql": "SELECT * FROM cirql.scans"}),
                ("explain", {"sql": "SELECT * FROM aws.sqs_queue"}),
            ):
                shown.append(json.dumps(asker.call(tool, **given).structured_content))
    assert "own-queue" in shown[0] and "own-queue" in shown[1]
    assert [text for text in shown if any(s in text for s in SECRETS)] == []


def test_a_journal_of_an_earlier_release_is_brought_forward_once(tmp_path: Path) -> None:
    path = tmp_path / "changes.sqlite"
    Journal.at(path).close()
    with sqlite3.connect(path) as earlier:
        earlier.execute("ALTER TABLE changes DROP COLUMN user")
        earlier.execute("ALTER TABLE changes DROP COLUMN sealed")
        earlier.execute("PRAGMA user_version = 1")
    for _ in range(2):
        Journal.at(path).close()
    with sqlite3.connect(path) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert {"user", "sealed"} <= {row[1] for row in now.execute("PRAGMA table_info(changes)")}
