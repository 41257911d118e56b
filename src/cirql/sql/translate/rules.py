"""Every rewrite by the class of node it applies to, gathered from the modules that hold them: the top of this package's imports."""

from __future__ import annotations

from sqlglot import exp

from cirql.sql.translate import (
    aggregates,
    arithmetic,
    arrays,
    calls,
    casts,
    columns,
    comparison,
    conditionals,
    containment,
    jsons,
    literals,
    moments,
    queries,
    regexes,
    strings,
)
from cirql.sql.translate.site import Rewrites, Rule

_PLAIN: tuple[dict[type[exp.Expr], Rule], ...] = (
    literals.RULES,
    casts.RULES,
    arithmetic.RULES,
    comparison.RULES,
    conditionals.RULES,
    strings.RULES,
    regexes.RULES,
    jsons.RULES,
    arrays.RULES,
    containment.RULES,
    moments.RULES,
    aggregates.RULES,
    calls.RULES,
)
_STRUCTURED: tuple[dict[type[exp.Expr], Rule], ...] = (
    columns.STRUCTURED,
    conditionals.STRUCTURED,
    queries.STRUCTURED,
    aggregates.STRUCTURED,
)
_CHAINED: tuple[dict[type[exp.Expr], Rule], ...] = (arithmetic.CHAINED, strings.CHAINED)


def _gathered(tables: tuple[dict[type[exp.Expr], Rule], ...]) -> dict[type[exp.Expr], Rule]:
    return {kind: rule for table in tables for kind, rule in table.items()}


RULES = Rewrites(_gathered(_STRUCTURED), _gathered(_PLAIN), _gathered(_CHAINED))
