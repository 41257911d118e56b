"""PageDesk: what one visitor has open: an editor's session by the editor's name, and the statement that runs in it or ran last."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cirql.errors import Error, InvalidText, UnknownStatement
from cirql.result import ProgressEvent
from cirql.startup.records import dataclass
from cirql.web.run import PageRun

if TYPE_CHECKING:
    from cirql.runtime import Runtime
    from cirql.session import Session
    from cirql.web.past import Past

_MOST_EDITORS = 40


@dataclass(slots=True)
class _Editor:
    """One editor: its session, whose views and settings are its own, and its last statement."""

    session: Session
    run: PageRun | None = None

    def tell(self, event: ProgressEvent) -> None:
        """Hand on how far a scan has come."""
        if self.run is not None:
            self.run.tell(event)


class PageDesk:
    """Usable from any thread."""

    def __init__(self, runtime: Runtime, past: Past, user: str) -> None:
        self.runtime = runtime
        self._past = past
        self._user = user
        self._lock = threading.Lock()
        self._editors: dict[str, _Editor] = {}

    def session(self, editor: str) -> Session:
        """The session of an editor, opened when first needed."""
        return self._editor(editor).session

    def _editor(self, name: str) -> _Editor:
        if not (name.isascii() and name.isalnum() and len(name) <= 20):
            raise InvalidText("an editor's name is letters and figures")
        with self._lock:
            if name not in self._editors:
                if len(self._editors) >= _MOST_EDITORS:
                    raise InvalidText(f"{_MOST_EDITORS} editors are open", hint="close some of them")
                later: list[_Editor] = []
                session = self.runtime.session(user=self._user, progress=lambda event: later[0].tell(event) if later else None)
                later.append(_Editor(session))
                self._editors[name] = later[0]
            return self._editors[name]

    def run(self, name: str, sql: str, moment: str = "") -> PageRun:
        """Begin a statement in an editor, as of a moment where one is given; what ran there before is ended and forgotten."""
        editor = self._editor(name)
        before, editor.run = editor.run, PageRun(editor.session, sql, moment, self._past.add)
        if before is not None:
            before.forget()
        editor.run.start()
        return editor.run

    def find(self, run: str) -> PageRun:
        """A statement by its id. Raises UnknownStatement."""
        for editor in tuple(self._editors.values()):
            if editor.run is not None and editor.run.id == run:
                return editor.run
        raise UnknownStatement("the result is no longer here", hint="run the statement again")

    def running(self) -> list[PageRun]:
        """The statements that are under way, in whatever editor."""
        return [e.run for e in tuple(self._editors.values()) if e.run is not None and e.run.is_running]

    def close_editor(self, name: str) -> None:
        """End what runs in an editor, and let go of it."""
        with self._lock:
            editor = self._editors.pop(name, None)
        if editor is not None:
            if editor.run is not None:
                editor.run.forget()
            editor.session.close()

    def close(self) -> None:
        """Let go of all editors."""
        for name in tuple(self._editors):
            try:
                self.close_editor(name)
            except Error:
                continue
