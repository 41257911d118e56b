"""What translated SQL calls and DuckDB does not have: macros (`macros.sql`) and a few vectorised Arrow functions.

Both are defined on demand: `install` looks at the names in a statement, so a session that never touches an address never
pays for `inet`. Macros are temporary and belong to one connection; functions belong to the database, and are called by a macro that
tells them whose statement they work for (`interruption`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module, resources
from typing import Any

from cirql.sql.interruption import interruption
from cirql.startup.regexes import regex

_IMPORTED = {"cirql_seek_": ("regex",), "cirql_jsonb_path": ("cirql.sql.jsonpath", "pyarrow.compute")}
"""What functions need that is imported late, by how their names begin: before they run, since an import is not to be interrupted."""
_FUNCTION = "cirql_over_"
"""How the name of a function begins in the database; without it, it is the macro that calls the function."""
_NAME = regex(r"\bcirql_[a-z0-9_]+")


def required(sql: str) -> tuple[str, ...]:
    """The macros and functions that a statement needs, those that others need first."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        body = macros().get(name)
        if name in ordered or (body is None and name not in _vectorised()):
            return
        for inner in _NAME.findall(body or ""):
            if inner != name:
                visit(inner)
        ordered.append(name)

    for name in _NAME.findall(sql.lower()):
        visit(name)
    return tuple(ordered)


def install(connection: Any, sql: str, owner: Any | None = None, statement: int = 0) -> None:
    """Define on a connection what `sql` needs and is not there yet. `statement` is the number of its `Interruption`, 0 where it has none.

    `owner` is another connection to the same database that stays open: functions are seen by every connection, but DuckDB 2.0
    frees them with the one that they were defined on, and the next call from another ends the process.
    """
    needed = required(sql)
    statements = []
    for name in needed:
        if name in _vectorised():
            _define(connection if owner is None else owner, name)
            statements.append(_calling(name, statement))
        else:
            statements.append(macros()[name])
    if statements:
        connection.execute(";".join(statements))


@cache
def macros() -> dict[str, str]:
    """Every macro's CREATE statement by its name."""
    text = resources.files("cirql.sql").joinpath("macros.sql").read_text(encoding="utf-8")
    found = {}
    for block in re.split(r"^(?=cirql_)", re.sub(r"^--.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE):
        head, _, body = block.strip().partition(" AS ")
        if body:
            found[head.partition("(")[0]] = f"CREATE TEMP MACRO IF NOT EXISTS {head} AS {body.rstrip().rstrip(';')}"
    return found


@cache
def _vectorised() -> dict[str, tuple[list[str], str, Callable[..., Any]]]:
    from cirql.sql.vectorised import FUNCTIONS

    return FUNCTIONS


def _calling(name: str, statement: int) -> str:
    """The macro by which a statement calls a function."""
    given = ", ".join(f"p{n}" for n in range(len(_vectorised()[name][0])))
    return f"CREATE TEMP MACRO IF NOT EXISTS {name}({given}) AS {_FUNCTION}{name}({statement}::BIGINT, {given})"


def _define(connection: Any, name: str) -> None:
    """Register an Arrow function once per database; registering it again is an error that means it is there."""
    import duckdb

    for module in (m for beginning, modules in _IMPORTED.items() if name.startswith(beginning) for m in modules):
        import_module(module)
    parameters, result, function = _vectorised()[name]
    try:
        connection.create_function(
            _FUNCTION + name,
            _rowwise(function, result, len(parameters)),
            ["BIGINT", *parameters],
            result,
            type="arrow",
            null_handling="special",
        )
    except (duckdb.NotImplementedException, duckdb.CatalogException) as fault:
        if "already" not in str(fault):
            raise


def _rowwise(function: Callable[..., Any], result: str, arity: int) -> Callable[..., Any]:
    """A function over rows as one over Arrow columns, whose first is the statement's number; NULL in gives NULL out."""

    def over_columns(statement: Any, *columns: Any) -> Any:
        from cirql.sql.arrow_columns import column_of

        found = interruption(statement[0].as_py()) if len(statement) else None
        rows = list(_rows(function, columns)) if found is None else found.run(lambda: list(_rows(function, columns)))
        return column_of(result, rows)

    # DuckDB counts the parameters that a function says it has; a starred one would be one.
    named = [inspect.Parameter(f"column{n}", inspect.Parameter.POSITIONAL_ONLY) for n in range(arity + 1)]
    vars(over_columns)["__signature__"] = inspect.Signature(named)
    return over_columns


def _rows(function: Callable[..., Any], columns: tuple[Any, ...]) -> Iterator[Any]:
    for row in zip(*(column.to_pylist() for column in columns), strict=True):
        yield None if any(value is None for value in row) else function(*row)
