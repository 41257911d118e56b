"""PageServer: the page's HTTP server, on a port of 127.0.0.1, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from cirql import __version__
from cirql.completion.candidates import completion
from cirql.web.changing import PlanDesk
from cirql.web.desk import PageDesk
from cirql.web.firsts import FIRSTS
from cirql.web.gate import HOST, Admission, PageGate
from cirql.web.pagefiles import PageFiles
from cirql.web.routes import PageRoutes

if TYPE_CHECKING:
    from cirql.runtime import Runtime

_PATIENCE = 3.0


class PageServer:
    """Serves from `start` to `stop`; as a context manager, for as long as the block runs."""

    def __init__(self, runtime: Runtime, *, port: int = 0, scope: str = "AWS", is_writable: bool = False) -> None:
        """Nothing is opened yet. Raises SettingsError where the package has no page."""
        self._runtime = runtime
        self._wanted = port
        self._scope = scope
        self._is_writable = is_writable
        self._files = PageFiles()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._desk = PageDesk(runtime)
        self._admission: Admission | None = None

    @property
    def admission(self) -> Admission:
        """Who may come in."""
        assert self._admission is not None, "the server has not been started"
        return self._admission

    def start(self) -> None:
        """Listen. Raises OSError where the port cannot be had, and what a statement raises that needs nothing."""
        self._warm()
        listening = socket.create_server((HOST, self._wanted))
        self._admission = Admission(listening.getsockname()[1])
        routes = PageRoutes(self._desk, PlanDesk(self._runtime, is_writable=self._is_writable), self._admission, self._files, self._facts)
        config = uvicorn.Config(
            PageGate(routes.app(), self._admission),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
        self._server = server = uvicorn.Server(config)

        def serve() -> None:
            with listening:
                asyncio.run(server.serve(sockets=[listening]))

        self._thread = threading.Thread(target=serve, name="page-server", daemon=True)
        self._thread.start()

    def _warm(self) -> None:
        """Plan a statement: what that imports must not be imported first by several threads at once, as the page's first requests are."""
        with self._runtime.session(user="page") as session:
            session.describe("SELECT 1")
            completion("SELECT ", 7, session)

    def stop(self) -> None:
        """End what runs, and listen no more."""
        self._desk.close()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _facts(self) -> dict[str, Any]:
        settings = self._runtime.settings
        return {
            "version": __version__,
            "scope": self._scope,
            "regions": list(settings.regions),
            "accounts": sorted({c.account for c in settings.credentials if c.account} | set(settings.accounts)),
            "writable": self._is_writable,
            "tables": sum(self._runtime.catalog.services().values()),
            "store": settings.store_place or "",
            "examples": [{"title": title, "sql": sql} for title, sql in FIRSTS],
        }
