"""The way of a write: bound statement, rows, changes, guards, (EXPLAIN stops here), journal, AWS, result.

One `Writer` belongs to one session and holds its open transaction. Rows are found the SELECT way, through the session; everything that
asks AWS runs on the session's loop.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cirql.changes import explain
from cirql.changes.access import Effect
from cirql.changes.calls import read_call
from cirql.changes.drafting import ChangeDraft, new_id
from cirql.changes.masking import without_secrets
from cirql.changes.model import Change, ChangeKind, JournalEntry
from cirql.changes.order import with_dependencies
from cirql.changes.past import PastChanges
from cirql.changes.places import call_table
from cirql.changes.plan import ChangePlan
from cirql.changes.report import answer_result, lines_result, refuse_failed, rows_result, status_result, summary_result
from cirql.changes.returned import deleted_rows, event_rows, table_node, with_entry
from cirql.changes.returning import events_only, read_back
from cirql.changes.transaction import OpenTransaction
from cirql.changes.work import ChangeWork, WriterHome
from cirql.errors import (
    Cancelled,
    CloudError,
    DatabaseError,
    InvalidStatement,
    NoTransaction,
    NotSupported,
)
from cirql.result import Result
from cirql.settings import DEFAULT_MAX_CHANGES
from cirql.sql.bind import bind
from cirql.sql.parse import is_write
from cirql.sql.writes import (
    Control,
    Delete,
    Exec,
    Insert,
    Update,
    is_generic,
    output_name,
    read_write,
)
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.sql.parse import Statement


class Writer:
    """Runs the write statements of one session, one at a time."""

    def __init__(self, home: WriterHome) -> None:
        self._home = home
        self._work = ChangeWork(home)
        self._lock = threading.RLock()
        self._transaction: OpenTransaction | None = None
        self._answers: dict[str, Mapping[str, Any]] = {}
        self.past = PastChanges(self._work, self._lock)

    # -- entry points

    def run(self, statement: Statement) -> Result:
        """Run one write statement.

        Raises the statement's errors before anything is sent; ChangeFailed once something was.
        """
        with self._lock:
            self._work.begin()
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
                if not is_write(statement):
                    raise InvalidStatement("a plan is made of statements that change something", hint="INSERT, UPDATE, DELETE and EXEC do")
                write = read_write(statement, self._home.catalog)
                if isinstance(write, Control):
                    continue
                drafts.append(self._exec_draft(write) if isinstance(write, Exec) else self._draft(write))
            return self._plan(drafts)

    def carry_out(self, plan: ChangePlan) -> list[JournalEntry]:
        """Apply a saved plan, if the resources are still as they were when it was made; gives the entries as they ended.

        Raises AccessDenied, InvalidStatement, Cancelled before anything is sent; ChangeFailed afterwards.
        """
        with self._lock:
            self._work.require_writable()
            if plan.changes and self._home.journal.entry(plan.changes[0].id) is not None:
                raise InvalidStatement("this plan has been applied already", hint="cirql changes list shows how it went; make a new one")
            plan = replace(plan, changes=tuple(self._work.do(self._work.targeted(plan.changes))))
            self._work.do(self._work.drafting.refuse_stale(plan))
            self._check_allowed(plan)
            ended = self._make(plan, wait=True)
            refuse_failed(ended, plan)
            return ended

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._transaction is not None

    def close(self) -> None:
        """Drop an open transaction, of which nothing was sent."""
        self._transaction = None

    # -- transactions

    def _control(self, write: Control, started: float) -> Result:
        if write.statement.explain is not None:
            if write.word != "COMMIT" or self._transaction is None:
                raise InvalidStatement("only the COMMIT of an open transaction can be explained")
            return self._explained(self._transaction.drafts, write.statement.explain.format, started)
        if write.word == "BEGIN":
            if self._transaction is not None:
                raise InvalidStatement("a transaction is open already", hint="COMMIT or ROLLBACK it first")
            self._transaction = OpenTransaction()
            return status_result("BEGIN", self._work.cost(started))
        if self._transaction is None:
            if write.savepoint is not None:
                raise NoTransaction(f"{write.statement.text.split()[0].upper()} can only be used in a transaction", hint="BEGIN one first")
            raise InvalidStatement(f"there is no transaction to {write.word}", hint="BEGIN one first")
        if write.savepoint is not None:
            return self._savepoint(self._transaction, write.word, write.savepoint, started)
        drafts, self._transaction = self._transaction.drafts, None
        if write.word == "ROLLBACK":
            return status_result("ROLLBACK", self._work.cost(started), notices=(f"{sum(len(d.changes) for d in drafts)} changes dropped",))
        return self._commit(drafts, started)

    def _savepoint(self, transaction: OpenTransaction, word: str, name: str, started: float) -> Result:
        if word == "SAVEPOINT":
            transaction.save(name)
        elif word == "RELEASE":
            transaction.release(name)
        elif dropped := transaction.go_back(name):
            return status_result(word, self._work.cost(started), notices=(f"{dropped} changes dropped",))
        return status_result(word, self._work.cost(started))

    def _queue(self, draft: ChangeDraft, started: float) -> Result:
        if getattr(draft.write, "returning", ()):
            raise NotSupported("RETURNING has no rows before COMMIT", hint="leave it out, or run the statement outside the transaction")
        assert self._transaction is not None
        self._transaction.drafts.append(draft)
        return summary_result([], self._work.cost(started), notices=(f"{len(draft.changes)} changes queued until COMMIT",))

    # -- guards

    def _guard(self, write: Insert | Update | Delete) -> None:
        """What can be refused before anything is read."""
        self._work.require_writable()
        if isinstance(write, Insert | Update) and write.returning:
            if not write.is_awaited and not events_only(write.returning):
                hint = "RETURNING RequestToken; cirql changes resume sees the rest to its end"
                raise NotSupported("with NOWAIT only fields of the progress event can be returned", hint=hint)
            # Names are resolved now, while nothing has been done yet.
            bind(read_back(write.statement, write.table, table_node(write), write.alias, write.returning, []), self._home.catalog)
        if isinstance(write, Update | Delete) and not write.is_restricted and self._home.settings.max_changes <= DEFAULT_MAX_CHANGES:
            word = type(write).__name__.upper()
            raise InvalidStatement(
                f"{word} without WHERE would touch every {write.table.name.resource} in scope",
                hint=f"add a WHERE, or raise max_changes above {DEFAULT_MAX_CHANGES} on purpose",
            )

    def _check_allowed(self, plan: ChangePlan) -> None:
        if not plan.changes:
            return
        self._work.require_writable()
        most = self._home.settings.max_changes
        if len(plan.changes) > most:
            raise InvalidStatement(f"this would make {len(plan.changes)} changes and max_changes is {most}", hint="EXPLAIN shows them all")
        confirm = self._home.confirm
        if confirm is not None and not confirm(plan):
            raise Cancelled("not confirmed; nothing was changed")

    # -- drafting

    def _draft(self, write: Insert | Update | Delete) -> ChangeDraft:
        result = self._home.select(write.query, live=True)
        rows = result.fetchall()
        self._work.add(result.stats)
        if result.failures:
            failure = result.failures[0]
            raise CloudError(f"the rows could not all be found: {failure}", hint="nothing was changed", failure=failure)
        if isinstance(write, Insert):
            return self._work.do(self._work.drafting.inserts(write, rows))
        keys = 4 if is_generic(write.table) else 3
        typed = [(r[3] if keys == 4 else write.table.cfn_type, *r[:3], *r[keys:]) for r in rows]
        draft = self._work.do(self._work.drafting.changes(write, typed))
        draft.output_columns = result.columns[keys:]
        return draft

    # -- EXEC

    def _exec_draft(self, write: Exec) -> ChangeDraft:
        params = dict(write.params)
        region, account = params.pop("region", None), params.pop("account_id", None)
        call = read_call(write.path, params, write.body, lambda: str(uuid.uuid4()))
        table = ".".join(write.path[:-1])
        target = self._work.do(self._work.where.of_insert(call_table(self._home.catalog, call.service), region, account))
        return ChangeDraft(write, [call.change(table, target, new_id())])

    def _exec(self, write: Exec, started: float) -> Result:
        explained = write.statement.explain
        params = {k: v for k, v in write.params if k not in ("region", "account_id")}
        call = read_call(write.path, params, write.body, lambda: str(uuid.uuid4()))
        call.check_allowed(self._home.settings, wants_secrets=write.wants_secrets or explained is not None)
        if call.effect is Effect.CHANGE and explained is None:
            self._work.require_writable()
        draft = self._exec_draft(write)
        if explained is not None:
            return self._explained([draft], explained.format, started)
        change = draft.changes[0]
        if call.effect is not Effect.CHANGE:
            answer = self._work.do(self._home.cloud.call(change.target, call.service, call.operation, json.loads(change.body)))
            return answer_result(answer, self._work.cost(started))
        if self._transaction is not None:
            return self._queue(draft, started)
        return self._commit([draft], started)

    # -- plan, journal, apply

    def _plan(self, drafts: Sequence[ChangeDraft]) -> ChangePlan:
        changes = [c for d in drafts for c in d.changes]
        catalog = self._home.catalog
        rules = {c.type_name: catalog.rules(c.type_name) for c in changes if c.operation is not ChangeKind.CALL}
        tables = {c.table: catalog.find(c.table).table for c in changes if c.operation is not ChangeKind.CALL}
        ordered = with_dependencies(changes, rules)
        texts = tuple(without_secrets(d.write.statement.text, d.changes) for d in drafts)
        return ChangePlan(ordered, texts, tables, rules, sum(d.unchanged for d in drafts))

    def _explained(self, drafts: Sequence[ChangeDraft], style: str, started: float) -> Result:
        return lines_result(explain.render(self._plan(drafts), style), self._work.cost(started))

    def _commit(self, drafts: list[ChangeDraft], started: float) -> Result:
        plan = self._plan(drafts)
        self._check_allowed(plan)
        is_awaited = all(getattr(d.write, "is_awaited", True) for d in drafts)
        ended = self._make(plan, wait=is_awaited)
        refuse_failed(ended, plan)
        return self._result(drafts, ended, is_awaited, started)

    def _make(self, plan: ChangePlan, *, wait: bool) -> list[JournalEntry]:
        """Put a plan on disk, from where on it can be resumed, and carry it out. The run is ours before anybody can see it."""
        if not plan.changes:
            return []
        run, now, text = uuid.uuid4().hex, time.time(), ";\n".join(plan.statements)
        callers = self._work.do(self._callers(plan.changes))
        entries = [
            JournalEntry(c, run, number, text, callers[c.target.credentials], created=now, updated=now, user=self._home.user or "")
            for number, c in enumerate(plan.changes)
        ]
        with self._home.journal.working_on(run):
            self._home.journal.record(entries)
            applier = self._work.applier(len(entries))
            ended = self._work.do(applier.apply(entries, wait=wait))
            self._answers = applier.answers
        return ended

    async def _callers(self, changes: Sequence[Change]) -> dict[str, str]:
        return {c.target.credentials: await self._work.where.caller(c.target) for c in changes}

    # -- results

    def _result(self, drafts: Sequence[ChangeDraft], ended: Sequence[JournalEntry], is_awaited: bool, started: float) -> Result:
        write = drafts[0].write if len(drafts) == 1 else None
        if isinstance(write, Exec):
            return answer_result(self._answers.get(ended[0].change.id, {}), self._work.cost(started))
        notices: tuple[str, ...] = ()
        if unchanged := sum(d.unchanged for d in drafts):
            notices = (f"{unchanged} resources are as wanted already; nothing was sent for them",)
        if not isinstance(write, Insert | Update | Delete) or not write.returning:
            return summary_result(ended, self._work.cost(started), notices)
        by_id = {e.change.id: e for e in ended}
        rows = [with_entry(written, [by_id[i] for i in ids if i in by_id]) for written, ids in drafts[0].written]
        if events_only(write.returning):
            return event_rows(write.returning, rows, self._work.cost(started))
        if isinstance(write, Delete):
            return deleted_rows(write, rows, drafts[0], self._work.cost(started))
        if not rows:
            return rows_result([output_name(item) for item in write.returning], [], self._work.cost(started), notices=notices)
        query = read_back(write.statement, write.table, table_node(write), write.alias, write.returning, rows)
        try:
            back = self._home.select(query, live=True)
            back.to_arrow()
        except DatabaseError as error:
            # An error here would read as if nothing had been done: the events are known, the rest is NULL.
            notices = (*notices, f"the changes were made, but their rows could not be read back: {error.message}")
            return event_rows(write.returning, rows, self._work.cost(started), notices)
        self._work.add(back.stats)
        cost = self._work.cost(started)
        if missing := len(rows) - back.row_count:
            notices = (*notices, f"{missing} of {len(rows)} rows could not be read back; the changes themselves were made")
        return Result(
            back.to_arrow().to_reader(), columns=back.columns, failures=lambda: back.failures, notices=lambda: notices, stats=lambda: cost
        )
