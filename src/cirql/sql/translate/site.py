"""Where a rule works: the dialect, the scope, the relations, and the rules for what lies below. Passed to every rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from sqlglot import exp

from cirql.sql.translate.scopes import NameScope, Relations
from cirql.startup.records import dataclass, field, replace

Dialect = Literal["postgres", "ddsql", "stackql"]


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """The time frame of a DDSQL session: two RFC 3339 texts, None where the session has none."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Rewrites:
    """The rewrites by the class of node they apply to. `rules` assembles them; who rewrites what lies below finds them here.

    `structured` rules rewrite their children themselves, `plain` ones find them rewritten, `chained` ones are the operators
    whose long chains are walked without recursion.
    """

    structured: Mapping[type[exp.Expr], Rule]
    plain: Mapping[type[exp.Expr], Rule]
    chained: Mapping[type[exp.Expr], Rule]


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition over the columns of `scope`: only where it holds is what stands below wanted."""

    scope: NameScope
    condition: exp.Expr


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a rule may ask about the place it works at. `names` are what current_user, current_database and their kin are."""

    dialect: Dialect
    relations: Relations
    rules: Rewrites
    scope: NameScope = field(default_factory=NameScope)
    time_frame: TimeFrame = TimeFrame()
    names: Mapping[str, str] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()

    def guarded(self, guard: Guard) -> Site:
        """The same site under one more guard."""
        return replace(self, guards=(*self.guards, guard))

    def inside(self, scope: NameScope) -> Site:
        """The same site with another scope."""
        return replace(self, scope=scope)

    @property
    def is_lenient(self) -> bool:
        """Whether values of different types compare, as SQLite's do under StackQL."""
        return self.dialect == "stackql"


Rule = Callable[[exp.Expr, Site], exp.Expr]
