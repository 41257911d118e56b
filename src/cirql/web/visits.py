"""Visit: what one visitor sees of the page: editors and sessions, plans and a past that are nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.startup.records import dataclass
from cirql.web.changing import PlanDesk
from cirql.web.desk import PageDesk
from cirql.web.past import Past

if TYPE_CHECKING:
    from cirql.runtime import Runtime
    from cirql.web.gate import Visitor
    from cirql.web.library import Library


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor's."""

    visitor: Visitor
    desk: PageDesk
    plans: PlanDesk
    library: Library
    past: Past
    facts: Callable[[Visitor], dict[str, Any]]
    """What the page says of the place it is in: version, scope, whether changes are allowed."""


class Visits:
    """All visits, each begun when the visitor first asks.

    The file of the past is of whoever started the page; that of others ends with the server.
    """

    def __init__(self, runtime: Runtime, library: Library, past: Path | None, facts: Callable[[Visitor], dict[str, Any]]) -> None:
        self._runtime = runtime
        self._library = library
        self._past = past
        self._facts = facts
        self._lock = threading.Lock()
        self._visits: dict[str, Visit] = {}

    def of(self, visitor: Visitor) -> Visit:
        """A visitor's."""
        with self._lock:
            if visitor.name not in self._visits:
                past = Past(None if visitor.name else self._past)
                desk = PageDesk(self._runtime, past, visitor.name or "page")
                plans = PlanDesk(self._runtime, is_writable=visitor.may_write)
                self._visits[visitor.name] = Visit(visitor, desk, plans, self._library, past, self._facts)
            return self._visits[visitor.name]

    def close(self) -> None:
        """Let go of everything."""
        for visit in tuple(self._visits.values()):
            visit.desk.close()
