"""Session: `execute(sql) -> Result`, the one path that every front end takes.

    text -> parse -> bind -> plan -> (EXPLAIN stops here) -> fetch -> DuckDB -> Result

A session is one connection: settings, views and tables, prepared statements and a transaction of its own, over what a runtime shares
(`shared.py`). Calls to AWS run on the runtime's event loop; DuckDB runs in the caller's thread. Statements may be executed from several
threads at once: each has DuckDB connections of its own.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from cirql.errors import AccessDenied, Cancelled, Error, InterfaceError
from cirql.result import ProgressEvent, Result
from cirql.settings import Settings
from cirql.shared import Shared, once
from cirql.startup.records import replace
from cirql.statements.client import ANYONE, Client
from cirql.statements.confinement import confine
from cirql.statements.limits import StatementLimits
from cirql.statements.running import Running

if TYPE_CHECKING:
    import asyncio

    from cirql.catalog.lookup import Catalog
    from cirql.changes.journal import Journal
    from cirql.changes.plan import ChangePlan
    from cirql.changes.writer import Writer
    from cirql.cloud import Cloud
    from cirql.cloud.reach import Reach
    from cirql.cloud.sight import Sight
    from cirql.engine import Database, Engine
    from cirql.fetch.loop import Work
    from cirql.fetch.runner import ScanOutcome
    from cirql.introspection.directory import Directory
    from cirql.inventory.errand import Errand
    from cirql.inventory.memory import Memory
    from cirql.inventory.recall import Recall
    from cirql.sql.inference import ParameterTypes
    from cirql.sql.parameters import Parameters
    from cirql.sql.parse import Statement
    from cirql.statements.alarm import Alarm
    from cirql.statements.description import Description
    from cirql.statements.execution import Execution
    from cirql.statements.plans import Kept, Key
    from cirql.statements.prepared import Prepared
    from cirql.statements.workspace import Workspace

T = TypeVar("T")
_PATIENCE = 5.0
"""Seconds that closing waits for statements to come to rest: after that, one is stuck where nothing can end it."""
_OF_PREPARED = frozenset({"PREPARE", "EXECUTE", "DEALLOCATE", "SLEEP"})
"""What a text begins with that is answered without a plan."""


class Session:
    """Answers statements over the accounts and regions of its settings, from several threads; `aexecute` is for async code. Close it."""

    def __init__(
        self,
        settings: Settings,
        *,
        catalog: Catalog | None = None,
        progress: Callable[[ProgressEvent], None] | None = None,
        confirm: Callable[[ChangePlan], bool] | None = None,
        cloud: Cloud | None = None,
        shared: Shared | None = None,
        user: str | None = None,
        client: Client = ANYONE,
    ) -> None:
        """`confirm` sees every plan of changes and may refuse it; `user` is who it is for; `cloud` is asked for AWS, and closed too."""
        self.settings = settings
        self.confirm = confirm
        self.user = user
        self.making = threading.RLock()
        self._progress = progress
        self._owned = Shared(settings, catalog=catalog, cloud=cloud) if shared is None else None
        self._shared = self._owned or cast("Shared", shared)
        self._closed = False
        self._running: weakref.WeakSet[Running] = weakref.WeakSet()
        self._current: ContextVar[Running | None] = ContextVar("cirql_running", default=None)
        self._last: Execution | None = None
        self._opened = settings
        self.client = client
        self._shared.joined(self)

    @property
    def catalog(self) -> Catalog:
        """The catalog of tables, opened when first needed."""
        return self._shared.catalog

    @property
    def cloud(self) -> Cloud:
        """The door to AWS, opened by the first question."""
        return self._shared.cloud

    @property
    def journal(self) -> Journal:
        """Where the session's changes are written down, opened when first needed. Raises SettingsError."""
        return self._shared.journal(self.settings.journal_path)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open: changes are collected, and sent by COMMIT."""
        return "writer" in self.__dict__ and self.writer.is_in_transaction

    @once
    def directory(self) -> Directory:
        """Every table that a statement may name: the catalog's, and those that are answered without AWS."""
        from cirql.statements.tables import tables

        return tables(self)

    @property
    def last_scans(self) -> Sequence[ScanOutcome]:
        """How the scans of the last statement that asked AWS stand."""
        return self._last.scans if self._last is not None else ()

    @once
    def memory(self) -> Memory:
        """The session's way to its inventory."""
        from cirql.inventory.memory import Memory

        return Memory(lambda: self._shared.stores)

    @property
    def reach(self) -> Reach:
        """The accounts and regions that statements ask now."""
        from cirql.cloud.reach import Reach

        reach = Reach.of(self.settings, self._shared.settings)
        return replace(reach, confined=self.settings.locked)

    @property
    def sight(self) -> Sight:
        """The accounts and regions of which it is told what was kept: where the session is locked, those that it may ask now."""
        from cirql.cloud.sight import Sight

        return Sight.of(self.settings, self.reach, lambda inquiry: self.wait(self.start(self.cloud.survey(inquiry))))

    @once
    def database(self) -> Database:
        """The session's own DuckDB, which holds its user tables."""
        from cirql.engine import Database

        return Database(memory=StatementLimits.of(self.settings).memory)

    @once
    def workspace(self) -> Workspace:
        """The session's own views, tables and variables."""
        from cirql.statements.workspace import Workspace

        return Workspace(lambda: self.database, self.select, lambda name: self.catalog.knows(f"aws.{name}"))

    @once
    def writer(self) -> Writer:
        """What runs INSERT, UPDATE, DELETE, EXEC and transactions, made when first needed."""
        from cirql.changes.writer import Writer

        return Writer(self)

    def execute(self, sql: str, params: Parameters | None = None, *, pushdown: bool = True, errand: Errand | None = None) -> Result:
        """Run one statement and give its rows as they come.

        `params` fills `$1`, `$2`, …, `?` or `%s` from a sequence, `:name` or `%(name)s` from a mapping. `pushdown=False` reads every table
        whole and lets DuckDB do all the work: slower, and the same answer. `errand` is what a query is run for, where that is to fill the
        inventory.

        Raises the error of the statement; errors of the data may also be raised while rows are read.
        """
        return self._under_way(lambda: self._execute(sql, params, pushdown, errand))

    def _execute(self, sql: str, params: Parameters | None, pushdown: bool, errand: Errand | None = None) -> Result:
        from cirql.sql.blanks import first_word
        from cirql.sql.parameters import fill, from_percent
        from cirql.sql.parse import parse
        from cirql.statements.plans import key_of
        from cirql.statements.shows import show

        key = key_of(sql, params, self.settings, self.workspace) if pushdown else None
        if key is not None and (kept := self._shared.plans.find(key)) is not None:
            return self._select(kept.statement, None, (), errand, kept=kept)
        if (shown := show(sql, lambda: self.catalog)) is not None:
            return self.select(shown.statement, directory=shown.directory, notices=shown.notices)
        if first_word(sql) in _OF_PREPARED:
            from cirql.statements.prepared import answer

            if (prepared := answer(sql, lambda: self.workspace, self.run, self._current.get())) is not None:
                return prepared
        statement = parse(sql) if params is None else fill(parse(from_percent(sql, params)), params)
        return self._run(statement, pushdown, errand, key)

    def register(self, name: str, frame: Any) -> None:
        """Make a table of the session's own of a frame: of pandas, polars, Arrow or whatever else gives Arrow's stream.

        Its rows are copied; a table of that name that the session has is replaced, and DROP TABLE lets go of it.

        Raises InvalidStatement for a name or columns that no table can have, AlreadyExists for a view's name, AccessDenied where the
        session is locked, InterfaceError for something that is no frame.
        """
        from cirql.statements.frames import to_table

        self._shared.refuse_fork()
        if self._is_closed():
            raise InterfaceError("the session is closed")
        if self.settings.locked:
            raise AccessDenied("this session is locked: it takes no tables but those of its statements")
        self.workspace.register(name, to_table(frame))

    def prepare(self, sql: str) -> Prepared:
        """A statement that is read once and executed many times, each time with its own parameters."""
        from cirql.sql.parse import parse
        from cirql.statements.prepared import Prepared

        return Prepared(self.run, parse(sql))

    def describe(self, sql: str, param_types: ParameterTypes | None = None) -> Description:
        """What a statement gives and takes: its columns, the types of its parameters, its command tag. Runs nothing and asks nobody.

        `param_types` are the types of parameters that are known, by position or by name; the others are inferred as PostgreSQL does.

        Raises the errors that planning the statement would raise, InvalidStatement for a type that does not exist.
        """
        from cirql.statements.description import describe

        with self._began() as running:
            engine = self._engine()
            running.at_stop(engine.interrupt)
            running.at_end(engine.close)
            with running.at_work():
                described = describe(sql, param_types, self, engine)
            running.end()
            return described

    def run(self, statement: Statement, params: Parameters | None = None, *, pushdown: bool = True, errand: Errand | None = None) -> Result:
        """Run a statement that has been parsed."""
        from cirql.sql.parameters import fill

        filled = fill(statement, params) if params is not None else statement
        return self._under_way(lambda: self._run(filled, pushdown, errand))

    def _run(self, statement: Statement, pushdown: bool, errand: Errand | None, key: Key | None = None) -> Result:
        from cirql.sql.parse import is_definition, is_write
        from cirql.statements.control import run_write

        statement = self.workspace.short(statement)
        if is_definition(statement):
            result, changed = self.workspace.run(statement, self.settings, self._opened)
            self.adopt(changed)
            return result
        if not is_write(statement):
            return self._select(statement, None, (), errand, pushdown=pushdown, key=key)
        return run_write(statement, self)

    def adopt(self, settings: Settings) -> None:
        """Go by other settings from the next statement on. Raises AccessDenied where the session is locked and they allow more."""
        confine(settings, self.settings, self._opened, self._shared.settings)
        self.settings = settings

    # -- one statement's life

    def _under_way(self, answer: Callable[[], Result]) -> Result:
        """Answer as one statement, which can be stopped and must keep to the limits until its last row has been read.

        What a statement itself executes is part of it.
        """
        if self._current.get() is not None:
            return answer()
        with self._began() as running:
            return self._answered(running, answer)

    @contextmanager
    def _began(self) -> Iterator[Running]:
        """A new statement. It ends with the block where that raises. Raises InterfaceError where there can be none any more."""
        self._shared.refuse_fork()
        if self._is_closed():
            raise InterfaceError("the session is closed")
        self._shared.check()
        limits = StatementLimits.of(self.settings).within(self.client.most_calls())
        running = Running(lambda: self._shared.alarm, limits, self._shared.refuse_fork)
        self._running.add(running)
        running.begin()
        if self._is_closed():  # in between: nobody else would stop it
            running.stop(Cancelled("the session was closed while the statement ran"))
        try:
            yield running
        except BaseException:
            running.end()
            raise

    @contextmanager
    def work(self, at_stop: Callable[[], None] = lambda: None) -> Iterator[None]:
        """What is done in the block counts as one statement: it keeps to the limits, and `stop` ends it (`at_stop`: as in `Running`)."""
        with self._began() as running:
            running.at_stop(at_stop)
            token = self._current.set(running)
            try:
                with running.at_work():
                    yield
            finally:
                self._current.reset(token)
            running.end()

    def _answered(self, running: Running, answer: Callable[[], Result]) -> Result:
        token = self._current.set(running)
        try:
            with running.at_work():
                result = answer()
        finally:
            self._current.reset(token)
        if not result.is_open:
            running.end()
            return result
        running.at_end(result.hand_over(running.end))
        if running.goes_on:
            weakref.finalize(result, self.alarm.soon, running.end).atexit = False
        return result

    def wait(self, work: Work[T]) -> T:
        """Wait for work on the event loop, in the name of the statement at hand: who stops it cancels the work."""
        running = self._current.get()
        forget = running.at_stop(work.cancel) if running is not None else None
        try:
            return work.result()
        except BaseException:
            work.cancel()
            raise
        finally:
            if forget is not None:
                forget()

    def cancel(self) -> int:
        """End every statement of the session that runs, from any thread; gives how many there were. The session goes on.

        Whoever waits for one of them, or reads its rows next, gets Cancelled within moments: calls to AWS are given up, DuckDB is
        interrupted. Changes that were under way are in the journal, and `cirql changes resume` sees them to their end.
        """
        return self.stop(Cancelled("the statement was cancelled"))

    def stop(self, cause: Error) -> int:
        """As `cancel`, with an error of the caller's."""
        for statement in (stopped := [r for r in tuple(self._running) if not r.is_over]):
            statement.stop(cause)
        return len(stopped)

    def select(
        self,
        statement: Statement,
        *,
        pushdown: bool = True,
        directory: Directory | None = None,
        notices: Sequence[str] = (),
        live: bool = False,
        errand: Errand | None = None,
    ) -> Result:
        """Run a query that has been parsed, over the tables of a directory: all there are, unless one is given.

        `live` asks AWS, whatever the inventory knows. `errand` is as in `execute`.
        """
        return self._under_way(lambda: self._select(statement, directory, notices, errand, pushdown=pushdown, live=live))

    def _select(
        self,
        statement: Statement,
        directory: Directory | None,
        notices: Sequence[str],
        errand: Errand | None,
        *,
        pushdown: bool = True,
        live: bool = False,
        key: Key | None = None,
        kept: Kept | None = None,
    ) -> Result:
        from cirql.statements.execution import Execution
        from cirql.statements.planning import Planning

        started, running = time.monotonic(), cast("Running", self._current.get())
        engine = self._engine()
        running.at_stop(engine.interrupt)
        running.at_end(engine.close)
        try:
            planning = Planning(self, engine, directory or self.directory)
            keep = partial(self._shared.plans.keep, key) if key is not None else None
            ready, times = planning.ready(statement, pushdown=pushdown, keep=keep) if kept is None else planning.again(kept)
            plan = ready.plan
            recall = self._recall(statement, times, live, errand)
            watch = (errand and errand.watch) or self._progress
            execution = Execution(plan, list(ready.columns), engine, self, running, started, watch, recall)
            execution.note(*notices, *ready.notices)
            if plan.scans and (statement.explain is None or statement.explain.analyze):
                self._last = execution
            if statement.explain is None:
                return execution.result()
            from cirql.statements.explanations import explained

            answer = explained(plan, statement.explain, self, engine.passes, recall, lambda: execution)
            engine.close()
            return answer
        except BaseException:
            engine.close()
            raise

    def _engine(self) -> Engine:
        """Connections for a statement: to the session's own DuckDB where it has tables, else to one that nobody has tables in."""
        from cirql.engine import Engine

        if "database" in self.__dict__ and self.database.is_open:
            return Engine(self.database)
        return self._shared.databases.engine(StatementLimits.of(self.settings).memory)

    def _recall(self, statement: Statement, times: Mapping[str, datetime], live: bool, errand: Errand | None) -> Recall | None:
        """The statement's way to the inventory, where it asks for one; nothing is imported where it does not."""
        if live or not (times or statement.max_age or self.settings.uses_inventory or errand):
            return None
        return self.memory.recall(self.settings, self.reach, self.sight, statement.max_age, times, errand)

    async def aexecute(self, sql: str, params: Parameters | None = None) -> Result:
        """Run one statement from async code, without blocking its event loop; all rows are there when it returns."""
        import asyncio

        with self._began() as running:
            work = asyncio.ensure_future(asyncio.to_thread(self._answered, running, lambda: self._read(sql, params)))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                running.stop(Cancelled("the task that waited for the statement was cancelled"))
                await asyncio.wait([work])
                work.exception()
                raise

    def _read(self, sql: str, params: Parameters | None) -> Result:
        """The answer with all its rows at hand."""
        result = self._execute(sql, params, True)
        result.to_arrow()
        return result

    def evaluated(self, expression: str) -> datetime | None:
        """What an expression without columns comes to, as a moment. Raises the errors of selecting it."""
        from cirql.sql.parse import parse

        found = self.select(parse(f"SELECT CAST({expression} AS timestamptz)")).fetchall()[0][0]
        return found if isinstance(found, datetime) else None

    def script(self, sql: str, params: Parameters | None = None) -> Iterator[Result]:
        """Run several statements, one after the other, each when its result is asked for. Stops at the first error."""
        from cirql.sql.parse import split

        for piece in split(sql):
            yield self.execute(piece, params)

    def tell(self, event: ProgressEvent) -> None:
        """Say how far work has come to whoever watches."""
        if self._progress is not None:
            self._progress(event)

    def start(self, work: Coroutine[Any, Any, T]) -> Work[T]:
        """Run a coroutine on the event loop."""
        return self._shared.start(work, self.client.sent)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that calls to AWS run on."""
        return self._shared.loop.running

    @property
    def is_on_loop(self) -> bool:
        """Whether the caller runs on that loop."""
        return "loop" in vars(self._shared) and self._shared.loop.is_here

    @property
    def alarm(self) -> Alarm:
        """What does things later, or in a thread of its own."""
        return self._shared.alarm

    def _is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End the statements that run, drop an open transaction, and let go of everything that is the session's own.

        Whoever waits for a statement, or reads its rows next, gets Cancelled. Closing twice is fine.
        """
        if self._closed or self._shared.is_fork:
            return
        self._closed = True
        self._shared.left(self)
        self.stop(Cancelled("the session was closed while the statement ran"))
        for statement in (running := tuple(self._running)):
            statement.end()
        stuck = [statement for statement in running if not statement.wait(_PATIENCE)]
        if "writer" in self.__dict__:
            self.writer.close()
        if self._owned is not None:
            self._owned.close()
        if "database" in self.__dict__ and not stuck:  # else it goes when the last that works in it has left
            self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
