"""A bad network and a busy AWS change how long it takes, and nothing else."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from cirql import errors
from cirql.catalog.lookup import Catalog
from cirql.changes.apply import Applier
from cirql.changes.change import Drafter
from cirql.changes.journal import Journal
from cirql.changes.model import Change, JournalEntry, Model, State
from cirql.changes.order import with_dependencies
from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from tests.changes.conftest import ACCOUNTS_AT_ONCE, REGION, Connect, many_accounts, settings_over
from tests.changes.test_statements import insert, sent

GROUPS = 300


async def mixed_changes(
    cloud: LocalCloud, journal: Journal, catalog: Catalog, settings: Any, faults: list[Rule]
) -> dict[int, Model | None]:
    """300 log groups are made, then 100 updated and 100 deleted at once; gives what is left, by name."""
    client = CloudClient(settings)
    table, rules = catalog.find("aws.logs.log_group").table, catalog.rules("AWS::Logs::LogGroup")
    drafters = [Drafter(table, rules, target(n), lambda: uuid.uuid4().hex) for n in range(GROUPS)]
    try:
        cloud.faults.add(*faults)
        creates = [drafters[n].create({"LogGroupName": f"g{n}", "RetentionInDays": 7}) for n in range(GROUPS)]
        await run(client, journal, catalog, creates)
        models = await asyncio.gather(*(read(client, n) for n in range(200)))
        mixed: list[Change] = []
        for n, model in enumerate(models):
            assert model is not None
            changing = n < 100
            mixed += drafters[n].update(f"g{n}", model, {"RetentionInDays": 30}, {}) if changing else [drafters[n].delete(f"g{n}", model)]
        await run(client, journal, catalog, mixed)
        cloud.faults.clear()
        return dict(enumerate(await asyncio.gather(*(read(client, n) for n in range(GROUPS)))))
    finally:
        await client.close()


async def run(client: CloudClient, journal: Journal, catalog: Catalog, changes: list[Change]) -> None:
    ordered = with_dependencies(changes, {"AWS::Logs::LogGroup": catalog.rules("AWS::Logs::LogGroup")})
    name = uuid.uuid4().hex
    journal.record([JournalEntry(c, name, n, "test", "test", created=time.time()) for n, c in enumerate(ordered)])
    while left := [e for e in journal.entries(run=name) if e.state.is_open]:
        await Applier(client, journal, time.time).apply(journal.entries(run=name))
        assert all(e.state in (State.SUCCEEDED, State.SUBMITTING, State.SUBMITTED, State.PLANNED) for e in left)
    ended = journal.entries(run=name)
    assert [e.error for e in ended if e.state is not State.SUCCEEDED] == []


def target(number: int) -> Target:
    account = ACCOUNTS_AT_ONCE[number % len(ACCOUNTS_AT_ONCE)]
    return Target(account, REGION, account)


async def read(client: CloudClient, number: int) -> Model | None:
    params = {"TypeName": "AWS::Logs::LogGroup", "Identifier": f"g{number}"}
    try:
        answer = await client.call(target(number), "cloudcontrol", "GetResource", params)
    except errors.ResourceNotFound:
        return None
    model: Model = json.loads(answer["ResourceDescription"]["Properties"])
    model.pop("Arn", None)  # the account and the order of arrival are in it
    return model


def test_five_hundred_changes_end_the_same_with_and_without_faults(tmp_path: Path) -> None:
    ends = []
    mix = [Rule(kind="throttle", rate=0.1), Rule(kind="server_error", rate=0.02), Rule(kind="drop", rate=0.01)]
    for faults in ([], mix):
        journal = Journal.at(tmp_path / f"{len(faults)}.sqlite")
        with LocalCloud(demo=False, settle_looks=0, settle_seconds=0.0) as cloud, Catalog.open() as catalog:
            settings = settings_over(cloud.endpoint_url, tmp_path / "unused", credentials=many_accounts())
            ends.append(asyncio.run(mixed_changes(cloud, journal, catalog, settings, faults)))
            creates = [c for c in cloud.calls if c.operation == "CreateResource" and c.status == 200]
        journal.close()
        assert len(creates) >= GROUPS
    assert ends[0] == ends[1]
    assert sum(model is None for model in ends[1].values()) == 100
    assert sum((model or {}).get("RetentionInDays") == 30 for model in ends[1].values()) == 100


def test_a_create_whose_answer_was_lost_is_not_made_twice(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(
        Rule(operation="CreateResource", kind="cut_body", times=2), Rule(operation="GetResourceRequestStatus", kind="drop", times=3)
    )
    first = insert(session)
    second = insert(session)
    assert int(second.rpartition("/")[2]) == int(first.rpartition("/")[2]) + 1
    assert sent(cloud).count("CreateResource") == 4


def test_another_operation_on_the_same_resource_is_waited_for(session: Session, cloud: LocalCloud) -> None:
    arn = insert(session)
    busy = Rule(
        operation="UpdateResource",
        kind="error",
        code="ConcurrentOperationException",
        message="another operation in progress",
        status=400,
        times=2,
    )
    cloud.faults.add(busy)
    session.execute(f"UPDATE aws.sagemaker.image_versions SET release_notes = 'x' WHERE image_version_arn = '{arn}'")
    assert sent(cloud).count("UpdateResource") == 3


def test_an_answer_that_never_comes_leaves_an_entry_to_resume(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(max_attempts=2)
    cloud.faults.add(Rule(operation="CreateResource", kind="drop"))
    with pytest.raises(errors.ChangeFailed) as caught:
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
    assert "cirql changes resume" in str(caught.value.hint)
    assert [e.state for e in session.writer.past.entries] == [State.SUBMITTING]
    cloud.faults.clear()
    assert [e.state for e in session.writer.past.resume()] == [State.SUCCEEDED]
    assert session.writer.past.resume() == []


def test_a_request_that_lasts_too_long_is_left_to_resume(connect: Connect) -> None:
    with LocalCloud(settle_looks=1000, settle_seconds=0.6) as slow:
        session = connect(endpoint_url=slow.endpoint_url, change_timeout=0.3)
        with pytest.raises(errors.ChangeFailed, match=r"still (PENDING|IN_PROGRESS) after"):
            session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
        time.sleep(0.4)
        assert [e.state for e in session.writer.past.resume()] == [State.SUCCEEDED]


def test_an_open_change_can_be_cancelled_at_aws(connect: Connect) -> None:
    with LocalCloud(settle_looks=1000, settle_seconds=1.0) as slow:
        session = connect(endpoint_url=slow.endpoint_url)
        session.execute(f"INSERT /*+ NOWAIT */ INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
        (entry,) = session.writer.past.entries
        assert session.writer.past.cancel(entry.change.id[:6]).state is State.CANCELLED
        assert session.execute(f"SELECT 1 FROM aws.logs.log_group WHERE data__Identifier = 'g' AND region = '{REGION}'").fetchall() == []


def test_what_aws_refuses_is_told_in_its_words(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="CreateResource", kind="access_denied"))
    with pytest.raises(errors.ChangeFailed, match="AccessDenied"):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
    assert [e.state for e in session.writer.past.entries] == [State.FAILED]
