"""SHOW and DESCRIBE: each comes down to a query over a relation that is made for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cirql.errors import ParseError
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.introspection.directory import Directory
    from cirql.sql.parse import Explain, Statement

_MEMBERS = 40


@dataclass(frozen=True, slots=True)
class Show:
    """The query, the tables that it may name, and what its reader should know besides."""

    statement: Statement
    directory: Directory
    notices: tuple[str, ...]


def show(sql: str, catalog: Callable[[], Catalog]) -> Show | None:
    """What a SHOW or DESCRIBE asks, with EXPLAIN before it or without; None for any other text, for which no catalog is opened.

    Raises ParseError where it is neither form, UnknownTable where it names nothing.
    """
    from cirql.introspection.forms import is_introspection
    from cirql.sql.parse import peel_explain

    explain, offset = peel_explain(sql)
    return _read(sql, explain, offset, catalog()) if is_introspection(sql[offset:]) else None


def _read(sql: str, explain: Explain | None, offset: int, catalog: Catalog) -> Show:
    from cirql.introspection.directory import Directory
    from cirql.introspection.show import read
    from cirql.sql.parse import parse
    from cirql.statements.documents import Documents

    try:
        shown = read(sql[offset:], catalog, lambda table, column: Documents(catalog).outline(table, column, _MEMBERS))
    except ParseError as error:
        error.position = None if error.position is None else error.position + offset
        raise
    try:
        statement = replace(parse(shown.query), explain=explain)
    except ParseError as error:  # the reader wrote the condition, not the query that it became part of
        raise ParseError(f"the WHERE of this SHOW is not understood: {error.message}", hint=shown.hint) from None
    return Show(statement, Directory(catalog, [shown.relation]), shown.notices)
