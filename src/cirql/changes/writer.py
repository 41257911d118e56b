"""The way of a write: bound statement, rows, changes, guards, (EXPLAIN stops here), journal, AWS, result.

One `Writer` belongs to one session and holds its open transaction. Rows are found the SELECT way, through the session; everything that
asks AWS runs on the session's loop.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cirql.catalog.model import Column, Scope, Table
from cirql.catalog.rules import NativeWrite, Rules
from cirql.changes import explain
from cirql.changes.apply import Applier
from cirql.changes.calls import read_call
from cirql.changes.change import Drafter, read_desired_state
from cirql.changes.journal import Journal
from cirql.changes.model import Change, Entry, Model, Operation
from cirql.changes.order import with_dependencies
from cirql.changes.places import Places
from cirql.changes.plan import ChangePlan, without_secrets
from cirql.changes.report import answer_result, lines_result, refuse_failed, rows_result, status_result, summary_result
from cirql.changes.returning import Written, event_value, events_only, read_back
from cirql.cloud.stats import CallStats, recording
from cirql.cloud.target import Target
from cirql.errors import (
    AccessDenied,
    Cancelled,
    CloudError,
    DatabaseError,
    InvalidStatement,
    InvalidText,
    NotSupported,
    ResourceNotFound,
)
from cirql.names import snake
from cirql.result import ProgressEvent, Result, Stats
from cirql.settings import DEFAULT_MAX_CHANGES, Settings
from cirql.sql.writes import (
    DESIRED_STATE,
    PATCH_DOCUMENT,
    Control,
    Delete,
    Exec,
    Insert,
    Update,
    Write,
    event_field,
    is_generic,
    output_name,
    read_write,
)

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.catalog.lookup import Catalog
    from cirql.cloud.client import CloudClient
    from cirql.sql.parse import Statement

T = TypeVar("T")


class Home(Protocol):
    """What a writer needs of its session."""

    settings: Settings
    confirm: Callable[[ChangePlan], bool] | None

    @property
    def catalog(self) -> Catalog:
        """The tables."""
        ...

    @property
    def client(self) -> CloudClient:
        """The door to AWS."""
        ...

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the session's loop."""
        ...

    def select(self, statement: Statement, *, live: bool = False) -> Result:
        """Run a query; `live` asks AWS, whatever the inventory knows."""
        ...

    def tell(self, event: ProgressEvent) -> None:
        """Say how far work has come."""
        ...


@dataclass(slots=True)
class _Draft:
    """What one statement would do. `written` are the resources it is about, in row order, with the ids of their changes."""

    write: Write
    changes: list[Change] = field(default_factory=list)
    written: list[tuple[Written, tuple[str, ...]]] = field(default_factory=list)
    unchanged: int = 0
    outputs: list[tuple[Any, ...]] = field(default_factory=list)
    output_columns: Any = None


@dataclass(frozen=True, slots=True)
class _RowKey:
    type_name: str
    identifier: str
    region: str
    account: str


