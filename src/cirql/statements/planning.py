"""From a parsed statement to its plan: names are resolved, conditions are read, and the final query is in the engine's language.

Nothing here asks AWS or runs the statement. Constants are computed by the engine, files that a statement names are opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from cirql.errors import AccessDenied, NotADocument
from cirql.sql.trees import all_of
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

    from cirql.catalog.lookup import Catalog
    from cirql.engine import Engine
    from cirql.introspection.directory import Directory
    from cirql.plan.model import Plan
    from cirql.plan.row_filters import Translate
    from cirql.result import ResultColumn
    from cirql.settings import Settings
    from cirql.sql.bound import Bound
    from cirql.sql.parse import Statement
    from cirql.sql.translate.site import Dialect
    from cirql.statements.client import Client
    from cirql.statements.documents import Documents
    from cirql.statements.plans import Kept
    from cirql.statements.workspace import Workspace
    from cirql.types import ColumnType


class PlanningDesk(Protocol):
    """What planning needs from a session."""

    settings: Settings
    user: str | None
    client: Client

    @property
    def catalog(self) -> Catalog:
        """The tables."""
        ...

    @property
    def workspace(self) -> Workspace:
        """The session's own views, tables and variables."""
        ...

    def evaluated(self, expression: str) -> datetime | None:
        """What an expression without columns comes to, as a moment."""
        ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement's plan, the moments that its relations are read as of, and the bound statement that it was made from."""

    plan: Plan
    times: Mapping[str, datetime]
    bound: Bound


class Planning:
    """Plans one statement for one engine."""

    def __init__(self, desk: PlanningDesk, engine: Engine, directory: Directory) -> None:
        self._desk = desk
        self._engine = engine
        self.directory = directory

    def bound(self, statement: Statement, *, whole: bool = False) -> Bound:
        """The statement with every name resolved, and the files that it names open; `whole` with all that its inner queries give.

        Raises the statement's errors, AccessDenied for files where the session is locked.
        """
        from cirql.sql.bind import bind
        from cirql.sql.files import files_of

        path = self._desk.settings.search_path
        bound = bind(statement, self.directory, self._desk.workspace, self.directory.call, whole=whole, path=path)
        if (files := files_of(bound.tree)) is not None:
            if self._desk.settings.locked:
                raise AccessDenied("this session is locked: it reads no file", hint="ask whoever runs it for the rows as a table of AWS")
            self._engine.read_files(files, self._own_tables(bound.tree))
        return bound

    def planned(self, statement: Statement, *, pushdown: bool = True) -> Planned:
        """The plan, its relations known to the engine. Raises the statement's errors."""
        from cirql.plan.assumptions import time_frame
        from cirql.plan.planner import plan
        from cirql.sql.time_travel import moment

        bound, now = self.bound(statement, whole=not pushdown), datetime.now(UTC)
        times = {s.relation: moment(s.as_of, now, self._desk.evaluated) for s in bound.sources if s.as_of is not None}
        catalog = self._desk.catalog
        try:
            made = plan(
                bound,
                lambda name: catalog.find(name).table,
                self._translator(),
                pushdown=pushdown,
                calculator=self._engine,
                frame=time_frame(now, *self._desk.workspace.time_frame),
            )
        except NotADocument as error:
            error.hint = self._documents.hint(bound, error) or error.hint
            raise
        self._engine.declare(made.relations)
        return Planned(made, times, bound)

    def ready(self, statement: Statement, *, pushdown: bool, keep: Callable[[Kept], None] | None) -> tuple[Kept, Mapping[str, datetime]]:
        """A statement planned and checked, and the moments that its relations are read as of. `keep` gets what is the same next time."""
        from cirql.cloud.garbage import resting
        from cirql.plan.assumptions import assumed_of
        from cirql.statements.plans import Kept, is_lasting

        with resting():
            planned = self.planned(statement, pushdown=pushdown)
        self.fill(planned.bound, pushdown=pushdown)
        columns = tuple(self._engine.check(planned.plan.sql))
        assumed = tuple(assumed_of(planned.plan))
        kept = Kept(statement, planned.plan, columns, (*self.doubts(planned.bound), *assumed))
        if keep is not None and not assumed and is_lasting(planned.bound):
            keep(kept)
        return kept, planned.times

    def again(self, kept: Kept) -> tuple[Kept, Mapping[str, datetime]]:
        """The same for a plan that was kept."""
        self._engine.declare(kept.plan.relations)
        self._engine.ready(kept.plan.sql)
        return kept, {}

    def doubts(self, bound: Bound) -> Iterator[str]:
        """What a reader should know of a statement that is right and may not mean what it says."""
        return self._documents.doubts(bound) if bound.sources else iter(())

    @property
    def _documents(self) -> Documents:
        from cirql.statements.documents import Documents

        return Documents(self._desk.catalog)

    def columns(self, statement: Statement) -> tuple[ResultColumn, ...]:
        """The columns of its rows, without running it. Raises the statement's errors."""
        return tuple(self._engine.check(self.planned(statement).plan.sql))

    def _translator(self) -> Translate:
        """The translation, for as long as the plan lasts: without the session where that has nothing to say of it."""
        if self._desk.workspace.names:
            return self.in_dialect
        from cirql.sql.translate import translate

        dialect = cast("Dialect", self._desk.settings.dialect)
        return partial(translate, dialect=dialect, time_frame=self._time_frame(), names=self._names())

    def in_dialect(self, tree: Expr, relations: Mapping[str, Mapping[str, ColumnType]]) -> str:
        """A tree in the engine's language, read as the session's dialect means it."""
        from cirql.sql.translate import translate

        dialect = cast("Dialect", self._desk.settings.dialect)
        return translate(tree, {**self._own_tables(tree), **relations}, dialect=dialect, time_frame=self._time_frame(), names=self._names())

    def fill(self, bound: Bound, *, pushdown: bool = True) -> None:
        """Register the rows of the relations that are answered without AWS."""
        if not bound.system:
            return
        from cirql.introspection.relations import Wish
        from cirql.plan.restrictions import restrictions

        known = restrictions(bound, self.in_dialect) if pushdown else {}
        for source in bound.system:
            wish = Wish(frozenset(source.columns))
            if (found := known.get(source.relation)) is not None:
                passes = partial(self._engine.passes, found.filter, source.table) if found.filter is not None else None
                wish = replace(wish, values=found.values, passes=passes)
            self._engine.fill(source, self.directory.rows(source.table.name, wish))

    def _own_tables(self, tree: Expr) -> dict[str, Mapping[str, ColumnType]]:
        """The columns of the user's own tables that a tree names."""
        from sqlglot import exp

        names = {t.name for t in all_of(tree, exp.Table) if len(t.parts) == 1}
        return {n: columns for n in names if (columns := self._desk.workspace.columns(n)) is not None}

    def _names(self) -> dict[str, str]:
        """What a client of a database knows the user, the database and the schema as; nothing where there is no such client."""
        client, user = self._desk.client, self._desk.user or ""
        if client.catalog_name is None:
            return {}
        schema = next(iter(self._desk.settings.search_path), (self._desk.workspace.prefix or ("aws",))[-1])
        return {"current_user": user, "current_database": client.catalog_name, "current_schema": schema, **client.facts}

    def _time_frame(self) -> tuple[str, str]:
        """DDSQL's time frame: what SET said, else the hour before now, as RFC 3339."""
        start, end = self._desk.workspace.time_frame
        now = datetime.now(UTC)
        return start or (now - timedelta(hours=1)).isoformat(timespec="seconds"), end or now.isoformat(timespec="seconds")
