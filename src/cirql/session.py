"""Session: `execute(sql) -> Result`, the one path that every front end takes.

    text -> parse -> bind -> plan -> (EXPLAIN stops here) -> fetch -> DuckDB -> Result

Calls to AWS run on one event loop in a thread of the session's own; DuckDB runs in the caller's thread. Statements may be executed from
several threads at once: each has its own DuckDB, and all share the session's client and its rate limits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cirql.errors import InterfaceError
from cirql.result import ProgressEvent, Result
from cirql.settings import Settings

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.changes.plan import ChangePlan
    from cirql.changes.writer import Writer
    from cirql.cloud.client import CloudClient
    from cirql.engine import Engine
    from cirql.plan.model import Plan
    from cirql.sql.parse import Statement

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]


class Session:
    """Answers statements over the accounts and regions of its settings.

    Usable from several threads; `aexecute` is for async code. Close it, or use it as a context manager: it owns a
    thread and network connections.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        catalog: Catalog | None = None,
        progress: Callable[[ProgressEvent], None] | None = None,
        confirm: Callable[[ChangePlan], bool] | None = None,
    ) -> None:
        """`confirm` is shown every plan of changes before it is carried out, and may refuse it."""
        self.settings = settings
        self.confirm = confirm
        self._progress = progress
        self._given_catalog = catalog
        self._loop = _LoopThread()
        self._closed = False

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog of tables, opened when first needed."""
        from cirql.catalog.lookup import Catalog

        return self._given_catalog or Catalog.open()

    @cached_property
    def client(self) -> CloudClient:
        """The door to AWS, opened when first needed."""
        from cirql.cloud.client import CloudClient

        return CloudClient(self.settings)

    @cached_property
    def writer(self) -> Writer:
        """What runs INSERT, UPDATE, DELETE, EXEC and transactions, made when first needed."""
        from cirql.changes.writer import Writer

        return Writer(self)

    def execute(self, sql: str, params: Parameters | None = None, *, pushdown: bool = True) -> Result:
        """Run one statement and give its rows as they come.

        `params` fills `$1`, `$2`, … from a sequence and `:name` from a mapping. `pushdown=False` reads every table whole and lets
        DuckDB do all the work: slower, and the same answer.

        Raises the error of the statement; errors of the data may also be raised while rows are read.
        """
        if self._closed:
            raise InterfaceError("the session is closed")
        from cirql.sql.parameters import fill
        from cirql.sql.parse import is_write, parse

        statement = parse(sql)
        if params is not None:
            statement = fill(statement, params)
        return self.writer.run(statement) if is_write(statement) else self.select(statement, pushdown=pushdown)

    def select(self, statement: Statement, *, pushdown: bool = True) -> Result:
        """Run a query that has been parsed."""
        from cirql.engine import Engine
        from cirql.execution import Execution

        started = time.monotonic()
        engine = Engine()
        try:
            plan = self._plan(statement, engine, pushdown)
            columns = engine.check(plan.sql)
            execution = Execution(plan, columns, engine, self, started, self._progress)
            if statement.explain is None:
                return execution.result()
            from cirql.explanations import explained

            answer = explained(plan, statement.explain, self.settings, lambda: execution)
            engine.close()
            return answer
        except BaseException:
            engine.close()
            raise

    async def aexecute(self, sql: str, params: Parameters | None = None) -> Result:
        """Run one statement from async code, without blocking its event loop; all rows are there when it returns."""
        return await asyncio.to_thread(self._execute_all, sql, params)

    def _execute_all(self, sql: str, params: Parameters | None) -> Result:
        result = self.execute(sql, params)
        result.to_arrow()
        return result

    def _plan(self, statement: Statement, engine: Engine, pushdown: bool) -> Plan:
        from cirql.plan.planner import plan
        from cirql.sql.bind import bind
        from cirql.sql.translate import translate

        bound = bind(statement, self.catalog)
        planned = plan(
            bound,
            lambda name: self.catalog.find(name).table,
            lambda tree, relations: translate(tree, relations),
            pushdown=pushdown,
        )
        engine.declare(planned.relations)
        return planned

    def tell(self, event: ProgressEvent) -> None:
        """Say how far work has come to whoever watches."""
        if self._progress is not None:
            self._progress(event)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the session's event loop."""
        return self._loop.start(work)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The session's event loop."""
        return self._loop.loop

    def close(self) -> None:
        """Close connections and end the thread. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        if "writer" in self.__dict__:
            self.writer.close()
        if "client" in self.__dict__:
            self.start(self.client.close()).result()
        self._loop.close()
        if "catalog" in self.__dict__ and self._given_catalog is None:
            self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _LoopThread:
    """An event loop in a daemon thread, started when first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="cirql-fetch", daemon=True)
                self._thread.start()
            return self._loop

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(_drain(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _drain() -> None:
    """Cancel what is still running and wait for it."""
    others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.get_running_loop().shutdown_default_executor()