class Writer:
    """Runs the write statements of one session, one at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._transaction: list[_Draft] | None = None
        self._journal: Journal | None = None
        self._places: Places | None = None
        self._stats = CallStats()

    # -- entry points

    def run(self, statement: Statement) -> Result:
        """Run one write statement.

        Raises the statement's errors before anything is sent; ChangeFailed once something was.
        """
        with self._lock:
            self._stats = CallStats()
            started = time.monotonic()
            if statement.explain is not None and statement.explain.analyze:
                raise NotSupported("EXPLAIN ANALYZE of a write would carry it out", hint="EXPLAIN alone shows what it would do")
            write = read_write(statement, self._home.catalog)
            if isinstance(write, Control):
                return self._control(write, started)
            if isinstance(write, Exec):
                return self._exec(write, started)
            if statement.explain is None:
                self._guard(write)
            draft = self._draft(write)
            if statement.explain is not None:
                return self._explained([draft], statement.explain.format, started)
            if self._transaction is not None:
                return self._queue(draft, started)
            return self._commit([draft], started)

    def plan(self, statements: Sequence[Statement]) -> ChangePlan:
        """What these statements would do together; nothing is changed."""
        with self._lock:
            drafts = []
            for statement in statements:
                write = read_write(statement, self._home.catalog)
                if isinstance(write, Control):
                    continue
                drafts.append(self._exec_draft(write) if isinstance(write, Exec) else self._draft(write))
            return self._plan(drafts)

    def carry_out(self, plan: ChangePlan) -> list[Entry]:
        """Apply a saved plan, if the resources are still as they were when it was made; gives the entries as they ended.

        Raises AccessDenied, InvalidStatement, Cancelled before anything is sent; ChangeFailed afterwards.
        """
        with self._lock:
            self._require_writable()
            if plan.changes and self.journal.entry(plan.changes[0].id) is not None:
                raise InvalidStatement("this plan has been applied already", hint="cirql changes list shows how it went; make a new one")
            self._do(self._refuse_stale(plan))
            self._check_allowed(plan)
            entries = self._record(plan)
            ended = self._apply(entries, wait=True)
            refuse_failed(ended, plan)
            return ended

    async def _refuse_stale(self, plan: ChangePlan) -> None:
        """Raise where a resource is no longer what the plan says it is."""
        for change in plan.changes:
            if change.operation is Operation.SET:
                told = json.loads(change.body)
                native = NativeWrite.from_plain(told["write"])
                now: Model | None = {
                    native.property: sorted(await Applier.current_set(self._home.client, change.target, native, told["inputs"]))
                }
            elif change.operation is Operation.CALL or change.identifier is None:
                continue
            else:
                try:
                    now = await self._model(change.target, plan.rules[change.type_name], change.identifier)
                except ResourceNotFound:
                    now = None
            if now != change.before and not (now is not None and change.before is None and change.operation is Operation.DELETE):
                word = "is there already" if change.before is None else "has changed" if now is not None else "is gone"
                raise InvalidStatement(
                    f"{change.title}: it {word} since the plan was made", hint="make the plan again; nothing was changed"
                )

    @property
    def past(self) -> list[Entry]:
        """Every entry of the journal; none where there is no journal yet."""
        if self._journal is None and not self._home.settings.journal_path.exists():
            return []
        return self.journal.entries()

    def resume(self, change_id: str | None = None) -> list[Entry]:
        """See every open change to its end, or the run of one; those that another living process works on are left to it.

        Gives the entries that were open, as they are now. It changes nothing that was not decided and journalled before, but it does
        send what was cut off, so the session must be writable.
        """
        with self._lock:
            self._require_writable()
            opened = self.journal.entries(open_only=True)
            if change_id is not None:
                chosen = self._entry(change_id)
                opened = [e for e in opened if e.run == chosen.run]
            wanted = {e.change.id for e in opened}
            ended: list[Entry] = []
            for run in dict.fromkeys(e.run for e in opened):
                with self.journal.working_on(run) as is_ours:
                    entries = self.journal.entries(run=run)  # read again: the run may have ended meanwhile
                    if is_ours:
                        entries = self._do(self._applier(len(entries)).apply(entries))
                    ended += [e for e in entries if e.change.id in wanted]
            return ended

    def cancel(self, change_id: str) -> Entry:
        """Stop one open change, at AWS where it is there already."""
        with self._lock:
            self._require_writable()
            entry = self._entry(change_id)
            if not entry.state.is_open:
                raise InvalidStatement(f"this change has ended: it is {entry.state.value}")
            with self.journal.working_on(entry.run):
                return self._do(self._applier(1).cancel(entry))

    def _entry(self, change_id: str) -> Entry:
        entry = self.journal.entry(change_id)
        if entry is None:
            raise InvalidText(f"no change, or more than one, has an id that begins with {change_id!r}", hint="cirql changes list has them")
        return entry

    @property
    def journal(self) -> Journal:
        """The journal, opened when first needed."""
        if self._journal is None:
            self._journal = Journal.at(self._home.settings.journal_path)
        return self._journal

    def close(self) -> None:
        """Drop an open transaction, of which nothing was sent, and close the journal."""
        self._transaction = None
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # -- transactions

    def _control(self, write: Control, started: float) -> Result:
        if write.statement.explain is not None:
            if write.word != "COMMIT" or self._transaction is None:
                raise InvalidStatement("only the COMMIT of an open transaction can be explained")
            return self._explained(self._transaction, write.statement.explain.format, started)
        if write.word == "BEGIN":
            if self._transaction is not None:
                raise InvalidStatement("a transaction is open already", hint="COMMIT or ROLLBACK it first")
            self._transaction = []
            return status_result("BEGIN", self._cost(started))
        if self._transaction is None:
            raise InvalidStatement(f"there is no transaction to {write.word}", hint="BEGIN one first")
        drafts, self._transaction = self._transaction, None
        if write.word == "ROLLBACK":
            return status_result("ROLLBACK", self._cost(started), notices=(f"{sum(len(d.changes) for d in drafts)} changes dropped",))
        return self._commit(drafts, started)

    def _queue(self, draft: _Draft, started: float) -> Result:
        if getattr(draft.write, "returning", ()):
            raise NotSupported("RETURNING has no rows before COMMIT", hint="leave it out, or run the statement outside the transaction")
        assert self._transaction is not None
        self._transaction.append(draft)
        return summary_result([], self._cost(started), notices=(f"{len(draft.changes)} changes queued until COMMIT",))

    # -- guards

    def _guard(self, write: Insert | Update | Delete) -> None:
        """What can be refused before anything is read."""
        self._require_writable()
        if isinstance(write, Update | Delete) and not write.is_restricted and self._home.settings.max_changes <= DEFAULT_MAX_CHANGES:
            word = type(write).__name__.upper()
            raise InvalidStatement(
                f"{word} without WHERE would touch every {write.table.name.resource} in scope",
                hint=f"add a WHERE, or raise max_changes above {DEFAULT_MAX_CHANGES} on purpose",
            )

    def _require_writable(self) -> None:
        if not self._home.settings.writable:
            raise AccessDenied("this session is read-only", hint="cirql query --write, or connect(writable=True); EXPLAIN shows the plan")

    def _check_allowed(self, plan: ChangePlan) -> None:
        if not plan.changes:
            return
        self._require_writable()
        most = self._home.settings.max_changes
        if len(plan.changes) > most:
            raise InvalidStatement(f"this would make {len(plan.changes)} changes and max_changes is {most}", hint="EXPLAIN shows them all")
        confirm = self._home.confirm
        if confirm is not None and not confirm(plan):
            raise Cancelled("not confirmed; nothing was changed")

    # -- drafting

    def _draft(self, write: Insert | Update | Delete) -> _Draft:
        result = self._home.select(write.query, live=True)
        rows = result.fetchall()
        self._add(result.stats)
        if result.failures:
            failure = result.failures[0]
            raise CloudError(f"the rows could not all be found: {failure}", hint="nothing was changed", failure=failure)
        if isinstance(write, Insert):
            return self._do(self._draft_inserts(write, rows))
        keys = 4 if is_generic(write.table) else 3
        typed = [(r[3] if keys == 4 else write.table.cfn_type, *r[:3], *r[keys:]) for r in rows]
        draft = self._do(self._draft_changes(write, typed))
        draft.output_columns = result.columns[keys:]
        return draft

    def _kind(self, table: Table, type_name: str | None) -> tuple[Table, Rules]:
        """The table and the rules of a row: its own, where the row says of what type it is."""
        if not is_generic(table):
            return table, self._home.catalog.rules(str(table.cfn_type))
        if type_name is None or type_name.count("::") != 2:
            raise InvalidText(f"{type_name!r} is no resource type", hint="for example AWS::Logs::LogGroup")
        _, service, name = type_name.split("::")
        own = self._home.catalog.find(f"aws.{service.lower()}.{snake(name)}").table
        return own, self._home.catalog.rules(str(own.cfn_type))

    async def _draft_inserts(self, write: Insert, rows: Sequence[tuple[Any, ...]]) -> _Draft:
        draft = _Draft(write)
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
            target = await self._where.of_insert(table, region, account)
            change = Drafter(table, rules, target, _new_id).create(given, desired)
            draft.changes.append(change)
            draft.written.append((Written(change.identifier, target.region, target.account, None), (change.id,)))
        return draft

    async def _draft_changes(self, write: Update | Delete, rows: Sequence[tuple[Any, ...]]) -> _Draft:
        """One row is one resource: its type, its key, then values. Models are read at once, in row order."""
        values = _by_key(rows)
        turn = asyncio.Semaphore(16)

        async def one(key: _RowKey, row: tuple[Any, ...]) -> tuple[Written, tuple[Change, ...]]:
            async with turn:
                target = await self._where.of_row(key.region, key.account)
                drafter = Drafter(*self._kind(write.table, key.type_name), target, _new_id)
                changes = await self._changes_of(write, drafter, key.identifier, row)
                return Written(key.identifier, target.region, target.account, None), changes

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(key, row)) for key, row in values.items()]
        draft = _Draft(write, outputs=list(values.values()))
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
        current: dict[str, list[str]] = {}
        for native, inputs in drafter.native_reads(identifier, before, assigned):
            current[native.property] = sorted(await Applier.current_set(self._home.client, target, native, inputs))
        return drafter.update(identifier, before, assigned, current)

    async def _model(self, target: Target, rules: Rules, identifier: str) -> Model:
        params = {"TypeName": rules.type_name, "Identifier": identifier}
        answer = await self._home.client.call(target, "cloudcontrol", "GetResource", params)
        try:
            model: Model = json.loads(answer["ResourceDescription"]["Properties"])
        except (KeyError, ValueError):
            raise CloudError(f"AWS's answer about {identifier} has no properties", hint="nothing was changed") from None
        return model

    # -- EXEC

    def _exec_draft(self, write: Exec) -> _Draft:
        params = dict(write.params)
        region, account = params.pop("region", None), params.pop("account_id", None)
        call = read_call(write.path, params, write.body, lambda: str(uuid.uuid4()))
        table = ".".join(write.path[:-1])
        target = self._do(self._where.of_insert(_call_table(self._home.catalog, table), region, account))
        return _Draft(write, [call.change(table, target, _new_id())])

    def _exec(self, write: Exec, started: float) -> Result:
        explained = write.statement.explain
        params = {k: v for k, v in write.params if k not in ("region", "account_id")}
        call = read_call(write.path, params, write.body, lambda: str(uuid.uuid4()))
        if not call.reads_only and explained is None:
            self._require_writable()
        draft = self._exec_draft(write)
        if explained is not None:
            return self._explained([draft], explained.format, started)
        change = draft.changes[0]
        if call.reads_only:
            answer = self._do(self._home.client.call(change.target, call.service, call.operation, json.loads(change.body)))
            return answer_result(answer, self._cost(started))
        if self._transaction is not None:
            return self._queue(draft, started)
        return self._commit([draft], started)

    # -- plan, journal, apply

    def _plan(self, drafts: Sequence[_Draft]) -> ChangePlan:
        changes = [c for d in drafts for c in d.changes]
        catalog = self._home.catalog
        rules = {c.type_name: catalog.rules(c.type_name) for c in changes if c.operation is not Operation.CALL}
        tables = {c.table: catalog.find(c.table).table for c in changes if c.operation is not Operation.CALL}
        ordered = with_dependencies(changes, rules)
        texts = tuple(without_secrets(d.write.statement.text, tuple(d.changes)) for d in drafts)
        return ChangePlan(ordered, texts, tables, rules, sum(d.unchanged for d in drafts))

    def _explained(self, drafts: Sequence[_Draft], style: str, started: float) -> Result:
        return lines_result(explain.render(self._plan(drafts), style), self._cost(started))

    def _commit(self, drafts: list[_Draft], started: float) -> Result:
        plan = self._plan(drafts)
        self._check_allowed(plan)
        is_awaited = all(getattr(d.write, "is_awaited", True) for d in drafts)
        ended = self._apply(self._record(plan), wait=is_awaited) if plan.changes else []
        refuse_failed(ended, plan)
        return self._result(drafts, ended, is_awaited, started)

    def _record(self, plan: ChangePlan) -> list[Entry]:
        """Put a plan on disk: from here on it can be resumed."""
        run, now, text = uuid.uuid4().hex, time.time(), ";\n".join(plan.statements)
        callers = self._do(self._callers(plan.changes))
        entries = [
            Entry(c, run, number, text, callers[c.target.credentials], created=now, updated=now) for number, c in enumerate(plan.changes)
        ]
        self.journal.record(entries)
        return entries

    async def _callers(self, changes: Sequence[Change]) -> dict[str, str]:
        return {c.target.credentials: await self._where.caller(c.target) for c in changes}

    def _apply(self, entries: list[Entry], *, wait: bool) -> list[Entry]:
        if not entries:
            return []
        with self.journal.working_on(entries[0].run):
            applier = self._applier(len(entries))
            ended = self._do(applier.apply(entries, wait=wait))
            self._answers = applier.answers
            return ended

    def _applier(self, total: int) -> Applier:
        done: set[str] = set()

        def tell(entry: Entry) -> None:
            if not entry.state.is_open:
                done.add(entry.change.id)
            self._home.tell(ProgressEvent(entry.change.title, self._stats.requests, len(done), len(done) == total))

        return Applier(self._home.client, self.journal, time.time, self._home.settings.change_timeout, tell=tell)

    # -- results

    def _result(self, drafts: Sequence[_Draft], ended: Sequence[Entry], is_awaited: bool, started: float) -> Result:
        write = drafts[0].write if len(drafts) == 1 else None
        if isinstance(write, Exec):
            return answer_result(self._answers.get(ended[0].change.id, {}), self._cost(started))
        notices: tuple[str, ...] = ()
        if unchanged := sum(d.unchanged for d in drafts):
            notices = (f"{unchanged} resources are as wanted already; nothing was sent for them",)
        if not isinstance(write, Insert | Update | Delete) or not write.returning:
            return summary_result(ended, self._cost(started), notices)
        by_id = {e.change.id: e for e in ended}
        rows = [_with_entry(written, [by_id[i] for i in ids if i in by_id]) for written, ids in drafts[0].written]
        if events_only(write.returning):
            return _event_rows(write.returning, rows, self._cost(started))
        if not is_awaited:
            raise NotSupported(
                "with NOWAIT only fields of the progress event can be returned", hint="RETURNING RequestToken; the changes run on"
            )
        if isinstance(write, Delete):
            return _deleted_rows(write, rows, drafts[0], self._cost(started))
        if not rows:
            names = [n for item in write.returning for n in _names_of(item, write.table)]
            return rows_result(names, [], self._cost(started), notices=notices)
        node = write.statement.tree.this
        table_node = node if not hasattr(node, "this") or node.key == "table" else node.this
        back = self._home.select(read_back(write.statement, write.table, table_node, write.alias, write.returning, rows), live=True)
        back.to_arrow()
        self._add(back.stats)
        cost = self._cost(started)
        if missing := len(rows) - back.row_count:
            notices = (*notices, f"{missing} of {len(rows)} rows could not be read back; the changes themselves were made")
        return Result(
            back.to_arrow().to_reader(), columns=back.columns, failures=lambda: back.failures, notices=lambda: notices, stats=lambda: cost
        )

    # -- odds of the loop

    @property
    def _where(self) -> Places:
        if self._places is None:
            self._places = Places(self._home.client)
        return self._places

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the session's loop, counting calls; the one error of a task group is raised as itself."""

        async def counted() -> T:
            with recording() as stats:
                try:
                    return await work
                finally:
                    self._stats.calls.update(stats.calls)
                    self._stats.retries += stats.retries
                    self._stats.throttles += stats.throttles

        future = self._home.start(counted())
        try:
            return future.result()
        except BaseExceptionGroup as group:
            raise _first_error(group) from None
        except BaseException:
            future.cancel()
            raise

    def _add(self, stats: Stats) -> None:
        self._stats.calls.update(stats.calls)
        self._stats.retries += stats.retries
        self._stats.throttles += stats.throttles

    def _cost(self, started: float) -> Stats:
        wall = round((time.monotonic() - started) * 1000)
        return Stats(calls=dict(self._stats.calls), retries=self._stats.retries, throttles=self._stats.throttles, wall_ms=wall)


