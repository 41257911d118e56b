"""PostgreSQL to DuckDB, meaning kept: the type-aware rewrite between a bound statement and the engine.

    from cirql.sql.functions import install
    from cirql.sql.translate import parse_postgres, translate

    tree = parse_postgres(text)[0]            # instead of sqlglot.parse(text, dialect="postgres")
    sql = translate(tree, {"scan_0": {"tags": ColumnType.HSTORE}})
    install(connection, sql)                  # the macros that this statement uses
    connection.sql(sql)

The rules are modules by noun (`hstores`, `jsons`, `arrays`, `regexes`, `moments`, …) that `rules` gathers in one table, which
each rule gets with its `Site`; `expressions` walks an expression, `queries` and `relations` the clauses with the scope each sees;
`signatures`, `function_table` and the `*_calls` modules know the functions. Nothing here runs SQL or knows AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from cirql.errors import NotSupported, ParseError
from cirql.sql.trees import all_of, copied

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.types import ColumnType

__all__ = ["parse_postgres", "translate"]


def translate(
    tree: exp.Expr,
    relations: Mapping[str, Mapping[str, ColumnType]],
    *,
    dialect: Literal["postgres", "ddsql", "stackql"] = "postgres",
    time_frame: tuple[str | None, str | None] = (None, None),
    names: Mapping[str, str] | None = None,
) -> str:
    """DuckDB SQL for a bound statement; the tree is left as it was.

    `relations` gives, for every base relation named in the tree, its columns and their types; other relations (CTEs,
    derived tables, VALUES, functions) are inferred, and what cannot be known is left to DuckDB. `time_frame` answers
    CURRENT_SETTING('dd.time_frame_start' and '…_end'), `names` current_user, session_user, current_database and current_schema;
    those that are not there are DuckDB's.

    Raises NotSupported (by name) for what has no faithful translation, UnknownFunction with the nearest names,
    TypeMismatch and InvalidText where PostgreSQL would refuse the types or constants.
    """
    from cirql.startup.imports import import_duckdb_generator

    import_duckdb_generator()  # before the first module that asks sqlglot for the dialect
    from cirql.sql.translate import sqltypes
    from cirql.sql.translate.rules import RULES
    from cirql.sql.translate.site import Site, TimeFrame

    typed = {
        name: tuple((column, sqltypes.of_column(column_type)) for column, column_type in columns.items())
        for name, columns in relations.items()
    }
    site = Site(dialect, typed, RULES, time_frame=TimeFrame(*time_frame), names=names or {})
    try:
        return _translated(copied(tree), site)
    except RecursionError:
        raise NotSupported("the statement is nested too deeply", hint="split it with WITH, or use IN (…) for long lists") from None


def _translated(tree: Any, site: Any) -> str:
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError

    from cirql.sql.translate.literals import check_wide
    from cirql.sql.translate.overflows import check_floats
    from cirql.sql.translate.queries import named_values, query
    from cirql.sql.translate.turns import hold_back

    hold_back(tree)
    if isinstance(tree, exp.Values):
        tree = named_values(tree)
    if isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Values):
        tree.set("expression", named_values(tree.expression))
    if isinstance(tree, exp.Query):
        query(tree, site)
    else:
        for inner in [node for node in all_of(tree, exp.Query) if not node.find_ancestor(exp.Query)]:
            query(inner, site)
    check_wide(tree)
    check_floats(tree)
    try:
        return str(tree.sql(dialect="duckdb", copy=False, unsupported_level=ErrorLevel.IGNORE))
    except UnsupportedError as fault:
        raise NotSupported(str(fault)) from None
    except SqlglotError as fault:
        raise ParseError(str(fault)) from None


def parse_postgres(text: str) -> list[exp.Expr | None]:
    """Parse as `sqlglot.parse(text, dialect="postgres")` does, keeping what its parser would lose."""
    from cirql.sql.translate.shield import parse_postgres as parse

    return parse(text)
