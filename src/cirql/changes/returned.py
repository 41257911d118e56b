"""The result of a write that has RETURNING: which rows and columns, from AWS's events, from before, or read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cirql.catalog.model import Table
from cirql.changes.drafting import Draft
from cirql.changes.model import Entry
from cirql.changes.report import rows_result
from cirql.changes.returning import Written, event_value
from cirql.result import Result, Stats
from cirql.sql.writes import Delete, event_field, output_name

if TYPE_CHECKING:
    from sqlglot import exp


def with_entry(written: Written, entries: Sequence[Entry]) -> Written:
    """A resource with the last entry about it, and the identifier that AWS gave it."""
    if not entries:
        return written
    last = entries[-1]
    return replace(written, entry=last, identifier=last.identifier or written.identifier)


def names_of(item: exp.Expr, table: Table) -> list[str]:
    """What an item of RETURNING is called; a star has many names."""
    return [c.name for c in table.published] if item.key == "star" else [output_name(item)]


def event_rows(returning: Sequence[exp.Expr], rows: Sequence[Written], cost: Stats) -> Result:
    """Rows made of events alone."""
    names = [output_name(item) for item in returning]
    fields = [str(event_field(item)) for item in returning]
    return rows_result(names, [tuple(event_value(row, f) for f in fields) for row in rows], cost)


def deleted_rows(write: Delete, rows: Sequence[Written], draft: Draft, cost: Stats) -> Result:
    """What the rows were before they went."""
    names, out, types = [], [], []
    columns = iter(range(len(draft.output_columns)))
    for item in write.returning:
        names.append(output_name(item))
        field_name = event_field(item)
        position = None if field_name is not None else next(columns)
        types.append("VARCHAR" if position is None else draft.output_columns[position].type)
        out.append([event_value(r, str(field_name)) if position is None else v[position] for r, v in zip(rows, draft.outputs, strict=True)])
    return rows_result(names, list(zip(*out, strict=True)), cost, types)
