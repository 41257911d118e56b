"""Conditions on one table's own columns, as tests of its rows that DuckDB itself makes: of a page of AWS's rows, of a list of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.plan.equalities import column_values
from cirql.plan.model import RowFilter
from cirql.sql.bound import column_types
from cirql.sql.trees import all_of, copied
from cirql.types import ColumnType

Translate = Callable[[exp.Expr, Mapping[str, Mapping[str, ColumnType]]], str]


def make_row_filter(table: Table, conjuncts: list[exp.Expr], translate: Translate) -> RowFilter:
    """The conjuncts as one DuckDB query over the relation `page`, giving a boolean for each of its rows, in order."""
    columns = sorted({c.name for conjunct in conjuncts for c in all_of(conjunct, exp.Column)})
    write = cache(lambda: _written(table, conjuncts, columns, translate))
    allowed = _allowed(table, conjuncts)
    if allowed is None:
        write()  # its errors are the statement's
    return RowFilter(write, frozenset(columns), allowed)


def _written(table: Table, conjuncts: list[exp.Expr], columns: list[str], translate: Translate) -> str:
    moved = exp.and_(*(copied(c) for c in conjuncts), copy=False)
    for column in all_of(moved, exp.Column):
        column.set("table", exp.to_identifier("page"))
    kept = exp.alias_(exp.paren(moved, copy=False), "kept", copy=False)
    query = exp.Select(expressions=[kept], from_=exp.From(this=exp.Table(this=exp.to_identifier("page"))))
    return translate(query, {"page": column_types(table, columns)})


def _allowed(table: Table, conjuncts: list[exp.Expr]) -> frozenset[Any] | None:
    """The constants that the conjuncts leave for one column, where that is all they say and Python compares them as DuckDB does."""
    plain = {c.name: c.type for c in table.columns if c.type in (ColumnType.VARCHAR, ColumnType.BIGINT, ColumnType.BOOLEAN)}
    found = [column_values(c, plain) for c in conjuncts]
    if any(f is None for f in found) or len({f[0] for f in found if f is not None}) != 1:
        return None
    return frozenset.intersection(*(f[1] for f in found if f is not None))
