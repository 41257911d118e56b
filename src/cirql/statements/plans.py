"""Plans that are kept: what was read, bound, planned and translated once in a runtime is not done again for the same text.

Kept is only what the text, its parameters, the dialect and the search path say, over the catalog: no statement of a session that has views
or tables of its own, of one that reads files, the session itself or a moment in the past, and none that speaks of now, of chance or of the
session. Only the plan is kept, never rows: who is asked, with which keys and limits, is found out each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.plan.model import Plan
    from cirql.result import ResultColumn
    from cirql.settings import Settings
    from cirql.sql.bound import Bound
    from cirql.sql.parameters import Parameters
    from cirql.sql.parse import Statement
    from cirql.statements.workspace import Workspace

Key = tuple[Hashable, ...]
MOST = 256
_LONGEST = 20_000
_PLAIN = (str, int, float, bool, type(None))
_CHANGING = regex(
    r"\\|\b(?:now|today|tomorrow|yesterday|allballs|\w*_timestamp|current\w*|local\w*|session\w*|user|system_user|timeofday|age|random\w*|setseed"
    r"|\w*uuid\w*|nextval|date|datetime|time|julianday|unixepoch|strftime|as\s+of|pg_\w+|inet_\w+|cirql|prepare|execute|read_\w+)\b"
)
"""Words of what may say something else the next time; some are harmless where they stand, and are planned each time all the same."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement that was planned: what runs it again. `notices` are what its reader should know."""

    statement: Statement
    plan: Plan
    columns: tuple[ResultColumn, ...]
    notices: tuple[str, ...]


class Plans:
    """The plans of a runtime, those that were used last. Safe from any thread."""

    def __init__(self) -> None:
        self._plans: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Kept | None:
        """The plan under a key."""
        with self._lock:
            kept = self._plans.get(key)
            if kept is not None:
                self._plans.move_to_end(key)
            return kept

    def keep(self, key: Key, kept: Kept) -> None:
        """Keep a plan, in place of the one that was used longest ago."""
        with self._lock:
            self._plans[key] = kept
            if len(self._plans) > MOST:
                self._plans.popitem(last=False)


def key_of(sql: str, params: Parameters | None, settings: Settings, workspace: Workspace) -> Key | None:
    """What decides a statement's plan; None where more does, or something that changes."""
    given = _given(params)
    if given is None or len(sql) > _LONGEST or workspace.names or workspace.has_views or settings.dialect == "ddsql":
        return None
    if _CHANGING.search(sql.lower()) or any(isinstance(v, str) and _CHANGING.search(v.lower()) for _, _, v in given):
        return None
    return (sql, given, settings.dialect, settings.search_path, settings.locked, workspace.prefix)


def _given(params: Parameters | None) -> tuple[tuple[str | int, str, str | float | None], ...] | None:
    """Parameters as part of a key: `1`, `1.0` and `true` are equal in Python and mean different things in SQL."""
    if params is None:
        return ()
    pairs: Sequence[tuple[str | int, object]] = tuple(params.items()) if isinstance(params, Mapping) else tuple(enumerate(params))
    if len(pairs) > 100 or not all(type(value) in _PLAIN for _, value in pairs):
        return None
    return tuple((name, type(value).__name__, value) for name, value in pairs if value is None or isinstance(value, str | float | int))


def is_lasting(bound: Bound) -> bool:
    """Whether what a statement reads is AWS as it is, or nothing: no file, no table of the session's, no moment in the past."""
    from cirql.sql.files import files_of

    return not bound.system and all(s.as_of is None for s in bound.sources) and files_of(bound.tree) is None
