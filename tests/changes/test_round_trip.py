"""Every type that has all five handlers is created, read, updated, read and deleted in the local AWS, from values its schema takes.

`CIRQL_SWEEP=1` takes all of them, otherwise each fifth.
Types with a service behind them want true values (a subnet that exists): `tests/localcloud/test_world.py` has a case for each.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Table
from cirql.changes.apply import Applier
from cirql.changes.change import Drafter
from cirql.changes.journal import Journal
from cirql.changes.model import Change, JournalEntry, Model, State
from cirql.changes.specimens import assignment, example_state
from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.errors import DatabaseError, ResourceNotFound
from cirql.localcloud import LocalCloud
from cirql.localcloud.native_types import native_types
from tests.changes.conftest import ACCOUNTS_AT_ONCE, REGION, many_accounts, settings_over

HANDLERS = ("create", "read", "update", "delete", "list")
# The types that pass today, and all that have the handlers: neither may fall.
SHARE, PASSING, ALL = (1, 1409, 1463) if os.environ.get("CIRQL_SWEEP") else (5, 281, 293)


class NoExampleError(Exception):
    """No values could be made up."""


class RoundTrips:
    """Takes all types through one step at a time, and keeps why a type fell out."""

    def __init__(self, catalog: Catalog, client: CloudClient, journal: Journal) -> None:
        self._client = client
        self._journal = journal
        self._catalog = catalog
        self._count = 0
        tables = {t.cfn_type: t for t in catalog.tables() if t.cfn_type and t.cfn_type not in native_types() and self._has_all(t)}
        self.tables = {name: tables[name] for name in sorted(tables)[::SHARE]}
        self.failed: dict[str, str] = {}
        self.models: dict[str, Model] = {}
        self.desired: dict[str, Model] = {}
        self.identifiers: dict[str, str] = {}

    @staticmethod
    def _has_all(table: Table) -> bool:
        return all(table.permissions.get(verb) is not None for verb in HANDLERS)

    def target(self, type_name: str) -> Target:
        """One of many accounts, the same for all types of a service; the usual region, or one that has the type."""
        account = ACCOUNTS_AT_ONCE[sum(type_name.split("::")[1].encode()) % len(ACCOUNTS_AT_ONCE)]
        regions = self.tables[type_name].regions
        return Target(account, REGION if regions is None or REGION in regions else min(regions), account)

    def drafter(self, type_name: str) -> Drafter:
        return Drafter(self.tables[type_name], self._catalog.rules(type_name), self.target(type_name), self._new_id)

    def _new_id(self) -> str:
        self._count += 1
        return f"{self._count:032x}"

    def drafts(self, make: Any) -> dict[str, Change]:
        """The changes of a step; what cannot be made falls out with its reason."""
        found = {}
        for type_name in [t for t in self.tables if t not in self.failed]:
            try:
                found[type_name] = make(type_name)
            except NoExampleError as error:
                self.failed[type_name] = f"no example: {error}"
            except DatabaseError as error:
                self.failed[type_name] = f"{type(error).__name__}: {error}"
        return found

    async def carry_out(self, step: str, changes: dict[str, Change]) -> dict[str, JournalEntry]:
        entries = [JournalEntry(c, step, n, step, "test", created=time.time()) for n, c in enumerate(changes.values())]
        self._journal.record(entries)
        ended: dict[str, JournalEntry] = {}
        for entry in entries:  # one Applier each: the failure of one type does not stop the others
            ended[entry.change.type_name] = (await Applier(self._client, self._journal, time.time).apply([entry]))[0]
        return ended

    async def gather(self, step: str, changes: dict[str, Change]) -> None:
        turn = asyncio.Semaphore(32)

        async def one(type_name: str, change: Change) -> None:
            async with turn:
                entry = (await self.carry_out(step, {type_name: change}))[type_name]
            if entry.state is not State.SUCCEEDED:
                self.failed[type_name] = f"{step}: {entry.error}"
            elif entry.identifier:
                self.identifiers[type_name] = entry.identifier

        await asyncio.gather(*(one(t, c) for t, c in changes.items()))

    async def read(self) -> None:
        turn = asyncio.Semaphore(32)

        async def one(type_name: str) -> None:
            params = {"TypeName": type_name, "Identifier": self.identifiers[type_name]}
            async with turn:
                try:
                    answer = await self._client.call(self.target(type_name), "cloudcontrol", "GetResource", params)
                    self.models[type_name] = json.loads(answer["ResourceDescription"]["Properties"])
                except ResourceNotFound:
                    self.models.pop(type_name, None)

        await asyncio.gather(*(one(t) for t in self.tables if t not in self.failed))

    def create(self, type_name: str) -> Change:
        desired = example_state(self._catalog.rules(type_name))
        if desired is None:
            raise NoExampleError("nothing that its schema takes was found")
        self.desired[type_name] = desired
        return self.drafter(type_name).create({}, self.desired[type_name])

    def update(self, type_name: str) -> Change:
        rules = self._catalog.rules(type_name)
        assigned = assignment(rules, self.desired[type_name], self.models[type_name])
        if assigned is None:
            raise NoExampleError("no property can be updated")
        changes = self.drafter(type_name).update(self.identifiers[type_name], self.models[type_name], assigned, {})
        if len(changes) != 1:
            raise NoExampleError("the update changes nothing")
        return changes[0]

    def delete(self, type_name: str) -> Change:
        return self.drafter(type_name).delete(self.identifiers[type_name], self.models[type_name])


async def run(cloud: LocalCloud, journal: Journal, catalog: Catalog, settings: Any) -> RoundTrips:
    client = CloudClient(settings)
    trips = RoundTrips(catalog, client, journal)
    try:
        creates = trips.drafts(trips.create)
        for is_child in (False, True):  # a child is made in a parent that is there
            await trips.gather("create", {t: c for t, c in creates.items() if bool(trips.tables[t].parents) is is_child})
        await trips.read()
        _fall_out(trips, "read after create", lambda t: _holds(trips, t, trips.desired[t]))
        updates = trips.drafts(trips.update)
        await trips.gather("update", updates)
        await trips.read()
        _fall_out(trips, "read after update", lambda t: _holds(trips, t, updates[t].after or {}))
        deletes = trips.drafts(trips.delete)
        children = {t for t in deletes if trips.tables[t].parents}  # a parent takes its children with it
        await trips.gather("delete", {t: c for t, c in deletes.items() if t in children})
        await trips.gather("delete", {t: c for t, c in deletes.items() if t not in children})
        await trips.read()
        _fall_out(trips, "still there after delete", lambda t: t not in trips.models)
    finally:
        await client.close()
    return trips


def _fall_out(trips: RoundTrips, reason: str, holds: Any) -> None:
    for type_name in [t for t in trips.tables if t not in trips.failed]:
        if not holds(type_name):
            trips.failed[type_name] = reason


def _holds(trips: RoundTrips, type_name: str, wanted: Model) -> bool:
    """Whether AWS returns what was asked for, but for what it never returns."""
    if type_name not in trips.models:
        return False
    hidden = {p[0] for p in trips._catalog.rules(type_name).write_only}
    model = trips.models[type_name]
    return all(_contains(model.get(name), value) for name, value in wanted.items() if name not in hidden)


def _contains(model: Any, wanted: Any) -> bool:
    """Whether a value has all that is wanted: AWS adds values of its own inside objects."""
    if isinstance(wanted, dict) and isinstance(model, dict):
        return all(name in model and _contains(model[name], value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(model, list):
        return len(model) == len(wanted) and all(map(_contains, model, wanted))
    return bool(model == wanted)


def test_every_type_with_all_handlers_goes_round(tmp_path: Path, capsys: Any) -> None:
    journal = Journal(Path(":memory:"))  # durability is tested elsewhere: 15,000 syncs to a disk would only be slow
    with LocalCloud(demo=False, settle_looks=0, settle_seconds=0.0) as cloud, Catalog.open() as catalog:
        trips = asyncio.run(
            run(cloud, journal, catalog, settings_over(cloud.endpoint_url, tmp_path / "unused", credentials=many_accounts()))
        )
    journal.close()
    passed = len(trips.tables) - len(trips.failed)
    reasons = Counter(reason.partition(": Model")[0] for reason in trips.failed.values())
    with capsys.disabled():
        sys.stdout.write(f"\n{passed} of {len(trips.tables)} types go round; the rest by reason: {dict(reasons.most_common(12))}\n")
    assert len(trips.tables) >= ALL
    assert passed >= PASSING, trips.failed
