"""The result of a write that has RETURNING: which rows and columns, from AWS's events, from before, or read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cirql.changes.drafting import ChangeDraft
from cirql.changes.model import JournalEntry
from cirql.changes.report import rows_result
from cirql.changes.returning import Written, event_value
from cirql.result import Result, Stats
from cirql.sql.writes import Delete, Insert, Update, event_field, output_name
from cirql.startup.records import replace

if TYPE_CHECKING:
    from sqlglot import exp


def with_entry(written: Written, entries: Sequence[JournalEntry]) -> Written:
    """A resource with the last entry about it, and the identifier that AWS gave it."""
    if not entries:
        return written
    last = entries[-1]
    return replace(written, entry=last, identifier=last.identifier or written.identifier)


def table_node(write: Insert | Update) -> exp.Table:
    """The table in a statement's tree."""
    node = write.statement.tree.this
    table: exp.Table = node.this if node.key == "schema" else node
    return table


def event_rows(returning: Sequence[exp.Expr], rows: Sequence[Written], cost: Stats, notices: Sequence[str] = ()) -> Result:
    """Rows made of events alone; what is no field of an event is NULL."""
    names = [output_name(item) for item in returning]
    fields = [event_field(item) for item in returning]
    values = [tuple(None if f is None else event_value(row, f) for f in fields) for row in rows]
    return rows_result(names, values, cost, notices=notices)


def deleted_rows(write: Delete, rows: Sequence[Written], draft: ChangeDraft, cost: Stats) -> Result:
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
