"""PageServer: the page's HTTP server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from cirql import __version__
from cirql.cloud.survey import named_accounts
from cirql.completion.candidates import completion
from cirql.startup.records import dataclass
from cirql.web.entrance import LOOPBACK, Entrance
from cirql.web.firsts import FIRSTS
from cirql.web.gate import Admission, PageGate, Visitor
from cirql.web.library import Library
from cirql.web.pagefiles import PageFiles
from cirql.web.routes import PageRoutes
from cirql.web.visits import Visits

if TYPE_CHECKING:
    from cirql.runtime import Runtime

_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class DeskPlaces:
    """Where the page keeps what outlives it: named statements in a folder, the statements that were run in a file, or nowhere."""

    queries: Path
    past: Path | None = None


NOWHERE = DeskPlaces(Path("queries"))


class PageServer:
    """Serves from `start` to `stop`; as a context manager, for as long as the block runs."""

    def __init__(
        self, runtime: Runtime, *, door: Entrance = LOOPBACK, scope: str = "AWS", is_writable: bool = False, desk: DeskPlaces = NOWHERE
    ) -> None:
        """Nothing is opened yet. Raises SettingsError where the package has no page, or the door would be open to anybody."""
        door.check()
        self._runtime = runtime
        self._door = door
        self._scope = scope
        self._is_writable = is_writable
        self._files = PageFiles()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._library = Library(desk.queries)
        self._visits = Visits(runtime, self._library, desk.past, self._facts)
        self._admission: Admission | None = None

    @property
    def admission(self) -> Admission:
        """Who may come in."""
        assert self._admission is not None, "the server has not been started"
        return self._admission

    @property
    def queries(self) -> Path:
        """Where named statements are kept."""
        return self._library.folder

    @property
    def address(self) -> str:
        """Where the page is."""
        host = f"[{self._door.host}]" if ":" in self._door.host else self._door.host
        return f"{'https' if self._door.has_tls else 'http'}://{host}:{self.admission.port}/"

    def start(self) -> None:
        """Listen. Raises OSError where the port cannot be had, and what a statement raises that needs nothing."""
        self._warm()
        door = self._door
        listening = door.listen()
        port = listening.getsockname()[1]
        self._admission = Admission(port, is_writable=self._is_writable, users=door.users, has_tls=door.has_tls)
        routes = PageRoutes(self._visits, self._admission, self._files)
        config = uvicorn.Config(
            PageGate(routes.app(), self._admission),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
            ssl_certfile=door.certificate,
            ssl_keyfile=door.key,
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
        self._visits.close()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _facts(self, visitor: Visitor) -> dict[str, Any]:
        settings = self._runtime.settings
        return {
            "version": __version__,
            "scope": self._scope,
            "regions": list(settings.regions),
            "accounts": named_accounts(settings),
            "writable": visitor.may_write,
            "user": visitor.name,
            "queries": str(self._library.folder),
            "tables": sum(self._runtime.catalog.services().values()),
            "store": settings.store_place or "",
            "examples": [{"title": title, "sql": sql} for title, sql in FIRSTS],
        }