def _new_id() -> str:
    return uuid.uuid4().hex


def _by_key(rows: Sequence[tuple[Any, ...]]) -> dict[_RowKey, tuple[Any, ...]]:
    """Values by resource. Raises InvalidStatement where a join gives one resource two different values."""
    found: dict[_RowKey, tuple[Any, ...]] = {}
    for type_name, identifier, region, account, *values in rows:
        key = _RowKey(type_name, identifier, region, account)
        if found.setdefault(key, tuple(values)) != tuple(values):
            raise InvalidStatement(f"the statement gives {identifier} several different values", hint="make its FROM give one row for each")
    return found


def _first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first_error(error)
        if isinstance(error, DatabaseError):
            return error
    return group.exceptions[0]


def _with_entry(written: Written, entries: Sequence[Entry]) -> Written:
    if not entries:
        return written
    last = entries[-1]
    return replace(written, entry=last, identifier=last.identifier or written.identifier)


def _names_of(item: exp.Expr, table: Table) -> list[str]:
    return [c.name for c in table.published] if item.key == "star" else [output_name(item)]


def _event_rows(returning: Sequence[exp.Expr], rows: Sequence[Written], cost: Stats) -> Result:
    names = [output_name(item) for item in returning]
    fields = [str(event_field(item)) for item in returning]
    return rows_result(names, [tuple(event_value(row, f) for f in fields) for row in rows], cost)


def _deleted_rows(write: Delete, rows: Sequence[Written], draft: _Draft, cost: Stats) -> Result:
    """What the rows were before they went."""
    names, out, types = [], [], []
    columns = iter(range(len(draft.output_columns)))
    for item in write.returning:
        names.append(output_name(item))
        field_name = event_field(item)
        position = None if field_name is not None else next(columns)
        types.append("VARCHAR" if position is None else draft.output_columns[position].type)
        out.append([event_value(r, str(field_name)) if position is None else v[position] for r, v in zip(rows, draft.outputs, strict=True)])
    return rows_result(names, list(zip(*out, strict=True)), cost, types)


def _call_table(catalog: Catalog, name: str) -> Table:
    """A stand-in that says where a service lives, for finding the target of a call."""
    from cirql.names import TableName

    service = name.split(".")[1]
    is_global = service in ("iam", "route53", "cloudfront", "organizations", "budgets", "shield", "globalaccelerator", "waf")
    return Table(
        name=TableName.parse(f"aws.{service}.call"),
        service=service,
        title="",
        description="",
        columns=(),
        fetches=(),
        scope=Scope.GLOBAL if is_global else Scope.REGIONAL,
    )
