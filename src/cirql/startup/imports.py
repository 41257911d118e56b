"""How the two big libraries are imported: without the work that they do at import and that a statement hardly ever needs.

Each of these only postpones: what was left out is made when something asks for it, and is what it would have been.
"""

from __future__ import annotations

import sys
from typing import Any

from cirql.startup.records import for_all


def import_duckdb() -> Any:
    """DuckDB's package. Its relations are made of thirty dataclasses, of which a statement uses three."""
    if "duckdb" not in sys.modules:
        with for_all():
            import duckdb
    import duckdb

    return duckdb


def import_duckdb_generator() -> None:
    """Sqlglot's generator of DuckDB's SQL. At import it parses twenty templates, for functions that PostgreSQL does not have."""
    if "sqlglot.generators.duckdb" in sys.modules:
        return
    from sqlglot import expressions as exp

    parse = exp.maybe_parse
    exp.maybe_parse = _Template  # type: ignore[assignment]  # it stands for what that would have given
    try:
        import sqlglot.generators.duckdb  # noqa: F401 (for its place among the modules)
    finally:
        exp.maybe_parse = parse


class _Template:
    """A template of the generator that is parsed when the generator uses it."""

    def __init__(self, sql: str, **options: Any) -> None:
        self._sql, self._options = sql, options

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from sqlglot import expressions as exp

        tree = exp.maybe_parse(self._sql, **self._options)
        vars(self).update({"transform": tree.transform, "copy": tree.copy})
        return getattr(tree, name)
