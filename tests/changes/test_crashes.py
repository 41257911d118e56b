"""kill -9 at every state of the journal, and at hundreds of random moments: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from cirql.catalog.lookup import Catalog
from cirql.changes.change import Drafter
from cirql.changes.journal import Journal
from cirql.changes.model import Change, Model, State
from cirql.changes.order import with_dependencies
from cirql.changes.plan import ChangePlan
from cirql.changes.saved import write_plan
from cirql.cloud.target import Target
from cirql.localcloud import LocalCloud
from tests.changes.conftest import ACCOUNTS_AT_ONCE, REGION

TYPE = "AWS::EC2::VPC"
# Each change of a round in an account of its own: none waits for the rate limit of another.
TARGETS = tuple(Target(a, REGION, a) for a in ACCOUNTS_AT_ONCE[:5])
SOURCES = str(Path(__file__).parents[2] / "src")
SWEEP = bool(os.environ.get("CIRQL_SWEEP"))
KILLS = 200 if SWEEP else 60


class CrashServer:
    """The process that forks children to be killed."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": SOURCES}
        script = str(Path(__file__).with_name("crash_server.py"))
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(self, request: dict[str, Any], *, kill_after: float | None = None) -> int:
        """Carry a request out in a child, which is killed after so many seconds; gives its exit code (-9: killed)."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        child = int(self._read())
        if kill_after is not None:
            timer = threading.Timer(kill_after, _kill, (child,))
            timer.start()
        code = int(self._read())
        if kill_after is not None:
            timer.cancel()
            timer.join()
        return code

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


@pytest.fixture(scope="module")
def server() -> Iterator[CrashServer]:
    running = CrashServer()
    yield running
    running.stop()


class World:
    """A local AWS with VPCs, and plans whose effects can be counted.

    A VPC gets its id from AWS, so a create that was sent twice leaves one too many; the update appends to a list, so one that was applied
    twice leaves an element too many; a delete that was sent twice fails the second time.
    """

    def __init__(self, cloud: LocalCloud, folder: Path, catalog: Catalog) -> None:
        self._cloud = cloud
        self._folder = folder
        table, rules = catalog.find("aws.ec2.vpc").table, catalog.rules(TYPE)
        self._drafters = [Drafter(table, rules, target, lambda: uuid.uuid4().hex) for target in TARGETS]
        self._rules = rules
        # boto3 looks at what became of it: a client that knows nothing of ours, nor of its rate limits.
        keys = {"region_name": REGION, "aws_secret_access_key": "local", "endpoint_url": cloud.endpoint_url}
        session = boto3.Session()
        self._clients = [session.client("cloudcontrol", aws_access_key_id=t.account, **keys) for t in TARGETS]
        self._rounds = 0
        self.expected = self.total()  # each account has a default VPC

    def total(self) -> int:
        pages = (page for client in self._clients for page in client.get_paginator("list_resources").paginate(TypeName=TYPE))
        return sum(len(page["ResourceDescriptions"]) for page in pages)

    def model(self, number: int, identifier: str) -> Model:
        answer = self._clients[number].get_resource(TypeName=TYPE, Identifier=identifier)
        model: Model = json.loads(answer["ResourceDescription"]["Properties"])
        return model

    def new_round(self) -> Round:
        """A fresh journal and plan: three creates, two appends to existing VPCs, one of which is then deleted."""
        self._rounds += 1
        name = f"round-{self._rounds}"
        old = [self._make(n, f"{name}-old-{n}") for n in range(2)]
        models = [self.model(n, identifier) for n, identifier in enumerate(old)]
        patch = json.dumps([{"op": "add", "path": "/Tags/-", "value": {"Key": "appended", "Value": name}}])
        changes: list[Change] = [self._drafters[n].create(self._vpc(f"{name}-{n}")) for n in range(2, 5)]
        for number, (identifier, model) in enumerate(zip(old, models, strict=True)):
            changes += self._drafters[number].patch(identifier, model, patch)
        changes.append(self._drafters[1].delete(old[1], models[1]))
        plan = ChangePlan(with_dependencies(changes, {TYPE: self._rules}), (), {}, {})
        write_plan(plan, self._folder / f"{name}.json")
        self.expected += 2 + 3 - 1
        return Round(self, self._folder / f"{name}.json", self._folder / f"{name}.sqlite", old[0], len(changes))

    @staticmethod
    def _vpc(name: str) -> Model:
        return {"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": name}]}

    def _make(self, number: int, name: str) -> str:
        client = self._clients[number]
        event = client.create_resource(TypeName=TYPE, DesiredState=json.dumps(self._vpc(name)))["ProgressEvent"]
        while event["OperationStatus"] != "SUCCESS":
            event = client.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
        return str(event["Identifier"])

    @property
    def endpoint(self) -> str:
        return self._cloud.endpoint_url


class Round:
    """One plan on its way through crashes."""

    def __init__(self, world: World, plan: Path, journal: Path, updated: str, count: int) -> None:
        self._world, self._plan, self._journal, self._updated, self._count = world, plan, journal, updated, count

    def request(self, die_at: int | None = None) -> dict[str, Any]:
        return {"endpoint": self._world.endpoint, "journal": str(self._journal), "plan": str(self._plan), "die_at": die_at}

    def check(self) -> None:
        """Every change was made, exactly once."""
        journal = Journal.at(self._journal)
        entries = journal.entries()
        journal.close()
        assert [(e.state, e.error) for e in entries] == [(State.SUCCEEDED, "")] * self._count
        made = [e.identifier for e in entries if e.change.operation.value == "create"]
        assert len(set(made)) == 3 and None not in made
        tags = self._world.model(0, self._updated)["Tags"]
        assert [t["Key"] for t in tags].count("appended") == 1
        assert self._world.total() == self._world.expected


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with LocalCloud(demo=False, settle_looks=1, settle_seconds=0.02) as cloud, Catalog.open() as catalog:
        yield World(cloud, tmp_path, catalog)


def test_a_process_killed_at_any_state_of_the_journal_is_resumed(server: CrashServer, world: World) -> None:
    moment, step = (0, 1) if SWEEP else (random.randrange(3), 3)  # with CIRQL_SWEEP=1 at each, otherwise at a third, other ones each time
    while True:
        one = world.new_round()
        killed = server.run(one.request(die_at=moment)) == -signal.SIGKILL
        if killed:
            assert server.run(one.request()) == 0, f"killed at {moment}"
        one.check()
        if not killed:
            break
        moment += step
    assert moment > 30  # six changes, three states each, before and after


def test_a_process_killed_at_random_moments_is_resumed(server: CrashServer, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(6)
    kills, rounds, started = 0, 0, time.monotonic()
    whole = 0.4
    while kills < KILLS:
        one = world.new_round()
        rounds += 1
        # Killed again and again, also while it resumes; a few get through by themselves.
        while server.run(one.request(), kill_after=chance.random() * whole) == -signal.SIGKILL:
            kills += 1
        one.check()
    with capsys.disabled():
        sys.stdout.write(f"\nkilled {kills} times in {rounds} rounds, {time.monotonic() - started:.0f} s\n")
