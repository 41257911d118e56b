"""Rows to drafts: every row that a statement is about, read from AWS as it is now, as the changes that would be made to it.

Runs on the session's loop; asks AWS, changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Column, Table
from cirql.catalog.rules import NativeWrite, Rules
from cirql.changes.apply import Applier
from cirql.changes.change import Drafter, read_desired_state
from cirql.changes.model import Change, ChangeKind, Model
from cirql.changes.places import Places
from cirql.changes.plan import ChangePlan
from cirql.changes.returning import Written
from cirql.cloud.target import Target
from cirql.errors import CloudError, InvalidStatement, InvalidText, NotSupported, ResourceNotFound
from cirql.names import snake
from cirql.result import ResultColumn
from cirql.sql.writes import DESIRED_STATE, PATCH_DOCUMENT, Delete, Insert, Update, Write, is_generic
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.cloud import Cloud


@dataclass(slots=True)
class ChangeDraft:
    """What one statement would do. `written` are the resources it is about, in row order, with the ids of their changes."""

    write: Write
    changes: list[Change] = field(default_factory=list)
    written: list[tuple[Written, tuple[str, ...]]] = field(default_factory=list)
    unchanged: int = 0
    outputs: list[tuple[Any, ...]] = field(default_factory=list)
    output_columns: Sequence[ResultColumn] = ()


@dataclass(frozen=True, slots=True)
class _RowKey:
    type_name: str
    identifier: str
    region: str
    account: str


@dataclass(frozen=True, slots=True)
class Drafting:
    """Makes drafts of rows. `catalog` finds tables and rules, `places` targets, `cloud` asks what is there."""

    catalog: Catalog
    cloud: Cloud
    places: Places

    def _kind(self, table: Table, type_name: str | None) -> tuple[Table, Rules]:
        """The table and the rules of a row: its own, where the row says of what type it is."""
        if not is_generic(table):
            return table, self.catalog.rules(str(table.cfn_type))
        if type_name is None or type_name.count("::") != 2:
            raise InvalidText(f"{type_name!r} is no resource type", hint="for example AWS::Logs::LogGroup")
        _, service, name = type_name.split("::")
        own = self.catalog.find(f"aws.{service.lower()}.{snake(name)}").table
        return own, self.catalog.rules(str(own.cfn_type))

    async def inserts(self, write: Insert, rows: Sequence[tuple[Any, ...]]) -> ChangeDraft:
        """The resources that rows describe. Raises InvalidProperty and its like for the first that breaks a rule."""
        draft = ChangeDraft(write)
        account_column = write.table.account_column
        for row in rows:
            given: dict[str, Any] = {}
            desired: Model = {}
            region = account = type_name = None
            for column, value in zip(write.columns, row, strict=True):
                if column == DESIRED_STATE[0]:
                    desired = read_desired_state(value) if value is not None else {}
                elif not isinstance(column, Column):
                    type_name = value
                elif column.name == "region":
                    region = value
                elif column.name == account_column:
                    account = value
                else:
                    given[column.member] = value
            table, rules = self._kind(write.table, type_name)
            if type_name not in (None, rules.type_name):
                raise InvalidText(f"{write.table.name} is {rules.type_name}, not {type_name}")
            target = await self.places.of_insert(table, region, account)
            change = Drafter(table, rules, target, new_id).create(given, desired)
            draft.changes.append(change)
            draft.written.append((Written(change.identifier, target.region, target.account, None), (change.id,)))
        return draft

    async def changes(self, write: Update | Delete, rows: Sequence[tuple[Any, ...]]) -> ChangeDraft:
        """One row is one resource: its type, its key, then values. Models are read at once, in row order."""
        values = _by_key(rows)
        turn = asyncio.Semaphore(16)

        async def one(key: _RowKey, row: tuple[Any, ...]) -> tuple[Written, tuple[Change, ...]]:
            async with turn:
                target = await self.places.of_row(key.region, key.account)
                drafter = Drafter(*self._kind(write.table, key.type_name), target, new_id)
                changes = await self._changes_of(write, drafter, key.identifier, row)
                return Written(key.identifier, target.region, target.account, None), changes

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(key, row)) for key, row in values.items()]
        draft = ChangeDraft(write, outputs=list(values.values()))
        for written, changes in (t.result() for t in tasks):
            draft.changes += changes
            draft.written.append((written, tuple(c.id for c in changes)))
            draft.unchanged += not changes
        return draft

    async def _changes_of(self, write: Update | Delete, drafter: Drafter, identifier: str, row: tuple[Any, ...]) -> tuple[Change, ...]:
        table, target = drafter.table, drafter.target
        readable = any(m.name == "get_resource" for m in table.methods) or bool(table.permissions.get("read"))
        if isinstance(write, Delete):
            return (drafter.delete(identifier, await self._model(target, drafter.rules, identifier) if readable else None),)
        before = await self._model(target, drafter.rules, identifier) if readable else {}
        if write.columns == (PATCH_DOCUMENT[0],):
            return drafter.patch(identifier, before, row[0] if isinstance(row[0], str) else json.dumps(row[0]))
        if not readable:
            raise NotSupported(
                f"AWS cannot read {table.cfn_type}, so no patch can be computed", hint="SET data__PatchDocument = '[…]' works"
            )
        assigned = {c.member: v for c, v in zip(write.columns, row, strict=True) if isinstance(c, Column)}
        if write.is_whole:
            assigned = {**dict.fromkeys(drafter.replaceable(before)), **assigned}
        current: dict[str, list[str]] = {}
        for native, inputs in drafter.native_reads(identifier, before, assigned):
            current[native.property] = sorted(await Applier.current_set(self.cloud, target, native, inputs))
        return drafter.update(identifier, before, assigned, current)

    async def _model(self, target: Target, rules: Rules, identifier: str) -> Model:
        params = {"TypeName": rules.type_name, "Identifier": identifier}
        answer = await self.cloud.call(target, "cloudcontrol", "GetResource", params)
        try:
            model: Model = json.loads(answer["ResourceDescription"]["Properties"])
        except (KeyError, ValueError):
            raise CloudError(f"AWS's answer about {identifier} has no properties", hint="nothing was changed") from None
        return model

    async def refuse_stale(self, plan: ChangePlan) -> None:
        """Raise where a resource is no longer what the plan says it is."""
        for change in plan.changes:
            if change.operation is ChangeKind.SET:
                told = json.loads(change.body)
                native = NativeWrite.from_plain(told["write"])
                now: Model | None = {native.property: sorted(await Applier.current_set(self.cloud, change.target, native, told["inputs"]))}
            elif change.operation is ChangeKind.CALL or change.identifier is None:
                continue
            else:
                try:
                    now = await self._model(change.target, plan.rules[change.type_name], change.identifier)
                except ResourceNotFound:
                    now = None
            if now != change.before and not (now is not None and change.before is None and change.operation is ChangeKind.DELETE):
                word = "is there already" if change.before is None else "has changed" if now is not None else "is gone"
                raise InvalidStatement(
                    f"{change.title}: it {word} since the plan was made", hint="make the plan again; nothing was changed"
                )


def new_id() -> str:
    """An id that no other change has."""
    return uuid.uuid4().hex


def _by_key(rows: Sequence[tuple[Any, ...]]) -> dict[_RowKey, tuple[Any, ...]]:
    """Values by resource. Raises InvalidStatement where a join gives one resource two different values."""
    found: dict[_RowKey, tuple[Any, ...]] = {}
    for type_name, identifier, region, account, *values in rows:
        key = _RowKey(type_name, identifier, region, account)
        if found.setdefault(key, tuple(values)) != tuple(values):
            raise InvalidStatement(f"the statement gives {identifier} several different values", hint="make its FROM give one row for each")
    return found
